#!/usr/bin/env python3
"""Puts several test files into one translation unit, so that what they all include is compiled once.

    group_tests.py OUTPUT FILE...

Each file stands in a namespace of its own: what is called the same in two files stays two things. What they include
comes before that, and is harmless the second time. doctest's --source-file=*/name.cpp runs one of them."""

import itertools
import pathlib
import re
import sys


def opening(file):
    """All before the first line that is code, with paths that hold elsewhere."""
    lines = [*itertools.takewhile(lambda line: not line.strip() or line.startswith(("//", "#")),
                                  file.read_text().split("\n"))]
    lines += ["#endif"] * sum(line.startswith("#if") - line.startswith("#endif") for line in lines)
    return re.sub(r'^#include "(.*)"', f'#include "{file.parent}/\\1"', "\n".join(lines) + "\n", flags=re.MULTILINE)


output, *files = (pathlib.Path(name).resolve() for name in sys.argv[1:])
text = "".join(opening(file) for file in files)
text += "".join(f'\nnamespace {file.stem} {{\n#include "{file}"\n}}\n' for file in files)
output.write_text(text)
