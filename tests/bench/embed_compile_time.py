#!/usr/bin/env python3
"""What a host costs a file that uses one: CPU seconds and memory to compile examples/embed/embed.cpp.

    embed_compile_time.py [--rounds N] [COMPILER]      g++ unless told; 5 rounds

With the inside compiled once (TENON_COMPILED, docs/embedding.md) and header-only, at -O0 and -O2, beside a file that only
includes <asio.hpp>. They take turns. Times are user and system together, medians over the rounds; the ratio is the median of
the rounds' own ratios to that file. Exits with 1 where a goal is missed."""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EMBED = ROOT / "examples" / "embed" / "embed.cpp"
LARGEST_RATIO = {("-O0", "compiled once"): 2.1, ("-O2", "compiled once"): 2.9}
LARGEST_GIGABYTES = 0.4

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--rounds", type=int, default=5)
arguments.add_argument("compiler", nargs="?", default="g++")
given = arguments.parse_args()


def measure(options, source):
    """CPU seconds and gigabytes of a compilation."""
    command = [given.compiler, "-std=c++20", "-DASIO_STANDALONE", f"-I{ROOT / 'include'}", *options, "-c", "-o", os.devnull, source]
    child = subprocess.Popen(command)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"this failed: {' '.join(map(str, command))}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


with tempfile.TemporaryDirectory() as name:
    asio = pathlib.Path(name) / "asio.cpp"
    asio.write_text("#include <asio.hpp>\n")
    levels = ("-O0", "-O2")
    ways = {"only <asio.hpp>": ([], asio), "compiled once": (["-DTENON_COMPILED"], EMBED), "header-only": ([], EMBED)}
    took = {(level, way): [] for level in levels for way in ways}
    for _ in range(given.rounds):
        for level, way in took:
            options, source = ways[way]
            took[level, way].append(measure([level, *options], source))

    good = True
    print("| | level | CPU seconds | ratio | memory, GB |")
    print("|---|---|---|---|---|")
    for level, way in took:
        beside = took[level, "only <asio.hpp>"]
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(took[level, way], beside))
        seconds, memory = (statistics.median(values) for values in zip(*took[level, way]))
        if (level, way) in LARGEST_RATIO:
            good = good and ratio <= LARGEST_RATIO[level, way] and memory <= LARGEST_GIGABYTES
        print(f"| {way} | {level} | {seconds:.1f} | {ratio:.2f} | {memory:.2f} |")
print(f"\ngoals: compiled once at most {LARGEST_RATIO['-O0', 'compiled once']} at -O0 and {LARGEST_RATIO['-O2', 'compiled once']} "
      f"at -O2, {LARGEST_GIGABYTES} GB: {'reached' if good else 'missed'}")
sys.exit(0 if good else 1)
