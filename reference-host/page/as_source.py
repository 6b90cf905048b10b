#!/usr/bin/env python3
"""Makes a source file of the page, so that the program needs no file beside it.

    as_source.py PAGE OUTPUT"""

import pathlib
import sys

page = pathlib.Path(sys.argv[1]).read_bytes()
# As numbers: compilers limit the length of a literal.
lines = "\n".join("    " + ",".join(str((byte + 128) % 256 - 128) for byte in page[at:at + 32]) + "," for at in range(0, len(page), 32))
pathlib.Path(sys.argv[2]).write_text(f"""// Made of the page by as_source.py.

#include <page/page.hpp>

namespace reference {{

static const char bytes[] = {{
{lines}
}};

std::string_view page() {{
    return {{bytes, sizeof bytes}};
}}

}} // namespace reference
""")
