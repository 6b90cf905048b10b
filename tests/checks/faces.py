#!/usr/bin/env python3
"""Links one program for each header that users include, which has nothing else of ours: tests/faces/.

    faces.py COMPILER -O0|-O2 [NAME...]        e.g. g++ -O2, or clang++ -O0 host admin

What such a header declares it also brings, or a program does not link. clang++ -O0 has all in the program's one file, as a
user who includes the header and knows nothing else. It makes every function of the headers, also what the program does not
call, and none of them may want one that is nowhere.

The others have the host's inside in another file of the program, compiled once (host_source.hpp): the same functions in a
third of the time. What the two files want of each other is there or not, whatever is inlined in one of them. A function may
be missing only when it is optimised, as users build: tests have g++ -O2 besides."""

import functools
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACES = ROOT / "tests/faces"
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}", "-DASIO_STANDALONE", "-pthread"]

compiler, level, *wanted = sys.argv[1:]
once = "clang" not in compiler or level != "-O0"
# Of what nobody calls some wants libraries that are not linked, such as Boost.Filesystem: it is left out again.
every = ["-Xclang", "-femit-all-decls", "-ffunction-sections", "-fdata-sections"]
making = ["-DTENON_COMPILED="] if once else every
# An object that is only looked at while a program is compiled: there is none in the program.
NEVER_MADE = "tenon::detail::no_object<"
linking = ["-pthread", "-Wl,--gc-sections"]
LIBRARIES = {face: ["-lcrypto", "-lz", "-lsqlite3"] for face in ("packages", "package_admin")}


@functools.cache
def compiled(face, folder):
    """Its object, and whether it has an inside that may be elsewhere; or None."""
    made, needs = folder / f"{face.stem}.o", folder / f"{face.stem}.d"
    run = subprocess.run([compiler, level, *FLAGS, *making, "-MMD", "-MF", needs, "-c", face, "-o", made])
    if run.returncode != 0:
        return None
    headers = [pathlib.Path(word) for word in needs.read_text().split() if "/tenon/" in word and word.endswith(".hpp")]
    return made, any("#ifndef TENON_COMPILED" in header.read_text() for header in headers)


def inside(folder):
    """That of the program which has it, without its main."""
    made = folder / "inside.o"
    if not made.exists():
        if not (source := compiled(FACES / "host_source.cpp", folder)):
            return None
        subprocess.run(["objcopy", "--redefine-sym", "main=not_main", source[0], made], check=True)
    return made


def names(made, *which):
    text = subprocess.run(["nm", "-C", *which, made], capture_output=True, text=True, check=True).stdout
    return [line[19:] for line in text.splitlines()]


def complaint(face, folder):
    objects = compiled(face, folder)
    if not objects:
        return "does not compile"
    made, has_inside = objects
    program, others = folder / "program", []
    if once and has_inside and face.stem != "host_source":
        others = [inside(folder)]
        if not others[0]:
            return "has an inside that does not compile"
    there = {name for other in others for name in names(other, "--defined-only")}
    if missing := [name for name in names(made, "--undefined-only")
                   if "tenon::" in name.split("(")[0] and not name.startswith(NEVER_MADE) and name not in there]:
        return "wants functions that are nowhere:\n    " + "\n    ".join(missing)
    if subprocess.run([compiler, made, *others, *linking, *LIBRARIES.get(face.stem, []), "-o", program]).returncode != 0:
        return "does not link"
    return None if subprocess.run([program], timeout=60).returncode == 0 else "does not run"


headers = {path.stem for path in (ROOT / "include/tenon").glob("*.hpp")} | {"tenon"}
passed = failed = 0
with tempfile.TemporaryDirectory() as scratch:
    for name in sorted({path.stem for path in FACES.glob("*.cpp")} | headers):
        if wanted and name not in wanted:
            continue
        face = FACES / f"{name}.cpp"
        wrong = complaint(face, pathlib.Path(scratch)) if face.is_file() else "is not there: what uses this header?"
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(f"tests/faces/{name}.cpp {wrong}")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
