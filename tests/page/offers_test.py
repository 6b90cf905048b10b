"""What the host offers to plugins, for whoever writes one."""

import page_case


class Offers(page_case.PageCase):
    def test_offers(self):
        """events and services stand on the page with what they take, once somebody looks"""
        page = self.admin()
        self.assertEqual(page.do("document.querySelectorAll('.offered li').length"), 0)
        for part, words in (("events", ("game.started", "plugins are told", "message.incoming", "plugins decide", "highest")),
                            ("services", ("users/kick", "users:kick", "userId", "optional", "answers users"))):
            page.click(f"#offered-{part} summary")
            for word in words:
                page.see(f"#offered-{part}", word)

    def test_narrow(self):
        """what the host offers fits a narrow phone"""
        page = self.admin(width=320, height=700)
        for part in ("events", "services"):
            page.do(f"document.querySelector('#offered-{part}').open = true")
        page.see("#offered-services", "messages/broadcast")
        self.assertLessEqual(page.do("document.documentElement.scrollWidth"), 320)

    def test_closed(self):
        """without a token what the host offers is not shown"""
        page = self.page(token=None)
        page.see("#locked", "administrators")
        self.assertFalse(page.do("document.querySelector('#offers').checkVisibility()"))
