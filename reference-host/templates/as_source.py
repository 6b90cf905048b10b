#!/usr/bin/env python3
"""Makes a source file of the templates, so that the program needs no file beside it.

    as_source.py HEADER OUTPUT DEPFILE

Each folder here is a plugin called seedling in the language that the folder is called by. HEADER is the single header,
which goes with the one for C++."""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def files(header):
    """(language, path in the plugin's folder, file)"""
    for folder in sorted(path for path in HERE.iterdir() if path.is_dir()):
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            yield folder.name, file.relative_to(folder).as_posix(), file
        if folder.name == "cpp":
            yield folder.name, "tenon.hpp", header


def number_lines(data):
    # As numbers: compilers limit the length of a literal.
    return "\n".join("    " + ",".join(str((byte + 128) % 256 - 128) for byte in data[at:at + 32]) + ","
                     for at in range(0, len(data), 32))


def main():
    header, output, depfile = map(pathlib.Path, sys.argv[1:])
    read, bytes_of, rows = [], [], []
    for number, (language, path, file) in enumerate(files(header)):
        read.append(file)
        bytes_of.append(f"static const char file_{number}[] = {{\n{number_lines(file.read_bytes())}\n}};\n")
        executable = "true" if os.access(file, os.X_OK) else "false"
        rows.append(f'        {{"{language}", "{path}", {{file_{number}, sizeof file_{number}}}, {executable}}},')
    output.write_text("\n".join([
        "// Made of the templates by as_source.py.\n", "#include <templates/templates.hpp>\n", "namespace reference {\n",
        *bytes_of, "std::span<const template_file> template_files() {", "    static const template_file all[] = {",
        *rows, "    };", "    return all;", "}\n", "} // namespace reference\n"]))
    depfile.write_text(f"{output}: {' '.join(str(path).replace(' ', chr(92) + ' ') for path in read)}\n")


if __name__ == "__main__":
    main()
