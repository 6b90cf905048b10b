#!/usr/bin/env python3
"""Runs the drivers that tests/bench/run has built, round by round, and prints the table and the goals.

    table.py --build FOLDER [--peers "NAME..."] [--rounds N] [--shapes "NAME..."] [--quick] [--busy] [--json FILE]
    table.py --from FILE

In each round every driver runs once for each row, one after another, so that what else the machine does meets all of
them. Figures are medians over the rounds; a ratio is the median of the rounds' own ratios. How a driver is called stands
in tests/bench/peers/README.md."""

import argparse
import dataclasses
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--build", type=pathlib.Path)
parser.add_argument("--peers", default="grpc go-plugin vscode-jsonrpc jsonrpc2 capnp")
parser.add_argument("--rounds", type=int)
parser.add_argument("--shapes", default="")
parser.add_argument("--quick", action="store_true")
parser.add_argument("--busy", action="store_true")
parser.add_argument("--json", type=pathlib.Path)
parser.add_argument("--from", dest="kept", type=pathlib.Path)
given = parser.parse_args()
rounds = given.rounds or (3 if given.quick else 9)

# ---- Who is measured -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Driver:
    """One column of the table."""
    title: str
    peer: str  # as tests/bench/run calls it
    command: list  # {} is the build folder
    mode: str = ""


DRIVERS = {
    "floor": Driver("floor", "", ["{}/floor", "{}"]),
    "tenon": Driver("tenon", "", ["{}/tenon", "{}/plugin"]),
    "grpc": Driver("gRPC C++", "grpc", ["{}/grpc-host", "{}/grpc-plugin"]),
    "grpc-stream": Driver("gRPC C++, stream", "grpc", ["{}/grpc-host", "{}/grpc-plugin"], "stream"),
    "go-rpc": Driver("go-plugin, net/rpc", "go-plugin", ["{}/go-plugin", "{}/go-plugin"], "net/rpc"),
    "go-grpc": Driver("go-plugin, gRPC", "go-plugin", ["{}/go-plugin", "{}/go-plugin"], "grpc"),
    "capnp": Driver("Cap'n Proto", "capnp", ["{}/capnp-host", "{}/capnp-plugin"]),
    "jsonrpc2": Driver("jsonrpc2 (Go)", "jsonrpc2", ["{}/jsonrpc2", "{}/jsonrpc2"]),
    "vscode": Driver("vscode-jsonrpc", "vscode-jsonrpc", ["node", "{}/node/peer.mjs", "{}/node/peer.mjs"]),
    # The same in a row of their own, because they start faster and hold less.
    "floor-static": Driver("", "", ["{}/floor", "{}"]),
    "tenon-static": Driver("", "", ["{}/tenon", "{}/plugin-static"]),
}
COLUMNS = [name for name, driver in DRIVERS.items() if driver.title]
GO = ["go-rpc", "go-grpc"]
CALLERS = COLUMNS
TELLERS = ["floor", "tenon", "grpc", "go-grpc", "capnp", "jsonrpc2", "vscode"]


@dataclasses.dataclass
class Row:
    """One row of the table: a shape, and how it is run."""
    key: str
    title: str
    shape: str  # as drivers call it
    drivers: list
    unit: str = "µs"  # of one of what the driver counts; or "/s"
    free: bool = False  # not on one CPU
    static: bool = False
    most: int = 10**9  # of what it counts in one round
    least: int = 3

    @property
    def family(self):
        return self.shape.split(":")[0]


ROWS = []
for where, words in (("one", "one CPU"), ("free", "free")):
    for size, text in ((64, "64 B"), (1024, "1 KiB"), (65536, "64 KiB")):
        ROWS.append(Row(f"round-trip-{size}-{where}", f"round trip, {text}, {words}", f"round-trip:{size}", CALLERS,
                        free=where == "free", least=20))
ROWS += [
    Row("in-flight", "64 calls in flight, 64 B", "in-flight:64", CALLERS, least=640),
    Row("events", "one-way events, 150 B", "events", TELLERS, least=1000),
]
# A hundred of node's processes take ten seconds to start; with five hundred it is about how tenon grows.
for plugins, without in ((1, []), (10, []), (100, ["vscode"]), (500, COLUMNS[2:])):
    ROWS.append(Row(f"gather-{plugins}", f"ask {plugins} and gather", f"gather:{plugins}",
                    [name for name in CALLERS if name not in ("grpc-stream", *without)], most=30_000 // plugins))
for plugins, without in ((1, []), (10, []), (100, ["vscode"])):
    ROWS.append(Row(f"publish-{plugins}", f"tell {plugins}", f"publish:{plugins}",
                    [name for name in TELLERS if name not in without], most=1_000_000 // plugins, least=100))
STATIC = ["floor", "tenon-static"]  # the floor needs no more than the C library either way
ROWS += [
    Row(f"{family}-{plugins}-static", f"{verb} {plugins}{rest}, static plugins", f"{family}:{plugins}", STATIC, static=True,
        most=most // plugins, least=least)
    for family, verb, rest, plugins, most, least in (("gather", "ask", " and gather", 100, 30_000, 3),
                                                     ("gather", "ask", " and gather", 500, 30_000, 3),
                                                     ("publish", "tell", "", 100, 1_000_000, 100))
]
ROWS += [
    Row("start", "cold start", "start", ["floor", "tenon", "grpc", *GO, "capnp", "jsonrpc2", "vscode"], unit="ms", most=30),
    Row("start-static", "cold start, linked statically", "start", ["floor-static", "tenon-static"], unit="ms", most=30,
        static=True),
]

# ---- Running -------------------------------------------------------------------------------------------------------------


def left_out():
    found = {}
    for file in sorted((given.build / "left-out").glob("*")):
        found[file.name] = file.read_text().strip()
    return found


def last_cpu():
    """The first one does most of the machine's chores."""
    return max(os.sched_getaffinity(0))


def at_the_front(program):
    """A program that starts another one at the front of the ordinary scheduling class. Linux gives every session its
    share of a CPU, and every plugin has a session of its own, so it is the session that has to come first."""
    wrapper = given.build / "front" / pathlib.Path(program).name
    wrapper.parent.mkdir(exist_ok=True)
    wrapper.write_text(f'#!/bin/sh\necho -20 >/proc/self/autogroup\nexec {program} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


def go_to_the_front():
    pathlib.Path("/proc/self/autogroup").write_text("-20")


def command_of(name, shape, count, free):
    driver = DRIVERS[name]
    command = [word.replace("{}", str(given.build)) for word in driver.command]
    if shape in ("start", "idle:1") and name.startswith("floor"):
        command[-1] += "/empty" + ("-static" if name.endswith("static") else "")
    elif given.busy and shape != "start":
        if name.startswith("floor"):
            for program in ("echo", "gather", "sink"):
                command[-1] = str(pathlib.Path(at_the_front(given.build / program)).parent)
        else:
            command[-1] = at_the_front(command[-1])
    if given.busy and shape == "start":  # without a wrapper, that would have to start as well
        command = ["chrt", "-f", "1", *command]
    if not free:
        command = ["taskset", "-c", str(last_cpu()), *command]
    return [*command, shape, str(count)]


sockets = tempfile.TemporaryDirectory(prefix="tenon-bench-")  # some are left by who made them


def environment_of(name):
    return {**os.environ, "PEER_MODE": DRIVERS[name].mode, "TMPDIR": sockets.name}


class NotHere(Exception):
    pass


def nanoseconds(name, row, count):
    """Of one round."""
    done = subprocess.run(command_of(name, row.shape, count, row.free), env=environment_of(name), capture_output=True,
                          text=True, timeout=180, start_new_session=True, preexec_fn=go_to_the_front if given.busy else None)
    words = done.stdout.split()
    if done.returncode != 0 or len(words) != 2 or words[0] != "ns":
        raise NotHere(done.stderr.strip().splitlines()[-1:] or f"exit status {done.returncode}")
    return float(words[1])


def measure(wanted, absent):
    """{row: {driver: [ns of each round]}}, and {row: {driver: why it has none}}"""
    seconds = 0.1 if given.quick else 0.4  # what a driver gets in one round
    figures, reasons, counts = {}, {}, {}
    for round_number in range(-1, rounds):
        for row in wanted:
            for name in row.drivers:
                if DRIVERS[name].peer in absent or name in reasons.get(row.key, {}):
                    continue
                count = counts.get((row.key, name), row.least)
                try:
                    took = nanoseconds(name, row, count)
                except (NotHere, subprocess.TimeoutExpired) as error:
                    reasons.setdefault(row.key, {})[name] = str(error)
                    print(f"{row.key}: {name}: {error}", file=sys.stderr)
                    continue
                if round_number < 0:  # tells only how much fits into a round
                    counts[row.key, name] = max(row.least, min(row.most, int(seconds * 1e9 / took)))
                else:
                    figures.setdefault(row.key, {}).setdefault(name, []).append(took)
        print(f"round {round_number + 1} of {rounds}", file=sys.stderr)
    return figures


# ---- What an idle plugin costs -------------------------------------------------------------------------------------------


def of_process(pid):
    """Its memory in KiB, all and private; its CPU time in ms."""
    memory = {"Rss": 0, "Private": 0}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        for kind in memory:
            if line.startswith(kind):
                memory[kind] += int(line.split()[1])
    ticks = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return memory["Rss"], memory["Private"], sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK")


def children_of(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]


def idle(name, plugins, seconds):
    """A driver with so many plugins, and nothing to do."""
    command = command_of(name, f"idle:{plugins}", 1, True)
    began = time.monotonic()
    with subprocess.Popen(command, env=environment_of(name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        if host.stdout.readline() != "ready\n":
            raise NotHere("it did not get ready")
        started = time.monotonic() - began
        time.sleep(1)  # until what the start left to do is done
        children = children_of(host.pid)
        before, were = of_process(host.pid), [of_process(child) for child in children]
        time.sleep(seconds)
        after, now = of_process(host.pid), [of_process(child) for child in children]
        host.stdin.close()
        host.wait(timeout=60)
    return {
        "start_s": started, "host_rss": after[0], "host_private": after[1],
        "host_cpu": (after[2] - before[2]) / seconds,
        "rss": statistics.median(each[0] for each in now), "private": statistics.median(each[1] for each in now),
        "plugins_cpu": sum(b[2] - a[2] for a, b in zip(were, now)) / seconds,
    }


def measure_idle(absent):
    figures = {}
    cases = [(name, 1) for name in ("floor", "floor-static", "tenon", "tenon-static", "grpc", *GO, "capnp", "jsonrpc2", "vscode")]
    cases += [(name, plugins) for plugins in (10, 100, 500) for name in ("tenon-static", "tenon", *GO)
              if not given.quick or plugins == 10]
    for name, plugins in cases:
        if DRIVERS[name].peer in absent:
            continue
        try:
            figures[f"{name}:{plugins}"] = idle(name, plugins, 2 if given.quick else 10 if plugins > 1 else 5)
            print(f"idle: {name}, {plugins}", file=sys.stderr)
        except (NotHere, OSError, subprocess.TimeoutExpired) as error:
            print(f"idle: {name}, {plugins}: {error}", file=sys.stderr)
    return figures


def measure_compilation():
    """CPU seconds of the command in examples/moderator/README.md, with an empty program beside it."""
    seconds = {"moderator": [], "empty": []}
    compiler = os.environ.get("CXX", "g++")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copy(ROOT / "single_header" / "tenon.hpp", folder)
        shutil.copy(ROOT / "examples" / "moderator" / "moderator.cpp", folder)
        (folder / "empty.cpp").write_text("int main() {}\n")
        for round_number in range(rounds + 1):
            for what, took in seconds.items():
                child = subprocess.Popen([compiler, "-std=c++20", f"{what}.cpp", "-o", what], cwd=folder)
                _, status, used = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
                if child.returncode != 0:
                    return {}
                if round_number != 0:  # the first one fills the caches
                    took.append(used.ru_utime + used.ru_stime)
    return seconds


# ---- The table -----------------------------------------------------------------------------------------------------------


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratios(figures, row, one, other):
    a, b = figures.get(row, {}).get(one), figures.get(row, {}).get(other)
    if not a or not b or len(a) != len(b):
        return []
    return [x / y for x, y in zip(a, b)]


def middle(values):
    """The median and the quartiles around it."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


def main_table(figures):
    present = [name for name in COLUMNS if any(name in row for row in figures.values())]
    print("| | " + " | ".join(DRIVERS[name].title for name in present) + " | go-plugin / tenon |")
    print("|---" * (len(present) + 2) + "|")
    for row in ROWS:
        if row.key not in figures:
            continue
        def of(name):
            return f"{name}-static" if row.static and f"{name}-static" in figures[row.key] else name

        cells, scale = [], 1e6 if row.unit == "ms" else 1e3
        for name in present:
            took = figures[row.key].get(of(name))
            if not took:
                cells.append("–")
                continue
            cell = number(statistics.median(took) / scale)
            if name == "floor":
                cell += f" {row.unit}"
            elif (to_floor := ratios(figures, row.key, of(name), of("floor"))):
                cell += f" · {number(statistics.median(to_floor))}"
            cells.append(f"**{cell}**" if name == "tenon" else cell)
        go = [statistics.median(found) for name in GO if (found := ratios(figures, row.key, name, of("tenon")))]
        print(f"| {row.title} | " + " | ".join(cells) + f" | {' · '.join(map(number, go)) or '–'} |")


def idle_table(figures):
    titles = {**{name: driver.title for name, driver in DRIVERS.items()}, "floor": "an empty program in C++",
              "floor-static": "the same, static", "tenon-static": "tenon, static plugin"}
    print("\n| idle | plugins | all ready | host: memory | host: CPU | a plugin: memory (private) | plugins: CPU |")
    print("|---|---|---|---|---|---|---|")
    for key, of in figures.items():
        name, plugins = key.rsplit(":", 1)
        started = "–" if name.startswith("floor") else f"{number(of['start_s'] * 1000)} ms"
        print(f"| {titles[name]} | {plugins} | {started} | {of['host_rss'] / 1024:.1f} MiB | "
              f"{of['host_cpu']:.1f} ms/s | {of['rss'] / 1024:.2f} ({of['private'] / 1024:.2f}) MiB | {of['plugins_cpu']:.1f} ms/s |")


def goals(kept):
    """What is wanted, what was measured, and whether that is it."""
    figures, rest = kept["figures"], kept["idle"]
    most, least = "at most", "at least"

    def compare(title, kind, bound, row, one, other):
        found = ratios(figures, row, one, other)
        if found:
            value, low, high = middle(found)
            yield title, f"{kind} {bound:.2f}", f"{value:.2f} ({low:.2f} to {high:.2f})", \
                round(value, 2) <= bound if kind == most else round(value, 2) >= bound

    def best(row, names):
        there = {name: statistics.median(took) for name in names if (took := figures.get(row, {}).get(name))}
        return min(there, key=there.get) if there else ""

    for size, text, bound in ((64, "64 B", 1.40), (1024, "1 KiB", 1.42), (65536, "64 KiB", 1.55)):
        yield from compare(f"round trip / floor, one CPU, {text}", most, bound, f"round-trip-{size}-one", "tenon", "floor")
    for size, text in ((64, "64 B"), (1024, "1 KiB"), (65536, "64 KiB")):
        row = f"round-trip-{size}-free"
        yield from compare(f"round trip / floor, free, {text}", most, 0.10, row, "tenon", "floor")
        yield from compare(f"best other / round trip, free, {text}", least, 5, row, best(row, COLUMNS[2:]), "tenon")
    for other, text in (("go-grpc", "go-plugin, gRPC"), ("grpc", "gRPC C++, unary")):
        yield from compare(f"{text} / round trip, one CPU, 64 B", least, 6, "round-trip-64-one", other, "tenon")
    yield from compare("best gRPC C++ / 64 in flight", least, 25, "in-flight", best("in-flight", ["grpc", "grpc-stream"]), "tenon")
    yield from compare("raw writes / one-way events", least, 1.6, "events", "floor", "tenon")
    yield from compare("gRPC C++ client stream / one-way events", least, 6, "events", "grpc", "tenon")
    yield from compare("`decide()` / floor, 100 plugins", most, 1.40, "gather-100", "tenon", "floor")
    yield from compare("`decide()` / floor, 100 static plugins", most, 1.40, "gather-100-static", "tenon-static", "floor")
    yield from compare("best go-plugin / `decide()`, 100 plugins", least, 15, "gather-100", best("gather-100", GO), "tenon")
    together = {"both": {**figures.get("gather-100", {}), **figures.get("gather-100-static", {})}}
    found = ratios(together, "both", best("gather-100", GO), "tenon-static")
    if found:
        value, low, high = middle(found)
        yield ("best go-plugin / `decide()`, 100 static plugins", "at least 15.00", f"{value:.2f} ({low:.2f} to {high:.2f})",
               value >= 15)
    yield from compare("cold start / empty program", most, 1.15, "start", "tenon", "floor")
    yield from compare("cold start / empty program, static", most, 1.15, "start-static", "tenon-static", "floor-static")
    for name, text, bound in (("tenon", "dynamic", 3.2), ("tenon-static", "static", 1.6)):
        if of := rest.get(f"{name}:1"):
            mebibytes = of["rss"] / 1024
            yield f"memory of an idle plugin (RSS), {text}", f"at most {bound} MiB", f"{mebibytes:.2f} MiB", mebibytes <= bound
    if took := kept["compilation"].get("moderator"):
        value, low, high = middle(took)
        yield "compiling examples/moderator", "at most 1.2 s", f"{value:.2f} s ({low:.2f} to {high:.2f})", value <= 1.2


def print_all(kept):
    print(f"{kept['rounds']} rounds, {kept['conditions']}; behind each time the ratio to the floor\n")
    if kept["figures"]:
        main_table(kept["figures"])
    for peer, why in kept["absent"].items():
        if why:
            print(f"\nLeft out: {peer}, because {why}.")
    if kept["idle"]:
        idle_table(kept["idle"])
    print("\n| goal | wanted | measured (quartiles) | |\n|---|---|---|---|")
    for title, wanted, measured, met in goals(kept):
        print(f"| {title} | {wanted} | {measured} | {'met' if met else '**not met**'} |")


def run_all():
    # Five hundred plugins have fifteen hundred pipes.
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    absent = left_out()
    chosen = given.peers.split()
    for driver in DRIVERS.values():
        if driver.peer and driver.peer not in chosen:
            absent.setdefault(driver.peer, "")  # not asked for
    shapes = given.shapes.split()
    wanted = [row for row in ROWS if not shapes or row.family in shapes]
    began = os.getloadavg()[0]
    kept = {"rounds": rounds, "absent": absent, "idle": {}, "compilation": {}}
    kept["figures"] = measure(wanted, absent)
    if not shapes or "idle" in shapes:
        kept["idle"] = measure_idle(absent)
    if not shapes or "compile" in shapes:
        kept["compilation"] = measure_compilation()
    kept["conditions"] = (f"{os.cpu_count()} CPUs, " + ("sessions at the front of the ordinary class, starts in a real-time class, " if given.busy else "") +
                          f"load {began:.1f} before and {os.getloadavg()[0]:.1f} after")
    if given.json:
        given.json.write_text(json.dumps(kept))
    return kept


print_all(json.loads(given.kept.read_text()) if given.kept else run_all())
