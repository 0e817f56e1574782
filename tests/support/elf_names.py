# SPDX-License-Identifier: Apache-2.0
"""Copies of shared objects that lack something: a name that they define, or a table of their dynamic section."""

import os
import struct

DT_HASH, DT_DEBUG, DT_GNU_HASH = 4, 21, 0x6FFFFEF5
SHT_DYNAMIC, SHT_DYNSYM = 6, 11
SYMBOL_SIZE, ENTRY_SIZE = 24, 16


class Object:
    """An ELF object of 64 bits, little-endian, in memory."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = bytearray(file.read())
        self.mode = os.stat(path).st_mode
        at, = struct.unpack_from("<Q", self.bytes, 0x28)
        size, count = struct.unpack_from("<HH", self.bytes, 0x3A)
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.bytes, at + i * size) for i in range(count)]

    def section(self, kind):
        return next(section for section in self.sections if section[1] == kind)

    def hide(self, *names):
        """No symbol of NAMES is found any more, in no version: their entries say another name than their hash."""
        symbols = self.section(SHT_DYNSYM)
        strings = self.sections[symbols[6]][4]
        hidden = set()
        for at in range(symbols[4], symbols[4] + symbols[5], SYMBOL_SIZE):
            name, = struct.unpack_from("<I", self.bytes, at)
            end = self.bytes.index(0, strings + name)
            text = self.bytes[strings + name:end].decode()
            if text in names:
                struct.pack_into("<I", self.bytes, at, name + 1)
                hidden.add(text)
        return hidden

    def lose(self, tag):
        """The dynamic section has no entry TAG any more."""
        dynamic = self.section(SHT_DYNAMIC)
        for at in range(dynamic[4], dynamic[4] + dynamic[5], ENTRY_SIZE):
            if struct.unpack_from("<Q", self.bytes, at)[0] == tag:
                struct.pack_into("<Q", self.bytes, at, 0x6FFFF000)
                return True
        return False

    def write(self, path):
        with open(path, "wb") as file:
            file.write(self.bytes)
        os.chmod(path, self.mode & 0o777)
