# SPDX-License-Identifier: Apache-2.0
"""Runs whose names, reasons and stacks want to be read as something else."""

import json
import pathlib

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "unit" / "fixtures"

MARKUP = "</script><img src=x onerror=\"window.taken=1\"><!--<script>"
QUOTES = "it's \"so\" `${1}` \\n \\"
SYMBOLS = "operator|<{int}>::\u202eevil\u2066 \U0001f600 \u2028 \ufeff a\tb\r\x1b[31m"
EVERYTHING = MARKUP + QUOTES + SYMBOLS


def fixture(path, name="torchrun_python_segv.jsonl"):
    """Writes the fixture NAME to PATH with EVERYTHING in its programs, hosts, messages and stacks; a NUL too."""
    with open(path, "w", encoding="ascii") as file:
        for line in (FIXTURES / name).read_text().splitlines():
            event = json.loads(line)
            event["hostname"] = "n1" + MARKUP
            event["process"]["program"] = "p" + EVERYTHING
            event["error_trace"] = event["error_trace"].replace("tree.py", EVERYTHING) + "\0" + EVERYTHING
            for frame in event.get("frames", []):
                for key in ("function", "file", "module"):
                    if key in frame:
                        frame[key] += EVERYTHING
            if "signal" in event and "sender" in event["signal"]:
                event["signal"]["sender"] += EVERYTHING
            file.write(json.dumps(event, separators=(",", ":")) + "\n")
    return path
