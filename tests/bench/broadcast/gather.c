/* The floor of a broadcast: reads SIZE bytes, then writes one byte. */

#include <stdlib.h>
#include <unistd.h>

static char buffer[1 << 20];

int main(int argc, char** argv) {
    const size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (size == 0 || size > sizeof buffer) return 64;
    for (size_t have = 0;;) {
        const ssize_t got = read(0, buffer + have, sizeof buffer - have);
        if (got <= 0) return 0;
        for (have += (size_t)got; have >= size; have -= size)
            if (write(1, "a", 1) != 1) return 0;
    }
}
