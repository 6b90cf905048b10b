#!/usr/bin/env python3
"""Checks a documentation page: examples that nothing runs will lie.

    page.py PAGE

- Every ```json block holds JSON values, one after another.
- The block after `<!-- tested: plugin -->` is a Python program, and the block after
  `<!-- tested: conversation -->` is played against it byte by byte: `→ ` lines are sent, `← ` lines must
  come back, with \\r\\n written out and continuation lines indented by two blanks. At the end the program
  must exit with status 0.
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree

import run
from plugin_process import parse_json

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MARKS = {"→ ": ">> ", "← ": "<< "}


def bad_json_lines(text):
    """Line numbers of ```json blocks that hold anything but JSON values, one after another."""
    for block in FENCE.finditer(text):
        rest = block[2].strip() if block[1] == "json" else ""
        while rest:
            try:
                end = json.JSONDecoder().raw_decode(rest)[1]
                parse_json(rest[:end])
            except ValueError:
                yield text.count("\n", 0, block.end(2)) + 1 - rest.count("\n")
                break
            rest = rest[end:].strip()


def marked_block(text, mark):
    """The fenced block after `<!-- mark -->`, behind empty lines that keep the page's line numbers."""
    block = FENCE.search(text, text.index(f"<!-- {mark} -->"))
    return "\n" * text.count("\n", 0, block.start(2)) + block[2]


def conversation_steps(text):
    lines = marked_block(text, "tested: conversation").split("\n")
    steps = run.parse_transcript("\n".join(MARKS.get(line[:2], line[:2]) + line[2:] for line in lines))
    return [*steps, (steps[-1][0], "exit", "0")]


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 1
    name = arguments[0]
    text = pathlib.Path(name).read_text(encoding="utf-8")
    bad = list(bad_json_lines(text))
    for line in bad:
        print(f"{name}:{line}: no JSON", file=sys.stderr)
    run.start_deadline()
    plugin = [sys.executable, "-c", marked_block(text, "tested: plugin")]
    good = run.run(name, conversation_steps(text), plugin)
    return 0 if good and not bad else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
