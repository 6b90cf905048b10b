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
        page.do("""for (let at = 0; at < 5000; ++at) hear.log({time: Date.now(), level: 'info', plugin: 'slow', pid: 1,
            generation: 1, source: 'stderr', message: `line ${at}`})""")
        page.see("#lines", "line 4999")
        self.assertLessEqual(page.do("document.querySelector('#lines').childElementCount"), 2000)

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
