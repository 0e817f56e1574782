# SPDX-License-Identifier: Apache-2.0
"""What emit.c does, by Python's own logging: the same records through the same configuration."""
import logging
import logging.config
import sys

import yaml


def log_one(what):
    name, level, message = what.split(":", 2)
    message, _, trace = message.partition("|")
    level = int(level)
    logger = logging.getLogger(name)
    if not logger.isEnabledFor(level):
        return
    record = logging.LogRecord(logger.name, level, "/src/job.c", 7, message, None, None, "step")
    record.created = 735379380.007
    record.msecs = 7.0
    record.process = 42
    record.thread = 43
    record.exc_text = trace or None
    logger.handle(record)


def main():
    logging.raiseExceptions = False
    if sys.argv[1] != "-":
        with open(sys.argv[1], encoding="utf-8") as file:
            try:
                logging.config.dictConfig(yaml.safe_load(file))
            except Exception as error:
                # The cause says it; its envelope only says which part was being configured.
                print(error.__cause__ or error)
                return 1
    for what in sys.argv[2:]:
        log_one(what)
    return 0


sys.exit(main())
