"""The plugins on the page: what one sees of them, and what an administrator does with them."""

import json

import page_case
from page_case import TOKEN


class Plugins(page_case.PageCase):
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

    def give_token(self, page, token):
        page.write("#token", token)
        page.press("Enter")

    def hold_locks(self, page):
        """Until the test grants them: `granted` has what is to be called then."""
        page.do("""(() => {
            window.granted = [];
            navigator.locks.request = (name, options, held) => { granted.push(held); return new Promise(() => {}); };
        })()""")

    def test_token(self):
        """without a token the page asks for one, and the chat works"""
        page = self.page(token=None)
        page.see("#locked", "The plugins are for administrators")
        self.assertFalse(page.do("document.querySelector('#plugins').checkVisibility()"))
        self.join(page, "guest")
        self.say(page, "may I?")
        page.see("#messages", "Delivered")
        page.expected = "status of 401"
        self.give_token(page, "wrong")
        page.see("#token-refused", "does not accept this token")
        self.give_token(page, TOKEN)
        page.see("#plugin-list", "moderator")
        page.call("Page.reload")
        page.see("#plugin-list", "moderator")  # kept for this tab
        page.see("#chat-note", "you are guest")

    def test_refused_token(self):
        """what a refused token still had under way took the next one away"""
        page = self.page(token=None)
        page.expected = "status of 401"
        self.hold_locks(page)
        page.do("""(() => {
            const now = fetch;
            window.answered = [];
            fetch = (...asked) => now(...asked).then(answer => answered.length ? answer
                : new Promise(done => { answered.push(() => done(answer)); }));
        })()""")
        self.give_token(page, "wrong")
        page.until("answered.length === 1 && granted.length === 1")
        page.do("granted.shift()() && 0")
        page.see("#token-refused", "does not accept this token")
        self.give_token(page, TOKEN)
        page.until("granted.length === 1")
        page.do("answered[0]()")
        page.see("#plugin-list", "moderator")
        page.do("granted.shift()() && 0")
        page.see("#connection", "live")

    def test_late_lock(self):
        """a lock that was granted as the page left made it listen with no token, and forget the next one"""
        page = self.page(token=None)
        page.expected = "status of 401"
        self.hold_locks(page)
        self.give_token(page, "wrong")
        page.see("#token-refused", "does not accept this token")
        page.do("granted.shift()() && 0")
        self.assertEqual(page.do("Stream.all.size"), 0, "nothing is listened to")

    def test_details(self):
        """a plugin's row opens, and shows what it declares, how it does and what happened to it"""
        page = self.admin()
        page.click(f"{self.row('moderator')} .name button")
        for text in ("Subscriptions", "Permissions", "message.incoming", "forgive", "/stopped/{from_uid}", "pid", "median", "What happened"):
            page.see(f"{self.row('moderator')} .detail", text)
        page.click(f"{self.row('clock')} .name button")
        page.see(f"{self.row('clock')} .detail", "events:emit")

    def test_lifecycle(self):
        """a plugin is stopped, started, disabled, enabled and restarted"""
        page = self.admin()
        page.click(f"{self.row('words')} .name button")

        self.press_button(page, "#plugin-words .detail", "Stop")
        self.press_button(page, "#plugin-words .ask", "Stop it")
        page.see(f"{self.row('words')} .state", "stopped")
        self.assertEqual(self.host.status("words")["state"], "stopped")
        self.press_button(page, "#plugin-words .quick", "Start")
        page.see(f"{self.row('words')} .state", "ready")
        self.press_button(page, "#plugin-words .detail", "Disable")
        self.press_button(page, "#plugin-words .ask", "Disable it")
        page.see(f"{self.row('words')} .name", "disabled")
        page.see(f"{self.row('words')} .state", "stopped")
        for name in ("Rate", "Memory"):  # the one said "0 events", the other "–"
            self.assertEqual(page.do(f"rows.get('words').{name}.innerText.trim()"), "–", name)
        buttons = page.do("[...document.querySelectorAll('#plugin-words button')].filter(one => one.checkVisibility())"
                          ".map(one => one.innerText)")
        self.assertEqual(buttons.count("Enable"), 1, "there were two")
        self.press_button(page, "#plugin-words .quick", "Enable")
        page.see(f"{self.row('words')} .state", "ready")
        pid = self.host.status("words")["pid"]
        page.click(f"{self.row('words')} .quick button")
        self.host.until(lambda: (now := self.host.status("words"))["state"] == "ready" and now["pid"] != pid,
                        "it was not restarted")
        page.see(f"{self.row('words')} .state", "ready")
        self.assertFalse(page.do("document.querySelector('#plugin-words .crash').checkVisibility()"), "nothing crashed")

    def test_enabled(self):
        """a plugin that was enabled was offered to be enabled, not restarted, until the next list came"""
        page = self.admin()
        page.click(f"{self.row('words')} .name button")
        self.press_button(page, "#plugin-words .detail", "Disable")
        self.press_button(page, "#plugin-words .ask", "Disable it")
        page.until("document.querySelector('#plugin-words .quick button:enabled')?.innerText === 'Enable'")
        page.do("showPlugins = () => {}")
        page.click(f"{self.row('words')} .quick button")
        page.see(f"{self.row('words')} .state", "ready")
        page.until("document.querySelector('#plugin-words .quick button:enabled')?.innerText === 'Restart'")

    def test_slip(self):
        """a slip stopped a plugin that works: nothing asked"""
        page = self.admin()
        pid = self.host.status("words")["pid"]
        page.click(f"{self.row('words')} .name button")
        self.press_button(page, "#plugin-words .detail", "Stop")
        page.until("document.activeElement.innerText === 'Keep it running'")
        page.press("Enter")
        page.until("!document.querySelector('#plugin-words .ask')")
        self.press_button(page, "#plugin-words .detail", "Disable")
        page.press("Escape")
        page.until("!document.querySelector('#plugin-words .ask') && document.activeElement.innerText === 'Disable'")
        self.assertEqual(self.host.status("words")["pid"], pid)

    def test_retries_said_once(self):
        """of a plugin that is given up it was said twice that there are no more retries"""
        page = self.admin()
        page.do("""(() => { refresh = () => {}; tell('change', {time: Date.now(), plugin: 'words', from: 'backoff', to: 'failed',
            generation: 9, cause: 'crashed', reason: 'exit code 1; all 2 retries are used up'}); })()""")
        page.see(f"{self.row('words')} .crash", "all 2 retries are used up")
        self.assertEqual(page.text(f"{self.row('words')}").count("retries"), 1)

    def test_what_it_is_for(self):
        """the list did not say what a plugin is for"""
        page = self.admin()
        page.see(f"{self.row('moderator')} .name", "Stops spam and tidies names")
        page.see(f"{self.row('words')} .name", "Counts the words of rooms")

    def test_many(self):
        """of many plugins one was looked for by eye"""
        page = self.admin()
        self.assertFalse(page.do("$('find').checkVisibility()"), "five are seen at once")
        self.many(page, 20)
        shown = "[...rows.values()].filter(one => one.node.checkVisibility()).map(one => one.name)"
        self.assertEqual(len(page.do(shown)), 20)
        for words, found in (("forgive", ["moderator"]), ("many more-14", ["more-14"]), ("file.uploaded", ["slow"])):
            page.write("#find", words)
            self.assertEqual(page.do(shown), found)
        page.see("#plugins-note", "1 of 20 plugins")
        page.write("#find", "no such")
        page.see("#none-found", "No plugin")
        page.write("#find", " ")
        self.assertEqual(len(page.do(shown)), 20)

    def many(self, page, count, change="{}"):
        """As if the host had that many: only what the test shows is shown."""
        page.do(f"""(async () => {{ const {{plugins}} = await ask('GET', '/api/v1/plugins'); window.list = showPlugins; showPlugins = () => {{}};
            window.thousand = [...plugins, ...Array.from({{length: {count} - plugins.length}}, (_, at) => ({{...plugins[0], name: `more-${{at}}`,
                commands: [], routes: [], subscriptions: [], description: 'one of many', ...({change})}}))];
            list(thousand, performance.now()); }})()""")

    def test_thousand(self):
        """a thousand plugins were a list of 80,000 pixels, above everything else"""
        page = self.admin(width=400, height=800)
        self.many(page, 1000)
        shown = "[...rows.values()].filter(one => one.node.checkVisibility()).length"
        self.assertEqual(page.do(shown), 100)
        page.see("#plugins-note", "1,000 plugins")
        page.see("#every-row", "Show 900 more")
        self.assertGreater(page.do("$('find').clientWidth"), 350, "what it finds is written in it, and was cut")
        order = "[...document.querySelectorAll('.plugin')].map(one => one.id)"
        self.assertEqual(page.do(order), sorted(page.do(order)))
        page.do("""rows.get('more-987').change('failed', {cause: 'crashed', text: 'signal 9'}, 9, Date.now()), rows.get('more-987').draw(), tellPlugins()""")
        self.assertTrue(page.do("rows.get('more-987').node.checkVisibility()"), "what is in trouble is always shown")
        page.write("#find", "more-98")
        self.assertEqual(page.do(shown), 11)
        page.see("#plugins-note", "11 of 1,000 plugins")
        self.assertFalse(page.do("$('every-row').checkVisibility()"))
        page.write("#find", " ")
        page.click("#every-row")
        self.assertEqual(page.do(shown), 1000)
        page.until("document.activeElement.checkVisibility() && document.activeElement.closest('.plugin')", why="the focus is in the list")
        page.do("window.first = rows.get('more-500').node, list(thousand, performance.now())")
        self.assertTrue(page.do("first === rows.get('more-500').node && first.isConnected"), "rows stay")
        self.assertLessEqual(page.do("document.documentElement.scrollWidth"), 400)

    def test_long_names(self):
        """names without end made the page wider than a phone"""
        page = self.admin(width=320, height=800)
        name = "n" * 64
        self.many(page, 6, f"{{name: '{name}', version: '9'.repeat(200), types: ['t'.repeat(64)], "
                  "commands: [{name: 'c'.repeat(128), description: ''}], capabilities: ['p'.repeat(128)], "
                  "subscriptions: [{type: 'e'.repeat(128), mode: 'observe', priority: 0}]}")
        page.click(f"#plugin-{name} .name button")
        page.do(f"""tell('log', {{time: Date.now(), level: 'warn', plugin: '{name}', pid: 1, generation: 1, source: 'stderr', message: '{name}'}}),
            $('explained').replaceChildren(chips([{{plugin: '{name}', outcome: 'failed', ms: 1, reason: '{name}'}}])), 0""")
        page.see("#lines", name)
        self.choose(page, "#only-plugin", name)
        self.assertLessEqual(page.do("document.documentElement.scrollWidth"), 320)
        wide = page.do("""[...document.querySelectorAll('body *')].filter(node => node.checkVisibility()
            && !node.closest('.hidden, option') && node.getBoundingClientRect().right > innerWidth + 1).map(node => node.outerHTML.slice(0, 120))""")
        self.assertEqual(wide, [])

    def test_focus(self):
        """who restarted a plugin with the keyboard lost the place: its button may not be pressed meanwhile"""
        page = self.admin()
        for press, after in (("Restart", ".quick button"), ("Stop", ".name button")):
            page.until("rows.get('words').status.state === 'ready' && !rows.get('words').acting")
            if press == "Restart":
                page.do("rows.get('words').quick.focus()")
                page.press("Enter")
            else:
                page.click(f"{self.row('words')} .name button")
                page.do("rows.get('words').buttons[0].focus()")
                page.press("Enter")
                page.press("Tab", shift=True)
                page.press("Enter")
            page.until("!rows.get('words').acting && document.activeElement !== document.body")
            page.do("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            self.assertTrue(page.do(f"document.activeElement.matches('#plugin-words {after}')"), page.do("document.activeElement.outerHTML"))
        page.see(f"{self.row('words')} .state", "stopped")
        self.press_button(page, "#plugin-words .quick", "Start")
        page.see(f"{self.row('words')} .state", "ready")

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

    def test_proposal(self):
        """-2147483648 was proposed for whatever is a whole number"""
        page = self.admin()
        whole = {"type": "integer", "minimum": -2147483648, "maximum": 2147483647}
        for schema, proposed in (
                (whole, 0), ({"type": "integer", "minimum": 10}, 10), ({"type": "integer", "maximum": -3}, -3),
                ({"type": "number", "exclusiveMinimum": 0}, 1), ({"type": "integer", "default": 7, "minimum": 0}, 7),
                ({"type": "string", "examples": ["ada"]}, "ada"), ({"type": "string", "example": "bo"}, "bo"),
                ({"enum": ["a", "b"]}, "a"), ({"const": 3}, 3), ({"type": ["null", "integer"]}, 0), (True, None),
                ({"anyOf": [{"type": "null"}, whole]}, 0), ({"type": "array", "items": whole}, []),
                ({"type": "object", "properties": {"a": whole, "b": whole}, "required": ["a"]}, {"a": 0}),
                ({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "boolean"}}},
                 {"a": False}),
                ({"type": "object", "properties": {"self": {"$ref": "#"}}, "required": ["self"]}, ...)):
            answer = page.do(f"proposal({json.dumps(schema)})")
            if proposed is not ...:  # that has no end, and needs one here
                self.assertEqual(answer, proposed, schema)

    def test_cancel(self):
        """a command that runs could not be cancelled, nor was seen how far it is"""
        page = self.admin()
        page.until("[...document.querySelectorAll('#command-name option')].some(one => one.value === 'primes')")
        self.choose(page, "#command-name", "primes")
        page.see("#command-takes", "below")
        page.write("#command-arguments", '{"below": 12000000}')
        page.click("#run")
        page.see("#command-answer", "of 12,000,000", 60)
        page.until("document.querySelector('#command-answer progress').value > 0")
        self.assertFalse(page.do("$('run').checkVisibility()"))
        page.click("#cancel")
        page.see("#command-answer", "Cancelled after")
        self.host.until(lambda: self.host.status("slow")["calls"]["cancelled"] > 0, "the plugin does not hear of it")
        page.until("$('run').checkVisibility() && !$('cancel').checkVisibility()")
        self.choose(page, "#command-name", "remind")
        page.write("#command-arguments", '{"text": "tea", "after_ms": 1}')
        page.click("#run")
        page.see("#command-answer", '"tea"')
