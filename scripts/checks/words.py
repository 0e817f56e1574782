# SPDX-License-Identifier: Apache-2.0
"""Words: nothing unfinished, no path of somebody's machine, a licence line, and no word of our own where the field has one."""
import re

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|(?i:\bfor now\b|not implemented)")
HOME = re.compile(r"(?<![\w.])/(?:root|home|work|Users)/\w")
LICENCE = "SPDX-License-Identifier: Apache-2.0"

# Words that this project once had for what the field has a word for, as regular expressions, and that word. They are looked for
# in names, where a word ends at "_" or "-" too, and in prose.
INVENTED = {
    r"told|tells?|tellers?|telling|untold": "emit, report, reporter, event record; to tell apart is to distinguish",
    r"witness(?:es|ed)?|bears? witness": "monitor; gives evidence",
    r"s(?:ee|ees|een)[ _]off": "drain",
    r"scenes?": "attempt context",
    r"own[ _]faults?": "concurrent failure",
    r"odd[ _]ones?": "outlier",
    r"stands?[ _]apart": "is an outlier",
    r"sinks?": "log file, handler",
    r"mute": "silent",
    r"stor(?:y|ies)": "fixture, timeline",
}
# In names alone: as words of prose they are English.
INVENTED_NAMES = {
    r"manners?": "failure class",
    r"(?<=->)asked|(?<=\.)asked": "kill request",  # a member; a function that asks is one
}

# The output format has these names, and keeps them.
WIRE_NAMES = re.compile(r"\b(?:teller|own_faults?|odd_ones(?:_out)?)\b")

PROSE = ("README.md", "CONTRIBUTING.md", ".1", ".5", ".7", ".json")
# A literal may be a message or a name on the wire, which stay as they are; in the files of the options it is --help.
HELP = re.compile(r"core/cli/(?:cmd_\w+|options)\.[ch]")
C_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
C_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.DOTALL)
# What a page or a README quotes: output, commands, names.
QUOTED = re.compile(r"^ {4}.*$|```.*?```|`[^`\n]*`|^\.Bd.*?^\.Ed", re.DOTALL | re.MULTILINE)


def unfinished(tree):
    """Nothing unfinished, no absolute path of a developer's machine, a licence line in every source."""
    for path in tree.files():
        if path.startswith("scripts/checks/") or "/corpus/" in path or path == "LICENSE":
            continue
        text = tree.read(path)
        for number, line in enumerate(text.splitlines(), 1):
            if path.endswith((".c", ".h", ".def", ".py")) and UNFINISHED.search(line):
                tree.complain(f"{path}:{number}", "unfinished: " + line.strip())
            if HOME.search(line) and not path.startswith("tests/"):
                tree.complain(f"{path}:{number}", "a path of somebody's machine: " + line.strip())
        if path.endswith((".c", ".h", ".def")) and LICENCE not in text[:200]:
            tree.complain(path, "has no licence line")


def pattern(words):
    """One expression for the keys of WORDS, each a group of its own; a part of a name counts as a word."""
    return re.compile("|".join(rf"(?<![A-Za-z])({word})(?![A-Za-z])" for word in words), re.IGNORECASE)


ANYWHERE, IN_NAMES = pattern(INVENTED), pattern(INVENTED_NAMES)


def invented(tree):
    """None of the words of INVENTED in names, comments, READMEs, --help and man pages."""
    for path in tree.files(".c", ".h", ".def", ".js", ".css", ".html", *PROSE, below=("core/", "shim/", "README.md", "CONTRIBUTING.md")):
        text = tree.read(path)
        if path.endswith((".c", ".h", ".def", ".js")):
            find(tree, path, without_literals(text, HELP.fullmatch(path)), ANYWHERE, INVENTED)
            find(tree, path, C_TOKEN.sub(blank, text), IN_NAMES, INVENTED_NAMES)
        elif path.endswith(PROSE):
            find(tree, path, text if path.endswith(".json") else QUOTED.sub(blank, text), ANYWHERE, INVENTED)
        else:
            find(tree, path, text, ANYWHERE, INVENTED)
    for path in tree.files(below=("core/", "shim/")):
        for match in ANYWHERE.finditer(path):
            tree.complain(path, f"is named '{match[0]}': the field says {meant(INVENTED, match)}")


def blank(match):
    """As many lines as MATCH has, with nothing in them."""
    return "\n" * match[0].count("\n")


def without_literals(text, is_help):
    """TEXT of a C file without its literals; where it IS_HELP, without those of one word, which are names."""
    def keep(match):
        token = match[0]
        if token[0] == "/":
            return C_LITERAL.sub('""', token)
        return token if is_help and " " in token else ""

    return C_TOKEN.sub(keep, text)


def find(tree, path, text, expression, words):
    for number, line in enumerate(text.splitlines(), 1):
        for match in expression.finditer(WIRE_NAMES.sub("", line)):
            tree.complain(f"{path}:{number}", f"'{match[0]}' is a word of our own; the field says {meant(words, match)}")


def meant(words, match):
    return list(words.values())[match.lastindex - 1]
