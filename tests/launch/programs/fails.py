# SPDX-License-Identifier: Apache-2.0
"""A rank under torchrun: one of them fails, the others wait to be ended.

usage: fails.py RANK fault|exit|exception|record|record-fault
"record": main is decorated by torchelastic's own @record, which writes the error file itself.
"""

import ctypes
import os
import sys
import time


def fail(how):
    if how.endswith("fault"):
        ctypes.string_at(0)
    if how == "exit":
        os._exit(3)
    raise ValueError("bad batch")


def main():
    if int(os.environ["RANK"]) == int(sys.argv[1]):
        fail(sys.argv[2])
    time.sleep(60)


if __name__ == "__main__":
    if sys.argv[2].startswith("record"):
        from torch.distributed.elastic.multiprocessing.errors import record
        main = record(main)
    main()
