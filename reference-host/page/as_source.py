#!/usr/bin/env python3
"""Makes a source file of the page, so that the program needs no file beside it.

    as_source.py PAGE OUTPUT"""

import pathlib
import sys


def as_literal(piece):
    plain = {byte: chr(byte) for byte in range(32, 127) if chr(byte) not in '"\\?'}
    return '"' + "".join(plain.get(byte, f"\\{byte:03o}") for byte in piece) + '"'


page = pathlib.Path(sys.argv[1]).read_bytes()
# Compilers limit the length of one literal; neighbours are joined.
pieces = "\n".join("        " + as_literal(page[at:at + 2000]) for at in range(0, len(page), 2000))
pathlib.Path(sys.argv[2]).write_text(f"""// Made of the page by as_source.py.

#include <api/page.hpp>

namespace reference {{

std::string_view page() {{
    return {{
{pieces},
        {len(page)}}};
}}

}} // namespace reference
""")
