#!/usr/bin/env python3
"""Makes the single headers out of include/.

    generate.py                 writes every file of OUTPUTS beside this script
    generate.py --output FILE   writes the first of them to FILE
    generate.py --check         writes nothing; exit code 1 where a committed file is stale

Rules:
- An #include <tenon/...> is replaced by that header, once. The guards stay, so that two single headers, or a single
  header and include/, may meet in one translation unit.
- Own includes at the top of a header move in front of it; others stay in place.
- Includes of others are merged at the top, except those inside an #if and those behind a setting that they read
  (FOREIGN_MACROS): they stay there.
- What is compiled once by choice (core/compiled.hpp) is inline here.
- A header inside an #if is inlined there, and again where it comes later: nobody knows whether that #if holds.
- Macros begin with TENON_, and what is not in PUBLIC_MACROS is #undef'ed by the header that defined it.
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
INCLUDE = ROOT / "include"

# File name -> the umbrella header it is made of. A file comes after those it contains.
OUTPUTS = {
    "tenon.hpp": "tenon.hpp",
    "tenon_host.hpp": "tenon/host.hpp",
}

PUBLIC_MACROS = {
    "TENON_ASSERT",  # may be defined before the include
    "TENON_VERSION_MAJOR",
    "TENON_VERSION_MINOR",
    "TENON_VERSION_PATCH",
}

# Settings of other libraries, each read by the includes behind it.
FOREIGN_MACROS = {
    "ASIO_STANDALONE",
    "BOOST_POSIX_HAS_VFORK",
    "BOOST_PROCESS_USE_STD_FS",
    "BOOST_PROCESS_DETAIL_POSIX_ASIO_FWD_HPP_",
}

# Says what of the headers is compiled once where that is wanted.
COMPILED = "tenon/core/compiled.hpp"

WIDTH = 110


class Problem(Exception):
    """What is wrong with the headers, in one sentence."""


def headers():
    """Every header under include/, as it is included."""
    return sorted(path.relative_to(INCLUDE).as_posix() for path in INCLUDE.rglob("*.[hi]pp"))


def guard_of(header):
    """tenon/wire/framing.hpp -> TENON_WIRE_FRAMING_HPP"""
    return "TENON_" + re.sub(r"\W", "_", header.removeprefix("tenon/").removeprefix("tenon.")).upper()


class Line:
    """One line of a header, and what the preprocessor would make of it."""

    def __init__(self, text):
        self.text = text
        match = re.match(r"\s*#\s*(\w+)\s*(.*)", text)
        self.directive, self.rest = match.groups() if match else ("", "")
        name = re.match(r"[<\"]([^>\"]+)", self.rest) if self.directive == "include" else None
        self.include = name[1] if name else None
        self.is_own = self.include is not None and re.match(r"tenon[./]", self.include) is not None
        self.is_code = not self.directive and text.strip() != "" and not text.lstrip().startswith("//")


def read(header, included_by):
    """The lines of a header. Each knows whether it stands inside an #if, and whether before all code."""
    path = INCLUDE / header
    if not path.is_file():
        raise Problem(f"{included_by} includes <{header}>, which does not exist")
    text = re.sub(r"#ifndef TENON_COMPILED\n(.*?)#endif\n", r"\1", path.read_text(), flags=re.DOTALL)
    text = text.replace("TENON_COMPILED_ONCE ", "inline ")
    lines = [Line(line) for line in text.rstrip("\n").split("\n")]
    directives = [(line.directive, line.rest) for line in lines if line.directive]
    if directives[:2] != [("ifndef", guard_of(header)), ("define", guard_of(header))]:
        raise Problem(f"include/{header} does not begin with its include guard {guard_of(header)}")

    depth, leading = -1, True  # the guard itself is no condition
    for line in lines:
        depth += line.directive in ("if", "ifdef", "ifndef")
        depth -= line.directive == "endif"
        leading = leading and not line.is_code and (line.directive != "define" or line.rest == guard_of(header))
        line.in_condition = depth > 0
        line.is_leading = leading and not line.in_condition
    return lines


class Amalgamation:
    def __init__(self, umbrella):
        self.lines = []
        self.std = set()  # includes that moved to the top
        self.parts = []  # headers that are certainly there, in order
        self._add(umbrella, "single_header/generate.py", set(), conditional=False)

    def _add(self, header, included_by, seen, conditional):
        if header in seen or header == COMPILED:
            return
        seen.add(header)
        if not conditional:
            self.parts.append(header)

        lines = read(header, included_by)
        for line in lines:
            if line.is_own and line.is_leading:
                self._add(line.include, header, seen, conditional)
        banner = f"// ---- {header} "
        self.lines.append(banner + "-" * (WIDTH - len(banner)))
        removed = False  # an include just left a gap
        stays = False
        for line in lines:
            stays = stays or (line.directive == "define" and line.rest.split()[0] in FOREIGN_MACROS)
            if line.is_own:
                if not line.is_leading:
                    inside = line.in_condition
                    self._add(line.include, header, set(seen) if inside else seen, conditional or inside)
                removed = True
            elif line.include and not conditional and not line.in_condition and not stays:
                self.std.add(line.include)
                removed = True
            elif not (removed and line.text == "" and self.lines[-1] == ""):
                self.lines.append(line.text)
                removed = False
        self.lines.append("")


def check_macros(lines):
    guards = {guard_of(header) for header in headers()}
    open_macros = {}
    for text in lines:
        line = Line(text)
        name = re.match(r"\w*", line.rest)[0]
        if line.directive == "undef":
            open_macros.pop(name, None)
        elif line.directive == "define" and name not in PUBLIC_MACROS | FOREIGN_MACROS and name not in guards:
            if not name.startswith("TENON_"):
                raise Problem(f"the macro {name} does not begin with TENON_")
            open_macros[name] = line
    for name in open_macros:
        raise Problem(f"the macro {name} is neither #undef'ed nor in PUBLIC_MACROS of single_header/generate.py")


def amalgamate(output, umbrella):
    """The text of a single header, and the headers it contains."""
    made = Amalgamation(umbrella)
    check_macros(made.lines)
    version = ".".join(re.findall(r"define TENON_VERSION_\w+ (\d+)", "\n".join(made.lines)))
    licence = (ROOT / "LICENSE").read_text().strip().split("\n")
    guard = "TENON_SINGLE_HEADER_" + re.sub(r"\W", "_", output).upper()
    top = [f"tenon {version}: #include <{umbrella}> in one file.",
           "Generated by single_header/generate.py out of include/. Do not edit.", "", *licence]
    text = [("// " + line).rstrip() for line in top]
    text += ["", f"#ifndef {guard}", f"#define {guard}", ""]
    text += [f"#include <{name}>" for name in sorted(made.std)] + [""]
    text += made.lines + ["#endif"]
    return "\n".join(text) + "\n", made.parts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()

    for output, umbrella in OUTPUTS.items():
        path = arguments.output or ROOT / "single_header" / output
        text, _ = amalgamate(output, umbrella)
        if not arguments.check:
            path.write_text(text)
        elif not path.is_file() or path.read_text() != text:
            raise Problem(f"{path.name} is not what include/ says: run single_header/generate.py and commit the result")
        if arguments.output:
            break


if __name__ == "__main__":
    try:
        main()
    except Problem as problem:
        sys.exit(f"single_header/generate.py: {problem}")
