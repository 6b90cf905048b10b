#!/usr/bin/env python3
"""Builds with ninja and says how far it is: at the start, every ten seconds, and at the end.

    build_progress.py NAME NINJA-ARGUMENT...

NAME says who speaks. What the compilers say comes through. How long the rest takes is told by what the steps so far
took, once there are enough of them."""

import re
import subprocess
import sys
import threading
import time

STATUS = re.compile(r"^@(\d+)/(\d+)@ ")
EVERY = 10  # seconds: seldom enough for a log, often enough for a person

name, *arguments = sys.argv[1:]
began = time.monotonic()
done = total = 0


def in_words(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def say(text):
    print(f"{name}: {text}", file=sys.stderr, flush=True)


def say_how_far(ended):
    while not ended.wait(EVERY):
        spent = time.monotonic() - began
        left = f", about {in_words(spent / done * (total - done))} left" if done * 10 > total else ""
        say(f"built {done} of {total} in {in_words(spent)}{left}" if total else f"building for {in_words(spent)}")


ended = threading.Event()
threading.Thread(target=say_how_far, args=(ended,), daemon=True).start()
with subprocess.Popen(["env", "NINJA_STATUS=@%f/%t@ ", "ninja", *arguments], stdout=subprocess.PIPE, text=True,
                      errors="replace") as ninja:
    for line in ninja.stdout:
        status = STATUS.match(line)
        if not status:
            if not line.startswith(("ninja: Entering", "ninja: no work")):
                print(line, end="", flush=True)
            continue
        done, total = map(int, status.groups())
        if done <= 1:
            say(f"{total} steps to build")
ended.set()
if total:
    say(f"built {done} of {total} in {in_words(time.monotonic() - began)}")
sys.exit(ninja.returncode)
