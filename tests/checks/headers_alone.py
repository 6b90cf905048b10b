#!/usr/bin/env python3
"""Compiles every header under include/ alone, and twice in one file, without a warning; with clang++ who sees a
declaration there also sees its body.

    headers_alone.py COMPILER [OPTION...] [-- HEADER...]    e.g. g++, or clang++ --target=wasm32-wasi
    headers_alone.py clang++ -- tenon/http/server.hpp       only that one

For wasm32-wasi only the plugin side counts, without exceptions and without run-time types. A header that is alone with one
compiler is alone with the other, by the same standard library: tests ask clang++, the quicker one.

A header that many include is kept precompiled, and the files of these begin with it. It hides nothing from them: each
includes it anyway, before its own first line, and it was compiled alone itself. What fails behind a precompiled header
is tried once more without.

For the bodies, clang-query looks at all headers in one file and says where each function is declared and where its body is.
The body's file must be in reach of the declaration's: included by it, or by what it includes. A user who calls a
function without has a program that does not link, or one that links by luck."""

import collections
import functools
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
FLAGS = "-std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()

# Worth to be precompiled: included by so many, of this weight, and so many times what its own file begins with. More of them
# would begin with each other six times over, and clang 14 dies of one in forty such.
MANY, LEAST, MORE = 3, 800_000, 1.2

given = sys.argv[1:]
end = given.index("--") if "--" in given else len(given)
compiler, wanted = given[:end], given[end + 1:]
is_clang = "clang" in compiler[0]
is_wasi = any("wasi" in argument for argument in compiler)
if is_wasi:
    compiler += ["-fno-exceptions", "-fno-rtti"]
# Headers that are about one system compile on no other.
elsewhere = "system_posix" if is_wasi else "system_wasi"
left_out = ("tenon/transport", "tenon/process", "tenon/host", "tenon/config", "tenon/joint", "tenon/asio", "tenon/http",
            "tenon/admin", "tenon/doctor", "tenon/web", "tenon/rules", "tenon/sandbox", "tenon/testing",
            "tenon/package") if is_wasi else ()

# ---- What includes what ------------------------------------------------------------------------------------------------


@functools.cache
def text_of(file):
    return (INCLUDE / file).read_text()


BODIES = "#ifndef TENON_COMPILED\n#include"


def is_with_bodies(file):
    """Whether it includes bodies where these are not compiled once (core/compiled.hpp). Such a header is compiled with
    them, and all others without, which takes a quarter of the time."""
    return file.endswith(".ipp") or BODIES in text_of(file)


@functools.cache
def includes(file, on_every_system, bodies):
    text = text_of(file) if bodies else re.sub(BODIES + " .*", "#if 0", text_of(file))
    depth, found = 0, []
    for line in text.splitlines():
        depth += line.startswith("#if") - line.startswith("#endif")
        if (match := re.match(r"#include <(.*)>", line)) and (depth <= 1 or not on_every_system):
            found.append(match[1])
    return found


@functools.cache
def below(file, on_every_system=True, bodies=False):
    """All that it includes, and what that includes."""
    found, rest = set(), [file]
    while rest:
        for one in includes(rest.pop(), on_every_system, bodies):
            if one not in found:
                found.add(one)
                rest += [one] * one.startswith("tenon")
    return found


@functools.cache
def is_the_same_once(header):
    """Whether it makes no difference for it that the inside is compiled once."""
    return not any("TENON_COMPILED" in text_of(one) for one in below(header) | {header} if one.startswith("tenon"))


@functools.cache
def weight(file):
    """About what it costs to compile: a header from elsewhere brings more than it shows."""
    return sum(len(text_of(one)) if one.startswith("tenon") else 90_000 if "/" in one else 60_000
               for one in below(file) | {file})


# ---- Alone, and twice --------------------------------------------------------------------------------------------------


def name_in(folder, header):
    return folder / header.replace("/", ".")


def compile_behind(base, header, keep, folder):
    source = name_in(folder, header)
    command = [*compiler, f"-I{INCLUDE}", *FLAGS]
    if base:
        command += (["-include-pch", f"{name_in(folder, base)}.pch", "-fno-crash-diagnostics"] if is_clang else
                    ["-include", name_in(folder, base)])
    if keep:
        # The templates that it uses are looked at now, not by each of those who include it.
        command += ["-fpch-instantiate-templates"] if is_clang else []
        command += ["-x", "c++-header", source, "-o", f"{source}.{'pch' if is_clang else 'gch'}"]
    else:
        command += ["-x", "c++", "-fsyntax-only", source]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def compiles(header, kept, folder):
    once = not is_with_bodies(header)
    name_in(folder, header).write_text(f"#{'define' if once else 'undef'} TENON_COMPILED\n" + f"#include <{header}>\n" * 2)
    base = max((one for one in kept if one in below(header) and (once or is_the_same_once(one))), key=weight, default=None)
    # GCC's cannot begin with another one.
    keep = once and users[header] >= MANY and weight(header) > max(LEAST, MORE * (weight(base) if base else 0))
    run = compile_behind(base if is_clang or not keep else None, header, keep, folder)
    if run.returncode != 0 and base:
        run = compile_behind(None, header, keep, folder)
    sys.stderr.write(run.stderr)
    if run.returncode != 0:
        print(f"{header} does not compile alone")
    elif keep:
        kept.append(header)
    return run.returncode == 0


# ---- Bodies ------------------------------------------------------------------------------------------------------------

# Functions of ours, also members and templates. A deduction guide has no body.
OURS = """functionDecl(isExpansionInFileMatching("include/tenon"), unless(isImplicit()), unless(isDeleted()), \
unless(isDefaulted()), unless(isInstantiated()), unless(cxxDeductionGuideDecl()), unless(cxxMethodDecl(isPure())), """
QUERY = f"""set output diag
match {OURS} unless(hasAnyBody(stmt())))
match {OURS} unless(isDefinition()), hasAnyBody(stmt().bind("body")))
"""
BOUND = re.compile(r'^(?:.*/)?include/(tenon\S+?):(\d+):\d+: note: "(root|body)" binds here\n(.*)', re.MULTILINE)


def without_body(headers, folder):
    """A line for each declaration whose body is out of its reach."""
    query = shutil.which("clang-query")
    if query is None:
        sys.exit("clang-query is missing (Debian: clang-tools). tests/run installs what is needed.")
    source = folder / "all.cpp"
    # host_source.hpp wants to be compiled once, and has nothing but .ipp that others bring here.
    source.write_text("".join(f"#include <{header}>\n" for header in headers if header != "tenon/host_source.hpp"))
    (folder / "query").write_text(QUERY)
    run = subprocess.run([query, "-f", folder / "query", source, "--", *compiler[1:], f"-I{INCLUDE}", *FLAGS],
                         capture_output=True, text=True, cwd=ROOT)
    sys.stderr.write(run.stderr)
    if run.returncode != 0 or "error:" in run.stderr or len(re.findall(r"^\d+ match(?:es)?\.$", run.stdout, re.MULTILINE)) != 2:
        yield f"clang-query did not say what it found:\n{run.stdout[:2000]}"
        return
    for match in re.split(r"^Match #\d+:$", run.stdout, flags=re.MULTILINE)[1:]:
        at = {kind: (file, line, text.strip()) for file, line, kind, text in BOUND.findall(match)}
        file, line, text = at["root"]
        body = at.get("body", ("",))[0]
        if body != file and body not in below(file, on_every_system=False, bodies=is_with_bodies(file)):
            yield f"include/{file}:{line}: {text}    (its body: {body or 'nowhere'})"


headers = sorted(path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.hpp"))
headers = [one for one in headers if not pathlib.Path(one).name.startswith(elsewhere) and not one.startswith(left_out)]
users = collections.Counter(one for header in headers for one in below(header))
if wanted:
    headers, users = [one for one in headers if one in wanted], collections.Counter()
passed = failed = 0
with tempfile.TemporaryDirectory() as scratch:
    kept = []
    for header in sorted(headers, key=weight):
        good = compiles(header, kept, pathlib.Path(scratch))
        passed, failed = passed + good, failed + (not good)
    if is_clang and not is_wasi:
        lost = sorted(set(without_body(headers, pathlib.Path(scratch))))
        passed, failed = passed + (not lost), failed + len(lost)
        for one in lost:
            print(f"declared without a body in reach: {one}")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
