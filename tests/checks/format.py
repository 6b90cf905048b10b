#!/usr/bin/env python3
"""Holds every C++ file to .clang-format. The single header is generated, so what it is made of counts.

    format.py           complains
    format.py --fix     rewrites what differs"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["include", "reference-host", "tests", "examples"]

files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.[chi]pp") if "node_modules" not in path.parts]
mode = ["-i"] if "--fix" in sys.argv else ["--dry-run", "-Werror"]
sys.exit(subprocess.run(["clang-format", *mode, *sorted(files)]).returncode if files else 0)
