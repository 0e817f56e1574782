#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write pickles of every protocol by Python's own module, each with what it holds, for tests/unit/test_report_pickle.c.

usage: pickle_cases.py SEED COUNT

For each case a line "LENGTH LENGTH", the pickle, and its value in words: "N", "T", "F", "i7", "f" with the sixteen hexadecimal digits of
a double, "b" with a number that no 64 bits hold, "s3:abc", "[...]", "(...)", "{key value ...}"; "!" for what is to be refused.
"""
import datetime
import io
import math
import os
import pickle
import pickletools
import random
import struct
import sys

LETTERS = ["", "a", "rank", "é", "日本", "\U0001f600", "back\\slash", "a\nb", "\\u0041", "quote'\"", "\x00", "x" * 300, "y" * 70000]


class Plain:
    """An object of the program's own."""

    def __init__(self):
        self.member = 1


class Shell:
    """What an attacker writes."""

    def __reduce__(self):
        return (os.system, ("true",))


def words(value):
    if value is None or isinstance(value, bool):
        return {None: "N", True: "T", False: "F"}[value]
    if isinstance(value, int) and -2**63 <= value < 2**63:
        return f"i{value}"
    if isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf if value > 0 else -math.inf
        if abs(number) >= 2.0**63:
            return f"b{number:.10e}"
        return "f" + struct.pack(">d", number).hex()
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass").decode("latin-1")
        return f"s{len(text)}:{text}"
    if isinstance(value, dict):
        return "{" + " ".join(f"{words(key)} {words(item)}" for key, item in value.items()) + "}"
    marks = "[]" if isinstance(value, list) else "()"
    return marks[0] + " ".join(map(words, value)) + marks[1]


def number(chance):
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randrange(-300, 300)
    if kind == 1:
        return chance.randrange(-2**chance.randrange(1, 70), 2**chance.randrange(1, 70))
    if kind == 2:
        return chance.choice([2**63 - 1, -2**63, 2**63, -2**63 - 1, 2**31 - 1, -2**31, 2**31, 255, 256, 65535, 65536])
    if kind == 3:
        return chance.choice([2**chance.randrange(64, 3000), -2**chance.randrange(64, 3000) - 1])
    return chance.choice([0.0, -0.0, 1.5, 1e300, -1e-300, math.inf, -math.inf, chance.random(), chance.uniform(-1e6, 1e6)])


def value(chance, depth, shared):
    kind = chance.randrange(10 if depth > 0 else 5)
    if kind < 2:
        return number(chance)
    if kind == 2:
        return chance.choice(LETTERS)
    if kind == 3:
        return chance.choice([None, True, False])
    if kind == 4 and shared:
        return chance.choice(shared)
    count = chance.choice([0, 1, 2, 3, 4, 7, 12])
    if kind < 7:
        made = [value(chance, depth - 1, shared) for _ in range(count)]
    elif kind == 7:
        made = tuple(value(chance, depth - 1, shared) for _ in range(count))
    else:
        made = {chance.choice(LETTERS) + str(i): value(chance, depth - 1, shared) for i in range(count)}
    shared.append(made)
    return made


def deep(count):
    made = []
    for _ in range(count):
        made = [made]
    return made


def pickled(made, protocol, chance):
    how = chance.randrange(3)
    if how == 0:
        return pickle.dumps(made, protocol)
    if how == 1:
        return pickletools.optimize(pickle.dumps(made, protocol))
    file = io.BytesIO()
    pickle._Pickler(file, protocol).dump(made)  # pylint: disable=protected-access
    return file.getvalue()


def write(bytes_, text):
    text = text.encode("latin-1")
    sys.stdout.buffer.write(f"{len(bytes_)} {len(text)}\n".encode() + bytes_ + text)


REFUSED = [Plain(), Shell(), Plain, len, {1, 2}, frozenset([1]), b"bytes", bytearray(b"x"), 1j, datetime.date(2026, 1, 1), range(3),
           [1, [2, {"a": (Plain(),)}]]]
# One for each opcode that names or calls something, as nothing above writes it.
OPCODES = [b"cos\nsystem\n(S'true'\ntR.", b"(ios\nsystem\n.", b"(cos\nsystem\no.", b"Ptrue\n.", b"N\x80\x02Q.", b"\x82\x01.",
           b"\x83\x01\x00.", b"\x84\x01\x00\x00\x00.", b"N}b.", b"\x8c\x02os\x8c\x06system\x93.", b"\x97.", b"N\x98."]


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)
    for made in [list(range(5000)), {str(i): i for i in range(5000)}, tuple(range(300)), deep(400), [[]] * 2000]:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            write(pickle.dumps(made, protocol), words(made))
    for made in REFUSED:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            write(pickle.dumps(made, protocol), "!")
    for bytes_ in OPCODES:
        write(bytes_, "!")
    write(b"S'a\\x41\\n\\'\\101'\n.", words("aA\n'A"))
    write(b"\x80\x02U\x03abcq\x00.", words("abc"))
    write(b"(dp0\nVa\np1\nI01\nsVa\np2\nI7\ns.", "{s1:a T s1:a i7}")
    for bytes_ in (b"N(I1\n2I2\n1.", b"I7\nN0.", b"N(0.", b"(I1\nI2\nl.", b"(NNd.", b"L12L\n.", b"F1.5\n.", b"I01\n.", b"\x8a\x00."):
        write(bytes_, words(pickle.loads(bytes_)))
    for _ in range(count):
        made = value(chance, 4, [])
        write(pickled(made, chance.randrange(pickle.HIGHEST_PROTOCOL + 1), chance), words(made))


if __name__ == "__main__":
    main()
