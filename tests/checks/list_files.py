#!/usr/bin/env python3
"""Lists the files of one folder for Meson, which has no glob on purpose.

    list_files.py FOLDER PATTERN [--except PATTERN] [--saying REGEX] [--not-saying REGEX] [--in-lines-of N]

Prints FOLDER/name for every match, sorted, one a line or N of them; nothing where FOLDER does not exist. REGEX is looked
for in the file's text."""

import argparse
import fnmatch
import pathlib
import re

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("pattern")
parser.add_argument("--except", dest="unwanted", default="")
parser.add_argument("--saying", default="")
parser.add_argument("--not-saying", dest="not_saying", default="(?!)")
parser.add_argument("--in-lines-of", dest="width", type=int, default=1)
arguments = parser.parse_args()

names = [path.as_posix() for path in sorted(arguments.folder.glob(arguments.pattern))
         if not fnmatch.fnmatch(path.name, arguments.unwanted)
         and re.search(arguments.saying, path.read_text()) and not re.search(arguments.not_saying, path.read_text())]
for at in range(0, len(names), arguments.width):
    print(*names[at:at + arguments.width])
