#!/usr/bin/env python3
"""Sums up what `meson test` ran and prints it as the last line: N passed, N failed.

    total.py meson-logs/testlog.json

A test that says how many cases it had (doctest's summary, or a line 'N passed, N failed') counts as that many; any
other counts as one. A test that failed without a failed case (a crash, a timeout) is one failure more."""

import json
import pathlib
import re
import sys

DOCTEST = re.compile(r"^\[doctest\] test cases: .*?\| *(\d+) passed \| *(\d+) failed", re.MULTILINE)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
FINE = ("OK", "EXPECTEDFAIL")

log = pathlib.Path(sys.argv[1])
if not log.is_file():
    sys.exit("no test was run")

passed = failed = skipped = 0
for line in log.read_text().splitlines():
    test = json.loads(line)
    if test["result"] == "SKIP":
        skipped += 1
        continue
    fine = test["result"] in FINE
    output = re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout", ""))
    said = DOCTEST.findall(output) or PLAIN.findall(output)
    cases_passed, cases_failed = map(int, said[-1]) if said else (int(fine), int(not fine))
    passed += cases_passed
    failed += cases_failed if fine else max(cases_failed, 1)

if skipped:
    print(f"{skipped} skipped")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
