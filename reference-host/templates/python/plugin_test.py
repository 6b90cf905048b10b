#!/usr/bin/env python3
import sys
import unittest

sys.dont_write_bytecode = True

from plugin import Fault, Plugin  # noqa: E402


class Tests(unittest.TestCase):
    def test_it_greets(self):
        self.assertEqual(Plugin().command("greet", {"who": "Bo"}), "hello Bo")

    def test_it_stops_an_unwanted_word_and_nothing_else(self):
        plugin = Plugin()
        self.assertEqual(plugin.event("message.incoming", {"content": "good morning"})["flow"], "continue")
        self.assertEqual(plugin.event("message.incoming", {"content": "buy spam"})["flow"], "stop")

    def test_it_is_configured(self):
        plugin = Plugin()
        plugin.configure({"unwanted": "sale"})
        self.assertEqual(plugin.event("message.incoming", {"content": "buy spam"})["flow"], "continue")
        self.assertRaises(Fault, plugin.configure, {"unwanted": ""})


if __name__ == "__main__":
    unittest.main()
