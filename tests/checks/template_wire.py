#!/usr/bin/env python3
"""Holds the wire of what `tenon-host new` writes to that of the examples.

A template stands alone in its folder, and so does an example: both have the wire of their language within them. A function
that both have is the same text in both, so whoever mends one hears of the other. What starts the plugin is each one's own."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TWINS = {  # by language: the template, the example, and a function that stands at the left margin
    "Python": ("reference-host/templates/python/main.py", "examples/python/words.py", r"^def (\w+)\(.*?(?=^\S|\Z)"),
    "Rust": ("reference-host/templates/rust/src/main.rs", "examples/rust/links.rs", r"^fn (\w+)\(.*?^\}"),
}
OWN = {"main", "serve"}


def functions(path, pattern):
    found = re.finditer(pattern, (ROOT / path).read_text(), re.MULTILINE | re.DOTALL)
    return {one[1]: one[0].strip() for one in found if one[1] not in OWN}


complaints = []
for language, (template, example, pattern) in TWINS.items():
    ours, theirs = functions(template, pattern), functions(example, pattern)
    both = sorted(ours.keys() & theirs.keys())
    if len(both) < 3:
        complaints.append(f"{language}: {template} and {example} have no more than {both} in common")
    complaints += [f"{language}: {name}() is not the same in {template} and {example}" for name in both if ours[name] != theirs[name]]
    print(f"{language}: {', '.join(both)}")
print("\n".join([*complaints, f"{len(complaints)} complaints"]))
sys.exit(1 if complaints else 0)
