"""The chat: messages with what plugins made of them, and rooms."""

import page_case


class Chat(page_case.PageCase):
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

    def test_game(self):
        """what is typed as a command is done, not said, and the room hears of its game"""
        ada, bo = (self.page(token=None) for _ in range(2))
        self.join(ada, "ada")
        self.join(bo, "bo")
        self.say(ada, "/game 3")
        ada.see("#messages", "Done")
        bo.see("#messages", "ada starts a game. Which number from 1 to 3 is it?")
        for number in (1, 2, 3):
            self.say(bo, f"/guess {number}")
            ada.see("#messages", f"bo says {number}")
            if "and wins" in ada.text("#messages"):
                break
        ada.see("#messages", f"It was {number}")
        self.assertNotIn("/game 3", bo.text("#messages"))

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
