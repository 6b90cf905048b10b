#!/usr/bin/env python3
"""Holds every #include under include/ to the floors of the house.

core <- json <- wire <- session <- plugin                  <- joint
           ^                    ^- transport <- process <- host <-^      testing sees both sides, doctor stands on it
           ^                    ^- rules <------^          ^- config <- admin
           ^- sandbox: what it says is seen from rules, what it asks of the system stands on transport, below process
           ^- web <- session, rules; http stands on web and transport, below admin
packages stands on host, package_admin on packages and admin; no other floor sees them

Nothing includes upward or sideways; plugin and host never see each other, and meet in joint alone. What one library or one system is about
stays where it belongs, and the plugin side stays cheap to compile and at home on wasm32-wasi."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"

PLUGIN_SIDE = ["core", "json", "wire", "session", "plugin"]
# rules is what a host decides: no Asio, no system, no clock.
HOST_SIDE = ["core", "json", "wire", "web", "session", "rules", "transport", "sandbox", "process", "host"]
# web is HTTP in words. Of it the plugin side sees what its authors return, and nothing else.
FOR_AUTHORS = "tenon/web/response.hpp"
# What a sandbox is, in words. All else of that floor is for who starts processes.
FOR_RULES = "tenon/sandbox/policy.hpp"
# tenon.hpp is the face of the plugin side. The other faces, tenon/*.hpp, show what they like; no floor below testing sees one.
MAY_SEE = {floor: PLUGIN_SIDE[: number + 1] for number, floor in enumerate(PLUGIN_SIDE)}
MAY_SEE |= {floor: HOST_SIDE[: number + 1] for number, floor in enumerate(HOST_SIDE)}
MAY_SEE["web"] = ["core", "json", "web"]
MAY_SEE["session"].append("web")
MAY_SEE["transport"] = ["core", "json", "wire", "session", "transport"]
MAY_SEE["rules"].append("sandbox")
MAY_SEE["sandbox"] = ["core", "json", "transport", "sandbox"]
MAY_SEE["config"] = [*HOST_SIDE, "config"]
MAY_SEE["http"] = ["core", "json", "web", "transport", "http"]
MAY_SEE["admin"] = [*HOST_SIDE, "config", "http", "admin"]
# Above the host, below the page of administration for it. Nobody who only embeds a host needs either.
MAY_SEE["packages"] = [*HOST_SIDE, "packages"]
MAY_SEE["package_admin"] = [*HOST_SIDE, "config", "http", "admin", "packages", "package_admin"]
MAY_SEE["joint"] = sorted({*PLUGIN_SIDE, *HOST_SIDE, "joint"})
MAY_SEE["testing"] = sorted({*MAY_SEE["joint"], "testing", "faces"})
MAY_SEE["doctor"] = sorted({*MAY_SEE["testing"], "doctor"})
MAY_SEE["faces"] = sorted({*MAY_SEE["doctor"], *MAY_SEE["package_admin"], "faces"})
MAY_NAME_ASIO = {"transport", "process", "host", "config", "joint", "http", "admin", "packages", "package_admin"}
# Libraries of the packages, and the only headers that name them.
MAY_NAME = {
    "openssl/": {"tenon/packages/format/digest.hpp", "tenon/packages/format/package_signature.hpp"},
    "zlib.h": {"tenon/packages/format/tar_reader.hpp", "tenon/packages/format/zip_reader.hpp", "tenon/packages/format/zip_writer.hpp"},
    "sqlite3.h": {"tenon/packages/store/records_file.hpp"},
}

NO_THREADS = "wasm32-wasi has no threads"
COMPILE_TIME = "every plugin would pay for it in compile time"
FORBIDDEN_ON_PLUGIN_SIDE = {
    "chrono": "it costs every plugin 0.1 s of compile time: use <tenon/core/time.hpp>",
    "memory": COMPILE_TIME,
    "functional": COMPILE_TIME + ": use a function pointer",
    "map": COMPILE_TIME,
    "unordered_map": COMPILE_TIME,
    "algorithm": COMPILE_TIME,
    "ranges": COMPILE_TIME + ", and clang 14 cannot compile its views",
    "iostream": COMPILE_TIME + ", and the streams belong to the protocol",
    "sstream": COMPILE_TIME,
    "regex": COMPILE_TIME,
    "filesystem": COMPILE_TIME,
    "format": "the compilers we support do not have it",
    "mutex": NO_THREADS,
    "thread": NO_THREADS,
    "condition_variable": NO_THREADS,
    "atomic": NO_THREADS,
    "future": NO_THREADS,
}
# The one header that is there to name it.
EXCEPTIONS = {("tenon/core/time.hpp", "chrono")}

# Headers in .h that belong to the compiler or its library, not to a system.
OF_THE_COMPILER = re.compile(r"bits/|.mmintrin\.h|arm_neon\.h|wasm_simd128\.h")


def floor_of(header):
    if header == "tenon.hpp":
        return "plugin"
    return "faces" if header.count("/") == 1 else header.split("/")[1]


def is_of_system(header):
    return pathlib.Path(header).name.startswith("system_")


def complaint(header, name, quoted):
    """What is wrong with `header` including `name`, or None."""
    floor = floor_of(header)
    if quoted:
        return "headers are included with angle brackets"
    if name == "tenon.hpp" or name.startswith("tenon/"):
        if not (INCLUDE / name).is_file():
            return "no such header"
        if floor_of(name) not in MAY_SEE[floor]:
            return f"{floor} may only see {', '.join(MAY_SEE[floor])}"
        if floor in PLUGIN_SIDE and floor_of(name) == "web" and name != FOR_AUTHORS:
            return f"of web the plugin side sees <{FOR_AUTHORS}> alone"
        if floor == "rules" and floor_of(name) == "sandbox" and name != FOR_RULES:
            return f"of sandbox rules sees <{FOR_RULES}> alone"
        if floor == "sandbox" and not is_of_system(header) and (is_of_system(name) or floor_of(name) == "transport"):
            return "what of sandbox is not named system_*.hpp has nothing to do with the system"
    elif re.match(r"asio\b", name):
        if floor not in MAY_NAME_ASIO:
            return "only transport and what stands on it may name Asio"
    elif name.startswith("boost/"):
        if floor not in MAY_NAME_ASIO:
            return "only one header, in process, may name Boost"
    elif library := next((one for one in MAY_NAME if name.startswith(one)), None):
        if header not in MAY_NAME[library]:
            return f"only {', '.join(sorted(MAY_NAME[library]))} may name it"
    elif name.endswith(".h") and not OF_THE_COMPILER.match(name):
        if not is_of_system(header):
            return "system headers belong into a file named system_*.hpp"
        if floor in ("json", "wire", "web", "session"):
            return f"{floor} has nothing to do with the system"
    elif (floor in PLUGIN_SIDE or header == FOR_AUTHORS) and (header, name) not in EXCEPTIONS:
        return FORBIDDEN_ON_PLUGIN_SIDE.get(name)
    return None


def main():
    failures = []
    names_boost = set()
    headers = sorted(INCLUDE.rglob("*.[hi]pp"))
    for path in headers:
        header = path.relative_to(INCLUDE).as_posix()
        if floor_of(header) not in MAY_SEE:
            failures.append(f"include/{header}: there is no floor '{floor_of(header)}'")
            continue
        for number, line in enumerate(path.read_text().split("\n"), start=1):
            include = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)", line)
            if include is None:
                continue
            name = include[2]
            if name.startswith("boost/"):
                names_boost.add(header)
            if why := complaint(header, name, quoted=include[1] == '"'):
                failures.append(f"include/{header}:{number}: <{name}>: {why}")
    if len(names_boost) > 1:
        failures.append(f"only one header may name Boost, these do: {', '.join(sorted(names_boost))}")

    print("\n".join(failures + [f"{len(headers)} headers, {len(failures)} complaints"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
