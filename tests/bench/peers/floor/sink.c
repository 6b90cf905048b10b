/* The floor of what goes one way: says by a byte that it runs, and by another one that SIZE bytes have come. */

#include <stdlib.h>
#include <unistd.h>

static char buffer[65536];

int main(int argc, char** argv) {
    const size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (write(1, "r", 1) != 1) return 1;
    for (size_t have = 0; have < size;) {
        const ssize_t got = read(0, buffer, sizeof buffer);
        if (got <= 0) return 1;
        have += (size_t)got;
    }
    return write(1, "a", 1) == 1 ? 0 : 1;
}
