#!/usr/bin/env python3
"""Joins the files of the page into one, and makes a source file of it, so that the program needs no file beside it.

    as_source.py INDEX OUTPUT [DEPFILE]   what was read goes to DEPFILE, for the build
    as_source.py INDEX                    prints the page

A line `<!-- include FILE -->` is replaced by that file, which is named from INDEX's folder: a script goes to the end of the
page's one script, a style to the end of its one style. An HTML file, a view, has both in <style> and <script> that stand on
lines of their own; the rest of it stays where it was named, and may name files itself."""

import pathlib
import re
import sys

INCLUDE = re.compile(r"^[ \t]*<!-- include (\S+) -->\n", re.MULTILINE)
PART = re.compile(r"^<(style|script)>\n(.*?)^</\1>\n", re.MULTILINE | re.DOTALL)
DECLARED = re.compile(r"^(?:const|let|var|class|(?:async )?function\*?) (\w+)", re.MULTILINE)  # where every part sees it


class Page:
    def __init__(self, index):
        self.folder, self.read = index.parent, [index]
        self.parts = {"style": [], "script": ["'use strict';\n"]}
        self.owners = {}
        markup = self.joined(index.read_text())
        known = {path for kind in ("css", "js", "html") for path in self.folder.rglob(f"*.{kind}")}
        if unnamed := sorted(known.difference(self.read)):
            sys.exit("\n".join(f"{path}: no line 'include' names it" for path in unnamed))
        for kind, before in (("style", "</head>"), ("script", "</body>")):
            at = markup.index(before)
            markup = f"{markup[:at]}<{kind}>\n{''.join(self.parts[kind])}</{kind}>\n{markup[at:]}"
        self.text = markup

    def joined(self, text):
        return INCLUDE.sub(lambda line: self.include(line[1]), text)

    def include(self, name):
        path = self.folder / name
        if path in self.read:
            sys.exit(f"{path}: two lines 'include' name it")
        if not path.is_file():
            sys.exit(f"{path}: is named by a line 'include', and is not there")
        self.read.append(path)
        text = path.read_text().rstrip("\n") + "\n"
        if path.suffix == ".js":
            return self.put("script", name, text)
        if path.suffix == ".css":
            return self.put("style", name, text)
        rest = self.joined(PART.sub(lambda part: part[0] if part[1] == "script" else self.put("style", name, part[2]), text))
        return PART.sub(lambda part: self.put("script", name, part[2]), rest)  # after those of the files that it names

    def put(self, kind, name, text):
        if f"</{kind}" in text:
            sys.exit(f"{name}: </{kind} would end the page's own {kind}")
        if kind == "script":
            for one in DECLARED.findall(text):
                if self.owners.setdefault(one, name) != name:
                    sys.exit(f"{name}: {one} is declared by {self.owners[one]} already; they are one script")
        self.parts[kind].append(f"\n/* ==== {name} ==== */\n\n{text}")
        return ""


def source(page):
    # As numbers: compilers limit the length of a literal.
    lines = "\n".join("    " + ",".join(str((byte + 128) % 256 - 128) for byte in page[at:at + 32]) + ","
                      for at in range(0, len(page), 32))
    return f"""// Made of the page by as_source.py.

#include <page/page.hpp>

namespace reference {{

static const char bytes[] = {{
{lines}
}};

std::string_view page() {{
    return {{bytes, sizeof bytes}};
}}

}} // namespace reference
"""


def main():
    page = Page(pathlib.Path(sys.argv[1]))
    if len(sys.argv) < 3:
        return sys.stdout.write(page.text)
    pathlib.Path(sys.argv[2]).write_text(source(page.text.encode()))
    if len(sys.argv) > 3:
        named = " ".join(str(path).replace(" ", "\\ ") for path in page.read)
        pathlib.Path(sys.argv[3]).write_text(f"{sys.argv[2]}: {named}\n")


if __name__ == "__main__":
    main()
