#!/usr/bin/env python3
"""Lists files for Meson, which has no glob on purpose.

    list_files.py FOLDER... PATTERN [--except PATTERN] [--saying REGEX] [--not-saying REGEX] [--in-lines-of N]

Prints FOLDER/name for every match, sorted, one a line or N of them; nothing where a folder does not exist. REGEX is
looked for in the file's text. --except may be said several times."""

import argparse
import fnmatch
import pathlib
import re

parser = argparse.ArgumentParser()
parser.add_argument("folders", type=pathlib.Path, nargs="+")
parser.add_argument("pattern")
parser.add_argument("--except", dest="unwanted", action="append", default=[])
parser.add_argument("--saying", default="")
parser.add_argument("--not-saying", dest="not_saying", default="(?!)")
parser.add_argument("--in-lines-of", dest="width", type=int, default=1)
arguments = parser.parse_args()


def is_wanted(path):
    if any(fnmatch.fnmatch(path.name, unwanted) for unwanted in arguments.unwanted):
        return False
    text = path.read_text()
    return bool(re.search(arguments.saying, text)) and not re.search(arguments.not_saying, text)


names = [path.as_posix() for folder in arguments.folders for path in sorted(folder.glob(arguments.pattern))
         if is_wanted(path)]
for at in range(0, len(names), arguments.width):
    print(*names[at:at + arguments.width])
