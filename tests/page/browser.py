"""A Chromium without a window, driven over its DevTools protocol: JSON messages on two pipes, each ending in a NUL. It
needs the browser alone, no driver and no package. Keys and clicks are the browser's own, as if somebody pressed them.
"""

import base64
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

KEYS = {  # name: (code, virtual key, text)
    "Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), "Space": ("Space", 32, " "), "Escape": ("Escape", 27, ""),
    "ArrowUp": ("ArrowUp", 38, ""), "ArrowDown": ("ArrowDown", 40, ""), "End": ("End", 35, ""), "a": ("KeyA", 65, "a"),
}


class Failed(Exception):
    """What a page did not do."""


def find():
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, sandbox=os.geteuid() != 0):  # which refuses to work for root, and in some containers
        self.folder = tempfile.mkdtemp(prefix="tenon-page-")
        self.ids = itertools.count(1)
        self.waiting = {}
        self.pages = {}  # by session
        self.rest = b""
        from_us, to_browser = os.pipe()
        from_browser, to_us = os.pipe()
        arguments = [
            find(), "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.folder}",
            "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--no-default-browser-check",
            "--force-color-profile=srgb", "--font-render-hinting=none"]
        if not sandbox:
            arguments.append("--no-sandbox")

        def place_pipes():  # the browser expects them as 3 and 4
            ends = [os.dup(from_us), os.dup(to_us)]
            high = [os.dup2(end, 50 + at) for at, end in enumerate(ends)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)
            os.closerange(5, 100)

        self.log = open(os.path.join(self.folder, "log"), "wb+")
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        close_fds=False, preexec_fn=place_pipes, start_new_session=True)
        os.close(from_us)
        os.close(to_us)
        self.output, self.input = to_browser, from_browser
        try:
            self.call("Target.setDiscoverTargets", {"discover": True}, timeout=60)
        except (Failed, OSError):
            self.close()
            raise

    def close(self):
        try:
            self.call("Browser.close", timeout=5)
            self.process.wait(10)
        except (Failed, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()
        for _ in range(20):  # its helpers may still write there
            shutil.rmtree(self.folder, ignore_errors=True)
            if not os.path.exists(self.folder):
                break
            time.sleep(0.1)

    def send(self, method, params=None, session=None):
        number = next(self.ids)
        message = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        return number

    def call(self, method, params=None, session=None, timeout=60):
        number = self.send(method, params, session)
        end = time.monotonic() + timeout
        while number not in self.waiting:
            if not self.take(end - time.monotonic()):
                raise Failed(f"{method}: no answer from the browser\n{self.complaint()}")
        answer = self.waiting.pop(number)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']}")
        return answer["result"]

    def complaint(self):
        self.log.seek(0)
        return self.log.read()[-2000:].decode(errors="replace")

    def take(self, seconds):
        """Takes in what the browser says within that time; False where it said nothing."""
        if not select.select([self.input], [], [], max(0, seconds))[0]:
            return False
        piece = os.read(self.input, 1 << 20)
        if not piece:
            raise Failed(f"the browser is gone\n{self.complaint()}")
        *messages, self.rest = (self.rest + piece).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self.waiting[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message["sessionId"]].happened(message["method"], message["params"])
        return True

    def page(self, like=None, **shape):
        """A page with a storage of its own, as if it were another browser's, or another window beside `like`."""
        context = like.context if like else self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self.pages[session] = Page(self, session, target, context)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setFocusEmulationEnabled", {"enabled": True})  # several are looked at side by side
        page.shape(**shape)
        return page


class Page:
    def __init__(self, browser, session, target, context):
        self.browser, self.session, self.target, self.context = browser, session, target, context
        self.requests, self.complaints = [], []
        self.expected = ""  # part of what the browser itself reports in a test that makes requests fail

    def call(self, method, params=None, timeout=60):
        return self.browser.call(method, params, self.session, timeout)

    def happened(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(one.get("value")) for one in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    def shape(self, width=1440, height=900, scale=1, dark=False, still=True):
        self.call("Emulation.setDeviceMetricsOverride",
                  {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False})
        self.call("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}]})

    def open(self, address):
        self.call("Page.navigate", {"url": address})
        self.until("document.readyState === 'complete'")

    def do(self, script):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True})
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failed(f"{script}: {details.get('exception', {}).get('description') or details['text']}")
        return answer["result"].get("value")

    def until(self, script, seconds=30, why=""):
        """Waits until the expression is true."""
        end = time.monotonic() + seconds
        while not self.do(f"!!({script})"):
            if time.monotonic() > end:
                raise Failed(f"within {seconds} s not true: {why or script}")
            self.browser.take(0.05)

    def text(self, selector):
        """What somebody sees there."""
        return self.do(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def see(self, selector, text, seconds=30):
        look = f"(document.querySelector({json.dumps(selector)})?.innerText ?? '').includes({json.dumps(text)})"
        try:
            self.until(look, seconds)
        except Failed:
            raise Failed(f"{selector} does not show {text!r} but {self.text(selector)[:600]!r}") from None

    def click(self, selector):
        node = f"document.querySelector({json.dumps(selector)})"
        self.until(f"{node}?.checkVisibility() && !{node}.disabled", why=f"there is {selector}")
        box = self.do(f"""(() => {{ const node = document.querySelector({json.dumps(selector)});
            node.scrollIntoView({{block: 'nearest', behavior: 'instant'}});
            const {{x, y, width, height}} = node.getBoundingClientRect(); return [x + width / 2, y + height / 2]; }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent",
                      {"type": kind, "x": box[0], "y": box[1], "button": "left", "clickCount": 1})

    def press(self, key, times=1, shift=False):
        code, number, text = KEYS[key]
        event = {"key": " " if key == "Space" else key, "code": code, "windowsVirtualKeyCode": number,
                 "modifiers": 8 if shift else 0}
        for _ in range(times):
            self.call("Input.dispatchKeyEvent", {"type": "keyDown", "text": text, **event})
            self.call("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, text):
        self.call("Input.insertText", {"text": text})

    def write(self, selector, text):
        """Into a field, in place of what stands there."""
        self.click(selector)
        self.do(f"document.querySelector({json.dumps(selector)}).select()")
        self.type(text)

    def picture(self, path, whole=False):
        params = {"format": "png"}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            params |= {"captureBeyondViewport": True, "clip": {**size, "x": 0, "y": 0, "scale": 1}}
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", params, timeout=60)["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", {"targetId": self.target})
        self.browser.pages.pop(self.session, None)
