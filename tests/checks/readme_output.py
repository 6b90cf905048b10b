#!/usr/bin/env python3
"""Runs a program and holds what it prints against the last block without a language of a README.

    readme_output.py README PROGRAM ARGUMENT..."""

import pathlib
import re
import subprocess
import sys

page = pathlib.Path(sys.argv[1]).read_text()
blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
expected = [text for language, text in blocks if not language][-1]
printed = subprocess.run(sys.argv[2:], capture_output=True, text=True, timeout=60)
if printed.stdout != expected or printed.returncode != 0:
    sys.exit(f"exit status {printed.returncode}, printed:\n{printed.stdout}{printed.stderr}expected:\n{expected}")
