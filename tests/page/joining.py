#!/usr/bin/env python3
"""The step of the build that joins the files of the page. It needs no browser.

    joining.py AS_SOURCE INDEX"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM, INDEX = sys.argv[1:3]

FRAME = "<html>\n<head>\n{head}</head>\n<body>\n{body}</body>\n</html>\n"
VIEW = "<style>\n.{0} {{ color: red; }}\n</style>\n<section id=\"{0}\"></section>\n<script>\nconst of_{0} = 1;\n</script>\n"


class Joining(unittest.TestCase):
    def join(self, files, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            return subprocess.run([sys.executable, PROGRAM, f"{folder}/index.html", *arguments], capture_output=True, text=True)

    def refused(self, files, *words):
        done = self.join(files)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for word in words:
            self.assertIn(word, done.stderr)

    def test_one_page(self):
        """one script, one style, in the order of the lines, and a view's markup where it is named"""
        page = self.join({
            "index.html": FRAME.format(head="<!-- include a.css -->\n<!-- include a.js -->\n",
                                       body="<main>\n  <!-- include market.html -->\n</main>\n<!-- include z.js -->\n"),
            "a.css": "a {}\n", "a.js": "const first = 1;", "z.js": "const last = 1;\n", "market.html": VIEW.format("market")}).stdout
        self.assertEqual([page.count(f"<{tag}>") for tag in ("style", "script")], [1, 1])
        order = ["a {}", ".market {", "</head>", "<main>", "<section", "</main>", "'use strict'", "first", "of_market", "last", "</body>"]
        self.assertEqual(sorted(order, key=page.index), order)
        self.assertNotIn("include", page)

    def test_files_of_a_view(self):
        """what a view names comes before its own script"""
        page = self.join({"index.html": FRAME.format(head="", body="<!-- include v.html -->\n"), "v/row.js": "class Row {}\n",
                          "v.html": "<p></p>\n<!-- include v/row.js -->\n<script>\nnew Row();\n</script>\n"}).stdout
        self.assertLess(page.index("class Row"), page.index("new Row"))

    def test_a_view_is_one_file_and_one_line(self):
        """of the real page"""
        index = pathlib.Path(INDEX)
        files = {str(path.relative_to(index.parent)): path.read_text()
                 for kind in ("html", "js", "css") for path in index.parent.rglob(f"*.{kind}")}
        self.assertEqual(self.join(files).returncode, 0)
        self.refused(files | {"views/market.html": VIEW.format("market")}, "views/market.html: no line 'include' names it")
        line = "    <!-- include views/offers.html -->\n"
        files["index.html"] = files["index.html"].replace(line, line + line.replace("offers", "market"))
        self.assertIn('<section id="market">', self.join(files | {"views/market.html": VIEW.format("market")}).stdout)

    def test_refused(self):
        """what would be a page that does not work ends the build, and says which file"""
        both = FRAME.format(head="<!-- include a.js -->\n<!-- include b.js -->\n", body="")
        self.refused({"index.html": both, "a.js": ""}, "b.js: is named", "is not there")
        self.refused({"index.html": both + "<!-- include a.js -->\n", "a.js": "", "b.js": ""}, "a.js: two lines")
        self.refused({"index.html": both, "a.js": "let rows;\n", "b.js": "async function rows() {}\n"},
                     "b.js: rows is declared by a.js already")
        self.refused({"index.html": both, "a.js": "'</script>'", "b.js": ""}, "a.js: </script would end")

    def test_depends(self):
        """the build makes the page anew when any of its files changes"""
        with tempfile.TemporaryDirectory() as folder:
            made = self.join({"index.html": FRAME.format(head="<!-- include a.js -->\n", body=""), "a.js": ""},
                             f"{folder}/page.cpp", f"{folder}/page.d")
            self.assertEqual(made.returncode, 0, made.stderr)
            depends = pathlib.Path(folder, "page.d").read_text()
            self.assertTrue(depends.startswith(f"{folder}/page.cpp: "))
            self.assertIn("/a.js", depends)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
