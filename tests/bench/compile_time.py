#!/usr/bin/env python3
"""What a plugin costs its author: CPU seconds to compile the smallest one, and the size of its program.

    compile_time.py [--rounds N] [COMPILER...]      g++ and clang++ unless told; 9 rounds

examples/hello/hello.cpp against the single header (made anew from include/) is compared with a file that includes
<nlohmann/json.hpp> and does nothing, both at -O0; the compilers and files take turns. Times are user and system
together, medians over the rounds; the ratio is the median of the rounds' own ratios. Exits with 1 where a goal is
missed."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HELLO = ROOT / "examples" / "hello" / "hello.cpp"
LARGEST_RATIO = 0.50
LARGEST_BYTES = 250_000

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--rounds", type=int, default=9)
arguments.add_argument("compilers", nargs="*", default=["g++", "clang++"])
given = arguments.parse_args()


def cpu_seconds(command):
    """Of the command and everything that it starts."""
    child = subprocess.Popen(command)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"this failed: {' '.join(command)}")
    return used.ru_utime + used.ru_stime


def compilation(compiler, folder, source):
    return [compiler, "-std=c++20", f"-I{folder}", "-c", "-o", os.devnull, str(source)]


def stripped_size(compiler, folder):
    program = folder / "hello"
    subprocess.run([compiler, "-std=c++20", "-O2", "-s", f"-I{folder}", "-o", program, HELLO], check=True)
    return program.stat().st_size


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    header = folder / "tenon.hpp"
    subprocess.run([sys.executable, ROOT / "single_header" / "generate.py", "--output", header], check=True)
    for file, text in {"nlohmann.cpp": "#include <nlohmann/json.hpp>\n", "empty.cpp": "\n"}.items():
        (folder / file).write_text(text)
    sources = {"hello": HELLO, "nlohmann": folder / "nlohmann.cpp", "empty": folder / "empty.cpp"}

    seconds = {(compiler, what): [] for compiler in given.compilers for what in sources}
    for round_number in range(given.rounds + 1):
        for (compiler, what), measured in seconds.items():
            took = cpu_seconds(compilation(compiler, folder, sources[what]))
            if round_number != 0:  # the first one fills the caches
                measured.append(took)

    good = True
    print("| compiler | hello, s | only includes nlohmann, s | empty, s | ratio | hello, -O2, stripped |")
    print("|---|---|---|---|---|---|")
    for compiler in given.compilers:
        hello, other, empty = (seconds[compiler, what] for what in sources)
        ratio = statistics.median(ours / theirs for ours, theirs in zip(hello, other))
        size = stripped_size(compiler, folder)
        good = good and ratio <= LARGEST_RATIO and size < LARGEST_BYTES
        hello, other, empty = map(statistics.median, (hello, other, empty))
        print(f"| {compiler} | {hello:.3f} | {other:.3f} | {empty:.3f} | {ratio:.2f} | {size / 1000:.0f} KB |")
    print(f"\ngoals: a ratio of at most {LARGEST_RATIO:.2f}, below {LARGEST_BYTES / 1000:.0f} KB: "
          f"{'reached' if good else 'missed'}")
sys.exit(0 if good else 1)
