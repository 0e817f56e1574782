# SPDX-License-Identifier: Apache-2.0
"""The labelled set of failures for cause classes: what fails, how it is made, and the class that is right.

REAL are shell commands whose programs really fail so. RAISED are what libraries for GPUs, networks and numbers raise, in their words, for
which no such hardware is needed: a Python exception of that type. SAID are programs that exit after words. THROWN are C++ exceptions. Labels
were given by the cause, and before the table of the product was made for them: 192 of the first 232 were right then. Each entry is (class,
title or type, command or message).
"""

import pathlib
import subprocess

REAL = [
    ("host_oom", "address space", "ulimit -v 400000; exec $PYTHON -c 'x = bytearray(1 << 40)'"),
    ("host_oom", "C++ allocation", "exec ./cxx alloc"),
    ("host_oom", "list that grows", "ulimit -v 300000; exec $PYTHON -c 'x = [0]\nwhile True: x = x + x'"),
    ("host_oom", "malloc said no", "ulimit -v 300000; exec $PYTHON -c 'import mmap; mmap.mmap(-1, 1 << 40)'"),
    ("host_oom", "vector in C++", "ulimit -v 200000; exec ./cxx grow"),
    ("file_limit", "open files", "ulimit -n 30; exec $PYTHON -c 'x = [open(\"/dev/null\") for _ in range(99)]'"),
    ("file_limit", "sockets", "ulimit -n 30; exec $PYTHON -c 'import socket; x = [socket.socket() for _ in range(99)]'"),
    ("file_limit", "file size", "ulimit -f 8; exec cp big small"),
    ("file_limit", "file size in Python", "ulimit -f 8; exec $PYTHON -c 'open(\"x\", \"wb\").write(bytes(1 << 20))'"),
    ("file_limit", "file size in C", "ulimit -f 8; exec ./c write"),
    ("disk_full", "full device", "exec $PYTHON -c 'open(\"/dev/full\", \"w\").write(\"x\" * 99999)'"),
    ("shm_full", "semaphore", "exec $PYTHON semaphore.py"),
    ("disk_full", "full device at close", "exec $PYTHON -c 'import shutil; shutil.copyfileobj(open(\"big\", \"rb\"), open(\"/dev/full\", \"wb\"))'"),
    ("import_error", "no module", "exec $PYTHON -c 'import there_is_no_such_module'"),
    ("import_error", "no submodule", "exec $PYTHON -c 'import json.nothing'"),
    ("import_error", "no name in a module", "exec $PYTHON -c 'from os import nothing_like_this'"),
    ("import_error", "python -m", "exec $PYTHON -c 'import importlib; importlib.import_module(\"apex.amp\")'"),
    ("missing_library", "no library", "exec $PYTHON -c 'import ctypes; ctypes.CDLL(\"libnone.so.7\")'"),
    ("missing_library", "no library at start", "exec ./missing"),
    ("undefined_symbol", "no symbol", "exec $PYTHON -c 'import ctypes, os; ctypes.CDLL(\"./lacks.so\", os.RTLD_NOW)'"),
    ("undefined_symbol", "no symbol at start", "exec ./lacking"),
    ("undefined_symbol", "no function by ctypes", "exec $PYTHON -c 'import ctypes; ctypes.CDLL(None).there_is_no_such_function'"),
    ("nan", "not a number", "exec $PYTHON -c 'int(float(\"nan\"))'"),
    ("nan", "infinity", "exec $PYTHON -c 'int(float(\"inf\"))'"),
    ("nan", "loss", "exec $PYTHON -c 'raise RuntimeError(\"Loss is nan, stopping training\")'"),
    ("nan", "trap of floats", "exec ./c nan"),
    ("nan", "trap of a division of floats", "exec ./c zero"),
    ("nan", "trap in Fortran", "exec ./traps nan"),
    ("stack_overflow", "recursion in C", "exec ./c deep"),
    ("stack_overflow", "recursion in C++", "exec ./cxx deep"),
    ("stack_overflow", "large local array", "exec ./c large"),
    ("stack_overflow", "recursion in Python", "exec $PYTHON -c 'f = lambda: f(); f()'"),
    ("stack_overflow", "in a thread", "exec ./c thread"),
    ("memory_fault", "null pointer", "exec ./c null"),
    ("memory_fault", "null pointer by ctypes", "exec $PYTHON -c 'import ctypes; ctypes.string_at(0)'"),
    ("memory_fault", "double free", "exec ./c twice"),
    ("memory_fault", "free of what was never allocated", "exec ./c wild"),
    ("memory_fault", "heap overrun", "exec ./c overrun"),
    ("memory_fault", "stack smashed", "exec ./guarded smash"),
    ("memory_fault", "fortified copy", "exec ./fortified fortify"),
    ("memory_fault", "mapping of a file that was cut", "exec ./c cut"),
    ("memory_fault", "handler of a fault that exits", "exec ./c handled"),
    ("memory_fault", "write to code", "exec ./c code"),
    ("memory_fault", "out of bounds in Fortran", "exec ./fortran bounds"),
    ("shm_full", "/dev/shm by libtorch's mapping", "exec ./loader"),
    ("shm_full", "/dev/shm by MPI's mapping", "exec ./rank"),
    ("assertion", "assert in C", "exec ./c assert"),
    ("assertion", "assert in C++", "exec ./cxx assert"),
    ("assertion", "assert in Python", "exec $PYTHON -c 'assert 1 == 2'"),
    ("assertion", "checked vector of libstdc++", "exec ./checked checked"),
    ("assertion", "abort", "exec ./c abort"),
    ("exception", "ValueError", "exec $PYTHON -c 'raise ValueError(\"bad batch\")'"),
    ("exception", "KeyError", "exec $PYTHON -c '{}[\"lr\"]'"),
    ("exception", "no such file", "exec $PYTHON -c 'open(\"config.yaml\")'"),
    ("exception", "C++ exception", "exec ./cxx logic"),
    ("exception", "C++ range", "exec ./cxx range"),
    ("exception", "division", "exec ./c divide"),
    ("exception", "division in Python", "exec $PYTHON -c '1 / 0'"),
    ("killed", "kill -9", "exec $PYTHON -c 'import os; os.kill(os.getpid(), 9)'"),
    ("killed", "SIGTERM from another", "sleep 30 & kill $!; wait $!"),
    ("killed", "SIGKILL from another", "sleep 30 & kill -9 $!; wait $!"),
    ("exit", "exit in C", "exec ./c exit"),
    ("exit", "sys.exit", "exec $PYTHON -c 'import sys; sys.exit(3)'"),
    ("exit", "sys.exit with words", "exec $PYTHON -c 'import sys; sys.exit(\"bad flag\")'"),
    ("exit", "STOP in Fortran", "exec ./fortran stop"),
    ("exit", "false", "exec false"),
    ("time_limit", "processor time", "ulimit -St 1; exec ./c spin"),
    ("time_limit", "timeout", "exec timeout 0.3 sleep 30"),
    ("time_limit", "timeout -s KILL", "exec timeout -s KILL 0.3 sleep 30"),
]

# What programs print before they exit with a status; their standard error is a file, which the report may read.
SAID = [
    ("import_error", "perl", "exec perl -e 'use No::Such::Module;' 2> said.$$"),
    ("import_error", "node", "exec node -e 'require(\"no-such-module\")' 2> said.$$"),
    ("import_error", "R", "exec Rscript -e 'library(nosuchpackage)' 2> said.$$"),
    ("host_oom", "java", "exec java -Xmx8m -cp . Fill 2> said.$$"),
    ("stack_overflow", "java", "exec java -XX:MaxJavaStackTraceDepth=20 -cp . Fill deep 2> said.$$"),
    ("stack_overflow", "node", "exec node -e 'function f() { return f() + 1; } f()' 2> said.$$"),
    ("disk_full", "perl", "exec perl -e 'open($f, \">\", \"/dev/full\"); print $f \"x\" x 99999; close($f) or die \"close: $!\"' 2> said.$$"),
    ("file_limit", "perl", "ulimit -n 30; exec perl -e 'for (1..99) { open($f[$_], \"<\", \"/dev/null\") or die \"open: $!\" }' 2> said.$$"),
    ("exit", "printed words", "exec perl -e 'print STDERR \"bad shard\\n\"; exit 4' 2> said.$$"),
    ("exit", "usage", "exec cp 2> said.$$"),
]

RAISED = [
    # PyTorch on CUDA and ROCm
    ("cuda_oom", "torch.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB"),
    ("cuda_oom", "torch.cuda.OutOfMemoryError", "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 3; 39.59 GiB total capacity)"),
    ("cuda_oom", "torch.OutOfMemoryError", "HIP out of memory. Tried to allocate 256.00 MiB. GPU 1 has a total capacity of 63.98 GiB"),
    ("cuda_oom", "RuntimeError", "CUDA error: out of memory"),
    ("cuda_oom", "jaxlib.xla_extension.XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes."),
    ("cuda_oom", "tensorflow.python.framework.errors_impl.ResourceExhaustedError",
     "OOM when allocating tensor with shape[256,1024] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc"),
    ("cuda_oom", "cupy.cuda.memory.OutOfMemoryError", "Out of memory allocating 8,589,934,592 bytes (allocated so far: 4,294,967,296 bytes)."),
    ("cuda_oom", "cupy_backends.cuda.api.runtime.CUDARuntimeError", "cudaErrorMemoryAllocation: out of memory"),
    ("cuda_oom", "numba.cuda.cudadrv.driver.CudaAPIError", "[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY"),
    ("cuda_oom", "RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ("cuda_oom", "RuntimeError", "CUDA driver error: out of memory"),
    ("cuda_oom", "RuntimeError", "NCCL Error 1: unhandled cuda error: Cuda failure 2 'out of memory'"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: an illegal memory access was encountered"),
    ("cuda_illegal_access", "torch.AcceleratorError", "CUDA error: an illegal memory access was encountered\nSearch for `cudaErrorIllegalAddress'"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: unspecified launch failure"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: misaligned address"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: invalid program counter"),
    ("cuda_illegal_access", "cupy_backends.cuda.api.driver.CUDADriverError", "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered"),
    ("cuda_illegal_access", "jaxlib.xla_extension.XlaRuntimeError", "INTERNAL: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered"),
    ("cuda_illegal_access", "RuntimeError", "Triton Error [CUDA]: an illegal memory access was encountered"),
    ("cuda_illegal_access", "RuntimeError", "HIP error: an illegal memory access was encountered"),
    ("cuda_assert", "RuntimeError", "CUDA error: device-side assert triggered"),
    ("cuda_assert", "torch.AcceleratorError", "CUDA error: device-side assert triggered\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions."),
    ("cuda_assert", "numba.cuda.cudadrv.driver.CudaAPIError", "[710] Call to cuMemcpyDtoH results in CUDA_ERROR_ASSERT"),
    ("cuda_assert", "RuntimeError", "HIP error: device-side assert triggered"),
    ("gpu_hardware", "RuntimeError", "CUDA error: uncorrectable ECC error encountered"),
    ("gpu_hardware", "RuntimeError", "CUDA error: uncorrectable NVLink error detected during the execution"),
    ("gpu_hardware", "pynvml.NVMLError_GpuIsLost", "GPU is lost"),
    ("gpu_hardware", "RuntimeError", "Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost.  Reboot the system to recover this GPU"),
    ("gpu_hardware", "RuntimeError", "CUDA error: hardware stack error"),
    ("gpu_hardware", "RuntimeError", "CUDA error: unknown error: GPU has fallen off the bus"),
    ("gpu_hardware", "cupy_backends.cuda.api.runtime.CUDARuntimeError", "cudaErrorECCUncorrectable: uncorrectable ECC error encountered"),
    ("gpu_hardware", "RuntimeError", "CUDA error: Row remapping pending; CUDA_ERROR_ECC_UNCORRECTABLE"),
    # NCCL and gloo
    ("nccl_timeout", "torch.distributed.DistBackendError", "[Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=4, OpType=ALLREDUCE) "
     "ran for 600021 milliseconds before timing out."),
    ("nccl_timeout", "RuntimeError", "NCCL communicator was aborted on rank 5. Original reason for failure was: [Rank 5] Caught collective operation timeout"),
    ("nccl_timeout", "torch.distributed.DistBackendError", "wait timeout after 600000ms, NCCL work timed out"),
    ("nccl_timeout", "RuntimeError", "Timed out after 30 minutes: NCCL timeout in ALLGATHER"),
    ("nccl_system", "torch.distributed.DistBackendError", "NCCL error in: ProcessGroupNCCL.cpp:2028, unhandled system error (run with NCCL_DEBUG=INFO for details)"),
    ("nccl_system", "torch.distributed.DistBackendError", "NCCL error: unhandled cuda error, NCCL version 2.18.3\nncclUnhandledCudaError: Call to CUDA function failed."),
    ("nccl_system", "RuntimeError", "NCCL Error 3: internal error - please report this issue to the NCCL developers"),
    ("nccl_system", "torch.distributed.DistBackendError", "ncclSystemError: System call (e.g. socket, malloc) or external library call failed or device error."),
    ("nccl_system", "RuntimeError", "NCCL WARN Failed to open libibverbs.so[.1]; ncclSystemError"),
    ("peer_lost", "torch.distributed.DistBackendError", "NCCL error: remote process exited or there was a network error, NCCL version 2.21.5\nncclRemoteError"),
    ("peer_lost", "RuntimeError", "[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.2]:5310"),
    ("peer_lost", "RuntimeError", "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:525] Read error [10.0.0.3]:41234: Connection reset by peer"),
    ("peer_lost", "ConnectionResetError", "[Errno 104] Connection reset by peer"),
    ("peer_lost", "BrokenPipeError", "[Errno 32] Broken pipe"),
    ("peer_lost", "torch.distributed.DistNetworkError", "The client socket has timed out after 60s while trying to connect to (n1, 29500)."),
    # shared memory, disks, quotas, limits
    ("shm_full", "RuntimeError", "DataLoader worker (pid 4711) is killed by signal: Bus error. It is possible that dataloader's workers are "
     "out of shared memory. Please try to raise your shared memory limit. insufficient shared memory (shm)"),
    ("shm_full", "OSError", "[Errno 28] No space left on device: '/dev/shm/psm_7f3a'"),
    ("shm_full", "RuntimeError", "unable to write to file </torch_2214_1>: No space left on device (28)"),
    ("shm_full", "RuntimeError", "unable to open shared memory object </torch_81_3> in read-write mode: No space left on device (28)"),
    ("shm_full", "RuntimeError", "DataLoader worker (pid(s) 99) exited unexpectedly: out of shared memory"),
    ("disk_full", "OSError", "[Errno 28] No space left on device: 'ckpt/step100.pt'"),
    ("disk_full", "RuntimeError", "[enforce fail at inline_container.cc:603] . PytorchStreamWriter failed writing file data/7: No space left on device"),
    ("disk_full", "sqlite3.OperationalError", "database or disk is full"),
    ("disk_full", "OSError", "Unable to synchronously create dataset (file write failed: time = Mon, errno = 28, error message = 'No space left on device')"),
    ("disk_full", "tensorflow.python.framework.errors_impl.ResourceExhaustedError", "ckpt-3.data_temp; No space left on device"),
    ("quota", "OSError", "[Errno 122] Disk quota exceeded: '/home/u/out'"),
    ("quota", "OSError", "[Errno 122] EDQUOT: quota exceeded while writing 'x.h5'"),
    ("quota", "RuntimeError", "errno = 122, error message = 'Disk quota exceeded', buf = 0x55d0"),
    ("file_limit", "OSError", "[Errno 24] Too many open files: 'shard-99.tar'"),
    ("file_limit", "RuntimeError", "received 0 items of ancdata"),
    ("file_limit", "RuntimeError", "unable to open shared memory object </torch_9> in read-write mode: Too many open files (24)"),
    ("file_limit", "OSError", "[Errno 27] File too large"),
    ("file_limit", "OSError", "[Errno 23] Too many open files in system: 'x'"),
    ("process_limit", "RuntimeError", "can't start new thread"),
    ("process_limit", "BlockingIOError", "[Errno 11] Resource temporarily unavailable"),
    ("process_limit", "RuntimeError", "std::thread: Resource temporarily unavailable"),
    ("process_limit", "RuntimeError", "libgomp: Thread creation failed: Resource temporarily unavailable"),
    ("process_limit", "OSError", "pthread_create failed: Resource temporarily unavailable"),
    ("process_limit", "RuntimeError", "fork: retry: Resource temporarily unavailable"),
    ("host_oom", "RuntimeError", "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes. "
     "Error code 12 (Cannot allocate memory)"),
    ("host_oom", "OSError", "[Errno 12] Cannot allocate memory"),
    ("host_oom", "numpy.core._exceptions._ArrayMemoryError", "Unable to allocate 596. GiB for an array with shape (80000000000,) and data type float64"),
    ("host_oom", "MemoryError", ""),
    ("host_oom", "pyarrow.lib.ArrowMemoryError", "malloc of size 17179869184 failed"),
    ("host_oom", "ray.exceptions.OutOfMemoryError", "Task was killed due to the node running low on memory."),
    ("host_oom", "polars.exceptions.PanicException", "memory allocation of 34359738368 bytes failed"),
    ("host_oom", "RuntimeError", "std::bad_alloc"),
    ("host_oom", "pandas.errors.ParserError", "Error tokenizing data. C error: out of memory"),
    # the loader's and Python's
    ("undefined_symbol", "ImportError", "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by ./x.so)"),
    ("undefined_symbol", "ImportError", "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /opt/x.so)"),
    ("undefined_symbol", "OSError", "./x.so: undefined symbol: cublasLtCreate"),
    ("undefined_symbol", "ImportError", "/opt/flash_attn_2_cuda.cpython-311-x86_64-linux-gnu.so: undefined symbol: _ZN3c104cuda9SetDeviceEi"),
    ("undefined_symbol", "AttributeError", "/usr/lib/libx.so: undefined symbol: x_init"),
    ("missing_library", "ImportError", "libcudart.so.12: cannot open shared object file: No such file or directory"),
    ("missing_library", "OSError", "libmpi.so.40: cannot open shared object file: No such file or directory"),
    ("missing_library", "RuntimeError", "Unable to load any of {libcudnn_graph.so.9.1.0, libcudnn_graph.so.9.1, libcudnn_graph.so.9, libcudnn_graph.so}"),
    ("missing_library", "OSError", "dlopen: libnvrtc.so.12: cannot open shared object file: No such file or directory"),
    ("import_error", "ModuleNotFoundError", "No module named 'deepspeed'"),
    ("import_error", "ImportError", "cannot import name 'Trainer' from 'lightning'"),
    ("import_error", "ImportError", "numpy.core.multiarray failed to import"),
    ("import_error", "pkg_resources.DistributionNotFound", "The 'tokenizers' distribution was not found and is required by transformers"),
    # numbers
    ("nan", "ValueError", "Input X contains NaN."),
    ("nan", "FloatingPointError", "invalid value encountered in divide"),
    ("nan", "RuntimeError", "Function 'MulBackward0' returned nan values in its 0th output."),
    ("nan", "ValueError", "cannot convert float NaN to integer"),
    ("nan", "ValueError", "Expected parameter loc of distribution Normal to satisfy the constraint Real(), but found invalid values: tensor([nan, nan])"),
    ("nan", "RuntimeError", "The total norm of order 2.0 for gradients from `parameters` is non-finite, so it cannot be clipped."),
    ("nan", "ValueError", "array must not contain infs or NaNs"),
    ("nan", "OverflowError", "cannot convert float infinity to integer"),
    ("nan", "RuntimeError", "Gradient overflow: loss is inf at step 88"),
    ("nan", "numpy.linalg.LinAlgError", "Array must not contain infs or NaNs"),
    # MPI through mpi4py and the libraries above it
    ("mpi_usage", "mpi4py.MPI.Exception", "MPI_ERR_RANK: invalid rank"),
    ("mpi_usage", "mpi4py.MPI.Exception", "Invalid rank, error stack:\nPMPI_Send(157): MPI_Send(rank=99) failed\nInvalid rank has value 99"),
    ("mpi_usage", "mpi4py.MPI.Exception", "MPI_ERR_TRUNCATE: message truncated"),
    ("mpi_usage", "mpi4py.MPI.Exception", "MPI_ERR_COMM: invalid communicator"),
    ("mpi_usage", "mpi4py.MPI.Exception", "MPI_ERR_TAG: invalid tag"),
    ("mpi_usage", "mpi4py.MPI.Exception", "Message truncated, error stack: Message from rank 1 and tag 7 truncated; 80 bytes received but buffer size is 40"),
    ("mpi_error", "mpi4py.MPI.Exception", "MPI_ERR_OTHER: known error not in list"),
    ("mpi_error", "mpi4py.MPI.Exception", "MPI_ERR_INTERN: internal error"),
    ("mpi_error", "mpi4py.MPI.Exception", "Other MPI error, error stack: PMPI_Comm_spawn failed"),
    ("mpi_error", "mpi4py.MPI.Exception", "MPI_ERR_SPAWN: could not spawn processes"),
    ("mpi_error", "mpi4py.MPI.Exception", "MPI_ERR_NO_SUCH_FILE: no such file or directory"),
    ("disk_full", "mpi4py.MPI.Exception", "MPI_ERR_NO_SPACE: no space left on device"),
    ("quota", "mpi4py.MPI.Exception", "MPI_ERR_QUOTA: quota exceeded"),
    ("host_oom", "mpi4py.MPI.Exception", "MPI_ERR_NO_MEM: out of memory"),
    # batch systems, schedulers
    ("preempted", "RuntimeError", "slurmstepd: error: *** JOB 77 ON n1 CANCELLED AT 2026-01-01T10:00:00 DUE TO PREEMPTION ***"),
    ("preempted", "RuntimeError", "Spot instance interruption notice: node will be preempted"),
    ("preempted", "ray.exceptions.NodePreemptedError", "The node was preempted"),
    ("time_limit", "RuntimeError", "slurmstepd: error: *** STEP 3.0 ON n1 CANCELLED AT 2026-01-01T10:00:00 DUE TO TIME LIMIT ***"),
    ("time_limit", "RuntimeError", "=>> PBS: job killed: walltime 3642 exceeded limit 3600"),
    ("time_limit", "RuntimeError", "TERM_RUNLIMIT: job killed after reaching LSF run time limit."),
    ("cgroup_oom", "RuntimeError", "slurmstepd: error: Detected 1 oom_kill event in StepId=77.0. Some of the step tasks have been OOM Killed."),
    ("cgroup_oom", "RuntimeError", "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit."),
    ("cgroup_oom", "RuntimeError", "Container killed: OOMKilled, exit code 137"),
    # checks
    ("assertion", "AssertionError", ""),
    ("assertion", "AssertionError", "Torch not compiled with CUDA enabled"),
    ("assertion", "RuntimeError", "[enforce fail at tensor.h:88] . Check failed: dims == 4 (3 vs. 4)"),
    ("assertion", "dgl._ffi.base.DGLError", "[10:00:00] src/graph.cc:99: Check failed: x.size() == y.size() (3 vs. 4)"),
    ("stack_overflow", "RecursionError", "maximum recursion depth exceeded while calling a Python object"),
    # close to a class by a word, and not of it
    ("exception", "ValueError", "cannot handle nanoseconds of the finance column"),
    ("exception", "KeyError", "'memory'"),
    ("exception", "ValueError", "quota must be positive"),
    ("exception", "RuntimeError", "threadpool is closed"),
    ("exception", "FileNotFoundError", "[Errno 2] No such file or directory: 'shm/x'"),
    ("exception", "RuntimeError", "mat1 and mat2 shapes cannot be multiplied (4x8 and 16x4)"),
    ("exception", "RuntimeError", "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"),
    ("exception", "ValueError", "time limit must be given in minutes"),
    ("exception", "ValueError", "unknown memory format: channels_first"),
    ("exception", "RuntimeError", "CUDA error: no kernel image is available for execution on the device"),
    ("exception", "RuntimeError", "CUDA error: invalid device ordinal"),
    ("exception", "PermissionError", "[Errno 13] Permission denied: '/scratch/out'"),
    ("exception", "json.decoder.JSONDecodeError", "Expecting value: line 1 column 1 (char 0)"),
    ("exception", "TypeError", "disk() takes 2 positional arguments but 3 were given"),
    ("exception", "RuntimeError", "Error(s) in loading state_dict for Net: size mismatch for fc.weight"),
    ("exception", "ValueError", "option preempted_jobs is unknown"),
    ("exception", "IndexError", "list index out of range"),
    ("exception", "UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff in position 0"),
    ("exception", "ValueError", "assertion is not a valid column name"),
    # written after the table: 85 of its first 96 were right at once
    ("shm_full", "RuntimeError", "Fatal error in PMPI_Init: Other MPI error, error stack: MPIDU_Init_shm_init(180): unable to allocate shared memory"),
    ("host_oom", "RuntimeError", "new allocator failed to allocate memory: HPX(out_of_memory)"),
    ("host_oom", "RuntimeError", "MPIDI_EagerContigIsend(567): failure occurred while allocating memory for a request object"),
    ("process_limit", "RuntimeError", "Thread creation via pthread_create() failed."),
    ("undefined_symbol", "ImportError", "deep_gemm_cpp.cpython-312-x86_64-linux-gnu.so: undefined symbol: cudaLibraryGetKernel, version libcudart.so.12"),
    ("missing_library", "RuntimeError", "mca: base: component_find: unable to open mca_mtl_psm: libpsm_infinipath.so.1: cannot open shared object file"),
    ("import_error", "RuntimeError", "The remote function failed to import on the worker. needed library dependencies are not installed"),
    ("gpu_hardware", "RuntimeError", "CUDA error: an uncorrectable ECC error was encountered"),
    ("gpu_hardware", "RuntimeError", "CUDA error: unspecified: NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus."),
    ("gpu_hardware", "RuntimeError", "nvmlDeviceGetHandleByIndex(3) failed: GPU is lost"),
    ("cuda_oom", "RuntimeError", "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call"),
    ("cuda_oom", "RuntimeError", "cuda runtime error (2) : out of memory at /pytorch/aten/src/THC/THCGeneral.cpp:50"),
    ("cuda_oom", "RuntimeError", "Failed to allocate device memory: cudaMalloc failed"),
    ("cuda_oom", "tensorflow.python.framework.errors_impl.InternalError", "CUDA runtime implicit initialization on GPU:0 failed. Status: out of memory"),
    ("cuda_oom", "RuntimeError", "CUDNN_STATUS_ALLOC_FAILED"),
    ("cuda_oom", "ValueError", "No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine."),
    ("cuda_illegal_access", "RuntimeError", "cuda runtime error (77) : an illegal memory access was encountered at reduce.cu:88"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED: an illegal memory access was encountered"),
    ("cuda_illegal_access", "RuntimeError", "CUDA error: an illegal instruction was encountered"),
    ("cuda_illegal_access", "RuntimeError", "cudaErrorLaunchFailure: unspecified launch failure"),
    ("cuda_assert", "RuntimeError", "cuda runtime error (710) : device-side assert triggered at /pytorch/c10/cuda/CUDAStream.h:80"),
    ("cuda_assert", "RuntimeError", "CUDA error: device-side assert triggered. Assertion `t >= 0 && t < n_classes` failed."),
    ("nccl_timeout", "RuntimeError", "[Rank 1] Watchdog caught collective operation timeout: WorkNCCL(OpType=BROADCAST, Timeout(ms)=1800000) ran for 1808499 milliseconds"),
    ("nccl_timeout", "torch.distributed.DistBackendError", "ProcessGroupNCCL's watchdog got stuck for 480 seconds without making progress in monitoring enqueued collectives"),
    ("nccl_system", "RuntimeError", "NCCL error in: ../torch/lib/c10d/NCCLUtils.hpp:125, unhandled system error, NCCL version 2.7.8"),
    ("nccl_system", "RuntimeError", "NCCL WARN Call to ibv_modify_qp failed with error Connection timed out errno 110"),
    ("nccl_system", "RuntimeError", "NCCL Error 2: unhandled system error"),
    ("exception", "torch.distributed.DistBackendError", "NCCL error in: NCCLUtils.cpp:77, invalid usage, NCCL version 2.26.2 ncclInvalidUsage: This usually reflects invalid usage of NCCL library."),
    ("peer_lost", "RuntimeError", "[Gloo] Rank 2: Connection closed by peer"),
    ("peer_lost", "ConnectionRefusedError", "[Errno 111] Connection refused"),
    ("peer_lost", "torch.distributed.DistNetworkError", "Failed to recv, got 0 bytes. Connection was likely closed. Did the remote server shutdown or crash?"),
    ("peer_lost", "RuntimeError", "Socket Timeout: rendezvous timed out waiting for peers"),
    ("disk_full", "OSError", "[Errno 28] No space left on device"),
    ("disk_full", "safetensors_rust.SafetensorError", "Error while serializing: IoError(Os { code: 28, kind: StorageFull, message: \"No space left on device\" })"),
    ("disk_full", "RuntimeError", "write: ENOSPC: no space left on device, write"),
    ("quota", "OSError", "[Errno 122] Disk quota exceeded"),
    ("quota", "RuntimeError", "cp: error writing 'x': Disk quota exceeded"),
    ("file_limit", "RuntimeError", "OSError: [Errno 24] Too many open files"),
    ("file_limit", "RuntimeError", "Too many open files. Communication with the workers is no longer possible. Please increase the limit using `ulimit -n`"),
    ("process_limit", "RuntimeError", "OpenBLAS blas_thread_init: pthread_create failed for thread 12 of 64: Resource temporarily unavailable"),
    ("process_limit", "RuntimeError", "java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached"),
    ("process_limit", "RuntimeError", "bash: fork: retry: Resource temporarily unavailable"),
    ("process_limit", "RuntimeError", "ThreadPoolBuildError { kind: IOError(Os { code: 11, kind: WouldBlock, message: \"Resource temporarily unavailable\" }) }"),
    ("host_oom", "RuntimeError", "Error: cannot allocate vector of size 7.5 Gb"),
    ("host_oom", "RuntimeError", "forrtl: severe (41): insufficient virtual memory"),
    ("host_oom", "RuntimeError", "java.lang.OutOfMemoryError: Java heap space"),
    ("host_oom", "RuntimeError", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
    ("host_oom", "RuntimeError", "Failed to mmap 1099511627776 bytes: Cannot allocate memory"),
    ("host_oom", "RuntimeError", "Out of memory: Killed process 4242 (python) total-vm:98345676kB"),
    ("cgroup_oom", "RuntimeError", "Memory cgroup out of memory: Killed process 4242 (python)"),
    ("cgroup_oom", "RuntimeError", "slurmstepd: error: Exceeded job memory limit at some point."),
    ("cgroup_oom", "RuntimeError", "=>> PBS: job killed: mem 67123456kb exceeded limit 67108864kb"),
    ("time_limit", "RuntimeError", "slurmstepd: error: *** JOB 12345 ON node07 CANCELLED AT 2026-03-03T03:03:03 DUE TO TIME LIMIT ***"),
    ("time_limit", "RuntimeError", "Job was active longer than specified deadline"),
    ("time_limit", "RuntimeError", "qmaster enforced h_rt limit"),
    ("preempted", "RuntimeError", "slurmstepd: error: *** STEP 12.0 ON n3 CANCELLED AT 2026-03-03T03:03:03 DUE TO PREEMPTION ***"),
    ("preempted", "RuntimeError", "Instance was preempted by the scheduler"),
    ("import_error", "ModuleNotFoundError", "No module named 'torch._six'"),
    ("import_error", "ImportError", "cannot import name 'cached_download' from 'huggingface_hub'"),
    ("import_error", "RuntimeError", "Error in library(Rmpi) : there is no package called 'Rmpi'"),
    ("missing_library", "OSError", "libcusparse.so.12: cannot open shared object file: No such file or directory"),
    ("missing_library", "RuntimeError", "Could not load library libcudnn_cnn_infer.so.8. Error: libnvrtc.so: cannot open shared object file"),
    ("undefined_symbol", "RuntimeError", "python: symbol lookup error: /opt/libtorch_cuda.so: undefined symbol: ncclCommRegister"),
    ("nan", "ValueError", "Input contains NaN, infinity or a value too large for dtype('float32')."),
    ("nan", "RuntimeError", "probability tensor contains either `inf`, `nan` or element < 0"),
    ("nan", "FloatingPointError", "Minimum loss scale reached (0.0001). Your loss is probably exploding."),
    ("nan", "RuntimeError", "Loss became NaN or Inf at iteration 1200"),
    ("nan", "RuntimeError", "rank 3: found NaN in local grad norm in backward pass before data-parallel communication collective"),
    ("mpi_usage", "RuntimeError", "Fatal error in PMPI_Recv: Message truncated, error stack:"),
    ("mpi_usage", "RuntimeError", "Fatal error in PMPI_Send: Invalid rank, error stack: PMPI_Send(166): Invalid rank has value 9 but must be nonnegative and less than 4"),
    ("mpi_error", "RuntimeError", "MPI_ERR_UNKNOWN: unknown error"),
    ("assertion", "AssertionError", "expected 3 channels"),
    ("assertion", "RuntimeError", "thread 'main' panicked at src/main.rs:4:5: index out of bounds"),
    ("assertion", "RuntimeError", "INTERNAL ASSERT FAILED at ../aten/src/ATen/native/cuda/x.cu:99, please report a bug to PyTorch."),
    ("stack_overflow", "RuntimeError", "thread 'main' has overflowed its stack"),
    ("stack_overflow", "RuntimeError", "Error: C stack usage  7971524 is too close to the limit"),
    ("stack_overflow", "RuntimeError", "RangeError: Maximum call stack size exceeded"),
    ("memory_fault", "RuntimeError", "Program received signal SIGSEGV: Segmentation fault - invalid memory reference."),
    ("memory_fault", "RuntimeError", "==77==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020"),
    ("memory_fault", "RuntimeError", "*** Error in `./a.out': corrupted size vs. prev_size: 0x00000000"),
    ("exception", "RuntimeError", "Expected to have finished reduction in the prior iteration before starting a new one."),
    ("exception", "ValueError", "Default process group has not been initialized, please make sure to call init_process_group."),
    ("exception", "RuntimeError", "The server socket has failed to listen on any local network address. port: 29500, useIpv6: 0, code: -98, EADDRINUSE: address already in use"),
    ("exception", "RuntimeError", "No CUDA GPUs are available"),
    ("exception", "RuntimeError", "Found no NVIDIA driver on your system."),
    ("exception", "torch.cuda.CudaError", "CUDA driver version is insufficient for CUDA runtime version"),
    ("exception", "RuntimeError", "CUDA error: peer access is not supported between these two devices"),
    ("exception", "OSError", "We couldn't connect to the hub to load this file and it is not in the cached files."),
    ("exception", "ValueError", "limit must be smaller than memory_size"),
    ("exception", "KeyError", "'disk_quota'"),
    ("exception", "RuntimeError", "stack expects each tensor to be equal size, but got [3, 224, 224] at entry 0 and [1, 224, 224] at entry 5"),
    ("exception", "TypeError", "Cannot interpret 'nan_policy' as a data type"),
    ("exception", "RuntimeError", "element 0 of tensors does not require grad and does not have a grad_fn"),
    ("exception", "ValueError", "too many values to unpack (expected 2)"),
    ("exception", "AttributeError", "module 'numpy' has no attribute 'float'"),
    ("exception", "RuntimeError", "Timeout: simulation step did not converge"),
]

THROWN = [
    ("host_oom", "std::runtime_error", "Cannot allocate memory: 17179869184 bytes"),
    ("process_limit", "std::system_error", "Resource temporarily unavailable"),
    ("cuda_oom", "c10::Error", "CUDA out of memory. Tried to allocate 4.00 GiB"),
    ("cuda_illegal_access", "c10::Error", "CUDA error: an illegal memory access was encountered"),
    ("cuda_illegal_access", "thrust::system::system_error", "parallel_for failed: cudaErrorIllegalAddress: an illegal memory access was encountered"),
    ("nccl_timeout", "c10::DistBackendError", "[PG ID 0 PG GUID 0 Rank 3] Process group watchdog thread terminated with exception: Watchdog caught "
     "collective operation timeout: WorkNCCL(SeqNum=812)"),
    ("disk_full", "std::ios_base::failure", "write failed: No space left on device: iostream error"),
    ("file_limit", "boost::filesystem::filesystem_error", "boost::filesystem::directory_iterator::construct: Too many open files: \"/data\""),
    ("nan", "std::domain_error", "Non-finite residual in solver: nan"),
    ("assertion", "dmlc::Error", "[10:00:00] /src/tree.cc:17: Check failed: param.max_depth > 0"),
    ("exception", "std::invalid_argument", "stoi"),
    ("exception", "std::out_of_range", "vector::_M_range_check: __n (which is 9) >= this->size() (which is 3)"),
    ("exception", "YAML::BadFile", "bad file: config.yaml"),
]

# What BUILDS makes of, by name.
SOURCES = {
    "c.c": r"""
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
volatile double zero;
volatile int none;
static void leave(int number) { (void)number; _exit(3); }
static int deep(volatile char *up) { char here[4096]; here[0] = up == NULL ? 0 : up[0]; return deep(here) + here[0]; }
static void *thread(void *nothing) { deep(nothing); return NULL; }
static int large(void) { volatile char array[64 << 20]; array[0] = 1; return array[0]; }
static void smash(const char *with) { char small[8]; volatile size_t count = 200; memset(small, with[0], count); none = small[1]; }
int main(int count, char **arguments)
{
	const char *how = arguments[1];
	char *volatile memory = malloc(40);
	pthread_t id;
	if (!strcmp(how, "handled")) { signal(SIGSEGV, leave); *(volatile int *)8 = 1; }
	if (!strcmp(how, "nan")) { feenableexcept(FE_INVALID); zero = zero / zero; }
	if (!strcmp(how, "zero")) { feenableexcept(FE_DIVBYZERO); zero = 1 / zero; }
	if (!strcmp(how, "deep")) return deep(NULL);
	if (!strcmp(how, "large")) return large();
	if (!strcmp(how, "thread")) { pthread_create(&id, NULL, thread, NULL); pthread_join(id, NULL); }
	if (!strcmp(how, "null")) *(volatile int *)8 = 1;
	if (!strcmp(how, "code")) *(volatile char *)leave = 1;
	if (!strcmp(how, "twice")) { free(memory); free(memory); }
	if (!strcmp(how, "wild")) free(memory + 8);
	if (!strcmp(how, "overrun")) { volatile size_t more = 600; memset(memory, 65, more); free(memory); free(malloc(4000)); }
	if (!strcmp(how, "smash")) smash(how);
	if (!strcmp(how, "fortify")) { char small[8]; strcpy(small, arguments[count]  == NULL ? getenv("PATH") : how); none = small[0]; }
	if (!strcmp(how, "assert")) assert(count == 9);
	if (!strcmp(how, "divide")) none = 100 / none;
	if (!strcmp(how, "abort")) abort();
	if (!strcmp(how, "write")) { int file = open("small", O_WRONLY | O_CREAT, 0600); while (write(file, how, 5) > 0) none++; }
	if (!strcmp(how, "cut")) {
		int file = open("cut", O_RDWR | O_CREAT, 0600);
		volatile char *mapped;
		if (ftruncate(file, 8192) != 0) return 1;
		mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		if (ftruncate(file, 0) != 0) return 1;
		mapped[5000] = 1;
	}
	while (!strcmp(how, "spin")) none++;
	return 3;
}
""",
    "cxx.cc": r"""
#include <cassert>
#include <cstring>
#include <stdexcept>
#include <vector>
static int deep(std::vector<int> const &up) { std::vector<int> here(up); return deep(here) + here[0]; }
int main(int count, char **arguments)
{
	const char *how = arguments[1];
	std::vector<int> items(3);
	if (!strcmp(how, "alloc"))
		throw std::bad_alloc();
	if (!strcmp(how, "grow"))
		for (std::size_t size = 1 << 20;; size *= 2)
			items.resize(size);
	if (!strcmp(how, "deep"))
		return deep(items);
	if (!strcmp(how, "range"))
		return items.at(7);
	if (!strcmp(how, "checked"))
		return items[count + 5];
	assert(strcmp(how, "assert") != 0);
	throw std::logic_error("no such state");
}
""",
    "lacks.c": "int nowhere(void); int there(void) { return 1; }\n#ifndef OTHER\nint here(void) { return nowhere(); }\n#endif\n",
    "good.c": "int here(void) { return 7; }\n",
    "calls.c": "int here(void); int main(void) { return here(); }\n",
    "shared.c": r"""
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
int here(void)
{
	int file = memfd_create("shm", 0);
	volatile char *mapped;
	if (ftruncate(file, 8192) != 0) return 1;
	mapped = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (ftruncate(file, 0) != 0) return 1;
	return mapped[5000] = 1;
}
""",
    "Fill.java": """
public class Fill {
	static int deep(int up) { return deep(up + 1) + 1; }
	public static void main(String[] arguments) {
		java.util.ArrayList<long[]> kept = new java.util.ArrayList<>();
		if (arguments.length > 0)
			System.exit(deep(0));
		while (true)
			kept.add(new long[100000]);
	}
}
""",
    "semaphore.py": """
import _multiprocessing, multiprocessing.synchronize

class Full:
    SEM_VALUE_MAX = 1

    def __init__(self, *_):
        raise OSError(28, "No space left on device")


_multiprocessing.SemLock = Full
multiprocessing.synchronize.Lock(ctx=multiprocessing.get_context("fork"))
""",
    "fortran.f90": """
program f
  character(len=8) :: how
  real, volatile :: x
  integer, allocatable :: a(:)
  integer, volatile :: i
  call get_command_argument(1, how)
  x = 0
  allocate(a(4))
  if (how == 'nan') x = x / x
  i = 400000000
  if (how == 'bounds') a(i) = 1
  if (how == 'stop') stop 3
  print *, x
end program
""",
}

# Each in a shell, in the folder of the sources, without vigil.
BUILDS = [
    "cc -w -O0 -o c c.c -lm -pthread",
    "cc -w -O0 -fstack-protector-all -o guarded c.c -lm -pthread",
    "cc -w -O2 -D_FORTIFY_SOURCE=2 -o fortified c.c -lm -pthread",
    "c++ -w -O0 -o cxx cxx.cc",
    "c++ -w -O0 -D_GLIBCXX_ASSERTIONS -o checked cxx.cc",
    "cc -shared -fPIC -o gone.so good.c && cc -o missing calls.c ./gone.so && rm gone.so",
    "cc -shared -fPIC -o lacks.so lacks.c",
    "cc -shared -fPIC -o other.so good.c && cc -Wl,-z,lazy -o lacking calls.c ./other.so && cc -shared -fPIC -DOTHER -o other.so lacks.c",
    "cc -shared -fPIC -o libtorch_cpu.so shared.c && cc -o loader calls.c ./libtorch_cpu.so",
    "cc -shared -fPIC -o mca_btl_vader.so shared.c && cc -o rank calls.c ./mca_btl_vader.so",
    "javac Fill.java",
    "gfortran -w -o fortran fortran.f90 && gfortran -w -ffpe-trap=invalid,zero -o traps fortran.f90",
]


def raising(kind, message):
    """The Python script that raises MESSAGE as an exception of KIND, a name with its modules."""
    module, _, name = kind.rpartition(".")
    return (f"import builtins\nkind = getattr(builtins, {name!r}, None) or type({name!r}, (RuntimeError,), {{'__module__': {module or '__main__'!r}}})\n"
            f"raise kind({message!r})\n")


def throwing(kind, message):
    """The C++ program that throws MESSAGE as an exception of KIND."""
    outer, name = kind.rsplit("::", 1)
    text = '"' + message.replace('"', '\\"') + '"'
    if kind == "std::system_error":
        return f"#include <system_error>\nint main() {{ throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again)); }}\n"
    if outer == "std":
        return f"#include <stdexcept>\nint main() {{ throw {kind}({text}); }}\n"
    if kind == "std::ios_base::failure":
        return f"#include <ios>\nint main() {{ throw {kind}({text}); }}\n"
    return (f"#include <stdexcept>\nnamespace {outer} {{ struct {name} : std::runtime_error {{ using runtime_error::runtime_error; }}; }}\n"
            f"int main() {{ throw {kind}({text}); }}\n")


def build(folder):
    """Write the sources into FOLDER and build their programs, those of THROWN among them."""
    for name, text in SOURCES.items():
        pathlib.Path(folder, name).write_text(text, encoding="utf-8")
    for number, (_, kind, message) in enumerate(THROWN):
        pathlib.Path(folder, f"throws{number}.cc").write_text(throwing(kind, message), encoding="utf-8")
    for number, (_, kind, message) in enumerate(RAISED):
        pathlib.Path(folder, f"raises{number}.py").write_text(raising(kind, message), encoding="utf-8")
    pathlib.Path(folder, "big").write_bytes(bytes(1 << 20))
    for command in BUILDS + [f"c++ -w -o throws{number} throws{number}.cc" for number in range(len(THROWN))]:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)


def commands():
    """Each case as (class, title, shell command), to be run in the folder of build() with PYTHON in the environment."""
    yield from REAL
    yield from SAID
    for number, (label, kind, message) in enumerate(RAISED):
        yield label, f"{kind}: {message}", f"exec $PYTHON raises{number}.py"
    for number, (label, kind, message) in enumerate(THROWN):
        yield label, f"{kind}: {message}", f"exec ./throws{number}"
