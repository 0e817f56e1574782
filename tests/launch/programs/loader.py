# SPDX-License-Identifier: Apache-2.0
"""A rank whose DataLoader's worker writes more into /dev/shm than there is room; the others wait to be ended.

usage: loader.py RANK

The data set keeps a sample of its own there: newer torch reserves the room for a tensor before it writes, and raises.
"""

import mmap
import sys
import tempfile
import time

import meeting

SIZE = 16 << 20


class Data:
    def __len__(self):
        return 8

    def __getitem__(self, index):
        with tempfile.TemporaryFile(dir="/dev/shm") as file:
            file.truncate(SIZE)
            with mmap.mmap(file.fileno(), SIZE) as sample:
                sample.write(bytes(SIZE))
        return index


def main():
    meeting.meet()
    if meeting.RANK == int(sys.argv[1]):
        import torch.utils.data
        for batch in torch.utils.data.DataLoader(Data(), num_workers=1):
            print(batch.sum())
    time.sleep(60)


if __name__ == "__main__":
    main()
