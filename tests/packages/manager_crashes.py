#!/usr/bin/env python3
"""Kills a host that changes its packages at each of its system calls, and fails each of its writes with a full and with a broken disk.

    manager_crashes.py PROGRAM [--sample N]

Each time, the next start has to find the old state or the new one, whole, with nothing left over, and the same step once more has to lead to
the new one. A host that lives on has to manage that by itself. It also looks in which order things come to the disk. PROGRAM is manager_steps.
77: there is no strace, or it may not."""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ONE = "1.0.0 installed, "
RUNS = "1.0.0 installed, 1.0.0 enabled"
STEPS = {  # the step, what comes before it, and the two packages before and after
    "first": ("first", [], "none, none", ONE + "none"),
    "install": ("install", ["first"], ONE + "none", ONE + "1.0.0 installed"),
    "update": ("update", ["first", "install"], ONE + "1.0.0 installed", ONE + "2.0.0 installed"),
    "rollback": ("rollback", ["first", "install", "update"], ONE + "2.0.0 installed", ONE + "1.0.0 installed"),
    "pin": ("pin", ["first", "install"], ONE + "1.0.0 installed", ONE + "1.0.0 installed pinned"),
    "configure": ("configure", ["first", "install"], ONE + "1.0.0 installed", ONE + '1.0.0 installed {"mood":"good"}'),
    "remove a version": ("remove", ["first", "install", "update"], ONE + "2.0.0 installed", ONE + "2.0.0 installed"),
    "uninstall": ("uninstall", ["first", "install", "update"], ONE + "2.0.0 installed", ONE + "none"),
    # With a plugin that runs.
    "install and run": ("run", ["first"], ONE + "none", RUNS),
    "update what runs": ("update", ["first", "run"], RUNS, ONE + "2.0.0 enabled"),
    "go back while it runs": ("rollback", ["first", "run", "update"], ONE + "2.0.0 enabled", RUNS),
    "update to what does not come up": ("spoil", ["first", "run"], RUNS, RUNS),
    "disable": ("disable", ["first", "run"], RUNS, ONE + "1.0.0 disabled"),
    "enable": ("enable", ["first", "run", "disable"], ONE + "1.0.0 disabled", RUNS),
    "uninstall what runs": ("uninstall", ["first", "run"], RUNS, ONE + "none"),
}
# What can fail for want of room or by a broken disk.
WRITES = {"write", "pwrite64", "fsync", "fdatasync", "syncfs", "ftruncate", "fallocate", "mkdirat", "mkdir", "renameat", "renameat2", "rename"}
# What else changes something on the disk.
CHANGES = WRITES | {"unlink", "unlinkat", "fchmod", "fchmodat", "linkat", "symlinkat", "openat"}
SECONDS = 60


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)


class Refused(Exception):
    """strace may start a program, and may not look at a thread of one that runs."""


class Tried:
    def __init__(self, program, scratch):
        self.program, self.scratch, self.store = program, scratch, scratch / "store"
        self.prepared, self.counts, self.bad = {}, collections.Counter(), []

    def prepare(self, name):
        folder = self.scratch / ("before-" + name.replace(" ", "-"))
        for earlier in STEPS[name][1]:
            done = run(self.program, str(folder), earlier)
            assert done.returncode == 0, (name, earlier, done.stderr)
        self.prepared[name] = folder

    def put_back(self, name):
        # By cp: folders of mode 0500 are copied by their owner, too.
        if self.store.exists():
            subprocess.run(["chmod", "-R", "u+w", str(self.store)], check=True)
            shutil.rmtree(self.store)
        if self.prepared[name].exists():
            subprocess.run(["cp", "-a", str(self.prepared[name]), str(self.store)], check=True)

    def command(self, name, thread, *options):
        """The step, with strace at the host's thread from its beginning, or at the store's from the step on."""
        step = [self.program, str(self.store), STEPS[name][0]]
        strace = ["strace", "-q", *options]
        return strace + step if thread == "host" else step + strace

    def trace(self, name, thread):
        """The calls of one run that may be points: (name, which of its name, the line)."""
        self.put_back(name)
        log = self.scratch / "trace"
        done = run(*self.command(name, thread, "-y", "-o", str(log), "-e", "inject=sched_yield:retval=77"))
        if "strace ended" in done.stderr:
            raise Refused
        assert done.returncode == 0, (name, thread, done.stderr)
        seen, calls, began = collections.Counter(), [], thread == "store"
        for line in log.read_text(errors="replace").splitlines():
            call = re.match(r"(\w+)\(", line)
            if call is None:
                continue
            seen[call[1]] += 1
            began = began or f'{self.scratch}"' in line or str(self.store) in line and call[1] != "execve"
            if began and call[1] not in ("exit", "exit_group", "sched_yield", "futex"):
                calls.append((call[1], seen[call[1]], line))
        return calls

    def points(self, name):
        for thread in ("host", "store"):
            changed = True
            for call, which, line in self.trace(name, thread):
                # As good as any later one before the disk is changed again.
                changes = call in CHANGES and str(self.store) in line and (call != "openat" or "O_CREAT" in line)
                if changed:
                    yield name, thread, call, which, "signal=KILL"
                changed = changes
                # Of the disk, and not of a pipe.
                if call in WRITES and str(self.store) in line:
                    yield name, thread, call, which, "error=ENOSPC"
                    yield name, thread, call, which, "error=EIO"

    def look(self):
        looked = run(self.program, str(self.store), "look")
        return looked.stdout.strip() or looked.stderr.strip()

    def try_point(self, name, thread, call, which, what):
        before, after = (f"{state}|" for state in STEPS[name][2:])
        self.put_back(name)
        hurt = run(*self.command(name, thread, "-o", "/dev/null", "-e", f"trace=sched_yield,{call}", "-e",
                                 "inject=sched_yield:retval=77", "-e", f"inject={call}:{what}:when={which}"))
        if what == "signal=KILL" and hurt.returncode == 0:
            return self.counts.update(["not reached"])
        found = self.look()
        kind = "new" if found == after else "old" if found == before else "bad"
        # Who lives on takes the step once more by itself. At the beginning there may be nothing to be lived on with.
        if hurt.returncode >= 0 and (kind != "new" or hurt.returncode == 2) and (thread == "store" or hurt.returncode != 2):
            kind = "bad"
        again = run(self.program, str(self.store), STEPS[name][0])
        finally_found = self.look()
        # Removing what is removed already, or going back once more, is as good.
        if again.returncode != 0 or finally_found != after:
            kind = "bad"
        if kind == "bad":
            self.bad.append(f"{name}, {what} at {call} number {which} of the {thread}: {hurt.returncode} {hurt.stderr.strip()[-300:]} -> "
                            f"{found}; again: {again.returncode} {again.stderr.strip()} -> {finally_found}")
        self.counts.update([f"{what.split('=')[1]} {kind}"])

    def order(self):
        """Files, folders, the top, the rename, the two folders it changed, the records, their copy."""
        calls = [(name, line) for name, _, line in self.trace("install", "store")]

        def at(name, *words, after=-1):
            found = [number for number, (call, line) in enumerate(calls)
                     if number > after and call == name and all(word in line for word in words)]
            assert found, f"no {name} of {words} where it should be"
            return found[0]

        staged = at("mkdirat", "staging>", "0700")
        files = at("fsync", "/bin/run>", after=staged)
        at("fsync", "/FILES>", after=staged)
        folder = at("fsync", "/bin>", after=files)
        top = at("fsync", "/staging/", after=folder)
        renamed = at("renameat2", "RENAME_NOREPLACE", after=top)
        assert max(at("fsync", "/FILES>"), at("fsync", "/plugin.json>")) < folder < top < renamed
        trees = at("fsync", "/trees>", after=renamed)
        staging = at("fsync", "/staging>", after=trees)
        written = at("pwrite64", "packages.db-wal>")
        assert written > staging, "the records were written before the files were on the disk"
        synced = at("fdatasync", "packages.db-wal>", after=written)
        at("renameat", '"packages.json"', after=synced)


def main():
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # it does not work where strace is, and says so by failing
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--sample", type=int, default=0)
    asked = arguments.parse_args()
    if shutil.which("strace") is None or run("strace", "-o", "/dev/null", "true").returncode != 0:
        print("skipped: there is no strace, or it may not trace")
        return 77
    with tempfile.TemporaryDirectory(prefix="tenon-packages-") as scratch:
        tried = Tried(asked.program, pathlib.Path(scratch).resolve())
        for name in STEPS:
            tried.prepare(name)
        try:
            tried.order()
        except Refused:
            print("skipped: strace may not look at a thread")
            return 77
        points = [point for name in STEPS for point in tried.points(name)]
        chosen = points[:: max(1, len(points) // asked.sample)] if asked.sample else points
        for point in chosen:
            tried.try_point(*point)
        subprocess.run(["chmod", "-R", "u+w", scratch], check=False)
    print("\n".join(tried.bad[:20]))
    print(f"{len(points)} points, {len(chosen)} tried: " + ", ".join(f"{count} {what}" for what, count in sorted(tried.counts.items())))
    return 1 if tried.bad else 0


if __name__ == "__main__":
    sys.exit(main())
