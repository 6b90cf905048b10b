#!/usr/bin/env python3
"""docs/catalogue.md is what `tenon-host catalogue` prints.

    catalogue_page.py TENON_HOST [--write]
"""

import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/catalogue.md"
HEAD = """# What the reference host offers to plugins

Made from the host's types by `tests/checks/catalogue_page.py TENON_HOST --write`; not to be edited. `tenon-host catalogue`
prints the same, with `--header` as C++ structs, with `--json` as JSON Schemas. A running host tells it to plugins
(`host/describe`) and administrators (GET `/api/v1/catalogue`). What every host answers besides, `host/emit` and the
like, is in [protocol.md](protocol.md#5-what-a-plugin-may-ask).

"""

program, *options = sys.argv[1:]
made = HEAD + subprocess.run([program, "catalogue"], check=True, capture_output=True, text=True).stdout
if options == ["--write"]:
    PAGE.write_text(made)
elif not PAGE.exists() or PAGE.read_text() != made:
    sys.exit(f"docs/catalogue.md is not what the host offers: {sys.argv[0]} {program} --write")
print("docs/catalogue.md is what the host offers")
