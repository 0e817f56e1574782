# SPDX-License-Identifier: Apache-2.0
"""Stands where a makefile would run a test: writes the command, and where it was given, as a line into the file VIGIL_RECORD."""

import json
import os
import sys

line = json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "srcdir": os.environ.get("srcdir", "")}) + "\n"
file = os.open(os.environ["VIGIL_RECORD"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
os.write(file, line.encode())
# A test that says that it cannot run.
sys.exit(77)
