# SPDX-License-Identifier: Apache-2.0
"""Documentation: what every header says, and what the READMEs say of the tree."""
import fnmatch
import glob
import os
import re

# They declare what libc and CPython define and document.
FOREIGN = {"shim/base/export.h", "shim/python/python_api.h"}

PROTOTYPE = r"(?:VIGIL_API )?(?!typedef|static|#|extern \"C\"|struct \w+ \{|_Static_assert)[a-zA-Z_][\w \*]*?\b\w+\([^;{]*\)[^;{]*;"
INLINE = r"static inline [^;{=]*\([^;{]*\)[^;{]*\{"
MACRO = r"# ?define \w+\([^)]*\)"
DECLARED = re.compile(f"^(?:({PROTOTYPE})|({INLINE})|({MACRO}))", re.MULTILINE)
KINDS = ("a prototype", "an inline function", "a macro with arguments")


def headers(tree):
    """A header says what it is; what it declares, be it a prototype, an inline function or a macro with arguments, has a comment."""
    for path in tree.files(".h", below=("core/", "shim/")):
        text = tree.read(path)
        name = os.path.basename(path)
        if not re.match(r"/\* SPDX-License-Identifier: Apache-2.0 \*/\n/\*\n \* " + re.escape(name) + " - ", text):
            tree.complain(path, f"does not begin with the licence line and '{name} - what it is'")
        for match in DECLARED.finditer("" if path in FOREIGN else text):
            if not has_comment(text[: match.start()]) and not is_for_a_table(match, text):
                line = text.count("\n", 0, match.start()) + 1
                tree.complain(f"{path}:{line}", f"{KINDS[match.lastindex - 1]} without a comment")


def is_for_a_table(match, text):
    """A macro that is for the lines of a .def file, and undefined behind them."""
    macro = re.match(r"# ?define (\w+)", match[0])
    return macro and re.search(rf"^# ?undef {macro[1]}$", text[match.end() :], re.MULTILINE)


def has_comment(before):
    """Whether the block of declarations that ends BEFORE begins with a comment."""
    block = before.rstrip(" \t").split("\n\n")[-1].strip()
    return "/*" in block or before.rstrip().endswith("*/")


# What a README names: links, and words that look like files of this tree.
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#]+)[^)]*\)")
CODE = re.compile(r"`([^`\n]+)`")
FOLDER = re.compile(r"(?<![\w/.-])(?:core|shim|scripts|tests)/[\w*./-]*[\w*/]")
NAME = re.compile(r"[\w*./-]+\.(?:c|cc|h|py|js|mk|def|md|txt|mtx|json|in)")
TARGET = re.compile(r"(?:^ *|`)make (?:[A-Z_]+=[^\s`]* )*([a-z][\w-]*)", re.MULTILINE)
VIGIL = re.compile(r"(?:^ *|[$`] ?|-- )vigil (?:run|report|check|env|emit)\b[^`\n#]*?(?= -- |[`\n#]|$)", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)--?([a-z][\w-]*)")
# Of a user's job, of other projects, or made by a run.
NOT_OURS = re.compile(r"(?:^|/)(?:job|train|logging_tree)\.\w+$")


def readmes(tree):
    """What a README names is there: links, files, targets of make, vigil's options."""
    targets = set(re.findall(r"^([a-z][\w-]*):", "".join(map(tree.read, tree.files("Makefile", ".mk"))), re.MULTILINE))
    tables = re.findall(r"\{\s*'([^']+)', \"([\w-]+)\"", "".join(map(tree.read, tree.files("cli/options.c", "run_directory.h"))) +
                        "".join(map(tree.read, tree.files(".c", below=("core/cli/cmd_",)))))
    options = {name for pair in tables for name in pair}
    for path in tree.files("README.md", "CONTRIBUTING.md"):
        text = tree.read(path)
        for target in LINK.findall(text):
            if not tree.exists(os.path.dirname(path), target):
                tree.complain(path, f"links to {target}, which is not there")
        for name in sorted(set(FOLDER.findall(text)) | {name for name in CODE.findall(text) if NAME.fullmatch(name)}):
            if not is_there(tree, path, name):
                tree.complain(path, f"names {name}, which is not there")
        for target in TARGET.findall(text):
            if target not in targets:
                tree.complain(path, f"names make {target}, which is no target")
        for command in VIGIL.findall(text):
            for option in OPTION.findall(command):
                if option not in options:
                    tree.complain(path, f"names {option} in '{command.strip()}', which is no option")


def is_there(tree, path, name):
    """NAME, perhaps with '*', below the README's folder or the top; a file of the TREE may be named without its folder."""
    places = (tree.path(os.path.dirname(path)), tree.top)
    return (any(glob.glob(os.path.join(place, name)) for place in places) or NOT_OURS.search(name)
            or bool(fnmatch.filter(tree.files(), "*/" + name)))
