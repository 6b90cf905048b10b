#!/usr/bin/env python3
"""Holds what the compiler was really given against what a step says: Meson drops options without a word.

    build_flags.py BUILD FLAG...        e.g. build_flags.py build-run -O2 no-g

Every program of examples/ and reference-host/ must have been compiled with each FLAG as one of its words; no-FLAG wants it
missing (no-g: neither -g nor -g1 and so on)."""

import json
import pathlib
import re
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(sys.argv[1])
wanted = sys.argv[2:]
commands = json.loads((build / "compile_commands.json").read_text())


def is_of_users(command):
    source = (pathlib.Path(command["directory"]) / command["file"]).resolve().as_posix()
    return re.search(r"/(examples|reference-host)/", source.removeprefix(str(ROOT))) and "/tests/" not in source


def complaint(flag, words):
    if flag.startswith("no-"):
        found = [word for word in words if re.fullmatch(f"-{flag[3:]}[0-9]?", word)]
        return f"has {found[0]}" if found else ""
    # The last one of its kind counts.
    same = [word for word in words if re.fullmatch(r"-O\w*", word)] if flag.startswith("-O") else [flag] * (flag in words)
    return "" if same and same[-1] == flag else f"has no {flag}"


passed = failed = 0
for command in filter(is_of_users, commands):
    words = shlex.split(command["command"])
    complaints = [text for text in (complaint(flag, words) for flag in wanted) if text]
    passed, failed = passed + (not complaints), failed + bool(complaints)
    if complaints:
        print(f"{build}: {command['file']}: {', '.join(complaints)}")
if not passed + failed:
    sys.exit(f"{build}: nothing of examples/ or reference-host/ is compiled there")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
