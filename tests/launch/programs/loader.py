# SPDX-License-Identifier: Apache-2.0
"""A rank whose DataLoader's worker writes more into /dev/shm than there is room; the others wait to be ended.

usage: loader.py RANK
"""

import sys
import time

import meeting


class Data:
    def __init__(self, torch):
        self.zeros = torch.zeros

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return self.zeros(4 << 20)


def main():
    meeting.meet()
    if meeting.RANK == int(sys.argv[1]):
        import torch
        import torch.utils.data
        for batch in torch.utils.data.DataLoader(Data(torch), num_workers=1):
            print(batch.sum())
    time.sleep(60)


if __name__ == "__main__":
    main()
