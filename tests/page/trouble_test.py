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
            page.see("#file-trouble", "host.json was read at")
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
        page.do(f"showRunning({{bar: el('progress'), said: $('command-answer')}}); showProgress({{message: {json.dumps(markup)}}})")
        page.see("#command-answer", markup)
        page.do("showRunning(null)")
        page.click("#command-form button")
        page.see("#command-answer", "⟨U+202E⟩gnp")
        self.assertFalse(page.do("'broken' in window"))
        elements = page.do("document.querySelectorAll('body script, img, main b:not(.chip b), main i:not(.chip i)').length")
        self.assertEqual(elements, 1, "there is the page's own script and nothing else")
        self.assertFalse([url for url in page.requests if "broken" in url])
