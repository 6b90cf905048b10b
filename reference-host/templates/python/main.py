#!/usr/bin/env python3
"""Joins plugin.py to its host: JSON-RPC 2.0 in frames, over stdin and stdout. There is nothing to change here."""

import json
import os
import sys

sys.dont_write_bytecode = True  # the files of an installed package stay as they are

from plugin import Fault, Plugin  # noqa: E402

LARGEST_FRAME = 16 * 1024 * 1024


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


def fault(id, code, message):
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}


class Joint:
    """What a host may say when, and which function of the plugin that is."""

    def __init__(self, plugin):
        self.plugin = plugin
        self.state = "new"

    def handshake(self, params):
        versions = params.get("protocolVersions")
        if type(versions) is not list:
            raise Fault(-32602, "params.protocolVersions: expected an array")
        if 1 not in versions:
            raise Fault(-32017, f"this plugin speaks protocol 1, the host speaks {versions}")
        self.configure(params)
        self.state = "ready"
        return {**self.plugin.about, "protocolVersion": 1}

    def configure(self, params):
        config = params.get("config", {})
        if type(config) is not dict:
            raise Fault(-32602, "params.config: expected an object")
        self.plugin.configure(config)

    def member(self, params, name):
        value = params.get(name, {})
        if type(value) is not dict:
            raise Fault(-32602, f"params.{name}: expected an object")
        return value

    def asked(self, method, params):
        if (self.state == "new") != (method == "plugin/handshake"):
            raise Fault(-32600, "plugin/handshake comes first, and once")
        if self.state == "stopping":
            raise Fault(-32018, "shutting down")
        if method == "plugin/handshake":
            return self.handshake(params)
        if method == "plugin/onEvent":
            return self.plugin.event(params.get("eventType"), self.member(params, "payload"))
        if method == "plugin/execute":
            return self.plugin.command(params.get("command"), self.member(params, "args"))
        if method == "plugin/configure":
            return self.configure(params)
        if method == "plugin/health":
            return {"status": "healthy"}
        if method == "plugin/shutdown":
            self.state = "stopping"
            return None
        raise Fault(-32601, f"unknown method {method}")

    def notified(self, method, params):
        if method == "exit":
            self.state = "done"
        elif method == "plugin/onEvent" and self.state == "ready":
            self.asked(method, params)

    def answer(self, message):
        """What one message is answered with; None when nothing is due."""
        if type(message) is not dict:
            return fault(None, -32600, "expected an object, or an array of 1 to 256 objects")
        if "method" not in message and ("result" in message or "error" in message):
            return None  # an answer, and this plugin asks nothing
        id, method, params = message.get("id"), message.get("method"), message.get("params")
        if "id" in message and type(id) is not str and not (type(id) is int and -2**63 <= id < 2**63):
            return fault(None, -32600, "id: expected a string or an integer")
        if message.get("jsonrpc") != "2.0" or type(method) is not str:
            return fault(id, -32600, 'expected "jsonrpc":"2.0" and a method')
        if params is not None and type(params) not in (dict, list):
            return fault(id, -32600, "params: expected an object")
        try:
            if type(params) is list:
                raise Fault(-32602, "params: expected an object")
            if "id" not in message:
                return self.notified(method, params or {})
            return {"jsonrpc": "2.0", "id": id, "result": self.asked(method, params or {})}
        except Fault as error:
            return fault(id, *error.args) if "id" in message else None
        except Exception as error:  # a bug of ours: the details are for the log, not for the caller
            print(f"{method}: {error!r}", file=sys.stderr)
            return fault(id, -32603, "internal error") if "id" in message else None

    def answer_all(self, message):
        """The same for a body: one message, or a batch of them."""
        if type(message) is not list or not 0 < len(message) <= 256:
            return self.answer(message)
        return [each for each in (self.answer(entry) for entry in message) if each] or None


def serve(plugin):
    source = sys.stdin.buffer
    sink = os.fdopen(os.dup(1), "wb")  # the protocol gets a copy of stdout of its own;
    os.dup2(2, 1)                      # whatever prints, child processes too, now goes to the log
    joint = Joint(plugin)
    while joint.state != "done":
        body = read_frame(source)
        if body is None:
            return
        try:
            reply = joint.answer_all(parse(body)) if body else None
        except (ValueError, RecursionError) as error:
            reply = fault(None, -32700, f"not acceptable JSON: {error}")
        if reply:
            text = json.dumps(reply, ensure_ascii=False, allow_nan=False).encode("utf-8")
            sink.write(b"Content-Length: %d\r\n\r\n" % len(text) + text)
            sink.flush()


if __name__ == "__main__":
    if "TENON_PROTOCOL" not in os.environ:
        print("This is a plugin: a host starts it and talks to it over stdin and stdout.", file=sys.stderr)
        sys.exit(64)
    serve(Plugin())
