#!/usr/bin/env python3
"""words: a complete plugin in plain Python 3, written from docs/protocol.md with no library.

It counts the words of every chat message, stops messages of more than `maxWords` words (configuration;
absent: no limit), offers the command `count` and answers the route `GET /top`. The first half is the wire and
the same for every plugin; the class at the end is this plugin's own work. It works on one request at a time,
so there is never anything to cancel.
"""

import collections
import json
import os
import sys

LARGEST_FRAME = 16 * 1024 * 1024


class Fault(Exception):
    """Becomes an error answer: Fault(code, message)."""


def read_frame(stream):
    """The next body, or None at the end of the input. After a broken header nobody knows where to go on."""
    lengths = []
    line = stream.readline(8192)
    if not line:
        return None
    while line.strip(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            lengths.append(value.strip())
        line = stream.readline(8192)
    if len(lengths) != 1 or not lengths[0].isdigit() or int(lengths[0]) > LARGEST_FRAME:
        sys.exit(f"one Content-Length was expected, got {lengths}")
    body = stream.read(int(lengths[0]))  # bytes, not characters
    if len(body) != int(lengths[0]):
        sys.exit("the input ended inside a frame")
    return body


def parse(body):
    message = json.loads(body.decode("utf-8"))
    json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8")  # refuses NaN, 1e999, "\ud800"
    return message


def is_id(value):
    return type(value) is str or type(value) is int and -2**63 <= value < 2**63


def fault(id, code, message):
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}


def answer(plugin, message):
    """What one message is answered with; None when nothing is due."""
    if type(message) is not dict:
        return fault(None, -32600, "expected an object, or an array of 1 to 256 objects")
    if "method" not in message and ("result" in message or "error" in message):
        return None  # an answer, and this plugin asks nothing
    id, method, params = message.get("id"), message.get("method"), message.get("params")
    if "id" in message and not is_id(id):
        return fault(None, -32600, "id: expected a string or an integer")
    if message.get("jsonrpc") != "2.0" or type(method) is not str:
        return fault(id, -32600, 'expected "jsonrpc":"2.0" and a method')
    if params is not None and type(params) not in (dict, list):
        return fault(id, -32600, "params: expected an object or an array")
    try:
        if "id" not in message:
            return plugin.notified(method, params or {})
        return {"jsonrpc": "2.0", "id": id, "result": plugin.asked(method, params or {})}
    except Fault as error:
        return fault(id, *error.args) if "id" in message else None
    except Exception as error:  # a bug of ours: the details are for the log, not for the caller
        print(f"{method}: {error!r}", file=sys.stderr)
        return fault(id, -32603, "internal error") if "id" in message else None


def answer_all(plugin, message):
    """The same for a body: one message, or a batch of them."""
    if type(message) is not list or not 0 < len(message) <= 256:
        return answer(plugin, message)
    return [each for each in (answer(plugin, entry) for entry in message) if each] or None


def serve(make_plugin):
    source = sys.stdin.buffer
    sink = os.fdopen(os.dup(1), "wb")  # the protocol gets a copy of stdout of its own;
    os.dup2(2, 1)                      # whatever prints, child processes too, now goes to the log

    def send(message):
        body = json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8")
        sink.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sink.flush()

    plugin = make_plugin(lambda method, params: send({"jsonrpc": "2.0", "method": method, "params": params}))
    while plugin.state != "done" and (body := read_frame(source)) is not None:
        try:
            reply = answer_all(plugin, parse(body)) if body else None
        except (ValueError, RecursionError) as error:
            reply = fault(None, -32700, f"not acceptable JSON: {error}")
        if reply:
            send(reply)


def member(params, *path, kind):
    value = params
    for name in path:
        value = value.get(name) if type(value) is dict else None
    if type(value) is not kind:
        names = {str: "a string", dict: "an object", list: "an array"}
        raise Fault(-32602, f"params.{'.'.join(path)}: expected {names[kind]}")
    return value


class Words:
    def __init__(self, notify):
        self.notify = notify
        self.state = "new"
        self.max_words = None
        self.messages = 0
        self.counts = collections.Counter()
        self.requests = {
            "plugin/handshake": self.handshake,
            "plugin/onEvent": self.event,
            "plugin/execute": self.execute,
            "plugin/handleRequest": self.route,
            "plugin/health": self.health,
            "plugin/configure": self.configure,
            "plugin/shutdown": self.shutdown,
        }

    def asked(self, method, params):
        if (self.state == "new") != (method == "plugin/handshake"):
            raise Fault(-32600, "plugin/handshake comes first, and once")
        if self.state == "stopping":
            raise Fault(-32018, "shutting down")
        if method not in self.requests:
            raise Fault(-32601, f"unknown method {method}")
        return self.requests[method](params)

    def notified(self, method, params):
        if method == "exit":
            self.state = "done"
        elif method == "plugin/onEvent" and self.state == "ready":
            self.count(params)

    def handshake(self, params):
        versions = member(params, "protocolVersions", kind=list)
        if 1 not in versions:
            raise Fault(-32017, f"words 1.0.0 speaks protocol 1, the host speaks {versions}")
        if "config" in params:
            self.configure(params)
        self.state = "ready"
        self.log("info", "ready", maxWords=self.max_words)
        return {
            "name": "words", "version": "1.0.0", "description": "Counts the words of rooms", "protocolVersion": 1,
            "capabilities": ["message"], "features": ["configure"],
            "events": [{"type": "message.incoming", "mode": "validate"}],
            "routes": [{"path": "/top", "method": "GET", "description": "the most frequent words; ?n=10"}],
            "commands": [{"name": "count", "description": "Counts the words of a text.",
                          "params": {"type": "object", "properties": {"text": {"type": "string"}},
                                     "required": ["text"]}}]}

    def configure(self, params):
        limit = member(params, "config", kind=dict).get("maxWords")
        if limit is not None and (type(limit) is not int or limit < 1):
            raise Fault(-32602, "params.config.maxWords: expected a positive integer")
        self.max_words = limit

    def health(self, _params):
        words = sum(self.counts.values())
        return {"status": "healthy", "metrics": {"messages": self.messages, "words": words}}

    def count(self, params):
        words = member(params, "payload", "content", kind=str).lower().split()
        self.messages += 1
        self.counts.update(words)
        return len(words)

    def event(self, params):
        words = self.count(params)
        if self.max_words is None or words <= self.max_words:
            return {"flow": "continue"}
        self.log("info", "stopped a message", eventId=params.get("eventId"), words=words)
        return {"flow": "stop", "reason": f"{words} words, {self.max_words} are allowed"}

    def execute(self, params):
        if params.get("command") != "count":
            raise Fault(-32601, f"unknown command {params.get('command')}")
        return {"words": len(member(params, "args", "text", kind=str).split())}

    def route(self, params):
        if (params.get("method"), params.get("route")) != ("GET", "/top"):
            return {"status": 404}
        wanted = params.get("query", {}).get("n", "10")
        if type(wanted) is not str or not wanted.isdecimal():
            return {"status": 400, "body": "n is a number"}
        top = [{"word": word, "count": count} for word, count in self.counts.most_common(int(wanted))]
        headers = {"content-type": "application/json"}
        return {"status": 200, "headers": headers, "body": json.dumps({"top": top})}

    def shutdown(self, _params):
        self.state = "stopping"

    def log(self, level, message, **fields):
        self.notify("host/log", {"level": level, "message": message, "fields": fields})


if __name__ == "__main__":
    if "TENON_PROTOCOL" not in os.environ:
        print("words is a plugin: a host starts it and talks to it over stdin and stdout.", file=sys.stderr)
        sys.exit(64)
    serve(Words)
