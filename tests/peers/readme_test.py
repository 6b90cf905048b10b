#!/usr/bin/env python3
"""Does what a page of documentation shows: an example that nothing runs will lie.

    readme_test.py [--program FILE]... PAGE...

For g++ and for clang++, in an empty folder with the single header and, as `tenon`, the checkout:

- Every ```cpp block compiles without a warning. The blocks of one `## ` section are one translation unit, so a block may
  use what stands above it there. Plugin classes are instantiated as tenon::serve() would.
- `<!-- file: NAME -->` in front of a block saves it under that name instead. `<!-- file: NAME without main -->` saves it
  once more, without its last line. `<!-- then: COMMAND -->` says what shows that it is right.
- `<!-- saved: NAME -->` only saves the block, because a command compiles it.
- `<!-- one unit: HEADER -->` makes one translation unit of all blocks of the page that are not saved. It includes that
  header alone. For pages about what takes long to compile.
- `<!-- needs: coroutines -->` in front of a block skips it where the compiler has none that Asio knows, or there is no
  Asio or Boost.
- `<!-- needs: NAME -->` with another name skips it where there is no such program. One of --program is there.
- `<!-- run -->` in front of an ```sh block runs it, with the compiler in question called g++. What it prints must be
  what the next block says where that has `<!-- output -->` in front: line by line JSON, or literally.
- `<!-- with a host -->` runs it beside the reference host, which is started once for a page, by its own file but with names in the
  place of its plugins. Address and platform in the block become those of here, and what is refused fails `curl`.
- `<!-- types -->` in front of a table: in each row a C++ type, a JSON value that it reads and writes, its JSON Schema.

A compiler that is missing is skipped with a note. Exit status 0 when all is as shown.
"""

import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"]
# What a page shows warns or not whether or not the host's inside is compiled with it. What it runs has its own command.
INSIDE = ["-DTENON_COMPILED"]
SECONDS = 600  # for one command

BLOCK = re.compile(r"(?P<marks>(?:<!-- [^\n]* -->\n)*)(?:```(?P<language>\w+)\n(?P<code>.*?)^```$|(?P<table>\|.*?\n)(?!\|))",
                   re.DOTALL | re.MULTILINE)
CLASS = re.compile(r"^(?:class|struct) (\w+)[^;{]*\{.*?^\};", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
ONE_UNIT = re.compile(r"^<!-- one unit: (\S+) -->$", re.MULTILINE)


class Wrong(Exception):
    """What is not as the page says; carries the line number and a text."""


class Block:
    def __init__(self, page, match):
        self.line = page.count("\n", 0, match.start("code") if match["language"] else match.start("table")) + 1
        self.marks = re.findall(r"<!-- (.*?) -->", match["marks"])
        self.language = match["language"] or "table"
        self.code = match["code"] or match["table"]
        self.section = page.count("\n## ", 0, match.start())

    def marked(self, mark):
        return next((each.removeprefix(mark).strip() for each in self.marks if each.startswith(mark)), None)


def environment_of(folder, compiler=None, home=False):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENON_")}
    environment["CXX"] = shutil.which(compiler or "g++") or "g++"
    if compiler or home:
        environment["PATH"] = f"{folder / '.compiler'}:{environment['PATH']}"
    if home:  # where a host is looked for
        environment["HOME"] = str(folder)
    return environment


@contextlib.contextmanager
def running_host(folder):
    """The reference host by its own configuration, with names in the place of its plugins. Its address."""
    said = json.loads((ROOT / "reference-host" / "tenon-host.json").read_text())
    said["plugins"] = [{"name": plugin["name"], "attach": True} for plugin in said["plugins"]]
    (folder / "host.json").write_text(json.dumps({**said, "listen": "127.0.0.1:0"}))
    if shutil.which("curl"):
        curl = folder / ".compiler" / "curl"
        curl.write_text(f'#!/bin/sh\nexec {shutil.which("curl")} --fail-with-body --silent --show-error "$@"\n')
        curl.chmod(0o755)
    with open(folder / "host.log", "w") as log:
        host = subprocess.Popen([folder / ".compiler" / "tenon-host", "run", "--config", "host.json"], cwd=folder, text=True,
                                env=environment_of(folder, home=True), stdout=subprocess.PIPE, stderr=log)
    try:
        page = re.match(r"http://([^/]+)/#token=", host.stdout.readline())  # nothing, where it ends instead
        if not page:
            raise Wrong(0, "the host does not start")
        yield page[1]
    finally:
        host.terminate()
        try:
            host.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            host.kill()
            host.communicate()


def run(line, command, folder, compiler=None, home=False):
    """What the command prints; Wrong if it fails."""
    try:
        done = subprocess.run(command, cwd=folder, env=environment_of(folder, compiler, home), text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Wrong(line, f"not done after {SECONDS} s") from None
    if done.returncode != 0:
        raise Wrong(line, f"exit status {done.returncode}\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def compile_file(line, compiler, folder, source):
    # Not -fsyntax-only: it may leave templates uninstantiated.
    command = [compiler, "-std=c++20", *WARNINGS, *INSIDE, "-I.", "-Itenon/include", "-x", "c++", "-S", "-o", os.devnull, source]
    run(line, command, folder)


def has_coroutines(compiler):
    """What blocks that need coroutines need: those of Asio, and Boost beside it."""
    program = "#include <asio.hpp>\n#include <boost/version.hpp>\n#ifndef ASIO_HAS_CO_AWAIT\n#error none\n#endif\n"
    command = [compiler, "-std=c++20", "-DASIO_STANDALONE", "-E", "-x", "c++", "-o", os.devnull, "-"]
    return subprocess.run(command, input=program, text=True, capture_output=True, check=False).returncode == 0


def instantiations(code):
    if "int main(" in code:  # it does that itself
        return
    for plugin in CLASS.finditer(code):
        if "tenon::about about" in plugin[0]:
            yield f"template int tenon::serve<{plugin[1]}>(int, char**);"


def section_text(name, blocks, header):
    """One translation unit: the page's name and lines are in the compiler's messages."""
    text, code = [f"#include <{header}>"], "\n".join(block.code for block in blocks)
    for block in blocks:
        text += [f'#line {block.line} "{name}"', block.code]
    return "\n".join([*text, '#line 1 "instantiations"', *instantiations(code)]) + "\n"


def check_output(block, got):
    expected = block.code.strip()
    try:
        if block.language != "json":
            raise ValueError
        # One value for each line that was printed, though the page may fold it.
        decoder, rest, wanted = json.JSONDecoder(), expected, []
        while rest:
            value, end = decoder.raw_decode(rest)
            wanted.append(value)
            rest = rest[end:].strip()
        same = wanted == [json.loads(line) for line in got.splitlines()]
    except ValueError:
        same = expected == got.strip()
    if not same:
        raise Wrong(block.line, f"printed was\n{got}")


def types_text(block):
    """A program that compares each row with what the types do."""
    rows = [row.strip("|").split(" | ") for row in block.code.splitlines()[2:]]
    cells = [[code[1] for cell in row if (code := CODE.search(cell))] for row in rows]
    checks = [f"check<{cpp}>({json.dumps(value)}, {json.dumps(schema)});" for cpp, value, schema in cells]
    if not checks:
        raise Wrong(block.line, "no row has a type, a value and a schema")
    return f"""
#include "tenon.hpp"
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <vector>
enum class colour {{ red, green }};
struct point {{ int x; std::optional<int> y; }};
int failed = 0;
template <class T> void check(const char* json, const char* schema) {{
    const auto value = tenon::from_json<T>(json);
    const std::string said = tenon::json_schema<T>();
    const std::string back = value ? tenon::to_json(*value) : value.error().message;
    if (back == json && said == schema) return;
    std::printf("%s becomes %s, its schema is %s\\n", json, back.c_str(), said.c_str());
    failed = 1;
}}
int main() {{
    {' '.join(checks)}
    return failed;
}}
"""


def save(block, folder, target, without=""):
    path = folder / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.code if not without else block.code.rstrip().rpartition("\n")[0] + "\n")


def try_with(compiler, name, text, folder, programs, ending):
    blocks = [Block(text, match) for match in BLOCK.finditer(text)]
    one_unit = ONE_UNIT.search(text)
    coroutines = has_coroutines(compiler) if "coroutines" in text else False
    (folder / ".compiler").mkdir()
    (folder / ".compiler" / "g++").symlink_to(shutil.which(compiler))
    for program in programs:
        (folder / ".compiler" / program.name).symlink_to(program.resolve())
    (folder / "tenon").symlink_to(ROOT)
    run(0, [sys.executable, ROOT / "single_header" / "generate.py", "--output", folder / "tenon.hpp"], folder)

    sections, printed, count, skipped, host = {}, None, 0, 0, None
    for block in blocks:
        needed = [mark.removeprefix("needs: ") for mark in block.marks if mark.startswith("needs: ")]
        paths = f"{folder / '.compiler'}:{os.environ['PATH']}"
        if any(not (coroutines if name == "coroutines" else shutil.which(name, path=paths)) for name in needed):
            skipped += 1
            continue
        if block.marked("output") is not None:
            check_output(block, printed)
        elif block.marked("types") is not None:
            (folder / "types.cpp").write_text(types_text(block))
            run(block.line, [compiler, "-std=c++20", "-I.", "types.cpp", "-o", "types"], folder)
            run(block.line, ["./types"], folder)
        elif block.marked("with a host") is not None:
            host = host or ending.enter_context(running_host(folder))
            code = block.code.replace("127.0.0.1:8080", host).replace("linux-x86_64", f"linux-{platform.machine()}")
            printed = run(block.line, ["bash", "-euc", code], folder, compiler, home=True)
        elif block.marked("run") is not None:
            printed = run(block.line, ["bash", "-euc", block.code], folder, compiler)
        elif block.marked("file:") or block.marked("saved:"):
            for mark in block.marks:
                kind, _, target = mark.partition(": ")
                file, _, without = target.partition(" without ")
                if kind == "then":
                    run(block.line, ["bash", "-euc", target], folder, compiler)
                elif kind in ("file", "saved"):
                    save(block, folder, file, without)
                if kind == "file" and block.language == "cpp":
                    compile_file(block.line, compiler, folder, file)
        elif block.language == "cpp":
            sections.setdefault(0 if one_unit else block.section, []).append(block)
            continue
        else:
            continue
        count += 1
    for section in sections.values():
        source = f"section_{section[0].line}.cpp"
        (folder / source).write_text(section_text(name, section, one_unit[1] if one_unit else "tenon.hpp"))
        compile_file(section[0].line, compiler, folder, source)
        count += len(section)
    return f"{count} blocks are true with {compiler}" + (f", {skipped} skipped" if skipped else "")


def main(pages):
    programs = []
    while pages[:1] == ["--program"]:
        programs.append(pathlib.Path(pages[1]))
        pages = pages[2:]
    if not pages:
        print(__doc__, file=sys.stderr)
        return 1
    failed = passed = 0
    for page in pages:
        text = pathlib.Path(page).read_text(encoding="utf-8")
        name = pathlib.Path(page).name
        for compiler in ("g++", "clang++"):
            if not shutil.which(compiler):
                print(f"{name}: skipped, {compiler} is missing")
                continue
            with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as ending:
                try:
                    print(f"{name}: {try_with(compiler, name, text, pathlib.Path(folder), programs, ending)}")
                    passed += 1
                except Wrong as wrong:
                    line, why = wrong.args
                    print(f"{name}:{line}: with {compiler}: {why}")
                    failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
