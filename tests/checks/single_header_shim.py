#!/usr/bin/env python3
"""Fills a folder in which every <tenon/...> path leads to a single header.

    single_header_shim.py FOLDER OUTPUT        OUTPUT: tenon.hpp or tenon_host.hpp

The amalgamation is made anew instead of taking the committed file: the check 'the single header is fresh' proves
that both are the same, and a stale file fails that one check instead of failing to compile everywhere. Headers that
are no part of it lead to include/, and what those include leads back here."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "single_header"))
import generate

shim, output = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
wanted = {shim / header: f'#include "{ROOT / "include" / header}"\n' for header in generate.headers()}

try:
    text, parts = generate.amalgamate(output, generate.OUTPUTS[output])
    amalgamated = shim / f"amalgamated_{output}"
    wanted[amalgamated] = text
    wanted.update({shim / header: f'#include "{amalgamated}"\n' for header in parts})
except generate.Problem as problem:
    sys.exit(f"single_header/generate.py: {problem}")

for path in shim.rglob("*.hpp"):
    if path not in wanted:
        path.unlink()
for path, text in wanted.items():
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
