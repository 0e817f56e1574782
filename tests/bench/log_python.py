# SPDX-License-Identifier: Apache-2.0
"""The same as log_vigil.c by Python's logging: usage: log_python.py FILE DISABLED ENABLED"""
import logging
import sys
import time

path, disabled, enabled = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
logging.basicConfig(filename=path, filemode="w", level="INFO",
                    format="%(asctime)s %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("bench.a")
begin = time.perf_counter_ns()
for i in range(disabled):
    logger.debug("message number %d of some length", i)
between = time.perf_counter_ns()
for i in range(enabled):
    logger.info("message number %d of some length", i)
end = time.perf_counter_ns()
print((between - begin) / disabled, (end - between) / enabled)
