! SPDX-License-Identifier: Apache-2.0
! Seven calls of MPI_Allreduce, by the module MODULE: mpi or mpi_f08, or by mpif.h.
program behind
#ifdef MODULE
  use MODULE
#else
  include 'mpif.h'
#endif
  integer :: error, i
  double precision :: own, total
  own = 1
  call MPI_Init(error)
  do i = 1, 7
    call MPI_Allreduce(own, total, 1, MPI_DOUBLE_PRECISION, MPI_SUM, MPI_COMM_WORLD, error)
  end do
  call MPI_Finalize(error)
end program
