#!/usr/bin/env python3
"""docs/operations.md has every key of the configuration, every path of the API, every command, every exit code and no metric
that is not there. What it says about them is for people to check.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
page = (ROOT / "docs/operations.md").read_text()
code = set(re.findall(r"`([^`\n]+)`", page))
missing = []


def text(path):
    return (ROOT / path).read_text()


def expect(what, names, said):
    missing.extend(f"docs/operations.md: {what} {name} is missing" for name in sorted(names) if not said(name))


# Tables shorten: `restart.jitter` is said as such, or as `.jitter` beside another one of `restart`.
words = {part for one in code for part in re.split(r"[.\s,]+", one)}
form = text("include/tenon/rules/check_options.hpp") + text("include/tenon/config/plugin_config.hpp")
keys = set(re.findall(r'\b(?:form|in|out)\.\w+\(\s*"(\w+)"', form))
keys |= set(re.findall(r'\bin\.\w+\("(\w+)"', text("reference-host/settings/settings.cpp") + text("reference-host/settings/packages.cpp")))
expect("the key", keys, words.__contains__)

# `/api/v1/plugins/NAME/start`, `stop`: what follows is the last segment of another path.
tables = "".join(path.read_text() for floor in ("admin", "package_admin") for path in (ROOT / "include/tenon" / floor).glob("*.hpp"))
tables += text("reference-host/chat/paths.cpp")
paths = set(re.findall(r'(?:\{|\.method = )"(?:GET|POST|PUT|DELETE)",\s*(?:\.pattern = )?"(/[^"]+)"', tables)) | {"/api/plugins/*"}
expect("the path", paths, lambda path: path.rstrip("*").rstrip("/").rpartition("/")[2].strip("{}") in
       {"name", "number", "version", "key", "what", "", *(segment for one in code for segment in re.split(r"[/?]", one))})

# Of two words: "package build".
table = text("reference-host/command_line/commands.cpp")
commands = set(re.findall(r'^\s+\{"(\w+(?: \w+)?)",(?:$| ")', table, re.MULTILINE))
groups = {name.split()[0] for name in commands if " " in name}
expect("the command", commands - groups, lambda name: any(one.split()[:len(name.split())] == name.split() for one in code))

codes = set(re.findall(r"inline constexpr int \w+ =\s*(\d+);", text("reference-host/command_line/exit_codes.hpp")))
expect("the exit code", codes, lambda number: re.search(rf"^\| {number} \|", page, re.MULTILINE))

metrics = text("include/tenon/host/metrics_text.ipp") + text("include/tenon/package_admin/package_metrics.hpp")
missing += [f"docs/operations.md: there is no metric {name}" for name in sorted(set(re.findall(r"\btenon_\w+", page)))
            if f'"{name}"' not in metrics]

found = f"{len(keys)} keys, {len(paths)} paths, {len(commands)} commands, {len(codes)} exit codes"
print("\n".join([*missing, f"{found}: {len(missing)} missing"]))
sys.exit(1 if missing else 0)
