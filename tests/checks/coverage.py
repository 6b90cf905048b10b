#!/usr/bin/env python3
"""Says which lines of the host's headers no test runs: transport, and all that stands on it.

    coverage.py [FLOOR...]     e.g. `tests/checks/coverage.py host`

Builds the tests of these floors and the programs that they start with g++ --coverage in build-coverage/, runs them (not
the slow ones), and prints for each header how many of its lines were run of those that can be, and the others as ranges.
On demand: it takes many minutes. Lines of templates that nobody instantiates are not counted, because nothing is made of
them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent.parent
folder = root / "build-coverage"
floors = ["transport", "host", "joint", "http", "admin", "packages", "package_admin"]
# Whose tests run them. Those of packages are a program of their own, and package_admin's are among them.
tests_of = {floor: "tests/host" for floor in floors} | {floor: "tests/packages" for floor in floors[-2:]}


def build(wanted):
    folders = ("tests/fixtures", *{tests_of[floor] for floor in wanted})
    again = ["--reconfigure"] if (folder / "build.ninja").exists() else []
    subprocess.run(["meson", "setup", *again, folder, "-Db_coverage=true", "-Dsingle_header_tests=false",
                    "-Dexamples=false", "-Dcpp_args=-DTENON_TESTS_COUNT_LINES"],
                   cwd=root, env={**os.environ, "CXX": "g++"}, check=True, stdout=subprocess.DEVNULL)
    targets = json.loads(subprocess.run(["meson", "introspect", folder, "--targets"],
                                        check=True, capture_output=True, text=True).stdout)
    programs = [re.sub("^.*build-coverage/", "", target["filename"][0]) for target in targets
                if target["defined_in"].startswith(tuple(str(root / one) for one in folders))
                and not target["name"].endswith(("_slow_test", "_slow_tests"))]
    subprocess.run(["ninja", "-C", folder, "-j", str(min(2, os.cpu_count() or 1)), "--quiet", "-k", "0", *programs], check=True)


def run(wanted):
    for counts in folder.rglob("*.gcda"):
        counts.unlink()
    listed = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--list"],
                            check=True, capture_output=True, text=True).stdout
    floors_run = {"packages" if tests_of[floor] == "tests/packages" else floor for floor in floors
                  if tests_of[floor] in {tests_of[one] for one in wanted}}
    names = [line.split(" / ")[-1] for line in listed.splitlines()
             if line.split(" / ")[-1].split(" ")[0] in floors_run and not line.endswith(" slow")]
    subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--num-processes", "1", "-t", "4", *names], check=False)


def gather():
    """{header: {line: times}}. A line counts once, however many programs and instances of a template it is in."""
    found = {}
    notes = sorted(note for note in folder.rglob("*.gcno") if note.with_suffix(".gcda").exists())
    for note in notes:
        said = subprocess.run(["gcov", "--json-format", "--stdout", note], cwd=folder, capture_output=True, check=True).stdout
        for text in said.splitlines():
            for file in json.loads(text)["files"]:
                path = Path(os.path.normpath(folder / file["file"]))
                if not path.is_relative_to(root / "include/tenon"):
                    continue
                lines = found.setdefault(str(path.relative_to(root / "include")), {})
                for line in file["lines"]:
                    lines[line["line_number"]] = lines.get(line["line_number"], 0) + line["count"]
    return found


def ranges(lines, possible):
    """Lines as "3-7, 12"; what lies between two and cannot be run does not part them."""
    parts, order = [], sorted(possible)
    for line in sorted(lines):
        before = order[order.index(line) - 1] if order.index(line) > 0 else None
        if parts and parts[-1][1] == before:
            parts[-1][1] = line
        else:
            parts.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def report(found, wanted):
    total = covered = 0
    for header in sorted(found):
        lines = found[header]
        if not lines or header.split("/")[1] not in wanted: # declarations alone have no line that runs
            continue
        missed = [line for line, times in lines.items() if times == 0]
        total += len(lines)
        covered += len(lines) - len(missed)
        share = 100 * (len(lines) - len(missed)) / len(lines)
        print(f"{share:5.1f} %  {len(lines) - len(missed):4}/{len(lines):<4}  {header}"
              + (f"   not run: {ranges(missed, lines)}" if missed else ""))
    print(f"{100 * covered / max(1, total):5.1f} %  {covered}/{total}  in all")


def main():
    if shutil.which("gcov") is None:
        sys.exit("coverage.py: gcov is missing (Debian: gcc)")
    wanted = sys.argv[1:] or floors
    if unknown := set(wanted) - set(floors):
        sys.exit(f"coverage.py: no floor of the host's: {', '.join(sorted(unknown))}; there are {', '.join(floors)}")
    build(wanted)
    run(wanted)
    report(gather(), wanted)


if __name__ == "__main__":
    main()
