#!/usr/bin/env python3
"""Holds docs/architecture.md to the code: the files that it names are there, the names are in the code, and a function that it
puts into a file, as in `route_table::find` (`rules/calls/routes.hpp`), stands in that file."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACES = (ROOT, ROOT / "include", ROOT / "include/tenon")
page = (ROOT / "docs/architecture.md").read_text()
code = "\n".join(path.read_text() for folder in ("include", "reference-host") for path in sorted((ROOT / folder).rglob("*"))
                 if path.suffix in (".hpp", ".ipp", ".cpp", ".build"))
code += (ROOT / "meson.build").read_text()

names, wrong = set(re.findall(r"`([\w:./*-]+)(?:\(\))?`", page)), []
for name in sorted(names):
    if re.search(r"/|\.(?:[hi]pp|py|md)$", name):
        found = any(list(place.glob(name.strip("/"))) + list(place.glob(f"*/{name.strip('/')}")) for place in PLACES)
        if not found and name not in code:
            wrong.append(f"`{name}` is not there")
    elif re.fullmatch(r"[\w:]+", name) and not re.search(rf"\b{name.rpartition('::')[2]}\b", code):
        wrong.append(f"`{name}` is not in the code")

pairs = re.findall(r"`([\w:]+)(?:\(\))?`[^`()]{0,60}\(`([\w/.]+\.[hi]pp)`\)", page.replace("\n", " "))
for function, file in pairs:
    path = next((place / file for place in PLACES if (place / file).is_file()), None)
    if path and not re.search(rf"\b{function.rpartition('::')[2]}\b", path.read_text()):
        wrong.append(f"`{function}` is not in {file}")

print("\n".join([*(f"docs/architecture.md: {one}" for one in wrong), f"{len(names)} names, {len(pairs)} in a file: {len(wrong)} wrong"]))
sys.exit(1 if wrong or not pairs else 0)
