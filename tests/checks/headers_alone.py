#!/usr/bin/env python3
"""Compiles every header under include/ alone, and twice in one file, without a warning.

    headers_alone.py COMPILER...        e.g. g++, or clang++ --target=wasm32-wasi

For wasm32-wasi only the plugin side counts, without exceptions and without run-time types. What needs Asio takes
seconds to compile and is alone with one compiler as with the other: clang++, the quicker one, is asked."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
FLAGS = "-std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -x c++ -".split()

compiler = sys.argv[1:]
is_wasi = any("wasi" in argument for argument in compiler)
if is_wasi:
    compiler += ["-fno-exceptions", "-fno-rtti"]
# Headers that are about one system compile on no other.
elsewhere = "system_posix" if is_wasi else "system_wasi"
on_asio = ("tenon/transport", "tenon/process", "tenon/host", "tenon/config", "tenon/joint", "tenon/asio", "tenon/http",
           "tenon/admin", "tenon/doctor")
left_out = (*on_asio, "tenon/rules", "tenon/testing") if is_wasi else on_asio if "clang" not in compiler[0] else ()


def compiles(header):
    source = f"#include <{header}>\n" * 2
    return subprocess.run([*compiler, f"-I{INCLUDE}", *FLAGS], input=source, text=True, cwd=ROOT).returncode == 0


passed = failed = 0
for path in sorted(INCLUDE.rglob("*.hpp")):
    header = path.relative_to(INCLUDE).as_posix()
    if path.name.startswith(elsewhere) or header.startswith(left_out):
        continue
    if compiles(header):
        passed += 1
    else:
        failed += 1
        print(f"{header} does not compile alone")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
