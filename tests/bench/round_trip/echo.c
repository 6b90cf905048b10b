/* The floor of a round trip over two pipes: what comes is written back.
 *
 *     echo              writes back the bytes that one read() brought
 *     echo IN OUT       reads IN bytes, then writes OUT bytes: as much as a plugin reads and writes */

#include <stdlib.h>
#include <unistd.h>

static char buffer[1 << 20];

static int write_all(const char* bytes, size_t size) {
    while (size != 0) {
        const ssize_t put = write(1, bytes, size);
        if (put <= 0) return 0;
        bytes += put;
        size -= (size_t)put;
    }
    return 1;
}

int main(int argc, char** argv) {
    const size_t in = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    const size_t out = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (in > sizeof buffer || out > sizeof buffer) return 64;
    for (size_t have = 0;;) {
        const ssize_t got = read(0, buffer + have, sizeof buffer - have);
        if (got <= 0) return 0;
        if (in == 0) {
            if (!write_all(buffer, (size_t)got)) return 0;
            continue;
        }
        have += (size_t)got;
        if (have < in) continue;
        have -= in;
        if (!write_all(buffer, out)) return 0;
    }
}
