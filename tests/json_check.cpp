// Whether a file is JSON: exit 0 if it is, 1 with the reason if it is not, 2 if it cannot be read. For running a
// conformance suite, or any pile of files, from a shell:
//
//     for file in *.json; do json_check "$file" || echo "$file"; done

#include <tenon/json/value.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: json_check FILE\n");
        return 64;
    }
    std::ifstream file(argv[1], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
        std::fprintf(stderr, "%s: cannot be read\n", argv[1]);
        return 2;
    }
    const auto value = tenon::json::parse(text);
    if (value) return 0;
    std::fprintf(stderr, "%s: %s\n", argv[1], value.error().message.c_str());
    return 1;
}
