#!/usr/bin/env python3
"""Links one program for each header that users include, which has nothing else of ours: tests/faces/.

    faces.py COMPILER -O0|-O2 [NAME...]        e.g. g++ -O2, or clang++ -O0 host admin

What such a header declares it also brings, or a program does not link. A function that is missing may not be missed where it
is inlined, so that is tried with and without the optimiser. clang++ -O0 makes every function of the headers, also what the
program does not call, and none of them may want one that is nowhere; g++ would take twice as long for the same."""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACES = ROOT / "tests/faces"
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}", "-DASIO_STANDALONE", "-pthread"]

compiler, level, *wanted = sys.argv[1:]
# Of what nobody calls some wants libraries that are not linked, such as Boost.Filesystem: it is left out again.
every = ["-Xclang", "-femit-all-decls", "-ffunction-sections", "-fdata-sections"]
making = every if "clang" in compiler and level == "-O0" else []
# An object that is only looked at while a program is compiled: there is none in the program.
NEVER_MADE = "tenon::detail::no_object<"
linking = ["-pthread", "-Wl,--gc-sections"]


def complaint(face, folder):
    made, program = folder / "made.o", folder / "program"
    if subprocess.run([compiler, level, *FLAGS, *making, "-c", face, "-o", made]).returncode != 0:
        return "does not compile"
    names = subprocess.run(["nm", "-C", "--undefined-only", made], capture_output=True, text=True, check=True).stdout
    names = [line.split(maxsplit=1)[1] for line in names.splitlines()]
    if missing := [name for name in names if "tenon::" in name.split("(")[0] and not name.startswith(NEVER_MADE)]:
        return "wants functions that are nowhere:\n    " + "\n    ".join(missing)
    if subprocess.run([compiler, made, *linking, "-o", program]).returncode != 0:
        return "does not link"
    return None if subprocess.run([program], timeout=60).returncode == 0 else "does not run"


headers = {path.stem for path in (ROOT / "include/tenon").glob("*.hpp")} | {"tenon"}
passed = failed = 0
for name in sorted({path.stem for path in FACES.glob("*.cpp")} | headers):
    if wanted and name not in wanted:
        continue
    face = FACES / f"{name}.cpp"
    with tempfile.TemporaryDirectory() as scratch:
        wrong = complaint(face, pathlib.Path(scratch)) if face.is_file() else "is not there: what uses this header?"
    passed, failed = passed + (not wrong), failed + bool(wrong)
    if wrong:
        print(f"tests/faces/{name}.cpp {wrong}")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
