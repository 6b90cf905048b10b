#!/usr/bin/env python3
"""Tries the rules of docs/protocol.md, sections 1 to 3, on any plugin.

    jsonrpc_rules.py [--must | --strict] [--config JSON] COMMAND...

Every rule gets a fresh process: a handshake (where the rule wants one), the rule's bytes, the answers it
demands, and then an orderly shutdown, which also proves that the connection survived. Some rules a plugin must
keep, the others it should (section 8), and a line about each one that it breaks says which. `--must` tries no others;
`--strict` adds what only this project's own plugins promise, such as refusing duplicate members. `--config` is the
plugin's configuration in the handshake, default {}. Exit status 0 when all rules that were tried hold.
"""

import contextlib
import json
import pathlib
import signal
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "transcripts"))

import run
from plugin_process import LARGEST_FRAME, Mismatch, Plugin


class Quiet(Plugin):
    """A plugin whose own words are overheard: its log and its progress, and its requests, which are refused."""

    def read_message(self):
        while True:
            message = super().read_message()
            if not isinstance(message, dict) or "method" not in message:
                return message
            if "id" in message:
                with contextlib.suppress(Mismatch):  # it may be going already
                    self.send(json.dumps(error(DENIED, message["id"])).encode("utf-8"))


def frame(body, header=b"Content-Length: %d\r\n\r\n"):
    body = body if isinstance(body, bytes) else body.encode("utf-8")
    return header % len(body) + body


def health(id='1', rest=""):
    return f'{{"jsonrpc":"2.0","id":{id},"method":"plugin/health"{rest}}}'


def result(id=1):
    return {"jsonrpc": "2.0", "id": id, "result": "*"}


def error(code, id=1):
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": "*", "...": "*"}}


def nested(levels):
    """A health request that is `levels` deep, the message and its params included."""
    return health(rest=',"params":{"x":' + "[" * (levels - 2) + "]" * (levels - 2) + "}")


def batch(size):
    return "[%s]" % ",".join(health(str(id)) for id in range(size))


PARSE, INVALID, UNKNOWN, DENIED, STOPPING = -32700, -32600, -32601, -32013, -32018
HANDSHAKE = ('{{"jsonrpc":"2.0","id":"hello","method":"plugin/handshake","params":{{"name":"rules",'
             '"version":"1","protocolVersions":[1],"plugin":{{"id":"rules","name":"rules"}},"config":{}}}}}')
SHUTDOWN = ('{"jsonrpc":"2.0","id":"bye","method":"plugin/shutdown",'
            '"params":{"reason":"requested","deadlineMs":3000}}')
EXIT = '{"jsonrpc":"2.0","method":"exit"}'

# Each row: a title, the bytes to send, the answers in any order. A plugin that breaks one of these does not work with
# every host.
MUST = [
    ("a request is answered with its id", frame(health()), [result()]),
    ("params may be null", frame(health(rest=',"params":null')), [result()]),
    ("params may be an empty object", frame(health(rest=',"params":{}')), [result()]),
    ("unknown members are ignored", frame(health(rest=',"params":{"later":1},"also":[]')), [result()]),
    *((f"the id {id} comes back as it was", frame(health(id)), [result(json.loads(id))])
      for id in ('0', '-1', '""', '"0"', '"1"', '"\\u00e9\\n\\ud83d\\ude00"')),
    ("an unknown request is answered",
     frame('{"jsonrpc":"2.0","id":1,"method":"no/such"}'), [error(UNKNOWN)]),
    ("an unknown $/ request is answered",
     frame('{"jsonrpc":"2.0","id":1,"method":"$/no"}'), [error(UNKNOWN)]),
    ("a request called exit is no exit", frame('{"jsonrpc":"2.0","id":1,"method":"exit"}'), [error(UNKNOWN)]),
    ("an unknown notification is ignored", frame('{"jsonrpc":"2.0","method":"no/such","params":[1]}'), []),
    ("an unknown $/ notification is ignored", frame('{"jsonrpc":"2.0","method":"$/no"}'), []),
    ("a cancel of an unknown id is ignored",
     frame('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":77}}'), []),
    ("a cancel of a finished id is ignored",
     frame(health()) + frame('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}'), [result()]),
    ("an answer to nothing is ignored", frame('{"jsonrpc":"2.0","id":99,"result":null}'), []),
    ("an error to nothing is ignored",
     frame('{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"no"}}'), []),
    ("a deep but legal message is read", frame(nested(64)), [result()]),
    ("header names in any letter case", frame(health(), b"cOnTeNt-LeNgTh: %d\r\n\r\n"), [result()]),
    ("other headers", frame(health(), b"X-Other: 1\r\nContent-Length: %d\r\nY: 2\r\n\r\n"), [result()]),
    ("a content type",
     frame(health(), b"Content-Type: text/x; charset=utf8\r\nContent-Length: %d\r\n\r\n"), [result()]),
    ("many frames at once",
     b"".join(frame(health(str(i))) for i in range(50)), [result(i) for i in range(50)]),
    ("a frame of 1 MiB", frame(health(rest=',"params":{"x":"%s"}' % ("é" * 524288))), [result()]),
]

# What a host that keeps the contract does not send, or can live without.
SHOULD = [
    *((f"the id {id} comes back as it was", frame(health(id)), [result(json.loads(id))])
      for id in ('9007199254740993', '9223372036854775807', '-9223372036854775808')),
    *((f"the id {id} is refused", frame(health(id)), [error(INVALID, None)])
      for id in ('null', '1.5', 'true', '{}', '[]', '1e2', '9223372036854775808')),
    *((f"jsonrpc {version} is refused", frame('{"jsonrpc":%s,"id":1,"method":"plugin/health"}' % version),
       [error(INVALID)]) for version in ('"1.0"', '2.0', 'null')),
    ("jsonrpc missing is refused", frame('{"id":1,"method":"plugin/health"}'), [error(INVALID)]),
    ("a method that is no string is refused", frame('{"jsonrpc":"2.0","id":1,"method":1}'), [error(INVALID)]),
    # A string: a number could be that of a request of the plugin's, and this a bad answer to it.
    ("a message with an id and nothing else is refused",
     frame('{"jsonrpc":"2.0","id":"x"}'), [error(INVALID, "x")]),
    ("scalar params are refused", frame(health(rest=',"params":"x"')), [error(INVALID)]),
    ("a second handshake is refused", frame(HANDSHAKE.format("{}")), [error(INVALID, "hello")]),
    *((f"the body {body[:20]!r} is no JSON", frame(body), [error(PARSE, None)])
      for body in ('{', '{"jsonrpc":"2.0","id":1,"method":"plugin/health"', '{}x', "{'a':1}", '[1,]',
                   '{"a":NaN}', '{"a":01}', '"\\ud800"', '{"a":1e999}', b'"\xff"', b'"\xc0\x80"',
                   b'\xef\xbb\xbf{}', b'\0')),
    *((f"the body {body} is no message", frame(body), [error(INVALID, None)])
      for body in ('7', '"x"', 'null', 'true', '{}', '{"foo":"boo"}')),
    ("a very deep message is refused", frame(b"[" * 100000), [error(PARSE, None)]),
    ("an empty batch is refused once", frame('[]'), [error(INVALID, None)]),
    ("a batch is answered as an array",
     frame(f'[{health()},{{"jsonrpc":"2.0","method":"$/no"}}]'), [[result()]]),
    ("entries of a batch are refused one by one", frame('[1,[]]'), [[error(INVALID, None)] * 2]),
    ("a batch in a batch is refused", frame(f"[[{health()}]]"), [[error(INVALID, None)]]),
    ("a batch of notifications is not answered", frame('[{"jsonrpc":"2.0","method":"$/no"}]'), []),
    ("a batch of 256 is answered", frame(batch(256)), [["*"] * 256]),
    ("a batch of 257 is refused", frame(batch(257)), [error(INVALID, None)]),
    ("blanks around the length", frame(health(), b"Content-Length: \t%d \r\n\r\n"), [result()]),
    ("no blank before the length", frame(health(), b"Content-Length:%d\r\n\r\n"), [result()]),
    ("bare line feeds", frame(health(), b"Content-Length: %d\n\n"), [result()]),
    ("a length of 0 is nothing", b"Content-Length: 0\r\n\r\n" + frame(health()), [result()]),
]

STRICT = [
    *((f"{twice} twice is refused", frame(text), [error(INVALID, id)])
      for twice, id, text in (
          ("jsonrpc", "*", health(rest=',"jsonrpc":"2.0"')),
          ("id", "*", health(rest=',"id":1')),
          ("method", "*", health(rest=',"method":"plugin/health"')),
          ("params", "*", health(rest=',"params":{},"params":{}')),
          ("method, once as Method,", "*", health(rest=',"Method":"plugin/health"')))),
    ("65 levels are refused", frame(nested(65)), [error(PARSE, "*")]),
]

BEFORE_HANDSHAKE = [
    ("a request before the handshake is refused", frame(health()), [error(INVALID)]),
    ("an unknown request before the handshake is refused",
     frame('{"jsonrpc":"2.0","id":1,"method":"no/such"}'), [error(INVALID)]),
    ("a notification before the handshake is ignored",
     frame('{"jsonrpc":"2.0","method":"plugin/onEvent","params":{}}'), []),
]

# After the handshake; the plugin may say what it does not like, and ends.
FATAL = [
    ("no length", b"Content-Type: text/x\r\n\r\n{}"),
    *((f"the length {length}", b"Content-Length: %s\r\n\r\n{}" % length)
      for length in (b"-1", b"+2", b"0x2", b"2 2", b"2x", b"", b"2,2", b"99999999999999999999")),
    ("two lengths", b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    ("another charset", b"Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{}"),
    ("a header that never ends", b"Content-Length: 2\r\nX: " + b"a" * 9000),
    ("far too large a frame", b"Content-Length: %d\r\n\r\n" % (LARGEST_FRAME * 16 + 1)),
]
FATAL_FOR_ALL = {"no length", "two lengths"}  # the others may pass in a plugin that trusts its host


def shut_down(plugin, refuses=False):
    plugin.write(frame(SHUTDOWN))
    run.expect_message(plugin, {"jsonrpc": "2.0", "id": "bye", "result": None})
    if refuses:
        plugin.write(frame(health()))
        run.expect_message(plugin, error(STOPPING))
    plugin.write(frame(EXIT))
    ends_with(plugin, "0")


def ends_with(plugin, status=None, may_complain=False):
    end = plugin.read_message()
    if may_complain and not run.differences(error("*", None), end):
        end = plugin.read_message()
    if end is not None:
        raise Mismatch(f"nothing was due, got {run.shown(end)}")
    got = plugin.exit_status()
    if status not in (None, got):
        raise Mismatch(f"expected exit {status}, got exit {got}")


def shake(plugin, handshake):
    plugin.write(frame(handshake))
    introduction = {"name": "*", "version": "*", "...": "*"}
    run.expect_message(plugin, {"jsonrpc": "2.0", "id": "hello", "result": introduction})


def cases(handshake, strict):
    """All rules as (whether a plugin must keep it, title, function of a plugin)."""
    def answered(data, answers, before=False):
        def check(plugin):
            if not before:
                shake(plugin, handshake)
            plugin.write(data)
            run.expect_unordered(plugin, answers)
            if before:
                shake(plugin, handshake)
            shut_down(plugin)
        return check

    def byte_by_byte(plugin):
        shake(plugin, handshake)
        for byte in frame(health()):
            plugin.write(bytes([byte]))
        run.expect_message(plugin, result())
        shut_down(plugin)

    def ended(data, status, greet=True, close=True, may_complain=False):
        def check(plugin):
            if greet:
                shake(plugin, handshake)
            plugin.write(data)
            if close:
                plugin.close_stdin()
            ends_with(plugin, status, may_complain)
        return check

    def refused_at_the_end(plugin):
        shake(plugin, handshake)
        shut_down(plugin, refuses=True)

    for title, data, answers in MUST:
        yield True, title, answered(data, answers)
    yield True, "a frame byte by byte", byte_by_byte
    yield True, "exit before the handshake", ended(frame(EXIT), "0", greet=False, close=False)
    yield True, "the end of input before the handshake", ended(b"", "0", greet=False)
    yield True, "the end of input after the handshake", ended(b"", "0")
    yield True, "the end of input inside a header", ended(b"Content-Le", None)
    yield True, "the end of input inside a body", ended(b"Content-Length: 10\r\n\r\n{", None)
    for title, data, answers in BEFORE_HANDSHAKE:
        yield False, title, answered(data, answers, before=True)
    for title, data, answers in SHOULD + STRICT * strict:
        yield False, title, answered(data, answers)
    yield False, "a request after the shutdown is refused", refused_at_the_end
    for title, data in FATAL:
        if strict or title in FATAL_FOR_ALL:
            yield False, f"{title} is fatal", ended(data, None, close=False, may_complain=True)


def main(arguments):
    strict, only_must = "--strict" in arguments[:1], "--must" in arguments[:1]
    arguments = arguments[strict or only_must:]
    config = "{}"
    if arguments[:1] == ["--config"]:
        config, arguments = arguments[1], arguments[2:]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 1
    run.DEADLINE_SECONDS = 5  # for each rule
    tried, broken = {"must": 0, "should": 0}, {"must": 0, "should": 0}
    for is_must, title, check in cases(HANDSHAKE.format(config), strict):
        word = "must" if is_must else "should"
        if only_must and not is_must:
            continue
        tried[word] += 1
        plugin = None
        try:
            run.start_deadline()
            plugin = Quiet(arguments)
            check(plugin)
        except (Mismatch, run.Deadline, OSError) as problem:
            broken[word] += 1
            late = f"nothing further within {run.DEADLINE_SECONDS} s"
            print(f"({word}) {title}: {str(problem) or late}", file=sys.stderr)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if plugin:
                plugin.kill()
    counts = (f"{tried[word] - broken[word]} of {tried[word]} that a plugin {word} keep" for word in tried if tried[word])
    print("rules that hold: " + ", ".join(counts))
    return 1 if any(broken.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
