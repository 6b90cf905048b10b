"""The packages on the page."""

import json
import pathlib
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile

import page_case
from everybody_test import CONTRAST

MARKUP = '<script>window.broken = 1</script><img src="/broken" onerror="window.broken = 2">'
BACKWARDS = "safe\u202egnp.exe\u202c"
KEY = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

SCHEMA = {
    "type": "object", "required": ["greeting", "interval_ms"],
    "properties": {
        "greeting": {"type": "string", "minLength": 1, "maxLength": 5, "description": "What is said"},
        "interval_ms": {"type": "integer", "minimum": 10, "default": 1000, "title": "Interval"},
        "share": {"anyOf": [{"type": "null"}, {"type": "number", "exclusiveMaximum": 1}]},
        "mode": {"enum": ["gentle", "strict"]}, "loud": {"type": "boolean"}, "key": {"type": "string"},
        "limits": {"$ref": "#/$defs/Limits"}, "__proto__": {"type": "string"}},
    "$defs": {"Limits": {"type": "object", "properties": {"per_minute": {"type": "integer"}}}}}


class Packages(page_case.PageCase):
    def test_none(self):
        """a host without packages shows no place for them, and no way there"""
        page = self.admin()
        page.until("noPackages")
        self.assertFalse(page.do("$('packages').checkVisibility()"))
        self.assertNotIn("Packages", page.do("[...document.querySelectorAll('#skip a:not([hidden])')].map(one => one.innerText)"))

    def form(self, page, schema, config):
        page.do(f"""(() => {{ window.form = new ConfigForm(JSON.parse({json.dumps(json.dumps(schema))}), 'test');
            document.querySelector('main').prepend(form.node); form.set(JSON.parse({json.dumps(json.dumps(config))})); }})()""")

    def outcome(self, page):
        return page.do("(() => { try { return JSON.stringify(form.get()); } catch (error) { return error.message; } })()")

    def test_form(self):
        """settings are written in fields made of the schema: what was not touched comes back as it was"""
        page = self.admin()
        config = {"greeting": "far too long", "interval_ms": 500, "mode": "unknown one", "key": "***", "limits": {"per_minute": 60},
                  "another": [1, 2]}
        self.form(page, SCHEMA, config)
        self.assertEqual(json.loads(self.outcome(page)), config)
        self.assertEqual(page.do("[...form.node.querySelectorAll('.field label')].map(one => one.innerText.trim())"),
                         ["greeting", "Interval\ninterval_ms", "share", "mode", "loud", "key", "limits", "__proto__"])
        page.see(".fields", "1000 where it is not set")
        page.see(".fields", "a secret: *** keeps it")
        page.see(".fields", "Also set, and kept as it is: another")
        for field, text in ((0, "hello"), (1, "20"), (2, "0.5"), (5, ""), (6, '{"per_minute": 1}'), (7, "x")):
            page.write(f"#form-test-{field}", text)
            if not text:
                page.do(f"(field => {{ field.value = ''; field.oninput(); }})($('form-test-{field}'))")
        self.choose(page, "#form-test-3", "1")
        self.choose(page, "#form-test-4", "2")
        self.assertEqual(json.loads(self.outcome(page)), {
            "greeting": "hello", "interval_ms": 20, "share": .5, "mode": "gentle", "loud": False, "limits": {"per_minute": 1},
            "another": [1, 2], "__proto__": "x"})

    def test_form_wrong(self):
        """what is wrong is said at its field, and the first such field has the focus"""
        page = self.admin()
        self.form(page, SCHEMA, {"interval_ms": 500})
        for field, text, said in ((1, "5", "10 or more"), (1, "1.5", "a whole number"), (1, "", "required"), (2, "much", "a number"),
                                  (2, "1", "below 1"), (6, "{", "Not JSON"), (0, "longer", "at most 5 characters")):
            page.do(f"(field => {{ field.value = {json.dumps(text)}; field.oninput(); }})($('form-test-{field}'))")
            self.assertIn("cannot be taken", self.outcome(page))
            self.assertIn(said, page.text(f"#form-test-{field}-wrong"))
            self.assertTrue(page.do(f"$('form-test-{field}').getAttribute('aria-invalid') === 'true'"))
        self.assertEqual(page.do("document.activeElement.id"), "form-test-0")

    def test_form_refused(self):
        """the host's sentences about a configuration go to the fields that they are about"""
        page = self.admin()
        self.form(page, SCHEMA, {"greeting": "a"})
        left = page.do("""form.refuse(Refusal.from({detail: 'config.limits.per_minute: expected number, got string; config: too much; ' +
            'config.interval_ms: missing; config.other: unknown member; did you mean "mode"?'}))""")
        self.assertEqual(left, 'config: too much; config.other: unknown member; did you mean "mode"?; 2 settings cannot be taken as they are.')
        self.assertIn(".per_minute: expected number", page.text("#form-test-6-wrong"))
        self.assertIn("missing", page.text("#form-test-1-wrong"))

    def review(self, page, before="", **plan):
        change = {"id": "dev.example.guard", "version": plan.pop("version", "1.2.0"), "from": before}
        plan = {"install": [] if before else [change], "update": [change] if before else [], "keep": [], "trust": "signed",
                "signers": [{"key": KEY, "name": "Example Corp"}], "manifest": {"name": "guard"}} | plan
        page.do(f"document.querySelector('main').prepend(reviewed(reviewOf({json.dumps(plan)}), () => {{}}, () => {{}}))")
        return page.text(".review"), page.text(".review button")

    def test_consent(self):
        """what somebody agrees to is said in words, and the button says all that it does"""
        page = self.admin()
        text, button = self.review(page)
        for words in ("guard 1.2.0", "dev.example.guard", "Signed.", "Example Corp", KEY, "It asks for no permissions."):
            self.assertIn(words, text)
        self.assertEqual(button, "Install")
        text, button = self.review(page, trust="unsigned", signers=[], consent={"permissions": ["users:kick"], "signers": ["unsigned"]})
        for words in ("Unsigned. Nobody signed these files.", "It asks for 1 permission", "users:kick"):
            self.assertIn(words, text)
        self.assertEqual(button, "Grant 1 permission, take it unsigned and install")
        text, button = self.review(page, before="1.3.0", manifest={"permissions": ["users:kick"]}, downgrade=True,
                                   signers=[{"key": KEY, "name": "Mallory"}], consent={"signers": [KEY]})
        for words in ("in place of 1.3.0", "Somebody else signed it.", "Mallory", "It is older.", "no more permissions than it has"):
            self.assertIn(words, text)
        self.assertEqual(button, "Trust another signer, go back and update")
        text, button = self.review(page, conflicts=["dev.example.words ^2.0 is needed"])
        self.assertIn("It cannot be installed: dev.example.words ^2.0 is needed", text)
        self.assertEqual(button, "Dismiss")

    def test_hostile_package(self):
        """what a package says of itself is text, whatever it looks like"""
        page = self.admin(width=400, height=800)
        page.do("showPackageView(true)")
        hostile = MARKUP + BACKWARDS + "x" * 300
        self.review(page, version="1.0.0-" + "9" * 120, signers=[{"key": hostile, "name": hostile}],
                    manifest={"description": hostile, "permissions": [hostile]}, consent={"permissions": [hostile]})
        self.form(page, {"properties": {hostile: {"type": "string", "title": hostile, "description": hostile, "default": hostile}}}, {hostile: hostile})
        page.do(f"""(hostile => {{ showPackages({{policy: 'any', packages: [{{id: hostile, name: 'guard', version: hostile, state: hostile, status: 2,
            pluginType: hostile, tags: [hostile], description: hostile, author: {{name: hostile}}, license: hostile, homepage: hostile, trust: hostile,
            signers: [{{key: hostile, name: hostile}}], startLevel: hostile, permissions: [hostile], granted: [], pinned: hostile, problem: hostile,
            installedAt: 1, updatedAt: 2, dependencies: {{[hostile]: hostile}}}}]}});
            const row = packages.get('guard');
            row.open.click();
            row.contents.drawVersions([{{version: hostile, trust: hostile, size: 1, files: 1, held: hostile, installedAt: 1}}]); }})({json.dumps(hostile)})""")
        page.expected = "status of 404"
        page.see("#package-guard .versions", "Held")
        for schema in ({"properties": {"a": {"enum": 5}}}, {"properties": {"a": {"type": "string"}}, "required": 5}, {"properties": 7},
                       {"properties": {"a": {"$ref": "#/properties/a", "default": {"b": 1}}}}, {"properties": {str(at): True for at in range(5000)}}):
            page.do(f"""(() => {{ const row = packages.get('guard');
                row.contents.drawSettings({json.dumps(schema)}); }})()""")
        self.assertLessEqual(page.do("document.querySelectorAll('#package-guard .field').length"), 64)
        self.assertIsNone(page.do("window.broken"))
        self.assertEqual(page.do("document.querySelectorAll('main img, main script:not(:last-of-type)').length"), 0)
        self.assertNotIn("\u202e", page.do("document.querySelector('main').innerText"))
        self.assertLessEqual(page.do("document.documentElement.scrollWidth"), 400)

    def test_thousand_packages(self):
        """of a thousand packages with long words the first are shown, any is found, and the same again changes nothing"""
        page = self.admin()
        page.do("""(() => { showPackageView(true); noPackages = true;
            window.thousand = Array.from({length: 1000}, (_, at) => ({id: `dev.example.p${at}`, name: `p${String(at).padStart(3, '0')}`,
                version: '1.0.0', state: 'enabled', status: 1, pluginType: 'filter', tags: ['t'], description: 'long '.repeat(2000), trust: 'signed',
                signers: [{key: 'k', name: 'Example'}], permissions: [], granted: [], dependencies: {}}));
            showPackages({policy: 'any', packages: thousand}); })()""")
        self.assertEqual(page.do("document.querySelectorAll('.package:not([hidden])').length"), 100)
        page.see("#packages-note", "1,000 packages")
        self.assertEqual(page.do("""new Promise(done => {
            const seen = [], look = new MutationObserver(all => seen.push(...all));
            look.observe($('package-list'), {subtree: true, childList: true, attributes: true, characterData: true});
            showPackages({policy: 'any', packages: structuredClone(thousand)});
            setTimeout(() => done(seen.length + look.takeRecords().length)); })"""), 0)
        page.write("#find-package", "p999")
        page.until("document.querySelectorAll('.package:not([hidden])').length === 1")
        self.assertLessEqual(page.do("document.querySelector('#package-p999 .purpose').textContent.length"), 401)

    def test_operation_twice(self):
        """how an update went that was asked for with a file was said a second time, as if somebody else had asked"""
        page = self.admin()
        page.expected = "status of 404"
        show = """(number => { showPackageView(true); noPackages = true;
            showPackages({policy: 'any', packages: [{id: 'dev.example.p', name: 'p', version: '1.0.0', state: 'enabled', operation: number}]});
            return !!packages.get('p').acting; })"""
        self.assertFalse(page.do(f"followed.add(7), {show}(7)"))
        self.assertTrue(page.do(f"{show}(8)"))
        page.until("!packages.get('p').acting")
        self.assertFalse(page.do(f"{show}(8)"))

    def test_focus_of_one_gone(self):
        """a package that went while the focus was in its row took the focus with it"""
        page = self.admin()
        page.do("""(() => { showPackageView(true); noPackages = true;
            showPackages({policy: 'any', packages: [{id: 'dev.example.p', name: 'p', version: '1.0.0', state: 'enabled'}]});
            packages.get('p').open.focus();
            showPackages({policy: 'any', packages: []}); })()""")
        self.assertEqual(page.do("document.activeElement.id"), "packages")


class Installing(page_case.PageCase):
    """With a host of their own, whose packages are made by the tests."""

    @classmethod
    def setUpClass(cls):
        cls.host = cls.make_host()
        cls.made = cls.host.folder / "made"
        cls.made.mkdir()

    @classmethod
    def make_host(cls):
        programs = page_case.PageCase.host.programs
        return page_case.Host(programs, plugins=[], packages={"policy": "any"}, data="data",
                              pluginDirs=["found"], trustedDirs=["plugins", "found"])

    @classmethod
    def tearDownClass(cls):
        cls.host.close()

    def package(self, version="1.0.0", name="clock", program=None, **manifest):
        """An archive with the example `clock` in it, or another program, which nobody signed."""
        path = self.made / f"{name}-{version}-{len(list(self.made.iterdir()))}.zip"
        manifest = {"id": f"dev.example.{name}", "name": name, "version": version, "entry": "bin/clock", "description": "Says the time",
                    "configSchema": {"type": "object", "additionalProperties": False, "properties": {
                        "interval_ms": {"type": "integer", "minimum": 10, "title": "Interval"}}}} | manifest
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("plugin.json", json.dumps(manifest))
            entry = zipfile.ZipInfo("bin/clock")
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, pathlib.Path(program or page_case.PageCase.host.programs["clock"]).read_bytes(), zipfile.ZIP_DEFLATED)
        return path

    def admin(self, **shape):
        page = self.page(**shape)
        page.until("!$('packages').hidden")
        page.see("#connection", "live")
        return page

    def rid(self):
        """Of what an earlier test installed."""
        for one in self.host.ask("api/v1/packages")["packages"]:
            self.host.ask(f"api/v1/plugins/{one['id']}?keepData=false", "DELETE")
        self.host.until(lambda: not self.host.ask("api/v1/packages")["packages"], "something is still installed")

    def install(self, page, *files, name="clock"):
        self.give(page, "#chosen", *files)
        self.press_button(page, "#arrivals", "install")
        page.see("#arrivals", "is installed")
        self.press_button(page, "#arrivals", "Dismiss")
        page.until(f"packages.has('{name}')")
        page.see(f"#plugin-{name} .state", "ready")  # its row is there, and moves nothing any more

    def open_row(self, page):
        """And waits for what comes later: it moves what is below."""
        page.click("#package-clock .name button")
        page.see("#package-clock .versions", "1.0.0")

    def test_install(self):
        """a file is looked at, agreed to and installed; before somebody agrees nothing is"""
        self.rid()
        page = self.admin()
        page.see("#no-packages", "No package is installed")
        self.give(page, "#chosen", self.package(permissions=["events:emit", "time:read"]))
        page.see("#arrivals", "Unsigned. Nobody signed these files.")
        page.see("#arrivals", "It asks for 2 permissions")
        page.see("#arrivals", "events:emit")
        self.assertEqual(self.host.ask("api/v1/packages")["packages"], [])
        self.press_button(page, "#arrivals", "Do not")
        self.assertEqual(page.do("$('arrivals').childElementCount"), 0)
        self.assertEqual(page.do("document.activeElement.id"), "choose", "the focus was lost")
        self.give(page, "#chosen", self.package(permissions=["events:emit", "time:read"]))
        self.press_button(page, "#arrivals", "Grant 2 permissions, take it unsigned and install")
        page.see("#arrivals", "clock 1.0.0 is installed")
        page.see("#package-clock", "v1.0.0")
        page.see("#package-clock", "unsigned")
        page.see("#package-clock .state", "enabled")
        page.see("#plugin-clock .state", "ready")
        self.assertEqual(sorted(self.host.ask("api/v1/packages")["packages"][0]["granted"]), ["events:emit", "time:read"])
        self.open_row(page)
        page.see("#package-clock .detail", "time:read granted")
        page.see("#package-clock .detail", "dev.example.clock")

    def test_older(self):
        """an older version is gone back to where somebody agrees: the page asks for it as a downgrade when it looks"""
        self.rid()
        page = self.admin()
        self.install(page, self.package("1.1.0"))
        self.give(page, "#chosen", self.package("1.0.0"))
        page.see("#arrivals", "It is older.")
        self.press_button(page, "#arrivals", "Take it unsigned, go back and update")
        page.see("#arrivals", "clock 1.0.0 is installed")

    def test_drop(self):
        """a file may be dropped anywhere on the page"""
        self.rid()
        page = self.admin()
        data = {"items": [], "files": [str(self.package())], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            page.call("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
            if kind == "dragOver":
                page.until("$('drop').matches('.aimed')")
        page.see("#arrivals", "take it unsigned and install".capitalize())
        self.assertFalse(page.do("$('drop').matches('.aimed')"))
        self.assertTrue(page.do("document.activeElement.matches('.arrival')"))

    def test_refused(self):
        """what the host does not take is said where it was given, in the host's words"""
        self.rid()
        page = self.admin()
        page.expected = "status of 4"
        broken = self.made / "broken.zip"
        broken.write_bytes(b"PK\3\4" + b"x" * 1000)
        library = self.made / "plugin.so"
        library.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00" + bytes(1000))
        for file, words in ((broken, "zip"), (library, "plugins are processes, and a shared library is none"),
                            (self.package(entry="bin/clock.so"), "plugins are processes, and a shared library is none"),
                            (self.package(version="one"), "version")):
            self.give(page, "#chosen", file)
            page.see("#arrivals .refusal", words)
            self.press_button(page, "#arrivals", "Dismiss")
        self.assertEqual(self.host.ask("api/v1/packages")["packages"], [])

    def current(self, page, version):
        page.until(f"document.querySelector('#package-clock .versions .good')?.closest('li').innerText.startsWith('{version}')",
                   why=f"{version} is current")

    def test_versions(self):
        """a package is updated by a file, goes back, is held, pinned, and has a history"""
        self.rid()
        page = self.admin()
        self.install(page, self.package("1.0.0"))
        self.open_row(page)
        self.give(page, "#package-clock input[type=file]", self.package("1.1.0"))
        page.see("#package-clock .arrivals", "in place of 1.0.0")
        self.press_button(page, "#package-clock .arrivals", "update")
        page.see("#package-clock .arrivals", "clock 1.1.0 is installed")
        self.current(page, "1.1.0")
        self.press_button(page, "#package-clock .versions", "Go back to")
        page.until("document.activeElement.innerText === 'Keep what runs'")
        page.write("#package-clock .ask input", "it ticks too fast")
        self.press_button(page, "#package-clock .ask", "Go back")
        self.current(page, "1.0.0")
        page.see("#package-clock .columns", "v1.0.0")
        page.see("#package-clock .versions", "it ticks too fast")
        page.see("#package-clock .detail", "rollback 1.1.0 → 1.0.0")
        page.see("#plugin-clock .state", "ready")
        self.press_button(page, "#package-clock .versions", "Update to")
        self.current(page, "1.1.0")
        self.press_button(page, "#package-clock .versions", "Pin")
        page.see("#package-clock .columns", "pinned")
        self.press_button(page, "#package-clock .acts", "Unpin")
        page.until("!document.querySelector('#package-clock .columns').innerText.includes('pinned')")
        self.press_button(page, "#package-clock .versions", "Remove")
        self.press_button(page, "#package-clock .ask", "Remove it")
        page.until("document.querySelectorAll('#package-clock .versions li').length === 1")

    def test_goes_back(self):
        """an update that does not come up says so where it was asked for, and the version before runs"""
        self.rid()
        page = self.admin()
        self.install(page, self.package("1.0.0"))
        self.open_row(page)
        self.give(page, "#package-clock input[type=file]", self.package("1.1.0", program=shutil.which("false")))
        self.press_button(page, "#package-clock .arrivals", "update")
        page.see("#package-clock .arrivals .refusal", "1.1.0", seconds=60)
        self.current(page, "1.0.0")
        page.see("#package-clock .versions", "Held")
        page.see("#package-clock .detail", "went back")
        page.see("#plugin-clock .state", "ready")

    def test_program_alone(self):
        """a program alone is asked for its manifest; both together are a package"""
        self.rid()
        page = self.admin()
        page.expected = "status of 4"
        program = page_case.PageCase.host.programs["clock"]
        manifest = self.made / "plugin.json"
        manifest.write_text(json.dumps({"id": "dev.example.clock", "name": "clock", "version": "1.0.0"}))
        self.give(page, "#chosen", program)
        page.see("#arrivals", "Its plugin.json, where this is a program alone")
        self.give(page, "#arrivals input[type=file]", manifest)
        page.see("#arrivals", "Take it unsigned and install")
        self.press_button(page, "#arrivals", "Do not")
        self.install(page, program, manifest)
        page.see("#package-clock .state", "enabled")

    def test_cancel(self):
        """an upload that takes long says how far it is, and is given up"""
        self.rid()
        page = self.admin()
        page.expected = "status of 4"
        page.call("Network.emulateNetworkConditions", {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 10_000})
        self.give(page, "#chosen", self.package())
        page.see("#arrivals", "Sending")
        page.until("document.querySelector('#arrivals progress').value > 0")
        self.press_button(page, "#arrivals", "Cancel")
        page.until("$('arrivals').childElementCount === 0")
        self.assertEqual(page.do("document.activeElement.id"), "choose", "the focus was lost")
        staging = self.host.folder / "data/packages/staging"
        self.host.until(lambda: not list(staging.iterdir()), "something is left of it")

    def test_disable(self):
        """a package is disabled, which is asked first, and enabled"""
        self.rid()
        page = self.admin()
        self.install(page, self.package())
        page.click("#package-clock .quick button")
        page.until("document.activeElement.innerText === 'Keep it enabled'")
        self.press_button(page, "#package-clock .ask", "Disable it")
        page.see("#package-clock .state", "disabled")
        self.host.until(lambda: self.host.status("clock")["state"] == "stopped", "it runs")
        self.press_button(page, "#package-clock .quick", "Enable")
        page.see("#package-clock .state", "enabled")
        page.see("#plugin-clock .state", "ready")

    def test_uninstall(self):
        """a package is removed, which is asked first, and whether its data stays"""
        self.rid()
        page = self.admin()
        self.install(page, self.package())
        self.open_row(page)
        self.press_button(page, "#package-clock .acts", "Uninstall")
        page.see("#package-clock .ask", "Keep the data that it wrote")
        self.assertTrue(page.do("document.querySelector('#package-clock .ask input').checked"))
        page.press("Escape")
        page.until("!document.querySelector('.ask') && document.activeElement.innerText === 'Uninstall'")
        self.press_button(page, "#package-clock .acts", "Uninstall")
        self.press_button(page, "#package-clock .ask", "Uninstall it")
        page.until("!document.querySelector('#package-clock')")
        page.see("#no-packages", "No package is installed")
        page.until("document.activeElement.id === 'packages'", why="the focus is in the view")
        self.assertEqual(self.host.ask("api/v1/packages")["packages"], [])

    def test_settings(self):
        """settings are applied from the form, and a refusal stands at its field"""
        self.rid()
        page = self.admin()
        self.install(page, self.package())
        self.open_row(page)
        page.click("#package-clock summary")
        self.assertTrue(page.do("new ConfigForm({}, 'unread').node.inert"))
        page.until("document.querySelector('#form-clock-0')?.closest('[inert]') === null")
        page.write("#form-clock-0", "5")
        self.press_button(page, "#package-clock details", "Apply")
        page.see("#form-clock-0-wrong", "10 or more")
        page.write("#form-clock-0", "250")
        self.press_button(page, "#package-clock details", "Apply")
        page.see("#package-clock details", "Applied")
        self.assertEqual(self.host.ask("api/v1/plugins/clock/config")["config"]["interval_ms"], 250)

    def test_keyboard_packages(self):
        """a package is agreed to and removed with the keyboard alone, and the focus is always seen"""
        self.rid()
        page = self.admin()
        page.do("$('choose').focus()")
        self.give(page, "#chosen", self.package())
        page.until("document.activeElement.matches('.arrival')")
        page.see("#arrivals", "Do not")

        def tab_to(words):
            for _ in range(40):
                page.press("Tab")
                if page.do("document.activeElement !== document.body"):
                    self.assertTrue(page.do("(({outlineStyle, outlineWidth}) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2)"
                                            "(getComputedStyle(document.activeElement))"), page.do("document.activeElement.outerHTML"))
                    if words in page.do("document.activeElement.innerText"):
                        return
            self.fail(f"{words} is not reached")

        tab_to("Take it unsigned and install")
        page.press("Enter")
        page.see("#package-clock .state", "enabled")
        page.see("#arrivals", "is installed")
        tab_to("Dismiss")
        page.press("Enter")
        tab_to("clock")
        page.press("Enter")
        page.see("#package-clock .versions", "1.0.0")
        tab_to("Uninstall")
        page.press("Enter")
        page.until("document.activeElement.innerText === 'Keep it'")
        page.press("Tab", shift=True)
        page.press("Enter")
        page.until("!document.querySelector('#package-clock')")

    def test_everybody_packages(self):
        """packages are read by light and by dark, on a phone, and without sight"""
        self.rid()
        page = self.admin(width=400, height=800)
        self.install(page, self.package(permissions=["events:emit"]))
        self.open_row(page)
        page.click("#package-clock summary")
        page.see("#package-clock .versions", "1.0.0")
        self.press_button(page, "#package-clock .acts", "Uninstall")
        self.give(page, "#chosen", self.package("1.1.0", permissions=["events:emit", "time:read"]))
        page.see("#arrivals", "It asks for 1 permission")
        self.look_at(page, "#packages")

    def look_at(self, page, part):
        for width in (400, 360, 320):
            page.shape(width=width, height=800)
            self.assertLessEqual(page.do("document.documentElement.scrollWidth"), width)
            wide = page.do(f"""[...document.querySelectorAll('{part} *')]
                .filter(node => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1)
                .filter(node => !node.closest('.hidden, pre')).map(node => node.outerHTML.slice(0, 120))""")
            self.assertEqual(wide, [], f"at {width} px")
        for dark in (False, True):
            page.shape(dark=dark)
            self.assertEqual(page.do(CONTRAST), [], "dark" if dark else "light")
        unnamed = [one["role"]["value"] for one in page.call("Accessibility.getFullAXTree")["nodes"] if not one["ignored"]
                   and one["role"]["value"] in ("button", "textbox", "checkbox", "combobox", "progressbar", "region")
                   and not one.get("name", {}).get("value")]
        self.assertEqual(unnamed, [])

    def found(self, name="ticker", **build):
        """A folder of a plugin whose program has to be made first, by copying it."""
        folder = self.host.folder / "found" / name
        folder.mkdir(0o700, parents=True)
        folder.parent.chmod(0o700)
        shutil.copy(page_case.PageCase.host.programs["clock"], folder / "clock.in")
        (folder / "plugin.json").write_text(json.dumps({
            "id": f"dev.example.{name}", "name": name, "version": "1.0.0", "entry": "clock", "permissions": ["events:emit"],
            "build": {"command": ["cp", "clock.in", "clock"], "inputs": ["clock.in"], "outputs": ["clock"]} | build}))
        return folder

    def test_folders(self):
        """a folder of the machine is built and registered, and what it asks for is agreed to first"""
        self.rid()
        folder = self.found()
        page = self.admin()
        page.see("#folder-list", "ticker")
        page.see("#folder-list", "source only")
        self.press_button(page, "#folder-list", "Compile")
        page.see("#folder-list", "can be registered")
        page.see("#folder-list", "compiled.")
        self.assertTrue((folder / "clock").exists())
        self.press_button(page, "#folder-list", "Register")
        page.see("#folder-list .ask", "It asks for 1 permission")
        page.see("#folder-list .ask", "events:emit")
        self.assertEqual(page.do("document.activeElement.innerText"), "Do not")
        self.assertEqual(self.host.ask("api/v1/packages")["packages"], [])
        self.press_button(page, "#folder-list .ask", "Grant 1 permission and register")
        page.see("#package-ticker", "v1.0.0-dev.1")
        page.see("#package-ticker", "from a folder")
        page.see("#folder-list", "Register again")
        self.rid()
        shutil.rmtree(folder)

    def test_folder_fails(self):
        """a build that fails says so in its place, with what it wrote last"""
        folder = self.found("broken", command=["ls", "no-such-file"])
        page = self.admin()
        page.see("#folder-list", "broken")
        self.press_button(page, "#folder-list", "Compile")
        page.until("document.querySelector('#folder-list .refusal:not(:empty)')")
        page.see("#folder-list pre", "no-such-file")
        shutil.rmtree(folder)
        self.press_button(page, "#folders", "Look again")
        page.until("!$('folder-list').innerText.includes('broken')")

    def test_signed(self):
        """a key is trusted on the page, what it signed is shown as signed, and once it is revoked that is refused"""
        self.rid()
        host = page_case.PageCase.host.programs["host"]
        path, key = self.package(), self.made / "example"
        subprocess.run([host, "key", "new", key], check=True, capture_output=True)
        plain = self.made / "signed.zip"
        subprocess.run([host, "package", "convert", path, "--output", plain], check=True, capture_output=True)
        subprocess.run([host, "package", "sign", plain, "--key", f"{key}.key"], check=True, capture_output=True)
        page = self.admin()
        page.click("#trusted summary")
        page.see("#trusted", "No key is trusted yet")
        page.write("#trusted-key", (self.made / "example.pub").read_text().splitlines()[1])
        page.write("#trusted-name", "Example Corp")
        page.write("#trusted-plugins", "dev.example.*")
        page.press("Enter")
        page.see("#trusted .ledger", "Example Corp for dev.example.*")
        self.give(page, "#chosen", plain)
        page.see("#arrivals", "Signed. Whoever has a key that this host trusts")
        page.see("#arrivals", "Example Corp")
        self.assertEqual(page.text("#arrivals .review button.wide"), "Install")
        self.press_button(page, "#arrivals", "Install")
        page.see("#package-clock .columns", "signed")
        page.see("#package-clock .columns", "Example Corp")
        page.click("#revoked summary")
        page.see("#revoked", "Nothing is revoked")
        self.press_button(page, "#trusted .ledger", "Revoke")
        page.see("#trusted .ask", "Nothing that it signed is installed or started any more")
        self.press_button(page, "#trusted .ask", "Revoke it")
        page.see("#revoked .ledger", "by administrator")
        page.expected = "status of 4"
        self.give(page, "#chosen", plain)
        page.see("#arrivals .refusal", "revoked")
        self.press_button(page, "#revoked .ledger", "Take back")
        self.press_button(page, "#revoked .ask", "Take it back")
        page.see("#revoked .ledger", "Nothing is revoked")
        self.press_button(page, "#trusted .ledger", "Forget")
        self.press_button(page, "#trusted .ask", "Forget it")
        page.see("#trusted .ledger", "No key is trusted yet")

    def test_tokens(self):
        """a token is made, shown once, used and revoked, and the audit says so"""
        page = self.admin()
        page.click("#tokens summary")
        page.see("#tokens .ledger", "There are none beside the administrator")
        page.write("#token-name", "ci")
        page.write("#token-scope", "dev.example.*")
        page.click("#token-roles input[value=viewer]")
        page.press("Enter")
        page.see("#token-made", "It is shown this once")
        made = page.text("#token-made code")
        self.assertGreater(len(made), 20)
        self.assertEqual(self.host.ask("api/v1/packages", token=made)["packages"],
                         self.host.ask("api/v1/packages")["packages"])
        page.see("#tokens .ledger", "ci viewer, for dev.example.*")
        self.press_button(page, "#token-made", "I have it")
        self.assertNotIn(made, page.do("document.documentElement.innerHTML"))
        self.press_button(page, "#tokens .ledger", "Revoke")
        self.press_button(page, "#tokens .ask", "Revoke it")
        page.see("#tokens .ledger", "There are none beside the administrator")
        with self.assertRaises(urllib.error.HTTPError):
            self.host.ask("api/v1/packages", token=made)
        page.click("#audit summary")
        page.see("#audit .ledger", "/api/v1/access/tokens")
        page.see("#audit .ledger", "administrator")

    def token(self, name, *roles, **more):
        """Made by the administrator, and revoked when the test has ended."""
        asked = urllib.request.Request(f"{self.host.address}api/v1/access/tokens", json.dumps({"name": name, "roles": roles} | more).encode(),
                                       {"Authorization": f"Bearer {page_case.TOKEN}", "Content-Type": "application/json"})
        self.addCleanup(self.host.ask, f"api/v1/access/tokens/{name}", "DELETE")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)["token"]

    def test_token_with_scope(self):
        """the page did not open with a token for some plugins: it gave up where the host's logs are not for that token"""
        self.rid()
        admin = self.admin()
        self.install(admin, self.package())
        page = self.page(token=self.token("team", "installer", scope=["dev.example.*"]))
        page.expected = "status of 403"
        page.see("#package-clock .state", "enabled")
        page.see("#connection", "connected")
        page.see("#activity", "not shown here: the token team is for some plugins, and this is about all of them.")
        self.assertFalse(page.do("$('lines').checkVisibility()"))
        page.see("#plugin-clock .state", "ready")
        self.assertFalse(page.do("$('not-allowed').checkVisibility()"))
        self.assertFalse(page.do("$('access').checkVisibility()"))
        page.click("#package-clock .quick button")
        self.press_button(page, "#package-clock .ask", "Disable it")
        page.see("#package-clock .state", "disabled")
        admin.see("#connection", "live")
        admin.see("#package-clock .state", "disabled")
        admin.until("$('lines').childElementCount > 0", why="the administrator's window has its own streams")
        other = self.page(token=self.token("others", "viewer", scope=["org.other.*"]))
        other.expected = "status of 403"
        other.see("#no-packages", "No package is installed")

    def test_viewer(self):
        """a page offered to install, disable and uninstall to who may only look, and said no after the click"""
        self.rid()
        self.install(self.admin(), self.package())
        shutil.rmtree(self.host.folder / "found", ignore_errors=True)
        folder = self.found()
        page = self.page(token=self.token("eye", "viewer"), width=400, height=800)
        page.see("#not-allowed", "With this token, eye, nobody may start, stop and run plugins, configure them,")
        page.see("#connection", "live")
        self.open_row(page)
        page.see("#folder-list", "ticker")
        offered = page.do("""[...document.querySelectorAll('#packages button')].filter(one => one.checkVisibility() && !one.disabled)
            .map(one => one.innerText.trim())""")
        self.assertEqual(offered, ["clock", "Its process", "Look again"])
        self.assertEqual(page.do("document.querySelector('#package-clock .quick button').title"),
                         "This token lacks the permission plugins:operate.")
        self.assertEqual(page.do("[...document.querySelectorAll('#package-clock button:disabled')].filter(one => !one.title).length"), 0)
        for hidden in ("#drop", "#tokens", "#audit", "#package-clock details"):
            self.assertFalse(page.do(f"document.querySelector('{hidden}').checkVisibility()"), hidden)
        page.click("#trusted summary")
        page.see("#trusted .ledger", "No key is trusted yet")
        self.assertFalse(page.do("document.querySelector('#trusted form').checkVisibility()"))
        page.click("#plugin-clock .name button")
        self.assertEqual(page.do("""[...document.querySelectorAll('#plugin-clock button')].filter(one => one.checkVisibility() && !one.disabled)
            .map(one => one.innerText.trim())"""), ["clock"])
        page.do("$('packages').focus()")
        for words in ("clock", "Its process"):
            page.press("Tab")
            self.assertIn(words, page.do("document.activeElement.innerText"))
        self.look_at(page, "#packages")
        shutil.rmtree(folder)

    def test_installer(self):
        """what only an administrator may grant was offered to an installer, who was refused after the click"""
        self.rid()
        page = self.page(token=self.token("inst", "installer"))
        page.until("asker.name === 'inst'")
        page.see("#policy", "This host takes unsigned packages, too, but not from you. This token lacks the permission packages:any.")
        said, pressed = page.do("""(plan => { const node = reviewed(reviewOf(plan), () => {}, () => {});
            return [node.textContent, node.querySelector('button.wide').disabled]; })({trust: 'signed', signers: [], manifest: {},
            install: [{id: 'dev.example.p', version: '1.0.0'}], consent: {permissions: ['users:kick'], signers: []}})""")
        self.assertIn("It cannot be installed by you. This token lacks the permission packages:grant.", said)
        self.assertTrue(pressed)
        page.expected = "status of 4"
        self.give(page, "#chosen", self.package())
        page.see("#arrivals", "It cannot be installed: dev.example.clock 1.0.0 is unsigned, and the token inst lacks the permission packages:any")

    def test_publisher(self):
        """a token that sees packages and no plugins shows what it sees"""
        self.rid()
        page = self.page(token=self.token("pub", "publisher"))
        page.expected = "status of 403"
        page.see("#no-packages", "No package is installed")
        page.see("#no-plugins", "Plugins are not shown here: the token pub lacks the permission plugins:read.")
        page.see("#connection", "connected")

    def test_access_everybody(self):
        """whom it trusts is read by light and by dark, on a phone, and without sight"""
        page = self.admin(width=400, height=800)
        for part in ("trusted", "revoked", "tokens", "audit"):
            page.click(f"#{part} summary")
            page.until(f"document.querySelector('#{part} .ledger li')")
        self.look_at(page, "#access")
