# SPDX-License-Identifier: Apache-2.0
"""A pool of spawned workers; leaving it terminates them."""
import multiprocessing


def square(number):
    return number * number


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(10)))
