# SPDX-License-Identifier: Apache-2.0
"""The objects of a build, and the symbols in them."""
import os

from checks.tree import run


def objects(tree, *folders):
    """(the path without the build's folder, the path) of every object of the sources in FOLDERS; not what is left of older ones."""
    root = os.path.join(tree.build, "obj")
    found = []
    for folder in folders:
        for path, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.join(path, name) for name in names if name.endswith(".o")]
    return sorted((short, path) for short, path in ((os.path.relpath(path, root), path) for path in found)
                  if tree.exists(short[:-2] + ".c"))


def symbols(path, *flags):
    """(name, type) of PATH's symbols, versions cut off."""
    lines = run("nm", "-P", *flags, path).splitlines()
    return [(line.split()[0].split("@")[0], line.split()[1]) for line in lines if len(line.split()) > 1]


def is_aarch64(path):
    """Whether the ELF file PATH is for aarch64."""
    with open(path, "rb") as file:
        return file.read(20)[18:] == b"\xb7\0"
