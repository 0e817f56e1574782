#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The verdict begins on a line of its own, also where the command's last line lacks its newline, or ends with a NUL."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
import watched

WORDS = {"nothing": "", "a line": "said\\n", "half a line": "said", "a NUL behind a line": "said\\n\\0"}


class OwnLine(watched.Case):
    def verdict_line(self, text):
        lines = [line for line in text.split(b"\n") if b"vigil: job" in line]
        self.assertEqual(len(lines), 1, text)
        return lines[0]

    def test_in_a_file(self):
        for name, words in WORDS.items():
            for mode in ("wb", "ab"):
                with self.subTest(name, mode=mode):
                    self.setUp()
                    with open(self.path("said"), mode) as file:
                        self.start(watched.VIGIL, "run", "-d", "run", "--", "sh", "-c", f"printf '{words}' >&2; exit 3",
                                   stderr=file, stdout=file).wait()
                    text = pathlib.Path(self.path("said")).read_bytes()
                    self.assertTrue(self.verdict_line(text).startswith(b"vigil: job"), text)
                    self.assertNotIn(b"\n\n", text)

    def test_in_a_pipe(self):
        for name, words in WORDS.items():
            with self.subTest(name):
                self.setUp()
                ended = self.vigil("run", "-d", "run", "--", "sh", "-c", f"printf '{words}' >&2; exit 3")
                self.assertTrue(self.verdict_line(ended.stderr.encode()).startswith(b"vigil: job"), ended.stderr)

    def test_nothing_is_written_for_a_success(self):
        self.assertEqual(self.vigil("run", "-d", "run", "--", "true").stderr, "")


if __name__ == "__main__":
    tap.main()
