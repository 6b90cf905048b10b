#!/bin/sh
# Compiles the header that names Boost with every Boost that this system can have: the one that is installed, and
# those whose headers apt can fetch. They exclude each other as packages, so they are unpacked, never installed.
#
#     boost_versions.sh [FOLDER]     FOLDER keeps the unpacked headers for the next time
#
# Exit code 0: all compile; 1: one does not; 77: only the installed one was there to be tried.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
[ $# -gt 0 ] || trap 'rm -rf "$folder"' EXIT
failed=0
tried=0

try() { # NAME [FLAG...]
    name=$1
    shift
    for compiler in g++ clang++; do
        command -v "$compiler" >/dev/null || continue
        if printf '#include <tenon/process/child.hpp>\n' |
            "$compiler" -std=c++20 -DASIO_STANDALONE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
                -I"$root/include" "$@" -fsyntax-only -x c++ -; then
            echo "$name with $compiler: compiles"
        else
            echo "$name with $compiler: does not compile"
            failed=1
        fi
    done
    tried=$((tried + 1))
}

try 'the installed Boost'
for version in 1.74 1.81; do
    if [ ! -d "$folder/$version/usr/include/boost" ]; then
        (cd "$folder" && apt-get download "libboost$version-dev" >/dev/null 2>&1 &&
            dpkg -x "libboost$version-dev"_*.deb "$folder/$version") || continue
    fi
    try "Boost $version" -isystem "$folder/$version/usr/include"
done
[ "$failed" = 0 ] || exit 1
[ "$tried" -gt 1 ] || exit 77
