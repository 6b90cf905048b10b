"""The lines of what happens, and the streams that they come from."""

import page_case
from page_case import TOKEN


class Activity(page_case.PageCase):
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
        page.do("""for (let at = 0; at < 5000; ++at) tell('log', {time: Date.now(), level: 'info', plugin: 'slow', pid: 1,
            generation: 1, source: 'stderr', message: `line ${at}`})""")
        page.see("#lines", "line 4999")
        self.assertLessEqual(page.do("document.querySelector('#lines').childElementCount"), 2000)

    LINES = """(count => { for (let at = 0; at < count; ++at) tell('log', {time: Date.now(), level: 'info', plugin: 'slow',
        pid: 1, generation: 1, source: 'stderr', message: `line ${window.said = (window.said ?? 0) + 1} ${'word '.repeat(at % 40)}`}); })"""
    DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    LEFT = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight)($('lines'))"

    def burst(self, page, count=400):
        page.do(f"{self.LINES}({count}), {self.DRAWN}")

    def quiet(self, **shape):
        """A page that hears only what the test says."""
        page = self.admin(**shape)
        page.do("listener.stop()")
        page.click("#clear")
        page.do("scrollTo(0, 0)")
        return page

    def test_burst_at_the_end(self):
        """400 lines at once left the list somewhere in the middle of them, and it followed no more"""
        for width in (1440, 400):
            page = self.quiet(width=width, height=800)
            for _ in range(4):
                self.burst(page)
                self.assertLess(page.do(self.LEFT), 2, f"at {width} px")
                self.assertFalse(page.do("$('newer').checkVisibility()"))
            page.shape(width=width // 2 + 120, height=700)
            page.do(self.DRAWN)
            self.assertLess(page.do(self.LEFT), 2, f"turned, from {width} px")

    def test_burst_while_reading(self):
        """the line that somebody read moved when 400 came, or when older ones had to go"""
        seen = """(list => { const top = list.getBoundingClientRect().top;
            const line = [...list.children].find(one => one.getBoundingClientRect().bottom > top + 1);
            return [line.innerText, Math.round(line.getBoundingClientRect().top - top)]; })($('lines'))"""
        for width in (1440, 400):
            page = self.quiet(width=width, height=800)
            for _ in range(4):
                self.burst(page)
            page.do(f"$('lines').scrollTop = $('lines').scrollHeight - 3000, {self.DRAWN}")
            before = page.do(seen)
            for _ in range(4):  # the last ones drop what is at the top
                self.burst(page)
                self.assertEqual(page.do(seen), before, f"at {width} px")
            page.see("#newer", "1,600 newer")
            page.shape(width=width, height=700)
            page.do(self.DRAWN)
            self.assertEqual(page.do(seen), before)
            page.click("#newer")
            page.do(self.DRAWN)
            self.assertLess(page.do(self.LEFT), 2)
            self.burst(page)
            self.assertLess(page.do(self.LEFT), 2)

    def test_windows(self):
        """of several windows one listens and tells the others; when it closes another one takes over"""
        first = self.admin()
        second = self.chromium.page(like=first)
        self.pages.append(second)
        second.open(f"{self.host.address}#token={TOKEN}")
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
