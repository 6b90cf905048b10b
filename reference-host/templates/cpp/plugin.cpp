#include "plugin.hpp"

int main(int argc, char** argv) { return tenon::serve<greeter>(argc, argv); }
