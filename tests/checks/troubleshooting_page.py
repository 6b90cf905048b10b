#!/usr/bin/env python3
"""docs/troubleshooting.md quotes what the library and the reference host really say: every text in `...` of its first column
that has at least three words is in the code. Capitals like NAME, and …, stand for what is put in.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOLES = re.compile(r"…|\b(?:NAME|FILE|PATH|KEY|METHOD|N)\b")
code = ""
for folder in ("include", "reference-host"):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in (".hpp", ".ipp", ".cpp", ".html", ".js"):
            code += path.read_text()
code = re.sub(r'"\s*\n\s*"', "", code)  # a text over several lines
code = code.replace('\\"', '"').replace("\\n", " ").replace("`", "")  # as it is read

texts, missing = 0, []
for number, line in enumerate((ROOT / "docs/troubleshooting.md").read_text().splitlines(), 1):
    if not line.startswith("| "):
        continue
    for text in re.findall(r"`([^`]+)`", line.split(" | ")[0]):
        if len(text.split()) < 3 or text.startswith("tenon-host"):
            continue
        texts += 1
        missing += [f"docs/troubleshooting.md:{number}: nobody says {piece.strip()!r}" for piece in HOLES.split(text)
                    if len(piece.split()) > 1 and piece.strip() not in code]
print("\n".join([*missing, f"{texts} texts: {len(missing)} of them are not in the code"]))
sys.exit(1 if missing else 0)
