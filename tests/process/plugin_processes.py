#!/usr/bin/env python3
"""Plugins as processes, over pipes, sockets and a terminal: what no test within one process can show.

    plugin_processes.py FOLDER [CLASS...]

FOLDER holds the programs of tests/plugin/fixtures. Every test has a deadline and leaves no process behind. With
TENON_JSON_TEST_SUITE=FOLDER the files of JSONTestSuite are said to a plugin, too.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # no __pycache__ in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "transcripts"))

from plugin_process import Plugin

SECONDS = 100  # for one test
fixtures = pathlib.Path(".")

GOOD, USAGE, UNAVAILABLE = 0, 64, 69


def request(id, method, params=None):
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}


def execute(id, command, args=None):
    return request(id, "plugin/execute", {"command": command, "args": args or {}})


HANDSHAKE = request("hello", "plugin/handshake", {"name": "test", "version": "1", "protocolVersions": [1], "config": {}})
HEALTH = request("health", "plugin/health")
EXIT = {"jsonrpc": "2.0", "method": "exit"}


def encoded(message):
    return json.dumps(message, separators=(",", ":")).encode("utf-8")


def frame(body):
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


class Process(Plugin):
    """A plugin that is talked to in messages, and whose whole stderr is kept."""

    def __init__(self, name, *arguments, shell=None, ready=True):
        self.log = []
        command = [str(fixtures / name), *arguments]
        super().__init__(["sh", "-c", f'exec "$0" "$@" {shell}', *command] if shell else command)
        if ready:
            self.ask(HANDSHAKE)

    def _drain_stderr(self):
        while chunk := os.read(self.process.stderr.fileno(), 65536):
            self.log.append(chunk)

    def say(self, message):
        self.send(encoded(message))

    def ask(self, message):
        """The answer's result; logs and errors are no answer here."""
        self.say(message)
        answer = self.read_message()
        if answer is None or "result" not in answer or answer["id"] != message["id"]:
            raise AssertionError(f"{message} is answered {answer}")
        return answer["result"]

    def text(self):
        """All of stderr, once the process has ended."""
        self.readers[1].join(timeout=10)
        return b"".join(self.log).decode("utf-8", "replace")


class TestCase(unittest.TestCase):
    def setUp(self):
        signal.alarm(SECONDS)
        self.addCleanup(signal.alarm, 0)
        self.processes = []

    def start(self, name, *arguments, **options):
        process = Process.__new__(Process)
        self.addCleanup(lambda: hasattr(process, "process") and process.kill())
        process.__init__(name, *arguments, **options)
        return process

    def run_program(self, name, *arguments, **options):
        return subprocess.run([str(fixtures / name), *arguments], capture_output=True, text=True, timeout=SECONDS,
                              env=options.pop("env", clean_environment()), **options)

    def leave(self, plugin):
        plugin.say(EXIT)
        self.assert_ends(plugin)

    def assert_ends(self, plugin, status="0"):
        """It ends by itself, with nothing more to say and no process left in its group."""
        self.assertIsNone(plugin.read_message() if plugin.chunks is not None else None)
        self.assertEqual(plugin.exit_status(), status)
        pid = plugin.process.pid
        plugin.process.wait()
        with self.assertRaises(ProcessLookupError, msg="a child is left behind"):
            os.killpg(pid, 0)


def clean_environment(**more):
    return {name: value for name, value in os.environ.items() if not name.startswith("TENON_")} | more


class TheStreamsAreGuarded(TestCase):
    def print_much(self, plugin, calls):
        window = 500
        for begin in range(1, calls + 1, window):
            for number in range(begin, begin + window):
                plugin.say(execute(number, "print", {"number": number}))
            for number in range(begin, begin + window):
                answer = plugin.read_message()  # strict about every byte
                if answer != {"jsonrpc": "2.0", "id": number, "result": number}:
                    self.fail(f"call {number} is answered {answer}")

    def test_f12_whatever_prints_the_frames_are_whole_and_the_text_is_in_the_log(self):
        calls = 100_000
        plugin = self.start("prints")
        self.print_much(plugin, calls)
        self.leave(plugin)
        text = plugin.text()
        self.assertEqual(len(re.findall(r"printf \d+\n", text)), calls // 4)
        self.assertEqual(len(re.findall(r"cout \d+\n", text)), calls // 4)
        self.assertEqual(text.count("write\n"), calls // 4)
        self.assertEqual(text.count("syscall\n"), calls // 4)
        self.assertEqual(text.count("system\n"), calls // 1000)
        self.assertEqual(text.count("system on stderr\n"), calls // 1000)
        self.assertEqual(text.count("Content-Length: 5\r\n\r\nchild"), calls // 1000)

    def test_f12_with_stderr_closed_the_text_goes_nowhere(self):
        plugin = self.start("prints", shell="2>&-")
        self.print_much(plugin, 20_000)
        self.leave(plugin)
        self.assertEqual(plugin.text(), "")

    def test_f12_what_is_printed_before_and_after_serving_is_no_part_of_the_conversation(self):
        plugin = self.start("prints_early")
        self.assertEqual(plugin.ask(execute(1, "echo", {"text": "hi"})), "hi")
        self.leave(plugin)
        self.assertEqual(plugin.text(), "constructed\ndestroyed\nserved\n")

    def test_handlers_and_children_see_nothing_but_three_harmless_descriptors(self):
        for shell in (None, "2>&-", "2>/dev/null"):
            with self.subTest(shell=shell):
                plugin = self.start("descriptors", shell=shell)
                sight = plugin.ask(execute(1, "look"))
                self.assertEqual(sight["zero"], "/dev/null")
                self.assertTrue(sight["input_is_empty"])
                self.assertEqual(sight["one"], sight["two"])
                if shell:
                    self.assertEqual(sight["two"], "/dev/null")
                self.assertEqual(sight["child"], "0 1 2 3")  # 3 is how ls reads the folder
                self.assertTrue(sight["child_dies_of_broken_pipes"])
                self.leave(plugin)


class ItEndsWhenItShould(TestCase):
    def test_exit_and_the_end_of_input_end_with_status_0(self):
        for name in ("simple", "busy", "caller"):
            with self.subTest(name=name):
                self.leave(self.start(name))
                plugin = self.start(name)
                self.assertIsNone(plugin.ask(request(1, "plugin/shutdown")))
                self.leave(plugin)
                for ready in (True, False):
                    plugin = self.start(name, ready=ready)
                    plugin.close_stdin()
                    self.assert_ends(plugin)

    def test_the_end_within_a_frame_is_reported(self):
        plugin = self.start("simple")
        plugin.write(b"Content-Length: 100\r\n\r\n{")
        plugin.close_stdin()
        self.assert_ends(plugin)
        self.assertIn("tenon: ", plugin.text())

    def test_a_host_that_closes_its_end_is_no_reason_to_die_of_a_signal(self):
        plugin = self.start("simple")
        plugin.say(HEALTH)
        plugin.read_message()
        # The reading thread holds the pipe: end the pipe under it.
        os.dup2(os.open("/dev/null", os.O_RDONLY), plugin.process.stdout.fileno())
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        with contextlib.suppress(Exception):
            while plugin.process.poll() is None:
                plugin.say(execute(1, "echo", {"value": "x" * 1000}))
        self.assertEqual(plugin.process.wait(), GOOD)

    def test_a_worker_that_never_ends_does_not_keep_the_process(self):
        for how, end in (("for ever", "exit"), ("for ever", "eof"), ("until cancelled", "exit"), ("until cancelled", "eof")):
            with self.subTest(how=how, end=end):
                plugin = self.start("busy")
                plugin.say(execute(1, "work", {"how": how}))
                plugin.ask(HEALTH)
                if end == "exit":
                    plugin.say(EXIT)
                plugin.close_stdin()
                self.assert_ends(plugin)

    def test_a_call_that_waits_ends_with_its_time_or_with_the_host(self):
        plugin = self.start("caller")
        plugin.say(execute(1, "ask", {"method": "users/find", "timeout": 50}))
        self.assertEqual(plugin.read_message()["method"], "users/find")
        self.assertEqual(plugin.read_message()["method"], "$/cancelRequest")
        self.assertEqual(plugin.read_message()["error"]["code"], -32010)
        plugin.say(execute(2, "ask", {"method": "users/find", "timeout": 60_000}))
        call = plugin.read_message()
        self.assertEqual(plugin.ask(HEALTH), {"status": "healthy"})
        plugin.say({"jsonrpc": "2.0", "id": call["id"], "result": 7})
        self.assertEqual(plugin.read_message()["result"], 7)
        plugin.say(execute(3, "ask", {"method": "users/find", "timeout": 60_000}))
        plugin.read_message()
        plugin.close_stdin()
        plugin.read_message()  # the answer, which says that the host is gone
        self.assert_ends(plugin)

    def test_without_standard_streams_it_says_so_and_ends_with_69(self):
        for closed in ("<&-", ">&-", "<&- >&-"):
            with self.subTest(closed=closed):
                done = subprocess.run(["sh", "-c", f'exec "$0" {closed}', fixtures / "simple"], stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, text=True, timeout=SECONDS, env=clean_environment())
                self.assertEqual(done.returncode, UNAVAILABLE)
                self.assertIn("simple: no connection to a host", done.stderr)


class RunByHand(TestCase):
    def test_describe_prints_what_a_host_would_be_told(self):
        plugin = self.start("simple", ready=False)
        declaration = plugin.ask(HANDSHAKE)
        self.leave(plugin)
        for stdin in (subprocess.DEVNULL, None):
            done = self.run_program("simple", "--describe", stdin=stdin)
            self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
            self.assertEqual(json.loads(done.stdout), declaration)
            self.assertTrue(done.stdout.endswith("}\n"))

    def test_help_says_what_it_is(self):
        done = self.run_program("simple", "--help", stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr), (GOOD, ""))
        self.assertTrue(done.stdout.startswith("simple 1.2.3 - Echoes\n"))
        for option in ("--describe", "--socket", "--help"):
            self.assertIn(option, done.stdout)

    def test_other_arguments_are_the_authors(self):
        plugin = self.start("simple", "--verbose", "--socket")
        self.leave(plugin)

    def test_on_a_terminal_it_explains_itself_and_leaves_the_terminal_as_it_was(self):
        master, slave = pty.openpty()
        try:
            flags = fcntl.fcntl(slave, fcntl.F_GETFL)
            done = subprocess.run([fixtures / "simple"], stdin=slave, stdout=slave, stderr=slave, timeout=SECONDS,
                                  env=clean_environment())
            self.assertEqual(done.returncode, USAGE)
            self.assertEqual(fcntl.fcntl(slave, fcntl.F_GETFL), flags)
            self.assertIn(b"simple 1.2.3", os.read(master, 65536))
            # Only stdin matters: a plugin may well be started with its log on a terminal.
            done = subprocess.run([fixtures / "simple"], input=frame(encoded(HANDSHAKE)), stdout=subprocess.PIPE,
                                  stderr=slave, timeout=SECONDS, env=clean_environment())
            self.assertEqual(done.returncode, GOOD)
            self.assertIn(b'"name":"simple"', done.stdout)
            self.assertEqual(fcntl.fcntl(slave, fcntl.F_GETFL), flags)
        finally:
            os.close(master)
            os.close(slave)

    def test_somebody_elses_non_blocking_pipes_are_read_and_written_to_the_end(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.setblocking(False)  # of the file description, which the plugin shares
            with subprocess.Popen([fixtures / "simple"], stdin=theirs, stdout=theirs, env=clean_environment()) as process:
                theirs.close()
                ours.sendall(frame(encoded(HANDSHAKE)))
                connection = ours.makefile("rb")
                read_frame(connection)
                large = "x" * 2_000_000
                ours.sendall(frame(encoded(execute(1, "echo", {"value": large}))))
                self.assertEqual(read_frame(connection)["result"], large)
                ours.shutdown(socket.SHUT_WR)
                self.assertEqual(process.wait(), GOOD)

    def test_newline_framing_by_hand(self):
        lines = [HANDSHAKE, execute(1, "echo", {"value": [1]}), HEALTH]
        text = "".join(json.dumps(line) + "\n" for line in [*lines, "half", execute(2, "echo", {"value": 2})])
        text = text.replace('"half"', '{"half\n')
        done = self.run_program("simple", input=text)
        self.assertEqual(done.returncode, GOOD)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([answer["id"] for answer in answers], ["hello", 1, "health", None, 2])
        self.assertEqual(answers[1]["result"], [1])
        self.assertEqual(answers[3]["error"]["code"], -32700)


def read_frame(connection):
    length = None
    while line := connection.readline().strip():
        name, value = line.split(b": ")
        length = int(value) if name == b"Content-Length" else length
    return json.loads(connection.read(length))


class OverASocket(TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(pathlib.Path(folder.name) / "host.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.settimeout(SECONDS)
        self.listener.bind(self.path)
        self.listener.listen()

    @contextlib.contextmanager
    def attached(self, *arguments, command=("simple",), **environment):
        """The process, its connection, and what it introduced itself with."""
        command = [fixtures / command[0]] if len(command) == 1 else command
        process = subprocess.Popen([*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=clean_environment(**environment))
        try:
            self.peer, _ = self.listener.accept()
            with self.peer, self.peer.makefile("rb") as self.input:
                yield process, read_frame(self.input)
        finally:
            process.kill()
            process.communicate()

    def say(self, *messages):
        self.peer.sendall(b"".join(frame(encoded(message)) for message in messages))

    def test_it_attaches_shakes_hands_and_works(self):
        for arguments, environment, token in (
                (["--socket", self.path], {}, None),
                (["--socket", self.path], {"TENON_TOKEN": "5f0c"}, "5f0c"),
                ([], {"TENON_SOCKET": self.path, "TENON_TOKEN": "77"}, "77"),
                (["--socket", self.path], {"TENON_SOCKET": "/nowhere"}, None)):
            with self.subTest(arguments=arguments, environment=environment):
                with self.attached(*arguments, **environment) as (process, introduction):
                    params = {"name": "simple"} | ({"token": token} if token else {})
                    self.assertEqual(introduction, request(1, "plugin/attach", params))
                    self.say({"jsonrpc": "2.0", "id": 1, "result": {}})
                    self.say(HANDSHAKE)
                    self.assertEqual(read_frame(self.input)["result"]["name"], "simple")
                    self.say(execute(2, "echo", {"value": {"a": 1}}))
                    self.assertEqual(read_frame(self.input)["result"], {"a": 1})
                    self.say(EXIT)
                    self.assertEqual(process.wait(), GOOD)
                    self.assertEqual(process.communicate(), (b"", b""))

    def test_all_that_comes_together_with_the_consent_is_heard(self):
        with self.attached("--socket", self.path) as (process, _):
            self.say({"jsonrpc": "2.0", "id": 1, "result": {}}, HANDSHAKE, execute(2, "echo", {"value": 1}), HEALTH)
            answers = [read_frame(self.input) for _ in range(3)]
            self.assertEqual({answer["id"] for answer in answers}, {"hello", 2, "health"})
            self.peer.shutdown(socket.SHUT_WR)
            self.assertEqual(process.wait(), GOOD)

    def test_f12_what_prints_does_not_reach_the_socket(self):
        for closed, text in (("", b"printf 4\ncout 5\nwrite\nsyscall\n"), ("2>&-", b""), ("<&- >&- 2>&-", b"")):
            with self.subTest(closed=closed):
                command = ("sh", "-c", f'exec "$0" "$@" {closed}', str(fixtures / "prints"))
                with self.attached("--socket", self.path, command=command) as (process, _):
                    self.say({"jsonrpc": "2.0", "id": 1, "result": {}}, HANDSHAKE)
                    read_frame(self.input)
                    for number in range(4, 8):
                        self.say(execute(number, "print", {"number": number}))
                        self.assertEqual(read_frame(self.input), {"jsonrpc": "2.0", "id": number, "result": number})
                    self.say(EXIT)
                    self.assertEqual(process.wait(), GOOD)
                    self.assertEqual(process.communicate(), (b"", text))

    def test_a_host_that_refuses_or_leaves_means_69(self):
        refusal = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32013, "message": "no such plugin"}}
        with self.attached("--socket", self.path) as (process, _):
            self.say(refusal)
            self.assertEqual(process.wait(), UNAVAILABLE)
            self.assertIn(b"no such plugin", process.stderr.read())
        with self.attached("--socket", self.path) as (process, _):
            self.peer.shutdown(socket.SHUT_RDWR)
            self.assertEqual(process.wait(), UNAVAILABLE)
            self.assertIn(b"did not accept the plugin", process.stderr.read())

    def test_a_socket_that_cannot_be_had_means_69(self):
        for path in ("/nowhere/host.sock", "x" * 200, __file__):
            with self.subTest(path=path):
                done = self.run_program("simple", "--socket", path, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, UNAVAILABLE)
                self.assertRegex(done.stderr, "^simple: no connection to a host at .+: .+\n$")


class JsonTestSuite(TestCase):
    def test_j1_the_connection_survives_every_file(self):
        folder = os.environ.get("TENON_JSON_TEST_SUITE")
        if not folder:
            self.skipTest("TENON_JSON_TEST_SUITE is not set")
        files = sorted(pathlib.Path(folder).glob("test_*/*.json"))
        self.assertGreater(len(files), 300)
        plugin = self.start("simple")
        for path in files:
            plugin.send(path.read_bytes())
            plugin.say(HEALTH)
            codes = []
            while (message := plugin.read_message()) != {"jsonrpc": "2.0", "id": "health", "result": {"status": "healthy"}}:
                self.assertIsNotNone(message, path.name)
                codes += [entry["error"]["code"] for entry in (message if isinstance(message, list) else [message])]
            with self.subTest(file=path.name):
                kind = path.name[0] if path.parent.name == "test_parsing" else "i"
                if path.stat().st_size == 0:
                    self.assertEqual(codes, [])
                elif kind == "y":
                    self.assertEqual(set(codes), {-32600})  # JSON, but no message
                elif kind == "n":
                    self.assertEqual(codes, [-32700])
                else:
                    self.assertIn(set(codes).pop(), (-32700, -32600))
        self.leave(plugin)


if __name__ == "__main__":
    fixtures = pathlib.Path(sys.argv.pop(1)).resolve()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    unittest.main()
