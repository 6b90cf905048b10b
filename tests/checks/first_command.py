#!/usr/bin/env python3
"""Does what the README tells a new user to do first, as it stands there, in a checkout where nothing was built.

    first_command.py CHECKOUT

It starts the reference host, waits for its address, loads the page, waits for every plugin, sends a message that passes
and one that is stopped, ends it, and starts it once more, which must take less than five seconds and build nothing."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

FIRST_START = 1800  # seconds: it installs and builds
SECOND_START = 5
READY = 60

checkout = pathlib.Path(sys.argv[1]).resolve()
passed = 0
# The host's socket is in $HOME, where the developer's own host may have one; Rust's tools are found there, too.
rust = {variable: str(pathlib.Path.home() / folder) for variable, folder in
        {"RUSTUP_HOME": ".rustup", "CARGO_HOME": ".cargo"}.items() if (pathlib.Path.home() / folder).exists()}


def done(what):
    global passed
    passed += 1
    print(f"ok: {what}", flush=True)


def fail(why):
    print(f"FAILED: {why}\n{passed} passed, 1 failed")
    sys.exit(1)


def command_of_readme():
    """The first one that is not marked as run by another test: that of the reference host."""
    found = re.search(r"^(?<!<!-- run -->\n)```sh\n(\S*reference-host\S*)\n```$", (checkout / "README.md").read_text(), re.MULTILINE)
    if not found:
        fail("README.md has no block that starts the reference host")
    return found[1]


class Started:
    def __init__(self, command, home, limit):
        self.began = time.monotonic()
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(["bash", "-c", command], cwd=checkout, stdin=subprocess.DEVNULL, text=True,
                                        env={**rust, **os.environ, "HOME": home}, stdout=subprocess.PIPE, stderr=self.log,
                                        start_new_session=True)
        signal.signal(signal.SIGALRM, lambda *_: self.give_up(f"{command!r} printed no address in {limit} s"))
        signal.alarm(limit)
        line = self.process.stdout.readline()
        signal.alarm(0)
        self.seconds = time.monotonic() - self.began
        found = re.match(r"(http://[^/]+)/(?:#token=(\S+))?", line)
        if not found:
            self.give_up(f"{command!r} printed {line!r} instead of an address")
        self.address, self.token = found[1], found[2]

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def give_up(self, why):
        os.killpg(self.process.pid, signal.SIGKILL)
        print(self.said()[-5000:])
        fail(why)

    def ask(self, path, body=None):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.address + path, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def end(self):
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.give_up("Ctrl-C does not end it")
        if code not in (0, 130):
            self.give_up(f"Ctrl-C ended it with {code}")


def stopped_by(receipt):
    return [one["plugin"] for one in receipt["plugins"] if one["outcome"] == "stop"]


command = command_of_readme()
with tempfile.TemporaryDirectory() as home:
    host = Started(command, home, FIRST_START)
    done(f"{command} prints its address after {host.seconds:.0f} s")
    try:
        if "<title>" not in host.ask("/"):
            host.give_up("there is no page")
        done("the page comes")
        until = time.monotonic() + READY
        while True:
            plugins = json.loads(host.ask("/api/v1/plugins"))
            plugins = plugins if isinstance(plugins, list) else plugins["plugins"]
            missing = [one["name"] for one in plugins if one["state"] != "ready"]
            if not missing:
                break
            if time.monotonic() > until:
                host.give_up(f"not ready: {', '.join(missing)}")
            time.sleep(0.2)
        done(f"{len(plugins)} plugins are ready")
        for content, wanted in ("hello", []), ("buy spam now", ["moderator"]):
            receipt = json.loads(host.ask("/api/v1/messages", {"content": content, "from_uid": "ada", "to_uid": "bo"}))
            if stopped_by(receipt) != wanted:
                host.give_up(f"{content!r}: {receipt}")
            done(f"{content!r} goes through the plugins, stopped by {wanted or 'nobody'}")
    except OSError as why:
        host.give_up(f"it does not answer: {why}")
    host.end()
    done("it ends")
    host = Started(command, home, 600)
    if "steps to build" in host.said() or host.seconds > SECOND_START:
        host.give_up(f"the second start took {host.seconds:.1f} s")
    done(f"the second start takes {host.seconds:.1f} s")
    host.end()
print(f"{passed} passed, 0 failed")
