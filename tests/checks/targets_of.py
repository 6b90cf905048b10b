#!/usr/bin/env python3
"""Prints what ninja has to build before `meson test` can run these suites.

    targets_of.py BUILD SUITE..."""

import json
import pathlib
import sys

build = pathlib.Path(sys.argv[1]).resolve()
suites = set(sys.argv[2:])


def read(name):
    return json.loads((build / "meson-info" / f"intro-{name}.json").read_text())


wanted = set()
for test in read("tests"):
    if suites & {suite.rpartition(":")[2] for suite in test["suite"]}:
        wanted.update(test["depends"])
for target in read("targets"):
    if target["id"] in wanted:
        print(*(pathlib.Path(name).relative_to(build) for name in target["filename"]))
