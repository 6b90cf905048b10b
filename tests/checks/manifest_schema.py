#!/usr/bin/env python3
"""Holds docs/plugin.schema.json to what the library writes of its own table, and its pattern of an id to what is one.

    manifest_schema.py          fails where the file is old
    manifest_schema.py --fix    writes it"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "plugin.schema.json"
PROGRAM = """#include <tenon/packages/format/package_manifest.hpp>
#include <cstdio>
int main() { std::fputs(tenon::manifest_schema().c_str(), stdout); }
"""

IDS = ["dev.a", "dev.example.word_s", "a-1.b__c", "local.x--y", "dev.a.b.c"]
NO_IDS = ["bad", "a_b", ".a", "a.", "a..b", "a___b.c", "a._b", "A.b", "a.b-", ""]  # an id without a dot was let in


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "schema"
        compiler = shlex.split(os.environ.get("CXX", "c++"))
        subprocess.run(
            [*compiler, "-std=c++20", "-I", ROOT / "include", "-x", "c++", "-", "-o", program, "-lcrypto"],
            input=PROGRAM, text=True, check=True)
        schema = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    if "--fix" in sys.argv:
        PAGE.write_text(schema)
    elif not PAGE.exists() or PAGE.read_text() != schema:
        sys.exit(f"{PAGE.relative_to(ROOT)} is old: run tests/checks/manifest_schema.py --fix")
    pattern = re.compile(json.loads(schema)["properties"]["id"]["pattern"])
    wrong = [one for one in IDS + NO_IDS if bool(pattern.search(one)) != (one in IDS)]
    if wrong:
        sys.exit(f"the pattern of an id is wrong about {wrong}")


main()
