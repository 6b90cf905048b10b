// expect: tenon: a lambda handler must take its message by const reference, and not as `auto`

#include <tenon.hpp>

int main(int argc, char** argv) {
    return tenon::plugin({.name = "wrong", .version = "1.0.0"}).receive([] { return 1; }).serve(argc, argv);
}
