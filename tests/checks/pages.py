#!/usr/bin/env python3
"""Every relative link in a page of documentation leads to a file that is there."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]

broken = []
for page in sorted(pages):
    if "node_modules" in page.parts:
        continue
    # What stands between ``` or ` is code, where [](...) is a lambda.
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
            broken.append(f"{page.relative_to(ROOT)}: {target} does not exist")
print("\n".join(broken + [f"{len(pages)} pages, {len(broken)} broken links"]))
sys.exit(1 if broken else 0)
