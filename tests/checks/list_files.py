#!/usr/bin/env python3
"""Lists the files of one folder for Meson, which has no glob on purpose.

    list_files.py FOLDER PATTERN [--except PATTERN]

Prints FOLDER/name for every match, sorted, one a line; nothing where FOLDER does not exist."""

import argparse
import fnmatch
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("pattern")
parser.add_argument("--except", dest="unwanted", default="")
arguments = parser.parse_args()

for path in sorted(arguments.folder.glob(arguments.pattern)):
    if not fnmatch.fnmatch(path.name, arguments.unwanted):
        print(path.as_posix())
