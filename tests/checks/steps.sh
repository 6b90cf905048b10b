# shellcheck shell=bash
# Sourced by tests/run and .ci/run: runs steps one after another and sums up what they say.
#
# A step is a command. If it says 'N passed, N failed' the last time is taken, otherwise it counts as one, by its exit
# status. Not for use under `set -o pipefail`.

steps_passed=0 steps_failed=0

# step TITLE COMMAND...
step() {
    local title=$1 log status counts begun=$SECONDS
    shift
    printf '\n==== %s\n' "$title"
    log=$(mktemp)
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 | tr -dc '0-9 ')
    rm -f "$log"
    [ "$status" = 0 ] && counts=${counts:-1 0} || counts=${counts:-0 1}
    # shellcheck disable=SC2086 # two numbers
    set -- $counts
    [ "$status" = 0 ] || [ "$2" != 0 ] || set -- "$1" 1
    steps_passed=$((steps_passed + $1)) steps_failed=$((steps_failed + $2))
    [ "$2" = 0 ] || printf '==== FAILED: %s\n' "$title"
    printf '==== %s s\n' $((SECONDS - begun))
}

# Says the sum in its one line; false if anything failed.
steps_total() {
    printf '\n%s passed, %s failed\n' "$steps_passed" "$steps_failed"
    [ "$steps_failed" = 0 ]
}
