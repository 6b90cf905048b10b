#!/usr/bin/env python3
"""A mistake of a plugin's author is one sentence of ours, and the first thing the compiler says.

    run.py COMPILER... [-- NAME...]      e.g. g++; only files whose name has one of NAME in it

Every *.cpp of this folder begins with `// expect: <sentence>`, must not compile, and the first error must contain
that sentence. Where `// names: <struct>` stands below, the compiler must name that struct around the sentence. A
*_ok.cpp must compile: the same code without the mistake, so that nothing fails for another reason. tenon.hpp is
precompiled for those that begin with it, and the inside of a host is left out: it is the same in all of them."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
INCLUDE = FOLDER.parents[1] / "include"
FLAGS = ["-std=c++20", "-DTENON_COMPILED", f"-I{INCLUDE}"]
MARK = "// expect: "
NAMES = "// names: "
NEAR = 12  # lines: with each error stand the templates that led to it


def precompiled(compiler):
    """What makes this compiler begin with tenon.hpp."""
    header = SCRATCH / "begin.hpp"
    is_clang = "clang" in compiler[0]
    made = header.with_suffix(".hpp.pch" if is_clang else ".hpp.gch")
    if not made.exists():
        header.write_text("#include <tenon.hpp>\n")
        subprocess.run([*compiler, *FLAGS, "-x", "c++-header", str(header), "-o", str(made)], check=True)
    return ["-include-pch", str(made)] if is_clang else ["-include", str(header)]


def first_error(compiler, source):
    """The first line of the compiler's that is an error and those around it, or None where it compiles."""
    # Not -fsyntax-only: it may leave templates uninstantiated.
    begins = precompiled(compiler) if "#include <tenon.hpp>" in source.read_text() else []
    command = [*compiler, *FLAGS, *begins, "-S", "-o", os.devnull, str(source)]
    run = subprocess.run(command, text=True, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    if run.returncode == 0:
        return None
    # clang writes the text of a static_assert as it would stand in source.
    lines = run.stderr.replace('\\"', '"').splitlines() or ["(no output)"]
    at = next((at for at, line in enumerate(lines) if "error: " in line), 0)
    return lines[at], "\n".join(lines[max(0, at - NEAR):at + NEAR])


def complaint(compiler, source):
    error = first_error(compiler, source)
    if source.stem.endswith("_ok"):
        return error and f"must compile, but: {error[0]}"
    first_line, second_line = source.read_text().split("\n")[:2]
    if not first_line.startswith(MARK):
        return f"the first line must be '{MARK}<sentence>'"
    expected = first_line.removeprefix(MARK).strip()
    if error is None:
        return f"compiles, but should say: {expected}"
    if expected not in error[0]:
        return f"should say: {expected}\n    but says first: {error[0]}"
    named = second_line.removeprefix(NAMES).strip() if second_line.startswith(NAMES) else None
    if named and not re.search(rf"\b{named}\b", error[1].replace(source.name, "")):
        return f"should name {named}, but says:\n{error[1]}"
    return None


given = sys.argv[1:]
end = given.index("--") if "--" in given else len(given)
compiler, wanted = given[:end], given[end + 1:]
passed = failed = 0
with tempfile.TemporaryDirectory() as folder:
    SCRATCH = pathlib.Path(folder)
    for source in sorted(FOLDER.glob("*.cpp")):
        if wanted and not any(name in source.name for name in wanted):
            continue
        why = complaint(compiler, source)
        print(f"{source.name}: {why or 'ok'}")
        passed += why is None
        failed += why is not None
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
