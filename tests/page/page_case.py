"""What the cases have in common: a host with plugins, and what somebody does on its page."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import browser

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
TOKEN = "the-token-of-the-test"


class Host:
    """tenon-host with plugins of its own folder; it keeps its port when it is started again."""

    def __init__(self, programs, **more):
        self.programs = programs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tenon-page-"))
        plugins = self.folder / "plugins"
        plugins.mkdir(0o700)
        for source in (*programs.values(), EXAMPLES / "python/words.py", HERE / "hostile.py"):
            shutil.copy(source, plugins)
        self.program, self.process = programs["host"], None
        self.settings = {
            "listen": "127.0.0.1:0", "adminToken": TOKEN, "socket": str(self.folder / "run/socket"),
            "trustedDirs": [str(plugins)],
            "plugins": [
                {"name": "moderator", "command": self.inside(programs["moderator"]), "priority": 10,
                 "restart": {"backoffMs": 5000, "jitter": 0}},
                {"name": "clock", "command": self.inside(programs["clock"]), "allowReverseRpc": True,
                 "permissions": ["events:emit", "time:read"], "config": {"interval_ms": 500}},
                {"name": "slow", "command": self.inside(programs["slow"]), "rpcTimeoutMs": 60_000},
                {"name": "words", "command": self.inside("words.py"), "config": {"maxWords": 20}},
                {"name": "hostile", "command": self.inside("hostile.py"), "healthIntervalMs": 400},
            ]} | more
        self.start()
        self.settings["listen"] = self.address.removeprefix("http://").rstrip("/")

    def inside(self, program):
        return str(self.folder / "plugins" / pathlib.Path(program).name)

    def start(self):
        (self.folder / "host.json").write_text(json.dumps(self.settings))
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([self.program, "run", "--config", self.folder / "host.json"],
                                        stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().split("#")[0].strip()
        if not self.address.startswith("http://127.0.0.1:"):
            sys.exit(f"{self.program} does not start:\n{(self.folder / 'log').read_text()}")

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        self.process.wait(30)
        self.process.stdout.close()
        self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, path, method="GET", token=TOKEN):
        request = urllib.request.Request(self.address + path, method=method, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def status(self, plugin):
        return self.ask(f"api/v1/plugins/{plugin}")

    def until(self, holds, why):
        end = time.monotonic() + 60
        while not holds():
            if time.monotonic() > end:
                raise browser.Failed(f"{why}:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.1)

    def await_ready(self):
        self.until(lambda: all(one["state"] == "ready" for one in self.ask("api/v1/plugins")["plugins"]),
                   "not every plugin became ready")


class PageCase(unittest.TestCase):
    host = chromium = pictures = None  # what page_test.py made, for all cases

    def setUp(self):
        self.pages = []

    def tearDown(self):
        for number, page in enumerate(self.pages):
            if self.pictures:
                page.picture(f"{self.pictures}/{self._testMethodName}-{number}.png", whole=True)
            outside = [url for url in page.requests if not url.startswith((self.host.address, "data:"))]
            self.assertEqual(outside, [], "asked for outside")
            complaints = [one for one in page.complaints if not (page.expected and page.expected in one)
                          and not one.endswith("/api/v1/packages")]  # 404: the browser says that this host has none
            self.assertEqual(complaints, [], "complaints of the browser")
            page.close()

    def page(self, token=TOKEN, **shape):
        page = self.chromium.page(**shape)
        self.pages.append(page)
        page.open(self.host.address + (f"#token={token}" if token else ""))
        return page

    def admin(self, **shape):
        page = self.page(**shape)
        page.until("document.querySelectorAll('.plugin').length === 5")
        page.see("#connection", "live")
        return page

    def join(self, page, name):
        page.write("#uid", name)
        page.press("Enter")
        page.see("#chat-note", f"you are {name}")

    def say(self, page, text):
        page.write("#content", text)
        page.press("Enter")

    def choose(self, page, menu, value):
        page.do(f"""(menu => {{
            menu.value = {json.dumps(value)};
            for (const event of ['input', 'change']) menu.dispatchEvent(new Event(event, {{bubbles: true}}));
        }})(document.querySelector({json.dumps(menu)}))""")

    def press_button(self, page, within, text):
        """The one with that text."""
        page.until(f"""(() => {{
            const found = [...document.querySelectorAll({json.dumps(within + " button")})]
                .find(one => one.innerText.includes({json.dumps(text)}) && one.checkVisibility() && !one.disabled);
            found?.click();
            return found;
        }})()""", why=f"there is a button {text}")

    def give(self, page, field, *files):
        """Chooses them in that field, as if somebody did so in the browser's window."""
        root = page.call("DOM.getDocument")["root"]["nodeId"]
        node = page.call("DOM.querySelector", {"nodeId": root, "selector": field})["nodeId"]
        page.call("DOM.setFileInputFiles", {"nodeId": node, "files": [str(pathlib.Path(file).resolve()) for file in files]})

    def row(self, name):
        return f"#plugin-{name}"
