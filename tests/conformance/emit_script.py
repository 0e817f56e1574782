# SPDX-License-Identifier: Apache-2.0
"""What `vigil emit --script FILE` does, by Python's own logging.

usage: emit_script.py FILE        (one JSON operation a line, "-" is stdin)
"""
import atexit
import configparser
import json
import logging
import logging.config
import logging.handlers
import os
import sys
import traceback

import yaml


class MemoryHandler(logging.handlers.MemoryHandler):
    """As Python 3.12 has it: logging.shutdown() does not flush where flushOnClose is false."""

    shutting_down = False

    def flush(self):
        if self.flushOnClose or not MemoryHandler.shutting_down:
            super().flush()


def shut_down(*handlers, shutdown=logging.shutdown):
    MemoryHandler.shutting_down = True
    shutdown(*handlers)
    MemoryHandler.shutting_down = False


if sys.version_info < (3, 12):
    atexit.unregister(logging.shutdown)
    atexit.register(shut_down)
    logging.shutdown = shut_down
    logging.handlers.MemoryHandler = MemoryHandler


def place_of(record):
    """Vigil's call stack is the place that the record names; what this script logs itself has none."""
    if os.path.basename(record.pathname or "") == os.path.basename(__file__) or not record.lineno > 0:
        return ""
    return f'  File "{record.pathname}", line {record.lineno}, in {record.funcName}\n'


def handle_error(_handler, record):
    """What a handler could not do: Python's words without its traceback, which only Python has."""
    if not logging.raiseExceptions:
        return
    kind, error, _trace = sys.exc_info()
    sys.stderr.write("--- Logging error ---\n" + "".join(traceback.format_exception_only(kind, error)) +
                     f"Call stack:\n{place_of(record)}Message: {str(record.msg)!r}\nArguments: ()\n")


def should_rollover(handler, record):
    """Python 3.14's: a file that is empty is not rolled over."""
    if handler.stream is None:
        handler.stream = handler._open()
    if handler.maxBytes <= 0:
        return False
    handler.stream.seek(0, 2)
    position = handler.stream.tell()
    return bool(position) and position + len(f"{handler.format(record)}\n".encode()) >= handler.maxBytes


def level_of(value):
    """A level as the operations write it: names are looked up as setLevel() does it."""
    return logging._checkLevel(value) if isinstance(value, str) else value


def do_log(operation):
    logger = logging.getLogger(operation.get("logger"))
    logger.log(level_of(operation["level"]), operation["msg"], extra=operation.get("extra"))


def do_handle(operation):
    record = operation["record"]
    logging.getLogger(record.get("name")).handle(logging.makeLogRecord(record))


def do_get(operation):
    logging.getLogger(operation["logger"])


def do_set(operation):
    logger = logging.getLogger(operation["logger"])
    if "level" in operation:
        logger.setLevel(operation["level"])
    if "propagate" in operation:
        logger.propagate = operation["propagate"]
    if "disabled" in operation:
        logger.disabled = operation["disabled"]


def do_disable(operation):
    logging.disable(operation.get("level", logging.CRITICAL))


def do_add_level_name(operation):
    logging.addLevelName(operation["level"], operation["name"])


def configure_from_ini(path):
    """fileConfig, with the errors of Python 3.12 where this one does not have them."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path} doesn't exist")
    if not os.path.getsize(path):
        raise RuntimeError(f"{path} is an empty file")
    try:
        logging.config.fileConfig(path)
    except configparser.ParsingError as error:
        raise RuntimeError(f"{path} is invalid: {error}") from None


def do_config(operation):
    path = operation["path"]
    if path.endswith((".ini", ".conf")):
        configure_from_ini(path)
        return
    with open(path, encoding="utf-8") as file:
        logging.config.dictConfig(json.load(file) if path.endswith(".json") else yaml.safe_load(file))


def line_of(logger):
    parent = logger.parent.name if logger.parent else ""
    handlers = ",".join(type(handler).__name__ for handler in logger.handlers)
    return (f"{logger.name}\t{parent}\t{int(logger.getEffectiveLevel())}\t{int(bool(logger.disabled))}\t"
            f"{int(bool(logger.propagate))}\t{handlers}")


def do_tree(_operation):
    known = logging.Logger.manager.loggerDict
    names = sorted(name for name in known if isinstance(known[name], logging.Logger))
    for logger in [logging.getLogger()] + [known[name] for name in names]:
        print(line_of(logger))
    sys.stdout.flush()


OPERATIONS = {
    "log": do_log,
    "handle": do_handle,
    "get": do_get,
    "set": do_set,
    "disable": do_disable,
    "addLevelName": do_add_level_name,
    "config": do_config,
    "tree": do_tree,
}


def main():
    status = 0
    logging.Handler.handleError = handle_error
    logging.handlers.RotatingFileHandler.shouldRollover = should_rollover
    with open(sys.argv[1], encoding="utf-8") if sys.argv[1] != "-" else sys.stdin as script:
        for line in script:
            if not line.strip():
                continue
            try:
                operation = json.loads(line)
                OPERATIONS[operation["op"]](operation)
            except Exception as error:
                print(f"{type(error).__name__}: {error}".replace("\n", " "), file=sys.stderr)
                status = 1
    return status


sys.exit(main())
