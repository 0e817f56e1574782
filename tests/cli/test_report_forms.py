#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The forms of `vigil report` for other programs: the graph for Graphviz and stat-view, the trace for Perfetto, the page's file."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import termios

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hostile
import tap
import watched

FIXTURES = watched.TREE / "tests" / "unit" / "fixtures"
NAMES = sorted(os.listdir(FIXTURES))
MAKE_RUN = watched.TREE / "tests" / "bench" / "make_run.py"

STRING = r'"((?:[^"\\]|\\.)*)"'
# What stat-view takes of a node without asking whether it is there.
NODE_KEYS = {"pos", "label", "function", "source", "line", "module", "offset", "pc", "vars"}


def attributes(text):
    return dict(re.findall(r"(\w+)=" + STRING, text))


def ranks_of(label):
    """Of "[0-2,7]", as STAT reads it."""
    if not (label.startswith("[") and label.endswith("]")):
        raise ValueError(label)
    ranks = []
    for part in label[1:-1].split(","):
        first, _, last = part.partition("-")
        ranks += range(int(first), int(last or first) + 1)
    return ranks


class Graph:
    """The nodes and edges of a graph in STAT's dialect."""

    def __init__(self, text):
        lines = text.removesuffix("\n").split("\n")
        if lines[0] != "digraph G {" or lines[-1] != "}":
            raise ValueError("no graph")
        self.graph = attributes(lines[1])
        self.nodes, self.edges = {}, {}
        for line in lines[3:-1]:
            if match := re.fullmatch(r"\t(\d+) -> (\d+) \[(.*)\]", line):
                self.edges[match[2]] = (match[1], attributes(match[3]))
            else:
                number, rest = re.fullmatch(r"\t(\d+) \[(.*)\];", line).groups()
                self.nodes[number] = attributes(rest)

    def shown(self, number):
        """What stat-view shows of a node: it makes the label anew."""
        node = self.nodes[number]
        if node["source"] != "(null)":
            return f"{node['function']}@{os.path.basename(node['source'])}:{node['line']}"
        return os.path.basename(node["module"]) + node["offset"] if node["module"] != "(null)" else node["function"]

    def children(self, number):
        return [child for child, (parent, _) in self.edges.items() if parent == number]


class Forms(watched.Case):
    def report(self, *arguments, **options):
        return self.vigil("report", *arguments, **options)

    def printed(self, *arguments):
        result = self.report(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def graph(self, path):
        return Graph(self.printed("--dot", str(path)))

    def hostile(self, name="torchrun_python_segv.jsonl"):
        return hostile.fixture(self.path("hostile.jsonl"), name)

    def large(self, ranks=400, nodes=50):
        """A run of make_run.py's, whose culprit is rank RANKS * 2 / 3."""
        subprocess.run([sys.executable, MAKE_RUN, self.path("large"), str(ranks), str(nodes), "1"], check=True,
                       stdout=subprocess.DEVNULL)
        return self.path("large")

    def check_tree(self, graph, above="0"):
        """Every node is below the first one, and its ranks are of the ranks above it."""
        reached = {above}
        for child in graph.children(above):
            edge = graph.edges[child][1]
            ranks = ranks_of(edge["bv"])
            self.assertEqual((int(edge["count"]), int(edge["rep"])), (len(ranks), ranks[0]))
            count, label = edge["label"].split(":")
            self.assertEqual(int(count), len(ranks))
            self.assertEqual(label, edge["bv"] if len(edge["bv"]) <= 48 else re.match(r".{,48}(?<=,)", edge["bv"])[0] + "...]")
            if above != "0":
                self.assertLessEqual(set(ranks), set(ranks_of(graph.edges[above][1]["bv"])))
            reached |= self.check_tree(graph, child)
        return reached

    def test_the_graph_has_what_stat_view_reads(self):
        graph = self.graph(FIXTURES / "torchrun_python_segv.jsonl")
        self.assertRegex(graph.graph["type"], r"^stat_\d+_\d+$")
        self.assertEqual(graph.shown("0"), "/")
        self.assertEqual(self.check_tree(graph), set(graph.nodes))
        for node in graph.nodes.values():
            self.assertEqual(set(node), NODE_KEYS)
        [outermost] = graph.children("0")
        self.assertEqual((graph.shown(outermost), ranks_of(graph.edges[outermost][1]["bv"])), ("<module>@train.py:40", [0, 3]))
        self.assertIn("step@solver.c:88", [graph.shown(number) for number in graph.nodes])

    def test_frames_without_a_name_are_shown_by_module_and_offset(self):
        fixture = self.path("nameless.jsonl")
        with open(fixture, "w", encoding="ascii") as file:
            for line in (FIXTURES / "mpirun_segv.jsonl").read_text().splitlines():
                event = json.loads(line)
                for frame in event.get("frames", []):
                    for key in ("function", "function_offset", "file", "line"):
                        frame.pop(key, None)
                if "frames" in event:
                    event["frames"].insert(0, {"kind": "python", "file": "nameless.py", "line": 3})
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        graph = self.graph(fixture)
        shown = [graph.shown(number) for number in graph.nodes]
        self.assertTrue([name for name in shown if re.fullmatch(r"\w+\+0x[0-9a-f]+", name)], shown)
        self.assertIn("?@nameless.py:3", shown)

    def test_ranks_at_two_lines_of_a_function_are_two_nodes(self):
        graph = self.graph(FIXTURES / "torchrun_python_segv.jsonl")
        [outermost] = graph.children("0")
        lines = {graph.shown(number): ranks_of(graph.edges[number][1]["bv"]) for number in graph.children(outermost)}
        self.assertEqual(lines, {"main@train.py:31": [3], "main@train.py:33": [0]})

    def test_lines_that_ranks_do_not_share_are_left_out(self):
        """Where a signal interrupted a loop of the program's is chance."""
        fixture = self.path("loop.jsonl")
        with open(fixture, "w", encoding="ascii") as file:
            for line in (FIXTURES / "hang_scancel.jsonl").read_text().splitlines():
                event = json.loads(line)
                if event.get("frames"):
                    event["frames"] = [{"function": "spin", "kind": "cfi", "file": "/home/u/ring.c", "line": 50 + event["rank"]},
                                       {"function": "main", "kind": "cfi", "file": "/home/u/ring.c", "line": 22}]
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        graph = self.graph(fixture)
        self.assertEqual([graph.shown(number) for number in graph.nodes], ["/", "main@ring.c:22", "spin"])
        self.assertEqual(self.tree(fixture), ["  where 4 ranks stood:", "  4  0-3  main › spin (ring.c:50-53)"])

    def test_dot_reads_the_graph_of_every_fixture(self):
        if not shutil.which("dot"):
            self.skipTest("not installed: graphviz")
        for name in NAMES:
            with self.subTest(name):
                text = self.printed("--dot", str(FIXTURES / name))
                plain = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
                self.assertEqual(plain.stderr, "")
                self.assertEqual(plain.stdout.count("\nnode "), len(Graph(text).nodes))

    def test_hostile_names_stay_within_their_labels(self):
        text = self.printed("--dot", self.hostile())
        graph = Graph(text)
        self.assertEqual(self.check_tree(graph), set(graph.nodes))
        for node in graph.nodes.values():
            # stat-view writes them anew as they are
            self.assertNotRegex(node["function"], r'["\x00-\x1f]|\\(?!\|)')
            self.assertNotRegex(node["source"], r'["\\\x00-\x1f]')
        if not shutil.which("dot"):
            self.skipTest("not installed: graphviz")
        plain = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
        self.assertEqual((plain.stderr, plain.stdout.count("\nnode ")), ("", len(graph.nodes)))

    def many(self, ranks):
        """many.jsonl: all of them fail in the same function, but every fourth."""
        with open(self.path("many.jsonl"), "w", encoding="ascii") as file:
            for rank in range(ranks):
                event = {"schema": "vigil.event/1", "name": "a:signal", "source": "WORKER", "node_state": "FAILED", "message": "",
                         "timestamp": 1, "time_us": 10**15 + rank, "mono_us": 10**9 + rank, "run_id": "r", "hostname": "n",
                         "pid": rank + 2, "rank": rank, "local_id": rank, "world_size": ranks, "attempt": 0, "leader": True,
                         "master_endpoint": "", "error_trace": "", "cause": "fault", "seq": 0, "launcher": "slurm", "registers": {"rip": "0x1"},
                         "signal": {"number": 11, "name": "SIGSEGV", "code": 1, "address": "0x8"},
                         "frames": [{"kind": "cfi", "pc": "0x1", "function": "stays" if rank % 4 else "goes"}],
                         "process": {"program": "a", "ppid": 1, "start_ticks": rank, "boot_id": "b"}}
                file.write(json.dumps(event, separators=(",", ":")) + "\n")

    def test_a_list_of_ranks_that_dot_cannot_read_is_counted(self):
        """All ranks of 10,000 but every fourth: more than the 16384 bytes that a string of dot's may have."""
        self.many(10000)
        text = self.printed("--dot", self.path("many.jsonl"))
        edges = {Graph(text).shown(number): edge for number, (_, edge) in Graph(text).edges.items()}
        self.assertEqual((edges["stays"]["bv"], edges["stays"]["count"], edges["stays"]["rep"]), ("(null)", "7500", "1"))
        self.assertRegex(edges["stays"]["label"], r"^7500:\[1-3,5-7,.*,\.\.\.\]$")
        self.assertEqual(len(ranks_of(edges["goes"]["bv"])), 2500)
        if not shutil.which("dot"):
            self.skipTest("not installed: graphviz")
        plain = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
        self.assertEqual(plain.stderr, "")

    def test_a_large_graph_names_every_rank_once(self):
        graph = self.graph(self.large())
        [outermost] = graph.children("0")
        parts = [ranks_of(edge["bv"]) for number, (_, edge) in graph.edges.items() if not graph.children(number)]
        self.assertEqual(sorted(sum(parts, [])), ranks_of(graph.edges[outermost][1]["bv"]))
        self.assertIn([400 * 2 // 3], parts)
        # a deep stack lacks its middle, not where the rank stood
        ends = {graph.shown(number) for number in graph.nodes if not graph.children(number)}
        self.assertEqual({re.match(r"at::native::(\w+?)_of", end)[1] for end in ends},
                         {"scatter_step_0", "barrier_step_0", "allreduce_step_0"})
        self.assertLess(len(graph.nodes), 3 * 200)

    def trace(self, path):
        with open(self.path("trace.json"), "w", encoding="ascii") as file:
            file.write(self.printed("--perfetto", "-", str(path)))
        return json.loads(pathlib.Path(self.path("trace.json")).read_text())["traceEvents"]

    def check_trace(self, events):
        """The rules that importers have: known phases, numbers for times, slices of a thread within each other."""
        open_until = {}
        for event in events:
            self.assertIn(event["ph"], "MXi")
            self.assertTrue(isinstance(event["pid"], int) and isinstance(event["tid"], int))
            if event["ph"] == "M":
                self.assertIn(event["name"], ("process_name", "thread_name", "process_sort_index", "thread_sort_index"))
                continue
            self.assertIsInstance(event["ts"], int)
            self.assertGreaterEqual(event["ts"], 0)
            if event["ph"] == "i":
                self.assertEqual(event["s"], "t")
                continue
            stack = open_until.setdefault((event["pid"], event["tid"]), [])
            while stack and stack[-1] <= event["ts"]:
                stack.pop()
            end = event["ts"] + event["dur"]
            self.assertTrue(not stack or end <= stack[-1], event)
            stack.append(end)

    def test_a_trace_has_a_thread_a_rank_and_a_process_a_host(self):
        events = self.trace(FIXTURES / "two_hosts_peer")
        self.check_trace(events)
        hosts = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
        self.assertEqual(sorted(hosts.values()), ["n1", "n2"])
        lives = [event for event in events if event.get("cat") == "life"]
        self.assertEqual(sorted((event["tid"], event["name"]) for event in lives), [(n, f"rank {n}") for n in range(4)])
        [culprit] = [event for event in lives if event["args"]["role"] == "culprit"]
        self.assertEqual((culprit["tid"], culprit["args"]["host"]), (3, hosts[culprit["pid"]]))
        states = [event["name"] for event in events if event.get("cat") == "state" and event["tid"] == 3]
        self.assertEqual(states, ["INIT", "RUNNING"])

    def test_a_trace_marks_ends_and_signals(self):
        events = self.trace(FIXTURES / "mpirun_segv.jsonl")
        ends = {event["tid"]: event for event in events if event.get("cat") == "end"}
        signals = {event["tid"]: event for event in events if event.get("cat") == "signal"}
        self.assertTrue(ends[1]["name"].startswith("FAILED: SIGSEGV"))
        self.assertEqual(signals[1]["name"], "SIGSEGV")
        lives = {event["tid"]: event for event in events if event.get("cat") == "life"}
        for tid, end in ends.items():
            self.assertEqual(end["ts"], lives[tid]["ts"] + lives[tid]["dur"])
        self.assertLess(ends[1]["ts"], ends[0]["ts"])

    def test_every_fixture_is_a_sound_trace(self):
        for name in NAMES:
            with self.subTest(name):
                events = self.trace(FIXTURES / name)
                self.check_trace(events)
                self.assertTrue([event for event in events if event["ph"] == "X" or event["pid"] == 0])

    def test_a_job_without_ranks_has_its_processes_in_the_trace(self):
        lives = [event for event in self.trace(FIXTURES / "make_job.jsonl") if event.get("cat") == "life"]
        self.assertEqual(len(lives), 7)
        self.assertIn("cc1 (pid 104)", [event["name"] for event in lives])

    def page_data(self, html):
        found = re.search(r'<script id="data" type="application/json">\n(.*?)\n</script>', html, re.DOTALL)
        return json.loads(found[1])

    def test_the_page_is_one_file_that_names_no_other(self):
        html = self.printed("--html", "-", str(FIXTURES / "mpirun_segv.jsonl"))
        self.assertEqual(self.page_data(html)["attempts"][0]["candidates"][0]["rank"], 1)
        self.assertNotRegex(html, r"https?:|(src|href)=\"(?!data:,\")|@import|url\(")
        self.assertNotRegex(html, r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(")

    def test_nothing_in_the_data_ends_its_script(self):
        html = self.printed("--html", "-", self.hostile())
        self.assertEqual(html.count("</script>"), 2)
        self.assertNotIn("<!--", html)
        self.assertNotIn("\u2028", html)
        data = self.page_data(html)
        self.assertIn("p" + hostile.EVERYTHING, data["texts"])

    def test_equal_traces_are_in_the_page_once(self):
        data = self.page_data(self.printed("--html", "-", self.large()))
        numbers = data["attempts"][0]["ranks"]["trace"]
        self.assertEqual(len(numbers), 400)
        self.assertEqual(len(data["traces"]), 4)  # of the culprit, its neighbours, and where the others waited
        self.assertEqual(numbers.count(numbers[266]), 1)
        for rank, where in ((0, "barrier"), (1, "allreduce"), (266, "scatter"), (399, "barrier")):
            trace = data["traces"][numbers[rank]]
            self.assertIn(f"in {where}", data["texts"][data["lists"][trace["lines"]][-1]])
            self.assertIn(f"{where}_step_0_", data["texts"][data["frames"][data["lists"][trace["frames"]][0]][0]])

    def test_traces_are_equal_by_what_they_say(self):
        self.many(40)
        data = self.page_data(self.printed("--html", "-", self.path("many.jsonl")))
        numbers = data["attempts"][0]["ranks"]["trace"]
        self.assertEqual(len(data["traces"]), 2)
        for rank, number in enumerate(numbers):
            function = data["frames"][data["lists"][data["traces"][number]["frames"]][0]][0]
            self.assertEqual(data["texts"][function], "stays" if rank % 4 else "goes")

    def test_a_file_is_written_beside_and_replaced(self):
        self.write("page.html", "old", mode=0o640)
        os.symlink("page.html", self.path("link.html"))
        self.assertEqual(self.printed("--html", "link.html", "--perfetto", "new.json", str(FIXTURES / "mpirun_segv.jsonl")), "")
        self.assertTrue(os.path.islink(self.path("link.html")))
        self.assertEqual(os.stat(self.path("page.html")).st_mode & 0o777, 0o640)
        self.assertTrue(pathlib.Path(self.path("page.html")).read_text().startswith("<!DOCTYPE html>"))
        json.loads(pathlib.Path(self.path("new.json")).read_text())
        self.assertEqual(sorted(os.listdir(self.directory)), ["link.html", "new.json", "page.html"])

    def test_a_file_that_cannot_be_written_whole_stays_as_it_was(self):
        self.write("page.html", "old")

        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

        result = self.report("--html", "page.html", str(FIXTURES / "mpirun_segv.jsonl"), preexec_fn=small_files)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, "vigil: page.html: File too large; it is as it was\n")
        self.assertEqual(pathlib.Path(self.path("page.html")).read_text(), "old")
        self.assertEqual(os.listdir(self.directory), ["page.html"])

    def test_what_cannot_be_written_is_said(self):
        for file, reason in (("no/such/page.html", "No such file or directory; nothing was written"),
                             (".", "Is a directory; it is as it was"),
                             ("/dev/full", "No space left on device; the report is cut short")):
            with self.subTest(file):
                result = self.report("--html", file, str(FIXTURES / "mpirun_segv.jsonl"))
                self.assertEqual((result.returncode, result.stdout), (1, ""))
                self.assertEqual(result.stderr, f"vigil: {file}: {reason}\n")

    def test_an_interrupt_while_a_file_is_written_leaves_nothing_beside_it(self):
        run, page = self.large(), self.write("page.html", "old")

        def interrupt(number):
            """Once the file beside it is there, which is soon gone: whether it was in time."""
            report = self.start(watched.VIGIL, "report", "--no-lines", "--html", page, run)
            while report.poll() is None and len(os.listdir(self.directory)) == 2:
                pass
            report.send_signal(number)
            self.assertIn(report.wait(30), (-number, 0))
            self.assertEqual(sorted(os.listdir(self.directory)), ["large", "page.html"])
            self.assertTrue(pathlib.Path(page).read_text().endswith("</html>\n"))
            return report.returncode == -number

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.assertTrue(any(interrupt(number) for _ in range(100)))

    def test_standard_output_has_room_for_one_form(self):
        for forms in (("--json", "--dot"), ("--json", "--html", "-"), ("--html=-", "--perfetto=-")):
            result = self.report(*forms, str(FIXTURES / "mpirun_segv.jsonl"))
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (2, "", 1))
            self.assertIn("are both for standard output", result.stderr)
        same = self.report("--html", "x", "--perfetto", "x", str(FIXTURES / "mpirun_segv.jsonl"))
        self.assertEqual((same.returncode, same.stdout, os.listdir(self.directory)), (2, "", []))
        self.assertEqual(same.stderr, "vigil report: --html and --perfetto are both for x; see 'vigil report --help'\n")
        both = self.report("--json", "--html", "page.html", str(FIXTURES / "mpirun_segv.jsonl"))
        self.assertEqual(json.loads(both.stdout)["schema"], "vigil.report/1")
        self.assertTrue(os.path.exists(self.path("page.html")))

    def test_a_file_of_a_form_must_be_named(self):
        for form in ("--html", "--perfetto"):
            self.assertEqual(self.report(form).returncode, 2)

    def tree(self, path):
        lines = self.printed("--no-lines", str(path)).splitlines()
        return lines[next(i for i, line in enumerate(lines) if re.match(r"  where \d+ ranks stood:", line)):]

    def on_terminal(self, columns, *arguments, **environment):
        """What the report prints on a terminal of so many COLUMNS."""
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen([watched.VIGIL, "report", *map(str, arguments)], stdout=slave,
                              env=watched.environment(NO_COLOR="1", **environment)) as process:
            os.close(slave)
            text = b""
            with contextlib.suppress(OSError):  # the terminal has no other end any more
                while more := os.read(master, 65536):
                    text += more
            os.close(master)
        self.assertEqual(process.returncode, 0)
        return text.decode().replace("\r", "")

    def test_the_text_is_as_wide_as_the_terminal(self):
        for columns, variable, most in ((80, None, 80), (200, None, 160), (20, None, 60), (0, None, 100), (80, "70", 70), (80, "x", 80)):
            environment = {} if variable is None else {"COLUMNS": variable}
            for name in ("torchrun_python_segv.jsonl", "hang_two_sides", "alike_at_other_lines", "two_hosts_three_faults"):
                with self.subTest(name, columns=columns, **environment):
                    lines = self.on_terminal(columns, FIXTURES / name, **environment).splitlines()
                    self.assertLessEqual(max(map(len, lines)), most)
                    self.assertGreater(max(map(len, lines)), min(most - 30, 70))

    def test_the_text_has_the_stacks_of_all_ranks_on_a_screen(self):
        self.assertEqual(self.tree(FIXTURES / "torchrun_python_segv.jsonl"), [
            "  where 2 ranks stood:",
            "  2  0,3  <module> (train.py)",
            "  1  3      main (train.py:31) › … 72 more › step (solver.c:88)   ← failed first",
            "  1  0      main (train.py:33)"])
        large = self.tree(self.large())
        self.assertLess(len(large), 10)
        self.assertRegex(large[2], r"^    1  266 .* ← failed first$")

    def test_without_a_culprit_those_who_stand_apart_stand_out(self):
        fixture = self.path("hang.jsonl")
        with open(fixture, "w", encoding="ascii") as file:
            for line in (FIXTURES / "ctrl_c.jsonl").read_text().splitlines():
                event = json.loads(line)
                if event["rank"] is not None and event["node_state"] == "FAILED":
                    where = "load_batch" if event["rank"] == 1 else "MPI_Barrier"
                    event["frames"] = [{"function": name, "kind": "cfi", "pc": "0x10"} for name in (where, "main")]
                    for rank in range(3, 9) if event["rank"] == 2 else ():
                        more = dict(event, rank=rank, pid=event["pid"] + rank, world_size=9)
                        more["process"] = dict(event["process"], start_ticks=event["process"]["start_ticks"] + rank)
                        file.write(json.dumps(more, separators=(",", ":")) + "\n")
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        tree = self.tree(fixture)
        self.assertRegex(tree[2], r"^  1  1 +load_batch   ← stands apart$")
        self.assertRegex(tree[3], r"^  8  0,2-8 +MPI_Barrier$")


if __name__ == "__main__":
    tap.main()
