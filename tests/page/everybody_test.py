"""A page for everybody: by keyboard, on a small screen, with little contrast seen, without sight."""

import json

import page_case


CONTRAST = r"""(() => {
  const parse = text => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return text.startsWith('color(srgb') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = (top, under) => [0, 1, 2].map(at => top[at] * top[3] + under[at] * (1 - top[3])).concat(1);
  const linear = part => (part /= 255) <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => linear(r) * .2126 + linear(g) * .7152 + linear(b) * .0722;
  const behind = node => node
    ? over(parse(getComputedStyle(node).backgroundColor), behind(node.parentElement)) : [255, 255, 255, 1];
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    if (!node.checkVisibility() || node.disabled) continue;
    if (node.closest('.hidden, noscript, script, option, datalist, .skip')) continue;
    const back = behind(node), front = over(parse(getComputedStyle(node).color), back);
    const [low, high] = [light(back), light(front)].sort((a, b) => a - b), ratio = (high + .05) / (low + .05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.outerHTML.slice(0, 100)}`);
  }
  return bad.slice(0, 10);
})()"""


class Everybody(page_case.PageCase):
    def test_keyboard(self):
        """everything is done with the keyboard alone, and the focus is always seen"""
        page = self.admin()
        focus = "(document.activeElement.id || document.activeElement.closest('[id]')?.id || '')"
        seen = []

        def tab_to(wanted, most=80):
            for _ in range(most):
                page.press("Tab")
                if page.do("document.activeElement === document.body"):
                    continue  # the browser's own controls
                ring = page.do("(({outlineStyle, outlineWidth}) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2)"
                               "(getComputedStyle(document.activeElement))")
                seen.append(page.do(focus))
                self.assertTrue(ring, f"the focus is not seen at {seen[-1]}")
                if page.do(f"document.activeElement.matches({json.dumps(wanted)})"):
                    return
            self.fail(f"{wanted} is not reached, only {seen}")

        page.press("Tab")
        page.until("document.activeElement.closest('.skip') && document.activeElement.getBoundingClientRect().top >= 0")
        tab_to("a[href='#chat']", 3)
        page.press("Enter")
        tab_to("#uid", 5)
        page.type("keys")
        page.press("Enter")
        page.see("#chat-note", "you are keys")
        page.until("document.activeElement.id === 'content'")
        page.type("buy spam")
        page.press("Enter")
        page.see("#messages", "Stopped by moderator")
        page.do("document.activeElement.blur(); scrollTo(0, 0)")
        page.call("Page.reload")
        page.see("#plugin-list", "words")
        page.see("#chat-note", "you are keys")
        page.do("document.activeElement.blur()")
        tab_to("#plugin-words .name button", 60)
        page.press("Enter")
        page.see(f"{self.row('words')} .detail", "Process")
        tab_to("#plugin-words summary")
        page.press("Enter")
        page.until("!document.querySelector('#config-words').disabled")
        tab_to("#show-log")
        page.press("Space")
        self.assertFalse(page.do("document.querySelector('#show-log').checked"))
        tab_to("#pause")
        page.press("Space")
        page.see("#activity-note", "paused")
        page.press("Space")
        page.until("document.querySelectorAll('#lines button').length > 2")
        tab_to("#lines")
        tab_to("#lines button", 2)
        held = "document.activeElement.closest('.entry').innerText"
        before = page.do(held)
        page.press("ArrowUp")
        self.assertNotEqual(page.do(held), before)
        page.press("Enter")
        page.until("document.querySelector('#lines pre')")
        tab_to("#explain-type")
        page.press("Enter")
        page.see("#explained", "would get message.incoming")
        tab_to("#command-form button")

    def test_narrow(self):
        """at 400 px nothing has to be scrolled sideways"""
        page = self.admin(width=400, height=800)
        self.join(page, "ada")
        for text in ("teh plan", "buy spam", "x" * 300):
            self.say(page, text)
        page.see("#messages", "Stopped by moderator")
        for name in ("hostile", "moderator", "clock"):
            page.click(f"{self.row(name)} .name button")
        page.click(f"{self.row('clock')} summary")
        page.write("#explain-type", "message.incoming")
        page.press("Enter")
        page.see("#explained", "would get")
        for width in (400, 360, 320):
            page.shape(width=width, height=800)
            wide = page.do("""[...document.querySelectorAll('body *')]
                .filter(node => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1)
                .filter(node => !node.closest('#lines, .hidden, pre, .skip')).map(node => node.outerHTML.slice(0, 120))""")
            self.assertEqual(wide, [], f"at {width} px")
            self.assertLessEqual(page.do("document.documentElement.scrollWidth"), width)
        guest = self.page(token=None, width=400, height=800)
        guest.see("#locked", "administrators")
        self.assertLessEqual(guest.do("document.documentElement.scrollWidth"), 400)

    def test_reason_in_receipt(self):
        """on a phone the reason of an outcome left no room for the plugin's name, which was broken into three lines"""
        page = self.page(token=None, width=320, height=640)
        self.join(page, "ada")
        height = page.do("""(() => { const list = chips([{plugin: 'moderator', outcome: 'failed', ms: 3,
            reason: 'signal 9 (SIGKILL); retry 2 of 3 in 10000 ms'}]);
            $('messages').append(list); return list.querySelector('b').getBoundingClientRect().height; })()""")
        self.assertLess(height, 24)
        self.assertLessEqual(page.do("document.documentElement.scrollWidth"), 320)

    def test_zoom(self):
        """a phone zooms in where somebody writes in letters of less than 16 px, and two fields had some"""
        page = self.admin(width=400, height=800)
        self.join(page, "ada")
        small = page.do("""[...document.querySelectorAll('input:not([type=checkbox]), select, textarea')]
            .filter(one => parseFloat(getComputedStyle(one).fontSize) < 16).map(one => one.id)""")
        self.assertEqual(small, [])

    def test_menus_narrow(self):
        """at 400 px the menus of the activity were too narrow for their words"""
        for width in (400, 320):
            page = self.admin(width=width, height=800)
            for menu in ("only-plugin", "only-level"):
                room = page.do(f"$('{menu}').clientWidth")
                page.do(f"$('{menu}').style.width = 'max-content', 0")
                self.assertGreaterEqual(room, min(page.do(f"$('{menu}').clientWidth"), width - 60), menu)

    def test_composer(self):
        """on a phone who went online saw no place to write: it was below what is seen"""
        page = self.page(token=None, width=400, height=640)
        self.join(page, "ada")
        page.until("(({top, bottom}) => top >= 0 && bottom <= innerHeight + 1)($('say').getBoundingClientRect())")

    def test_contrast(self):
        """every text stands out from what is behind it, by light and by dark"""
        for dark in (False, True):
            page = self.admin(dark=dark)
            self.join(page, "ada")
            self.say(page, "buy spam, teh best")
            self.say(page, "teh plan")
            page.see("#messages", "changed it from")
            page.click(f"{self.row('moderator')} .name button")
            page.write("#explain-type", "message.incoming")
            page.press("Enter")
            page.see("#explained", "would get")
            self.assertEqual(page.do(CONTRAST), [], "dark" if dark else "light")

    def test_names(self):
        """every control has a name for those who do not see it"""
        page = self.admin()
        self.join(page, "ada")
        for one in page.do("[...document.querySelectorAll('.plugin .name button')].map(one => one.closest('li').id)"):
            page.click(f"#{one} .name button")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        roles = ("button", "textbox", "searchbox", "checkbox", "combobox", "link", "progressbar", "region")
        unnamed = [(one["role"]["value"], one.get("properties")) for one in nodes if not one["ignored"]
                   and one["role"]["value"] in roles and not one.get("name", {}).get("value")]
        self.assertEqual(unnamed, [])
