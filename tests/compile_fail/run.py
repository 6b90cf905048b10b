#!/usr/bin/env python3
"""A mistake of a plugin's author is one sentence of ours, and the first thing the compiler says.

    run.py COMPILER...      e.g. g++

Every *.cpp of this folder begins with `// expect: <sentence>`, must not compile, and the first error must contain
that sentence. A *_ok.cpp must compile: the same code without the mistake, so that nothing fails for another reason."""

import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
INCLUDE = FOLDER.parents[1] / "include"
MARK = "// expect: "


def first_error(compiler, source):
    """The first line of the compiler's that is an error, or None where it compiles."""
    # Not -fsyntax-only: it may leave templates uninstantiated.
    command = [*compiler, "-std=c++20", f"-I{INCLUDE}", "-S", "-o", os.devnull, str(source)]
    run = subprocess.run(command, text=True, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    if run.returncode == 0:
        return None
    lines = run.stderr.splitlines()
    return next((line for line in lines if "error: " in line), lines[0] if lines else "(no output)")


def complaint(compiler, source):
    error = first_error(compiler, source)
    if source.stem.endswith("_ok"):
        return error and f"must compile, but: {error}"
    first_line = source.read_text().split("\n")[0]
    if not first_line.startswith(MARK):
        return f"the first line must be '{MARK}<sentence>'"
    expected = first_line.removeprefix(MARK).strip()
    if error is None:
        return f"compiles, but should say: {expected}"
    if expected not in error:
        return f"should say: {expected}\n    but says first: {error}"
    return None


passed = failed = 0
for source in sorted(FOLDER.glob("*.cpp")):
    why = complaint(sys.argv[1:], source)
    print(f"{source.name}: {why or 'ok'}")
    passed += why is None
    failed += why is not None
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
