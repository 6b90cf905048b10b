#!/usr/bin/env python3
"""Looks at the page of the reference host through a browser, with the real host and real plugins behind it.

    page_test.py [--pictures FOLDER] HOST MODERATOR CLOCK SLOW [TEST...]

HOST is tenon-host, the others are examples. Without Chromium (or $CHROMIUM) it says so and exits with $SKIP_STATUS
(default 0). The last line says how many passed and failed. --pictures leaves one of each page as its test left it.
"""

import atexit
import os
import signal
import sys
import unittest

import browser
import page_case

HERE = os.path.dirname(os.path.abspath(__file__))


def start(programs):
    page_case.PageCase.host = host = page_case.Host(programs)
    atexit.register(host.close)
    host.await_ready()
    try:
        chromium = browser.Browser()
    except (browser.Failed, OSError):
        chromium = browser.Browser(sandbox=False)
    atexit.register(chromium.close)
    page_case.PageCase.chromium = chromium


def named(tests, words):
    for one in tests:
        if isinstance(one, unittest.TestSuite):
            yield from named(one, words)
        elif not words or any(word in one.id() for word in words):
            yield one


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--pictures"]:
        page_case.PageCase.pictures = arguments[1]
        arguments = arguments[2:]
    if len(arguments) < 4:
        sys.exit(__doc__)
    if not browser.find():
        print("skipped: no Chromium here (Debian: chromium)")
        sys.exit(int(os.environ.get("SKIP_STATUS", "0")))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and nothing is left running
    tests = unittest.TestSuite(named(unittest.defaultTestLoader.discover(HERE, "*_test.py"), arguments[4:]))
    start(dict(zip(("host", "moderator", "clock", "slow"), arguments)))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    failed = len({test.id() for test, _ in (*result.failures, *result.errors)})  # one may fail twice: itself, and after it
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
