#!/usr/bin/env python3
"""Plays a transcript against a plugin and compares what comes back.

    run.py TRANSCRIPT COMMAND...

e.g. run.py examples/python/transcript.txt python3 examples/python/words.py

The format is described in README.md beside this file. Rules kept here:
- Every byte on the plugin's stdout is checked, also after the last expected message.
- A run takes at most 20 seconds and leaves no process behind.
- Exit status 0: everything as written. 1: something differs, and the transcript's line number says where.
"""

import json
import pathlib
import re
import signal
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree

from plugin_process import Mismatch, Plugin, parse_json

DEADLINE_SECONDS = 20
SHOWN = 600  # characters of one message in a report


class TranscriptError(Exception):
    """The transcript itself makes no sense; carries the line number."""


class Deadline(Exception):
    """The time for the whole run is over."""


def shown(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def differences(pattern, value, path=""):
    """Sentences that say where `value` is not what `pattern` asks for; an empty list when it matches."""
    where = path or "the message"
    if pattern == "*":
        return []
    if isinstance(pattern, dict) and isinstance(value, dict):
        found = []
        for name, expected in pattern.items():
            if name == "...":
                continue
            member = f"{path}.{name}" if path else name
            if name in value:
                found += differences(expected, value[name], member)
            else:
                found.append(f"{member}: missing, expected {shown(json.dumps(expected, ensure_ascii=False))}")
        if "..." not in pattern:
            extra = [name for name in value if name not in pattern]
            found += [f"{path + '.' if path else ''}{name}: not expected" for name in extra]
        return found
    if isinstance(pattern, list) and isinstance(value, list):
        if len(pattern) != len(value):
            return [f"{where}: expected {len(pattern)} elements, got {len(value)}"]
        return [line for i in range(len(value)) for line in differences(pattern[i], value[i], f"{path}[{i}]")]
    both_numbers = all(type(each) in (int, float) for each in (pattern, value))  # bool is an int in Python
    if pattern == value and (both_numbers or type(pattern) is type(value)):
        return []
    expected, got = (shown(json.dumps(each, ensure_ascii=False)) for each in (pattern, value))
    return [f"{where}: expected {expected}, got {got}"]


# --- transcripts ---

ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.|$)")


def unescape(text, line):
    """The bytes that a `>>` or `<<` line stands for: \\r \\n \\t \\\\ \\xNN, everything else as UTF-8."""
    data, end = b"", 0
    for escape in ESCAPE.finditer(text):
        name = escape[1]
        data += text[end:escape.start()].encode("utf-8")
        if name.startswith("x") and len(name) == 3:
            data += bytes([int(name[1:], 16)])
        elif name in ("r", "n", "t", "\\"):
            data += {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}[name]
        else:
            raise TranscriptError(line, f"unknown escape \\{name}")
        end = escape.end()
    return data + text[end:].encode("utf-8")


def parse_expectation(text, line):
    try:
        return parse_json(text)
    except ValueError as error:
        raise TranscriptError(line, f"the expected message is no JSON: {error}") from None


def parse_step(text, line):
    """One line of a transcript as (line number, what, argument)."""
    mark, _, rest = text.partition(" ")
    if mark == ">" and rest == "eof":
        return line, "close", None
    if mark == ">":
        return line, "send", rest.encode("utf-8")
    if mark == ">>":
        return line, "write", unescape(rest, line)
    if mark == "<" and rest == "end":
        return line, "end", None
    if mark == "<" and re.fullmatch(r"exit (\d+|signal \d+)", rest):
        return line, "exit", rest.removeprefix("exit ")
    if mark == "<":
        return line, "expect", parse_expectation(rest, line)
    if mark == "<<":
        return line, "read", unescape(rest, line)
    if mark == "~" and rest.isdecimal() and int(rest) > 0:
        return line, "unordered", int(rest)
    raise TranscriptError(line, f"a line starts with one of > >> < << ~ ! #, not with {text[:40]!r}")


def parse_transcript(text):
    joined = []  # lines with their continuations, which are indented by two blanks
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("  ") and joined and line.strip():
            joined[-1][1] += line[2:]
        elif line.strip() and line[0] not in "!#":
            joined.append([number, line])
        else:
            joined.append([number, ""])  # a continuation belongs to the line right above it
    return [parse_step(line, number) for number, line in joined if line]


def expect_message(plugin, pattern):
    message = plugin.read_message()
    if message is None:
        raise Mismatch(f"stdout ended\n  expected  {shown(pattern)}")
    found = differences(pattern, message)
    if found:
        listed = "".join(f"\n  - {each}" for each in found[:20])
        raise Mismatch(f"the message differs\n  expected  {shown(pattern)}\n"
                       f"  got       {shown(message)}{listed}")


def expect_unordered(plugin, patterns):
    """Every pattern gets one of the next messages. One may fit two patterns: earlier choices can move on."""
    messages, taken = [], {}  # taken: pattern number -> message number

    def place(message, tried):
        for number, pattern in enumerate(patterns):
            if number not in tried and not differences(pattern, messages[message]):
                tried.add(number)
                if number not in taken or place(taken[number], tried):
                    taken[number] = message
                    return True
        return False

    for _ in patterns:
        message = plugin.read_message()
        left = "".join(f"\n  expected  {shown(each)}" for i, each in enumerate(patterns) if i not in taken)
        if message is None:
            raise Mismatch(f"stdout ended inside an unordered group{left}")
        messages.append(message)
        if not place(len(messages) - 1, set()):
            raise Mismatch(f"the message fits nothing that is left of the unordered group"
                           f"{left}\n  got       {shown(message)}")


def expect_end(plugin):
    data = plugin.read_exactly(1)
    if data:
        plugin.buffer = data + plugin.buffer
        message = plugin.read_message()
        raise Mismatch(f"no further message was expected\n  got       {shown(message)}")


def group_patterns(steps, index, size):
    members = steps[index + 1:index + 1 + size]
    if len(members) != size or any(what != "expect" for _, what, _ in members):
        raise TranscriptError(steps[index][0], f"`~ {size}` is followed by {size} lines `< {{json}}`")
    return [pattern for _, _, pattern in members]


def play_step(plugin, what, argument):
    if what == "send":
        plugin.send(argument)
    elif what == "write":
        plugin.write(argument)
    elif what == "close":
        plugin.close_stdin()
    elif what == "expect":
        expect_message(plugin, argument)
    elif what == "read":
        plugin.expect_bytes(argument)
    elif what == "end":
        expect_end(plugin)
    elif what == "exit":
        status = plugin.exit_status()
        if status != argument:
            raise Mismatch(f"expected exit {argument}, got exit {status}")


def play(steps, plugin, progress):
    """Plays all steps; `progress` always holds the line that is being played and what it does."""
    index = 0
    while index < len(steps):
        line, what, argument = steps[index]
        progress[:] = line, what
        index += 1
        if what == "unordered":
            expect_unordered(plugin, group_patterns(steps, index - 1, argument))
            index += argument
        else:
            play_step(plugin, what, argument)
    plugin.close_stdin()  # a plugin whose stdin ends says nothing more and goes by itself
    for what, argument in [("end", None)] + [("exit", "0")] * all(step[1] != "exit" for step in steps):
        progress[1] = what
        play_step(plugin, what, argument)


WAITED_FOR = {
    "send": "and the plugin does not read its stdin",
    "write": "and the plugin does not read its stdin",
    "expect": "and this message has not come, or not with as many bytes as its header says",
    "unordered": "and not all messages of this group have come",
    "read": "and these bytes have not come",
    "end": "and stdout is still open",
    "exit": "and the plugin still runs",
}


def run(name, steps, command):
    """Plays `steps` against `command`; True when everything was as written."""
    progress = [1, "start"]
    plugin = None
    try:
        plugin = Plugin(command)
        play(steps, plugin, progress)
        return True
    except OSError as error:
        failure = f"cannot start {command[0]}: {error}"
    except Mismatch as error:
        failure = str(error)
    except Deadline:
        failure = f"{DEADLINE_SECONDS} s have passed, {WAITED_FOR.get(progress[1], 'not done yet')}"
        if plugin and plugin.buffer:
            failure += f"\n  an unfinished frame waits: {plugin.buffer[:200]!r}"
    except TranscriptError as error:
        progress[0], failure = error.args
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if plugin:
            plugin.kill()
    print(f"{name}:{progress[0]}: {failure}", file=sys.stderr)
    if plugin and plugin.stderr:
        lines = plugin.stderr.decode("utf-8", "backslashreplace").splitlines()[-20:]
        print("\n".join(["  stderr of the plugin:", *(f"  | {line}" for line in lines)]), file=sys.stderr)
    return False


# --- main ---


def on_alarm(_signal, _frame):
    raise Deadline


def on_terminate(_signal, _frame):
    sys.exit(1)  # through `finally`, so that the plugin goes too


def start_deadline():
    signal.signal(signal.SIGTERM, on_terminate)
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE_SECONDS)


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 1
    name, command = arguments[0], arguments[1:]
    try:
        steps = parse_transcript(pathlib.Path(name).read_text(encoding="utf-8"))
    except TranscriptError as error:
        print(f"{name}:{error.args[0]}: {error.args[1]}", file=sys.stderr)
        return 1
    start_deadline()
    return 0 if run(name, steps, command) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
