"""Plugins that fail, a host that is gone, and words that want to be more than text."""

import json
import os
import signal

import page_case


class Trouble(page_case.PageCase):
    def test_crash(self):
        """a plugin killed while one looks is seen to be down, counts down, and comes back"""
        page = self.admin()
        page.see("#connection", "live")
        before = self.host.status("moderator")
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

    def test_last_lines(self):
        """who came after a crash got its last lines from what the page had heard, which others had pushed out"""
        page = self.admin()
        os.kill(self.host.status("hostile")["pid"], signal.SIGKILL)
        page.until("rows.get('hostile').trouble")
        page.do("rows.get('hostile').trouble.log = ''")  # as if it had come only now
        page.click("#clear")
        page.click(f"{self.row('hostile')} .crash button[aria-expanded]")
        page.see(f"{self.row('hostile')} .crash ol", "info: safe")
        page.see(f"{self.row('hostile')} .state", "ready")

    def test_broken_file(self):
        """of a configuration that was broken while the host runs stderr alone heard"""
        page = self.admin(width=320)
        file = self.host.folder / "host.json"
        good = file.read_text()
        try:
            file.write_text(good.replace('"adminToken"', '"adminTokken"') + "\n")
            page.see("#file-trouble", "adminTokken")
            page.see("#file-trouble", "host.json was tried at")
            page.do("window.before = $('file-trouble').firstChild; rounds = 0; refresh()")
            page.until("rounds > 2")
            self.assertTrue(page.do("before === $('file-trouble').firstChild"), "it would be read aloud again and again")
            self.assertLessEqual(page.do("document.documentElement.scrollWidth"), 320)
            self.assertEqual(page.do("getComputedStyle($('file-trouble')).whiteSpace"), "pre-line")
        finally:
            file.write_text(good)
        page.until("$('file-trouble').textContent === ''")
        self.assertFalse(page.do("$('file-trouble').checkVisibility()"))

    def stop_host(self, page):
        page.expected = "ERR_"
        self.host.stop(signal.SIGKILL)
        page.see("#connection", "host is gone since")
        page.see("#connection", "trying again")

    def test_host_gone(self):
        """a host that is gone is said to be, and the page goes on when it is back"""
        page = self.admin()
        self.join(page, "ada")
        self.stop_host(page)
        page.until("/^in [1-9] s$/.test(document.querySelector('#again').innerText)")
        self.host.start()
        self.host.await_ready()
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
        self.host.start()
        self.host.await_ready()
        page.do("setTimeout = wait")
        page.click("#try")
        page.see("#connection", "live")

    def test_other_token(self):
        """after a host was started with another token, each window had to be given it, and did not say why"""
        first = self.admin()
        second = self.chromium.page(like=first)
        self.pages.append(second)
        self.host.settings["adminToken"] = "another-token"
        try:
            self.host.stop(signal.SIGKILL)
            self.host.start()
            first.see("#locked-title", "started anew")
            first.see("#locked", "open it, or paste it here")
            second.open(f"{self.host.address}#token=another-token")
            second.see("#plugin-list", "moderator")
            first.see("#plugin-list", "moderator")
            first.see("#connection", "live")
            self.assertFalse(first.do("$('locked').checkVisibility()"))
        finally:
            self.host.settings["adminToken"] = page_case.TOKEN
            self.host.stop()
            self.host.start()
            self.host.await_ready()
        for page in (first, second):
            page.see("#locked-title", "started anew")
        first.write("#token", f"{self.host.address}#token={page_case.TOKEN}")  # as it was printed
        first.press("Enter")
        first.see("#connection", "live")
        second.see("#connection", "live")
        for page in (first, second):  # the host is gone, and then the token is wrong
            page.complaints[:] = [one for one in page.complaints if "ERR_" not in one and "status of 401" not in one]

    def test_unseen(self):
        """text that nobody sees, that turns direction or that climbs out of its line stays within its place"""
        page = self.admin()
        for text in ("\u202e", "\u2066", "\u200b", "\u00ad", "\u3164", "\U000e0041", "\u180e", "\x1b", "\x7f", "\u2028"):
            self.assertEqual(page.do(f"visible('a' + {json.dumps(text)} + 'b')"), f"a⟨U+{ord(text):04X}⟩b")
        for text in ("א b", "👩‍👩‍👧", "❤️", "नमस्ते", "a\tb\nc"):
            self.assertEqual(page.do(f"visible({json.dumps(text)})"), text)
        backwards = "\u202egnp"
        page.do(f"""(text => {{
            const plugins = ['failed', 'absent', 'modified'].map(outcome => ({{plugin: text, outcome, ms: 1, reason: text}}));
            for (const more of [{{stopped: true, stoppedBy: text, reason: text}}, {{modified: true, decided: true}}, {{told: 0}}])
                tell('event', {{time: Date.now(), type: text, source: text, payload: {{[text]: text}}, plugins, ...more}});
            tell('change', {{time: Date.now(), plugin: text, from: text, to: text, cause: text, reason: text}});
            tell('log', {{time: Date.now(), level: 'info', plugin: text, message: text, fields: {{[text]: text}}}});
            document.querySelectorAll('#lines button').forEach(one => one.click());
        }})({json.dumps(backwards)})""")
        page.see("#lines", "⟨U+202E⟩gnp")
        page.see("#lines", "told nobody")
        self.assertFalse(page.do("document.body.innerText.includes('\\u202e')"))
        self.join(page, "ada")
        self.say(page, "e" + "\u0301" * 400)  # accents that pile up over what stands above
        page.see("#messages", "Delivered")
        self.assertEqual(page.do("getComputedStyle(document.querySelector('.said')).overflowY"), "clip")
        self.assertEqual(page.do("getComputedStyle(document.querySelector('.entry')).overflowY"), "clip")

    def test_many_outcomes(self):
        """a message past a thousand plugins is no list of a thousand, and has first who did something"""
        page = self.page(token=None)
        said = page.do("""(() => { const plugins = Array.from({length: 1000}, (_, at) => ({plugin: `p${at}`, outcome: 'continue', ms: 1}));
            plugins[900].outcome = 'modified'; return chips(plugins).innerText; })()""")
        self.assertTrue(said.startswith("p900"))
        self.assertIn("and 970 more", said)

    def test_times(self):
        """what happened on another day looked as if it had happened today, and three hours were 10800.0 s"""
        page = self.admin()
        now = "new Date(2026, 10, 29, 15, 4, 5, 67).getTime()"
        for at, said in (("new Date(2026, 10, 29, 3, 4, 5)", "03:04:05"), ("new Date(2026, 10, 28, 23, 59)", "28 Nov 23:59"),
                         ("new Date(2025, 10, 29, 15, 4)", "29 Nov 2025 15:04")):
            self.assertEqual(page.do(f"when({at}.getTime(), false, {now})"), said)
        self.assertEqual(page.do(f"when({now}, true, {now})"), "15:04:05.067")
        for ms, short, fine in ((0, "0 s", "0.0 s"), (59_999, "59 s", "59.9 s"), (303_000, "5 min", "5 min 3 s"),
                                (10_800_000, "3 h 0 min", "3 h 0 min"), (259_200_000, "3 days", "3 days")):
            self.assertEqual(page.do(f"[long({ms}), long({ms}, true)]"), [short, fine])
        for ms, said in ((0.001, "<0.01 ms"), (0.3, "0.30 ms"), (450, "450 ms"), (12_340, "12.3 s"), (90_000, "1 min 30 s")):
            self.assertEqual(page.do(f"inMs({ms})"), said)
        page.do("""tell('log', {time: Date.now() - 26 * 3600e3, level: 'info', plugin: 'slow', message: 'of yesterday'})""")
        page.until("[...document.querySelectorAll('.entry')].some(one => /^\\d+ [A-Z][a-z]+ (\\d{4} )?\\d\\d:\\d\\d/.test(one.innerText))")

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
        page.see(f"{self.row('hostile')} .state", "\\u{202e}")  # as the host writes it
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
        page.see("#command-takes", markup)
        page.see(f"{self.row('hostile')} .purpose", markup)
        page.see(f"{self.row('hostile')} .purpose", "\\u{202e}")
        page.do(f"showRunning({{bar: el('progress'), said: $('command-answer'), left: el('i'), begun: 0}}); showProgress({{message: {json.dumps(markup)}}})")
        page.see("#command-answer", markup)
        page.do("showRunning(null)")
        page.click("#command-form button")
        page.see("#command-answer", "⟨U+202E⟩gnp")
        self.assertFalse(page.do("'broken' in window"))
        elements = page.do("document.querySelectorAll('body script, img, main b:not(.chip b), main i:not(.chip i)').length")
        self.assertEqual(elements, 1, "there is the page's own script and nothing else")
        self.assertFalse([url for url in page.requests if "broken" in url])
