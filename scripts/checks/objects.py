# SPDX-License-Identifier: Apache-2.0
"""The objects of a build, and the symbols in them."""
import os

from checks.tree import run


def objects(tree, *folders):
    """(the path without the build's folder, the path) of every object that was made of the sources in FOLDERS."""
    root = os.path.join(tree.build, "obj")
    found = []
    for folder in folders:
        for path, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.join(path, name) for name in names if name.endswith(".o")]
    return sorted((os.path.relpath(path, root), path) for path in found)


def symbols(path, *flags):
    """(name, type) of PATH's symbols, versions cut off."""
    lines = run("nm", "-P", *flags, path).splitlines()
    return [(line.split()[0].split("@")[0], line.split()[1]) for line in lines if len(line.split()) > 1]
