// The floor of a start and of memory: a program in C++ that does nothing, or waits.

#include <unistd.h>

int main(int argc, char**) {
    char byte;
    return argc > 1 && read(0, &byte, 1) > 0 ? 1 : 0;
}
