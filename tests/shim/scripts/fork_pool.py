# SPDX-License-Identifier: Apache-2.0
"""A pool of forked workers, left in order: they end by themselves."""
import multiprocessing


def square(number):
    return number * number


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    pool = multiprocessing.Pool(3)
    print(pool.map(square, range(10)))
    pool.close()
    pool.join()
