"""A plugin as a child process, seen through strict eyes.

What it writes is held to the strict form of docs/protocol.md: `Content-Length: N`, CRLF, CRLF and N bytes of
UTF-8 JSON; any other byte raises Mismatch. It gets a process group of its own, which kill() ends whatever
happened before. Calls that wait have no deadline of their own: the program sets an alarm (see run.py).
"""

import json
import os
import queue
import re
import signal
import subprocess
import threading

LARGEST_FRAME = 16 * 1024 * 1024  # the wire's default limit
PREFIX = b"Content-Length: "
HEADER = re.compile(rb"Content-Length: ([1-9][0-9]{0,18})\r\n\r\n")
BEGUN_LENGTH = re.compile(rb"([1-9][0-9]{0,18}(\r(\n\r?)?)?)?")


class Mismatch(Exception):
    """The plugin did not do what was expected of it."""


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member appears twice in one object")
    return members


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def parse_json(text):
    """Python's reader made strict: no NaN, no infinity, no duplicate members, no lone surrogates."""
    value = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    return value


class Plugin:
    """One started plugin. Threads read both its output pipes to the end, so it can never block on us."""

    def __init__(self, command):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TENON_")}
        environment["TENON_PROTOCOL"] = "1"
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, start_new_session=True, bufsize=0)
        self.chunks = queue.SimpleQueue()
        self.buffer = b""
        self.ended = False
        self.stderr = b""
        self.readers = [threading.Thread(target=self._drain_stdout, daemon=True),
                        threading.Thread(target=self._drain_stderr, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _drain_stdout(self):
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            self.chunks.put(chunk)
        self.chunks.put(b"")

    def _drain_stderr(self):
        while chunk := os.read(self.process.stderr.fileno(), 65536):
            self.stderr = (self.stderr + chunk)[-65536:]

    def write(self, data):
        if self.process.stdin.closed:
            raise Mismatch("the transcript sends after `> eof`")
        view = memoryview(data)
        try:
            while view:
                view = view[self.process.stdin.write(view):]
        except BrokenPipeError:
            raise Mismatch("the plugin has closed its stdin") from None

    def send(self, body):
        self.write(PREFIX + str(len(body)).encode() + b"\r\n\r\n" + body)

    def close_stdin(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()

    def _more(self):
        """Waits for more output; False when there will be none."""
        if not self.ended:
            chunk = self.chunks.get()
            self.buffer += chunk
            self.ended = not chunk
        return not self.ended

    def read_exactly(self, size):
        """The next `size` bytes; fewer only at the end of the output."""
        while len(self.buffer) < size and self._more():
            pass
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def expect_bytes(self, expected):
        """Takes exactly these bytes. Looks at them as they come: waiting for all could take for ever."""
        while len(self.buffer) < len(expected) and expected.startswith(self.buffer) and self._more():
            pass
        if not self.buffer.startswith(expected):
            same = len(os.path.commonprefix([self.buffer, expected]))
            raise Mismatch(f"the bytes differ after the first {same}\n  expected  {expected!r}\n"
                           f"  got       {self.buffer[:len(expected) + 100]!r}")
        self.buffer = self.buffer[len(expected):]

    def read_body(self):
        """The next frame's body; None at the end of the output."""
        while not (header := HEADER.match(self.buffer)):
            rest = self.buffer[len(PREFIX):]
            if not PREFIX.startswith(self.buffer[:len(PREFIX)]) or not BEGUN_LENGTH.fullmatch(rest):
                raise Mismatch("stdout holds something else than `Content-Length: N\\r\\n\\r\\n`: "
                               f"{self.buffer[:200]!r}")
            if not self._more():
                if not self.buffer:
                    return None
                raise Mismatch(f"stdout ended inside a header: {self.buffer!r}")
        size = int(header[1])
        if size > LARGEST_FRAME:
            raise Mismatch(f"a frame of {size} bytes is over the limit of {LARGEST_FRAME}")
        while len(self.buffer) < header.end() + size and self._more():
            pass
        frame = self.read_exactly(header.end() + size)
        if len(frame) != header.end() + size:
            raise Mismatch(f"stdout ended inside a frame: {frame[:200]!r}")
        return frame[header.end():]

    def read_message(self):
        body = self.read_body()
        if body is None:
            return None
        try:
            return parse_json(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
            raise Mismatch(f"the body is not acceptable JSON ({error}): {body[:200]!r}") from None

    def exit_status(self):
        """Waits for the end without reaping: until kill() nobody else can get the process group's number."""
        end = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        return str(end.si_status) if end.si_code == os.CLD_EXITED else f"signal {end.si_status}"

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.close_stdin()
        for reader in self.readers:
            reader.join(timeout=1)
        if not any(reader.is_alive() for reader in self.readers):  # else one that left the group holds a pipe
            self.process.stdout.close()
            self.process.stderr.close()
