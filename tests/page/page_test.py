#!/usr/bin/env python3
"""Looks at the page of the reference host through a browser, with the real host and real plugins behind it.

    page_test.py [--pictures FOLDER] HOST MODERATOR CLOCK SLOW [TEST...]

HOST is tenon-host, the others are examples. Without Chromium (or $CHROMIUM) it says so and exits with $SKIP_STATUS
(default 0). The last line says how many passed and failed. --pictures leaves one of each page as its test left it.
"""

import atexit
import json
import os
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

PROGRAMS = {}
PICTURES = None


class Host:
    """tenon-host with plugins of its own folder; it keeps its port when it is started again."""

    def __init__(self, programs):
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
                {"name": "slow", "command": self.inside(programs["slow"])},
                {"name": "words", "command": self.inside("words.py"), "config": {"maxWords": 20}},
                {"name": "hostile", "command": self.inside("hostile.py"), "healthIntervalMs": 400},
            ]}
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

    def ask(self, path):
        request = urllib.request.Request(self.address + path, headers={"Authorization": f"Bearer {TOKEN}"})
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


host = chromium = None


def setUpModule():
    global host, chromium
    host = Host(PROGRAMS)
    atexit.register(host.close)
    host.await_ready()
    try:
        chromium = browser.Browser()
    except (browser.Failed, OSError):
        chromium = browser.Browser(sandbox=False)
    atexit.register(chromium.close)


class PageTest(unittest.TestCase):
    longMessage = True

    def setUp(self):
        self.pages = []

    def tearDown(self):
        for number, page in enumerate(self.pages):
            if PICTURES:
                page.picture(f"{PICTURES}/{self._testMethodName}-{number}.png", whole=True)
            outside = [url for url in page.requests if not url.startswith((host.address, "data:"))]
            self.assertEqual(outside, [], "asked for outside")
            complaints = [one for one in page.complaints if not page.expected or page.expected not in one]
            self.assertEqual(complaints, [], "complaints of the browser")
            page.close()

    def page(self, token=TOKEN, **shape):
        page = chromium.page(**shape)
        self.pages.append(page)
        page.open(host.address + (f"#token={token}" if token else ""))
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

    def row(self, name):
        return f"#plugin-{name}"

    # ---- What is there ---------------------------------------------------------------------------------------------------

    def test_loads(self):
        """the page loads, shows every plugin ready, and asks nobody else for anything"""
        page = self.admin()
        for name in ("clock", "hostile", "moderator", "slow", "words"):
            page.see(f"{self.row(name)} .state", "ready")
        page.see("#summary", "5 ready")
        page.see(f"{self.row('words')} .name", "v1.0.0")
        page.until("document.querySelector('#plugin-clock .columns').innerText.match(/[1-9][.0-9]* events/)",
                   why="the clock's events per second")
        page.see(f"{self.row('moderator')} .columns", "MiB")
        self.assertNotIn("token", page.do("location.href"), "the token left the address")

    def test_token(self):
        """without a token the page asks for one, and the chat works"""
        page = self.page(token=None)
        page.see("#locked", "The plugins are for administrators")
        self.assertFalse(page.do("document.querySelector('#plugins').checkVisibility()"))
        self.join(page, "guest")
        self.say(page, "may I?")
        page.see("#messages", "Delivered")
        page.expected = "status of 401"
        page.write("#token", "wrong")
        page.press("Enter")
        page.see("#token-refused", "does not accept this token")
        page.write("#token", TOKEN)
        page.press("Enter")
        page.see("#plugin-list", "moderator")
        page.call("Page.reload")
        page.see("#plugin-list", "moderator")  # kept for this tab
        page.see("#chat-note", "you are guest")

    def test_details(self):
        """a plugin's row opens, and shows what it declares, how it does and what happened to it"""
        page = self.admin()
        page.click(f"{self.row('moderator')} .name button")
        for text in ("message.incoming", "forgive", "/stopped/{from_uid}", "pid", "median", "What happened"):
            page.see(f"{self.row('moderator')} .detail", text)
        page.click(f"{self.row('clock')} .name button")
        page.see(f"{self.row('clock')} .detail", "events:emit")

    # ---- The chat ---------------------------------------------------------------------------------------------------

    def test_chat(self):
        """a message passes, is changed or is stopped, and one sees by whom"""
        ada, bo = self.admin(), self.page(token=None)
        self.join(ada, "ada")
        self.join(bo, "bo")
        ada.see("#users", "bo")
        self.say(ada, "good morning")
        bo.see("#messages", "good morning")
        ada.see("#messages", "Delivered to 1")
        chips = ada.do("[...document.querySelectorAll('#messages .mine .chip')].map(one => one.innerText)")
        self.assertEqual(sorted(text.split()[0] for text in chips), ["hostile", "moderator", "words"])
        for text in chips:
            self.assertRegex(text.replace("\n", " "), r"passed\s+[\d.<]+ ms")

        self.say(ada, "mind teh gap")
        bo.see("#messages", "mind the gap")
        ada.see("#messages", "hostile changed it from")
        ada.see("#messages del", "mind teh gap")
        ada.see("#messages .chip.modified", "changed")

        self.say(ada, "buy spam now")
        ada.see("#messages .stopped", "Stopped by moderator: spam")
        ada.see("#messages .chip.stop", "moderator")
        ada.see("#messages .chip.skipped", "skipped")
        self.assertNotIn("buy spam", bo.text("#messages"))

        self.say(bo, "hello ada")  # an administrator also sees what became of others' messages
        ada.until("""[...document.querySelectorAll('li.message')].some(one => one.innerText.includes('hello ada')
            && one.querySelector('.chips')?.innerText.includes('moderator'))""")

    def test_rooms(self):
        """rooms are made, joined and left; a message to one person reaches nobody else"""
        ada, bo, eve = (self.page(token=None) for _ in range(3))
        for page, name in ((ada, "ada"), (bo, "bo"), (eve, "eve")):
            self.join(page, name)
        ada.write("#room-name", "garden")
        ada.press("Enter")
        ada.see("#rooms [aria-current=true]", "#garden")
        bo.see("#rooms", "#garden")
        self.press_button(bo, "#rooms", "#garden")
        bo.see("#rooms [aria-current=true]", "#garden 2")
        self.say(ada, "roses")
        bo.see("#messages", "roses")
        self.assertNotIn("roses", eve.text("#chat"))
        bo.click("#part")
        bo.see("#rooms [aria-current=true]", "#lobby")
        self.press_button(ada, "#users", "eve")
        self.say(ada, "psst")
        eve.see("#users .unread", "1")
        self.assertNotIn("psst", bo.text("#chat"))

    # ---- Trouble ----------------------------------------------------------------------------------------------------

    def test_crash(self):
        """a plugin killed while one looks is seen to be down, counts down, and comes back"""
        page = self.admin()
        page.see("#connection", "live")
        before = host.status("moderator")
        os.kill(before["pid"], signal.SIGKILL)
        page.see(f"{self.row('moderator')} .state", "waiting to retry", 4)
        page.see(f"{self.row('moderator')} .crash", "signal 9 (SIGKILL)")
        count = "document.querySelector('#plugin-moderator .count').innerText"
        page.until(f"/retry \\d of \\d in [1-5]\\.\\d s/.test({count})")
        page.see("#summary", "1 waiting to retry")
        page.until("document.querySelector('#announcer').textContent.includes('moderator: waiting')")
        self.assertIn("moderator down", page.do("document.title"))
        page.click(f"{self.row('moderator')} .crash button[aria-expanded]")
        page.until("document.querySelector('#plugin-moderator .crash ol li')", why="its last lines")
        page.see(f"{self.row('moderator')} .state", "ready")
        page.see(f"{self.row('moderator')} .crash", "Back after")
        self.assertEqual(page.do("document.title"), "tenon")
        page.see("#lines", "crashed: signal 9 (SIGKILL)")
        page.until(f"+document.querySelector('#plugin-moderator dd').innerText === {before['restarts'] + 1}")
        self.press_button(page, "#plugin-moderator .crash", "Dismiss")
        self.assertFalse(page.do("document.querySelector('#plugin-moderator .crash').checkVisibility()"))

    def stop_host(self, page):
        page.expected = "ERR_"
        host.stop(signal.SIGKILL)
        page.see("#connection", "host is gone since")
        page.see("#connection", "trying again")

    def test_host_gone(self):
        """a host that is gone is said to be, and the page goes on when it is back"""
        page = self.admin()
        self.join(page, "ada")
        self.stop_host(page)
        page.until("/^in [1-9] s$/.test(document.querySelector('#again').innerText)")
        host.start()
        host.await_ready()
        page.see("#connection", "live")
        page.see("#summary", "5 ready")
        self.say(page, "still here")
        page.see("#messages", "still here")
        page.see("#messages .mine", "Delivered")

    def test_try_now(self):
        """who does not want to wait until the page tries again presses a button"""
        page = self.admin()
        self.stop_host(page)
        page.do("window.wait = setTimeout; setTimeout = () => 0")
        page.until("[...Stream.all].every(one => one.state === 'waiting' && one.retryAt < performance.now())",
                   why="no timer is left")
        host.start()
        host.await_ready()
        page.do("setTimeout = wait")
        page.click("#try")
        page.see("#connection", "live")

    def test_hostile(self):
        """what hostile plugins and people say is text, whatever it looks like"""
        page = self.admin()
        self.join(page, "ada")
        markup = "<script>window.broken = 1</script><img src=\"/broken\" onerror=\"window.broken = 2\">"
        self.say(page, f"teh {markup} \u202eesrever")
        page.see("#messages .mine .said", markup)
        page.see("#messages .mine .said", "⟨U+202E⟩")
        self.say(page, "evil")
        page.see("#messages .stopped", f"Stopped by hostile: {markup}")
        page.see(f"{self.row('hostile')} .state", "warning")
        page.see(f"{self.row('hostile')} .state", markup)
        page.see(f"{self.row('hostile')} .state", "⟨U+202E⟩")
        page.write("#only-text", "xxxxx")
        page.see("#lines", "characters")
        self.assertLess(len(page.text("#lines")), 5000, "a long line is cut")
        page.click("#lines button")
        page.until("document.querySelector('#lines pre').textContent.length > 60000")
        page.write("#only-text", "window.broken")
        page.see("#lines", markup)
        page.click(f"{self.row('hostile')} .name button")
        page.see(f"{self.row('hostile')} .detail", "<i>metric</i>")
        self.choose(page, "#command-name", "hostile")
        page.see("#command-about", markup)
        page.click("#command-form button")
        page.see("#command-answer", "⟨U+202E⟩gnp")
        self.assertFalse(page.do("'broken' in window"))
        elements = page.do("document.querySelectorAll('body script, img, main b:not(.chip b), main i:not(.chip i)').length")
        self.assertEqual(elements, 1, "there is the page's own script and nothing else")
        self.assertFalse([url for url in page.requests if "broken" in url])

    # ---- What an administrator does ---------------------------------------------------------------------------------------

    def test_lifecycle(self):
        """a plugin is stopped, started, disabled, enabled and restarted"""
        page = self.admin()
        page.click(f"{self.row('words')} .name button")

        self.press_button(page, "#plugin-words .detail", "Stop")
        page.see(f"{self.row('words')} .state", "stopped")
        self.assertEqual(host.status("words")["state"], "stopped")
        self.press_button(page, "#plugin-words .detail", "Start")
        page.see(f"{self.row('words')} .state", "ready")
        self.press_button(page, "#plugin-words .detail", "Disable")
        page.see(f"{self.row('words')} .name", "disabled")
        page.see(f"{self.row('words')} .state", "stopped")
        self.press_button(page, "#plugin-words .detail", "Enable")
        page.see(f"{self.row('words')} .state", "ready")
        pid = host.status("words")["pid"]
        page.click(f"{self.row('words')} .quick button")
        host.until(lambda: host.status("words")["state"] == "ready" and host.status("words").get("pid") != pid,
                   "it was not restarted")
        page.see(f"{self.row('words')} .state", "ready")
        self.assertFalse(page.do("document.querySelector('#plugin-words .crash').checkVisibility()"), "nothing crashed")

    def test_enabled(self):
        """a plugin that was enabled was offered to be enabled, not restarted, until the next list came"""
        page = self.admin()
        page.click(f"{self.row('words')} .name button")
        self.press_button(page, "#plugin-words .detail", "Disable")
        page.until("document.querySelector('#plugin-words .quick button:enabled')?.innerText === 'Enable'")
        page.do("showPlugins = () => {}")
        page.click(f"{self.row('words')} .quick button")
        page.see(f"{self.row('words')} .state", "ready")
        page.until("document.querySelector('#plugin-words .quick button:enabled')?.innerText === 'Restart'")

    def test_configuration(self):
        """a configuration is read, changed and refused"""
        page = self.admin()
        page.click(f"{self.row('clock')} .name button")
        page.click(f"{self.row('clock')} summary")
        page.until("document.querySelector('#config-clock').value.includes('\"interval_ms\": 500')")
        apply = f"{self.row('clock')} details button.primary"
        page.expected = "status of 4"
        page.write("#config-clock", '{"interval_ms": 1}')
        page.click(apply)
        page.see(f"{self.row('clock')} details", "config.interval_ms: expected 10 or more")
        page.write("#config-clock", '{"interval_ms": ')
        page.click(apply)
        page.see(f"{self.row('clock')} details", "Not JSON")
        page.write("#config-clock", '{"interval_ms": 250}')
        page.click(apply)
        page.see(f"{self.row('clock')} details", "Applied")
        page.until("parseFloat(document.querySelector('#plugin-clock dl > :nth-child(2) dd').innerText) > 3",
                   why="four ticks a second")
        page.write("#config-clock", '{"interval_ms": 500}')
        page.click(apply)
        page.see(f"{self.row('clock')} details", "Applied")

    def test_explain(self):
        """who gets an event and why not"""
        page = self.admin()
        page.write("#explain-type", "message.incoming")
        page.press("Enter")
        page.see("#explained", "3 of 5 plugins would get message.incoming")
        page.see("#explained li:first-child", "moderator")
        page.see("#explained li:last-child", "slow")
        page.expected = "status of 4"
        page.write("#explain-type", "no such thing")
        page.press("Enter")
        page.see("#explained .refusal", "type")

    def test_commands(self):
        """a command is run with the arguments that its schema asks for"""
        page = self.admin()
        page.until("[...document.querySelectorAll('#command-name option')].some(one => one.value === 'primes')")
        self.choose(page, "#command-name", "primes")
        page.until("document.querySelector('#command-arguments').value.includes('below')")
        page.write("#command-arguments", '{"below": 1000}')
        page.click("#command-form button")
        page.see("#command-answer", "168")
        page.expected = "status of"
        page.write("#command-arguments", '{"below": -1}')
        page.click("#command-form button")
        page.see("#command-answer .refusal", "below")

    def test_activity(self):
        """logs and events come as they happen, are filtered, and wait while one reads"""
        page = self.admin()
        page.see("#lines", "clock.tick")
        page.write("#only-text", "-clock.tick")
        page.until("!document.querySelector('#lines').innerText.includes('clock.tick')")
        page.write("#only-text", "tick")
        self.choose(page, "#only-plugin", "clock")
        page.see("#lines", "clock.tick")
        self.assertNotIn("hostile", page.text("#lines"))
        page.click("#pause")
        count = page.do("document.querySelector('#lines').childElementCount")
        page.see("#activity-note", "paused")
        page.until("/[2-9] lines waiting/.test(document.querySelector('#activity-note').innerText)")
        self.assertEqual(page.do("document.querySelector('#lines').childElementCount"), count)
        page.click("#pause")
        page.until(f"document.querySelector('#lines').childElementCount > {count}")

    def test_bounded(self):
        """however much is written, the page keeps 2,000 lines"""
        page = self.admin()
        page.do("""for (let at = 0; at < 5000; ++at) hear.log({time: Date.now(), level: 'info', plugin: 'slow', pid: 1,
            generation: 1, source: 'stderr', message: `line ${at}`})""")
        page.see("#lines", "line 4999")
        self.assertLessEqual(page.do("document.querySelector('#lines').childElementCount"), 2000)

    def test_windows(self):
        """of several windows one listens and tells the others; when it closes another one takes over"""
        first = self.admin()
        second = chromium.page(like=first)
        self.pages.append(second)
        second.open(f"{host.address}#token={TOKEN}")
        for page in (first, second):
            page.see("#connection", "live")
            page.see("#lines", "clock.tick")
        streams = [len([url for url in page.requests if url.endswith("/events")]) for page in (first, second)]
        self.assertEqual(streams, [1, 0])
        self.pages.remove(first)
        first.close()
        second.until("listener.release", why="it listens itself")
        second.see("#connection", "live")
        second.click("#clear")
        second.see("#lines", "clock.tick")

    # ---- For everybody ----------------------------------------------------------------------------------------------

    def test_keyboard(self):
        """everything is done with the keyboard alone, and the focus is always seen"""
        page = self.admin()
        focus = "(document.activeElement.id || document.activeElement.closest('[id]')?.id || '')"
        seen = []

        def tab_to(wanted, most=80):
            for _ in range(most):
                page.press("Tab")
                if page.do("document.activeElement === document.body"):
                    continue  # the browser's own controls
                ring = page.do("(({outlineStyle, outlineWidth}) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2)"
                               "(getComputedStyle(document.activeElement))")
                seen.append(page.do(focus))
                self.assertTrue(ring, f"the focus is not seen at {seen[-1]}")
                if page.do(f"document.activeElement.matches({json.dumps(wanted)})"):
                    return
            self.fail(f"{wanted} is not reached, only {seen}")

        page.press("Tab")
        page.until("document.activeElement.closest('.skip') && document.activeElement.getBoundingClientRect().top >= 0")
        tab_to("a[href='#chat']", 3)
        page.press("Enter")
        tab_to("#uid", 5)
        page.type("keys")
        page.press("Enter")
        page.see("#chat-note", "you are keys")
        page.until("document.activeElement.id === 'content'")
        page.type("buy spam")
        page.press("Enter")
        page.see("#messages", "Stopped by moderator")
        page.do("document.activeElement.blur(); scrollTo(0, 0)")
        page.call("Page.reload")
        page.see("#plugin-list", "words")
        page.see("#chat-note", "you are keys")
        page.do("document.activeElement.blur()")
        tab_to("#plugin-words .name button", 60)
        page.press("Enter")
        page.see(f"{self.row('words')} .detail", "Process")
        tab_to("#plugin-words summary")
        page.press("Enter")
        page.until("!document.querySelector('#config-words').disabled")
        tab_to("#show-log")
        page.press("Space")
        self.assertFalse(page.do("document.querySelector('#show-log').checked"))
        tab_to("#pause")
        page.press("Space")
        page.see("#activity-note", "paused")
        page.press("Space")
        page.until("document.querySelectorAll('#lines button').length > 2")
        tab_to("#lines")
        tab_to("#lines button", 2)
        held = "document.activeElement.closest('.entry').innerText"
        before = page.do(held)
        page.press("ArrowUp")
        self.assertNotEqual(page.do(held), before)
        page.press("Enter")
        page.until("document.querySelector('#lines pre')")
        tab_to("#explain-type")
        page.press("Enter")
        page.see("#explained", "would get message.incoming")
        tab_to("#command-form button")

    def test_narrow(self):
        """at 400 px nothing has to be scrolled sideways"""
        page = self.admin(width=400, height=800)
        self.join(page, "ada")
        for text in ("teh plan", "buy spam", "x" * 300):
            self.say(page, text)
        page.see("#messages", "Stopped by moderator")
        for name in ("hostile", "moderator", "clock"):
            page.click(f"{self.row(name)} .name button")
        page.click(f"{self.row('clock')} summary")
        page.write("#explain-type", "message.incoming")
        page.press("Enter")
        page.see("#explained", "would get")
        for width in (400, 360, 320):
            page.shape(width=width, height=800)
            wide = page.do("""[...document.querySelectorAll('body *')]
                .filter(node => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1)
                .filter(node => !node.closest('#lines, .hidden, pre, .skip')).map(node => node.outerHTML.slice(0, 120))""")
            self.assertEqual(wide, [], f"at {width} px")
            self.assertLessEqual(page.do("document.documentElement.scrollWidth"), width)
        guest = self.page(token=None, width=400, height=800)
        guest.see("#locked", "administrators")
        self.assertLessEqual(guest.do("document.documentElement.scrollWidth"), 400)

    def test_contrast(self):
        """every text stands out from what is behind it, by light and by dark"""
        for dark in (False, True):
            page = self.admin(dark=dark)
            self.join(page, "ada")
            self.say(page, "buy spam, teh best")
            self.say(page, "teh plan")
            page.see("#messages", "changed it from")
            page.click(f"{self.row('moderator')} .name button")
            page.write("#explain-type", "message.incoming")
            page.press("Enter")
            page.see("#explained", "would get")
            self.assertEqual(page.do(CONTRAST), [], "dark" if dark else "light")

    def test_names(self):
        """every control has a name for those who do not see it"""
        page = self.admin()
        self.join(page, "ada")
        for one in page.do("[...document.querySelectorAll('.plugin .name button')].map(one => one.closest('li').id)"):
            page.click(f"#{one} .name button")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        roles = ("button", "textbox", "searchbox", "checkbox", "combobox", "link", "progressbar", "region")
        unnamed = [(one["role"]["value"], one.get("properties")) for one in nodes if not one["ignored"]
                   and one["role"]["value"] in roles and not one.get("name", {}).get("value")]
        self.assertEqual(unnamed, [])


CONTRAST = r"""(() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return text.startsWith('color(srgb') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = (top, under) => [0, 1, 2].map(at => top[at] * top[3] + under[at] * (1 - top[3])).concat(1);
  const linear = part => (part /= 255) <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => linear(r) * .2126 + linear(g) * .7152 + linear(b) * .0722;
  const behind = node => node
    ? over(parse(getComputedStyle(node).backgroundColor), behind(node.parentElement)) : [255, 255, 255, 1];
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    if (!node.checkVisibility() || node.disabled) continue;
    if (node.closest('.hidden, noscript, script, option, datalist, .skip')) continue;
    const back = behind(node), front = over(parse(getComputedStyle(node).color), back);
    const [low, high] = [light(back), light(front)].sort((a, b) => a - b), ratio = (high + .05) / (low + .05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.outerHTML.slice(0, 100)}`);
  }
  return bad.slice(0, 10);
})()"""


def main():
    global PICTURES
    arguments = sys.argv[1:]
    if arguments[:1] == ["--pictures"]:
        PICTURES = arguments[1]
        arguments = arguments[2:]
    if len(arguments) < 4:
        sys.exit(__doc__)
    if not browser.find():
        print("skipped: no Chromium here (Debian: chromium)")
        sys.exit(int(os.environ.get("SKIP_STATUS", "0")))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and nothing is left running
    PROGRAMS.update(zip(("host", "moderator", "clock", "slow"), arguments))
    wanted = arguments[4:]
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(PageTest)
    if wanted:
        tests = unittest.TestSuite(one for one in tests if any(word in one.id() for word in wanted))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
