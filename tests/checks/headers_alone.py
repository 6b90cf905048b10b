#!/usr/bin/env python3
"""Compiles every header under include/ alone, and twice in one file, without a warning; with clang++ who sees a
declaration there also sees its body.

    headers_alone.py COMPILER [OPTION...] [-- HEADER...]    e.g. g++, or clang++ --target=wasm32-wasi
    headers_alone.py clang++ -- tenon/http/server.hpp       only that one

For wasm32-wasi only the plugin side counts, without exceptions and without run-time types. What needs Asio takes
seconds to compile and is alone with one compiler as with the other: clang++, the quicker one, is asked.

In the place of clang++ clang-query compiles, which costs no more and says which functions have no body in all that the
header includes. A user who calls one of those has a program that does not link, or one that links by luck."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
FLAGS = "-std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()

# Functions of ours, also members and templates, that are declared and nowhere defined. A deduction guide has no body.
BODILESS = """set output diag
match functionDecl(isExpansionInFileMatching("include/tenon"), unless(hasAnyBody(stmt())), unless(isImplicit()), \
unless(isDeleted()), unless(isDefaulted()), unless(isInstantiated()), unless(cxxDeductionGuideDecl()), \
unless(cxxMethodDecl(isPure())))
"""
MATCH = re.compile(r'^(?:.*/)?include/(tenon\S+?):(\d+):\d+: note: "root" binds here\n(.*)', re.MULTILINE)

# Headers that include bodies where these are not compiled once (core/compiled.hpp). These are compiled with them, and all others
# without, which takes a quarter of the time.
WITH_IPP = {path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.hpp")
            if "#ifndef TENON_COMPILED\n#include" in path.read_text()}

given = sys.argv[1:]
end = given.index("--") if "--" in given else len(given)
compiler, wanted = given[:end], given[end + 1:]
is_clang = "clang" in compiler[0]
is_wasi = any("wasi" in argument for argument in compiler)
if is_wasi:
    compiler += ["-fno-exceptions", "-fno-rtti"]
# Headers that are about one system compile on no other.
elsewhere = "system_posix" if is_wasi else "system_wasi"
on_asio = ("tenon/transport", "tenon/process", "tenon/host", "tenon/config", "tenon/joint", "tenon/asio", "tenon/http",
           "tenon/admin", "tenon/doctor")
left_out = (*on_asio, "tenon/web", "tenon/rules", "tenon/testing") if is_wasi else on_asio if not is_clang else ()


def command_for(source, folder):
    if not is_clang:
        return [*compiler, f"-I{INCLUDE}", *FLAGS, "-fsyntax-only", source]
    query = shutil.which("clang-query")
    if query is None:
        sys.exit("clang-query is missing (Debian: clang-tools). tests/run installs what is needed.")
    (folder / "query").write_text(BODILESS)
    return [query, "-f", folder / "query", source, "--", *compiler[1:], f"-I{INCLUDE}", *FLAGS]


bodiless = {}  # (header, line): its text


def compiles(header, folder):
    source = folder / "alone.cpp"
    once = "" if header in WITH_IPP else "#define TENON_COMPILED\n"
    source.write_text(once + f"#include <{header}>\n" * 2)
    run = subprocess.run(command_for(source, folder), capture_output=True, text=True, cwd=ROOT)
    sys.stderr.write(run.stderr)
    if run.returncode != 0 or "error:" in run.stderr:
        print(f"{header} does not compile alone")
        return False
    if is_clang and not re.search(r"^\d+ match(es)?\.$", run.stdout, re.MULTILINE):
        print(f"{header}: clang-query did not say what it found:\n{run.stdout}")
        return False
    found = {(where, int(line)): text.strip() for where, line, text in MATCH.findall(run.stdout)
             if header in WITH_IPP or where not in WITH_IPP}
    for (where, line), text in found.items() - bodiless.items():
        print(f"{header} shows a function without its body: include/{where}:{line}: {text}")
    bodiless.update(found)
    return not found


passed = failed = 0
with tempfile.TemporaryDirectory() as scratch:
    for path in sorted(INCLUDE.rglob("*.hpp")):
        header = path.relative_to(INCLUDE).as_posix()
        if path.name.startswith(elsewhere) or header.startswith(left_out) or wanted and header not in wanted:
            continue
        good = compiles(header, pathlib.Path(scratch))
        passed, failed = passed + good, failed + (not good)
if bodiless:
    print(f"{len(bodiless)} declared without a body in reach")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
