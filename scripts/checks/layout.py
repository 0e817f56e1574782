# SPDX-License-Identifier: Apache-2.0
"""How the sources are laid out: rooms (folders), who may include whom, circles, names of headers, sizes."""
import collections
import os
import re

from checks.tree import run

# A room, and the rooms that its files may include besides their own, those above it and those below it. What a room may
# include, the rooms in it may too, and who may include a room may include the rooms in it.
MAY_INCLUDE = {
    "core/include": (),
    "core/base": (),
    "core/trace": ("core/base",),
    "core/live": ("core/trace", "core/base"),
    "core/logging": ("core/include", "core/base"),
    "core/logging/format": (),
    "core/logging/handlers": ("core/logging/format",),
    "core/config": ("core/include", "core/logging", "core/base"),
    "core/config/yaml": (),
    "core/config/factory": (),
    "core/config/dict": ("core/config/factory",),
    "core/config/ini": ("core/config/dict", "core/config/factory"),
    "core/events": ("core/logging", "core/base"),
    "core/api": ("core/include", "core/config", "core/events", "core/trace", "core/logging", "core/base"),
    "core/eventfile": ("core/events", "core/trace", "core/base"),
    "core/report": ("core/eventfile", "core/events", "core/trace", "core/base"),
    "core/report/job": (),
    "core/report/dumps": (),
    "core/report/symbols": ("core/report/job",),
    "core/report/verdict": ("core/report/dumps", "core/report/job"),
    "core/report/render": ("core/report/verdict", "core/report/dumps", "core/report/job"),
    "core/transport": ("core/eventfile", "core/events", "core/base"),
    "core/cli": ("core/report", "core/live", "core/transport", "core/eventfile", "core/api", "core/config", "core/logging", "core/events", "core/trace",
                 "core/base"),
    "core/cli/run": (),
    "core/cli/emit": (),
    "core/cli/stacks": (),
    "shim": ("core/logging", "core/events", "core/trace", "core/config", "core/base"),
    "shim/base": (),
    "shim/emit": ("shim/base",),
    "shim/python": ("shim/emit", "shim/base"),
    "shim/crash": ("shim/python", "shim/emit", "shim/base"),
    "shim/host": ("shim/crash", "shim/python", "shim/emit", "shim/base"),
}

# What a linker script names: with -ffunction-sections and -fdata-sections, .text.FUNCTION and .bss.VARIABLE; LARGE_STATIC_AT(PLACE).
NAMED_BY_LINKER = re.compile(r"\.(text|bss\.large|bss)\.(\w+)")
PLACED = {"text": r"\b{0}\(|\({0}\b", "bss": r"\b{0}\b", "bss.large": r"\bLARGE_STATIC_AT\({0}\)"}
COMPILERS_OWN = {"startup", "unlikely", "large"}

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
COLUMNS_MAX = 100

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def above(folder):
    """FOLDER and the folders above it, innermost first."""
    while folder:
        yield folder
        folder = os.path.dirname(folder)


def room_of(path):
    """The innermost room of MAY_INCLUDE that PATH lies in; None: in none."""
    return next((folder for folder in above(os.path.dirname(path)) if folder in MAY_INCLUDE), None)


def included_by(tree, path):
    """The paths that the file PATH includes as "..."; those below core/include, which are installed, include what lies beside them."""
    for name in INCLUDE.findall(tree.read(path)):
        beside = os.path.join(os.path.dirname(path), name)
        yield beside if path.startswith("core/include/") and tree.exists(beside) else name


def may_include(own, other):
    if own in above(other) or other in above(own):
        return True
    return any(room in MAY_INCLUDE.get(mine, ()) for mine in above(own) for room in above(other))


def includes(tree):
    """Who may include whom; a .c file includes its own header first."""
    for path in tree.sources():
        own = room_of(path)
        if own is None:
            tree.complain(path, "lies in no room of MAY_INCLUDE (scripts/checks/layout.py)")
            continue
        for name in included_by(tree, path):
            other = room_of(name)
            if other is None:
                tree.complain(path, f"includes {name}, which is no path from the top")
            elif not may_include(own, other):
                allowed = sorted({room for mine in above(own) for room in MAY_INCLUDE.get(mine, ())})
                tree.complain(path, f"includes {name}: {own} may include {', '.join(allowed) or 'nothing'}")
        own_header_first(tree, path)


def own_header_first(tree, path):
    header = path[:-2] + ".h"
    if not path.endswith(".c") or not tree.exists(header):
        return
    first = re.search(r"^#include\s+(\S+)", tree.read(path), re.MULTILINE)
    if not first or first.group(1) != f'"{header}"':
        tree.complain(path, f"does not include {header} first")


# Circles. An edge carries the include that it stands for: {from: {to: "a.c includes b.h"}}.

def module_edges(tree):
    """The modules of the tree, a .c and a .h of one name taken together, and which includes which."""
    edges = {path[:-2]: {} for path in tree.sources()}
    for path in tree.sources():
        for name in included_by(tree, path):
            if name[:-2] in edges and name[:-2] != path[:-2]:
                edges[path[:-2]].setdefault(name[:-2], f"{path} includes {name}")
    return edges


def sibling_edges(modules):
    """{a folder: the edges among the folders in it}, by what the MODULES in them, however deep, include."""
    edges = collections.defaultdict(lambda: collections.defaultdict(dict))
    for own, others in modules.items():
        for other, why in others.items():
            mine, theirs = own.split("/")[:-1], other.split("/")[:-1]
            same = len(os.path.commonprefix([mine, theirs]))
            if same < len(mine) and same < len(theirs):
                parent = "/".join(mine[:same])
                edges[parent]["/".join(mine[: same + 1])].setdefault("/".join(theirs[: same + 1]), why)
    return edges


def way_back(edges, start):
    """The shortest circle through START, as the nodes in order; None: there is none."""
    came_from, queue = {}, collections.deque([start])
    while queue:
        node = queue.popleft()
        for following in edges.get(node, ()):
            if following == start:
                way = [node]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if following not in came_from:
                came_from[following] = node
                queue.append(following)
    return None


def shortest_circles(edges):
    """For each knot of EDGES that hangs together by circles, the shortest of them; no node is in two."""
    found, seen = [], set()
    for way in sorted(filter(None, (way_back(edges, node) for node in sorted(edges))), key=len):
        if not seen & set(way):
            found.append(way)
            seen |= set(way)
    return found


def circles(tree):
    """No circle of includes among modules, and none among the rooms that lie side by side in one folder."""
    modules = module_edges(tree)
    for way in shortest_circles(modules):
        complain_of_circle(tree, "modules", modules, way)
    for edges in sibling_edges(modules).values():
        for way in shortest_circles(edges):
            complain_of_circle(tree, "rooms", edges, way)


def complain_of_circle(tree, kind, edges, way):
    steps = [edges[node][following] for node, following in zip(way, way[1:] + way[:1])]
    tree.complain(way[0], f"a circle of {len(way)} {kind}: {'; '.join(steps)}")


def header_names(tree):
    """No header of core or shim has the name of another one: a reader of an #include, or of a review, sees the name alone."""
    by_name = collections.defaultdict(list)
    for path in tree.files(".h"):
        by_name[os.path.basename(path)].append(path)
    for name, paths in sorted(by_name.items()):
        paths.sort(key=lambda path: not path.startswith(("core/", "shim/")))
        for path in paths[1:] if paths[0].startswith(("core/", "shim/")) else ():
            tree.complain(path, f"there is a {name} already: {paths[0]}")


# A source, the object of one, or a folder of sources.
NAMED_BY_MAKE = re.compile(r"(?<![\w.*%/-])(?:(\$\(B\)/obj/|%/)?((?:core|shim|tests)/[\w/-]+\.(?:o|c|cc|h|mk|py))|\$\(call src,([\w/]+)\))(?![\w%.])")


def makefiles(tree):
    """The files that a makefile names are there: flags for an object that has another path now would go nowhere, silently."""
    for path in tree.files("Makefile", ".mk"):
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            for built, name, folder in NAMED_BY_MAKE.findall(line):
                wanted = folder or re.sub(r"\.o$", ".c", name)
                if not tree.exists(wanted) and not (built and name.endswith(".h")):
                    tree.complain(f"{path}:{number}", f"names {wanted}, which is not there")


def placed(tree):
    """The functions and variables that a linker script names are there: one that has another name now loses its place, silently."""
    code = "".join(tree.read(path) for path in tree.files(".c", below=("core/", "shim/")))
    pasted = tuple(set(re.findall(r"##(_\w+)\(", code)))  # the ends of names that macros make

    def is_there(kind, name):
        stems = [name[:-len(end)] for end in pasted if name.endswith(end)]
        return re.search(PLACED[kind].format(name), code) or any(re.search(rf"[(,]\s*{stem},", code) for stem in stems)

    for path in tree.files(".ld"):
        for kind, name in sorted(set(NAMED_BY_LINKER.findall(tree.read(path)))):
            if name not in COMPILERS_OWN and not is_there(kind, name):
                tree.complain(path, f"names {name}, which is not there")


def sizes(tree):
    """No file over 500 lines, no line over 100 columns, no function over 60 lines but a table-like switch."""
    for path in tree.files(".c", ".h"):
        lines = tree.read(path).splitlines()
        if len(lines) > FILE_LINES_MAX:
            tree.complain(path, f"{len(lines)} lines, at most {FILE_LINES_MAX}")
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > COLUMNS_MAX:
                tree.complain(f"{path}:{number}", f"more than {COLUMNS_MAX} columns")
    names = [path for path in tree.sources() if path.endswith(".c")]
    tags = run("ctags", "-x", "--c-kinds=f", "--fields=+ne", "--_xformat=%{end}:%n:%F:%N", *names, cwd=tree.top) if names else ""
    for line in tags.splitlines():
        end, start, path, name = line.split(":", 3)
        length = int(end) - int(start) + 1 if end.isdigit() else 0
        body = tree.read(path).splitlines()[int(start) - 1 : int(start) - 1 + length]
        if length > FUNCTION_LINES_MAX and not is_table(body):
            tree.complain(f"{path}:{start}", f"{name}() has {length} lines, at most {FUNCTION_LINES_MAX}")


def is_table(body):
    """A function that is one switch, mostly cases: each stands for a row."""
    cases = sum(1 for line in body if re.match(r"\s*(case\b|default:|break;|return\b)", line))
    return any("switch" in line for line in body) and cases * 2 > len(body)
