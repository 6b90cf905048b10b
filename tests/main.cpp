// The main of every test program.
//
// TENON_TEST_LOCALE names a locale to run under, which must exist: a number written with a decimal comma, or an
// 'I' that is no 'i' in lower case, is what a program that calls setlocale() does to a library that forgot it.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
    if (const char* name = std::getenv("TENON_TEST_LOCALE"); name != nullptr) {
        if (std::setlocale(LC_ALL, name) == nullptr) {
            std::fprintf(stderr, "the locale %s is not available\n", name);
            return 2;
        }
    }
    return doctest::Context(argc, argv).run();
}
