# SPDX-License-Identifier: Apache-2.0
"""A terminal with a job-control shell in it, as a user would sit at."""

import os
import pty
import re
import select
import signal
import time


class Terminal:
    """`bash -i` on a pseudo-terminal; what it prints is gathered in `text`."""

    def __init__(self, cwd, env):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            env = dict(env, PS1="$ ", TERM="dumb", HISTFILE="")
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], env)
        self.expect(r"\$ $")

    def close(self):
        os.close(self.fd)  # hangs up: SIGHUP to the shell
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)

    def _read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return
        try:
            self.text += os.read(self.fd, 65536).decode(errors="replace").replace("\r", "")
        except OSError:
            time.sleep(seconds)

    def expect(self, pattern, seconds=20):
        """Wait until PATTERN is in what was printed since the last call; returns the match and forgets what was before."""
        until = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.text)
            if match:
                self.text = self.text[match.end():]
                return match
            if time.monotonic() > until:
                raise AssertionError(f"no {pattern!r} on the terminal, but {self.text!r}")
            self._read(0.1)

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def command(self, line):
        """Type LINE, wait until it is echoed, so that what is expected next is not found in the echo."""
        self.type(line + "\n")
        self.expect(re.escape(line) + r"\n")
