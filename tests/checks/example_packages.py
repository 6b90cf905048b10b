#!/usr/bin/env python3
"""Holds the manifests of the examples to what the examples are, and makes a package of each.

    example_packages.py TENON_HOST FOLDER     FOLDER has the native ones, built: FOLDER/hello/example_hello

Each folder with a transcript is a plugin and has a plugin.json, good without a warning, with the name and the version that
the plugin itself says. Each is packed twice, from two copies, to the same bytes. hello is built by its own manifest, too."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
HOST, BUILT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
# What its build would make, where this is no test of npm and cargo.
MADE = {"node": {"node_modules/vscode-jsonrpc/package.json": "{}", "node_modules/.package-lock.json": "{}"},
        "rust": {"target/release/links": "#!/bin/sh\n", "target/release/links.d": ""}}
failures = []


def host(*words):
    return subprocess.run([HOST, *map(str, words)], capture_output=True, text=True, timeout=300)


def expect(good, what):
    if not good:
        failures.append(what)


def said_by(plugin):
    """Name and version of the answer to the handshake that the transcript expects."""
    text = (plugin / "transcript.txt").read_text()
    found = re.search(r'"result":\s*\{\s*"name":\s*"([^"]+)",\s*"version":\s*"([^"]+)"', text)
    return found.groups() if found else None


def copy_of(plugin, to):
    """As somebody has it who has built it. Old files, in an order of their own."""
    folder = to / "examples" / plugin.name
    shutil.copytree(plugin, folder, ignore=shutil.ignore_patterns("node_modules", "target", "*.zip"))
    native = BUILT / plugin.name / f"example_{plugin.name}"
    if native.exists():
        shutil.copy(native, folder / plugin.name)
    for path, text in MADE.get(plugin.name, {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for file in sorted(folder.rglob("*"), reverse=True):
        os.utime(file, (1, 1))
    return folder


def packed(plugin, number, *options):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        folder = copy_of(plugin, place)
        if number == 2:
            for file in folder.rglob("*"):
                os.utime(file, (2_000_000_000, 2_000_000_000))
        (place / "include").symlink_to(ROOT / "include")
        made = host("package", "build", folder, "--output", place / "made.zip", *options)
        expect(made.returncode == 0, f"{plugin.name}: package build: {made.stderr}")
        if made.returncode != 0:
            return b"", ""
        verified = host("package", "verify", place / "made.zip")
        expect(verified.returncode == 0, f"{plugin.name}: package verify: {verified.stderr}")
        return (place / "made.zip").read_bytes(), host("package", "show", "--files", place / "made.zip").stdout


plugins = sorted(path.parent for path in EXAMPLES.glob("*/transcript.txt"))
ids = set()
for plugin in plugins:
    if not (plugin / "plugin.json").exists():
        failures.append(f"{plugin.name}: it has no plugin.json")
        continue
    judged = host("package", "validate", plugin, "--json")
    findings = json.loads(judged.stdout or "{}").get("findings", [judged.stderr])
    expect(judged.returncode == 0 and not findings, f"{plugin.name}: {findings}")
    manifest = json.loads((plugin / "plugin.json").read_text())
    says = (manifest["id"].rpartition(".")[2], manifest["version"])
    expect(said_by(plugin) == says, f"{plugin.name}: the manifest says {says}, the plugin {said_by(plugin)}")
    expect(manifest["id"] not in ids, f"{plugin.name}: another one has its id")
    ids.add(manifest["id"])
    (first, listed), (second, _) = packed(plugin, 1, "--no-build"), packed(plugin, 2, "--no-build")
    expect(first == second, f"{plugin.name}: its package has other bytes the second time")
    left_over = [line for line in listed.splitlines() if re.search(r"/\.|transcript|\.cpp$|\.rs$|links\.d$", line)]
    expect(not left_over, f"{plugin.name}: packed, too: {left_over}")
hello = EXAMPLES / "hello"
first, second = packed(hello, 1)[0], packed(hello, 2)[0]
expect(first and first == second, "hello: built twice, it is two packages")

print("\n".join([*failures, f"{len(plugins)} examples: {len(failures)} complaints"]))
sys.exit(1 if failures else 0)
