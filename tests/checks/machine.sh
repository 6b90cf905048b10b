# shellcheck shell=bash
# Sourced by the scripts that are called run: what this machine has room for, and what it lacks.
#
#   compilers_at_once
#   install_missing NAME THING=PACKAGE...
#
# The second installs what is missing, and says what and how much it is. NAME says who speaks. A THING is a program, a
# header, or a file by its whole path, with * for what differs between versions; from wherever it comes, any version will
# do. PACKAGE is what brings it to Debian 12, and mostly to later ones and to Ubuntu. Nothing is said or done when all is
# there. False: something is still missing, and was named.

# shellcheck disable=SC2034 # used where this is sourced
to_build=('g++=g++' meson=meson ninja=ninja-build python3=python3 pkg-config=pkg-config
    asio.hpp=libasio-dev boost/version.hpp=libboost-dev yaml-cpp/yaml.h=libyaml-cpp-dev toml++/toml.h=libtomlplusplus-dev
    openssl/evp.h=libssl-dev zlib.h=zlib1g-dev sqlite3.h=libsqlite3-dev)
# shellcheck disable=SC2034
for_javascript=(node=nodejs npm=npm)
# shellcheck disable=SC2034
for_rust=(cargo=cargo '/usr/share/cargo/registry/serde_json-*=librust-serde-json-dev')
# shellcheck disable=SC2034
for_wasm=('clang++=clang' node=nodejs wasm-ld=lld
    '/usr/lib/llvm-*/lib/wasm32-wasi/libc++.a=libc++-dev-wasm32'
    '/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a=libclang-rt-dev-wasm32')

# A compiler on the host's headers takes 1.5 GB: as many as there is room for.
compilers_at_once() {
    local processors gigabytes
    processors=$(nproc)
    gigabytes=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
    [ "$gigabytes" -ge 1 ] || gigabytes=1
    echo $((processors < gigabytes ? processors : gigabytes))
}

is_there() {
    case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *.h | *.hpp) [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# The lock: a new machine is often still busy with updates of its own.
apt_get() {
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 "$@" </dev/null
}

# apt_get_progress NAME LOG ARGUMENT...: what apt-get says goes into LOG, and how far it is onto the terminal
apt_get_progress() {
    local name=$1 log=$2 line percent said=''
    shift 2
    apt_get -qq -o APT::Status-Fd=1 "$@" 2>&1 | while IFS= read -r line; do
        case $line in
        dlstatus:*:*:*) percent=${line#*:*:} line='fetched ' ;;
        pmstatus:*:*:*) percent=${line#*:*:} line='installed ' ;;
        *) printf '%s\n' "$line" >>"$log" && continue ;;
        esac
        line+="$((${percent%%[.:]*} / 25 * 25)) %"
        case $line in "$said" | *' 0 %') ;; *) said=$line && printf '%s: %s\n' "$name" "$line" >&2 ;; esac
    done
    return "${PIPESTATUS[0]}"
}

apt_get_updated=false

install_missing() {
    local name=$1 entry package packages=() size log
    shift
    for entry in "$@"; do
        package=${entry##*=}
        is_there "${entry%=*}" || [[ " ${packages[*]} " = *" $package "* ]] || packages+=("$package")
    done
    [ ${#packages[@]} -gt 0 ] || return 0

    if ! command -v apt-get >/dev/null; then
        echo "$name: missing here: ${packages[*]}; please install them (these are the names of Debian)" >&2
        return 1
    elif [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "$name: missing here, and only root can install them: apt-get install ${packages[*]}" >&2
        return 1
    fi
    echo "$name: missing here: ${packages[*]}" >&2
    log=$(mktemp)
    # Without a network the lists may be there from earlier.
    $apt_get_updated || apt_get -qq update >>"$log" 2>&1 || true
    apt_get_updated=true
    size=$(apt_get install --assume-no --no-install-recommends "${packages[@]}" 2>/dev/null |
        sed -n 's/^Need to get \(.*\) of archives\./\1 to fetch/p; s/^After this operation, \(.*\) of add.*/, \1 on disk/p')
    echo "$name: installing them${size:+ ($(tr -d '\n' <<<"$size"))}" >&2
    if ! apt_get_progress "$name" "$log" install -y --no-install-recommends "${packages[@]}"; then
        tail -n 15 "$log" >&2
        echo "$name: could not be installed: ${packages[*]}" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
