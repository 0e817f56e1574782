# SPDX-License-Identifier: Apache-2.0
"""An exception with a cause, in a function, with text that is not ASCII."""


def inner():
    return {}["größe"]


def outer():
    try:
        inner()
    except KeyError as error:
        raise RuntimeError("no größe") from error


outer()
