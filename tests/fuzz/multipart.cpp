// The reader of multipart/form-data.
//
// Input: three bytes for the limits and the size of pieces, then a body whose boundary is "b".
//
// - The body as one piece, byte by byte and in pieces of the given size yields the same parts, the same refusal and the same
//   words for it.
// - Parts keep the limits. Each has a name; names are UTF-8 that could not end a line, and a file's has no folder.
// - Written down in the plainest way, the parts are read back as they were.
// - No more is kept than a piece, a part's head and a boundary.

#include "require.hpp"

#include <tenon/http/multipart.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace tenon::detail;
using tenon::http::spooling;

namespace {

struct parts {
    struct one {
        multipart_part head;
        std::string data;
    };
    std::vector<one> all = {};
    http_refusal why = {};
    bool whole = false;

    void begin(multipart_part part) { all.push_back({std::move(part), {}}); }
    void data(std::string_view bytes) {
        FUZZ_REQUIRE(!all.empty() && !bytes.empty());
        all.back().data += bytes;
    }
};

parts read(std::string_view body, std::size_t piece, const spooling& bounds) {
    multipart_reader from("b", bounds);
    parts into;
    while (!body.empty()) {
        if (!from.read(body.substr(0, piece), into)) break;
        body.remove_prefix(std::min(piece, body.size()));
        FUZZ_REQUIRE(from.held() <= bounds.part_head + 8);
    }
    into.why = from.why();
    into.whole = from.whole();
    FUZZ_REQUIRE(into.why.status == 0 ||
                 (!into.whole && !into.why.words.empty() && !from.read("--b--", into)));
    return into;
}

bool same(const parts& one, const parts& other) {
    return std::equal(one.all.begin(), one.all.end(), other.all.begin(), other.all.end(),
                      [](const parts::one& a, const parts::one& b) {
                          return a.head.name == b.head.name && a.head.file_name == b.head.file_name &&
                                 a.head.content_type == b.head.content_type && a.data == b.data;
                      });
}

std::string quoted(const std::string& name) {
    if (is_token(name)) return name;
    std::string text = "\"";
    for (const char letter : name) (letter == '"' || letter == '\\' ? text += '\\' : text) += letter;
    return text + '"';
}

std::string plainest(const parts& of) {
    std::string text;
    for (const parts::one& one : of.all) {
        text += "--b\r\nContent-Disposition: form-data; name=" + quoted(one.head.name);
        if (one.head.file_name) text += "; filename=" + quoted(*one.head.file_name);
        text += "\r\nContent-Type: " + one.head.content_type + "\r\n\r\n" + one.data + "\r\n";
    }
    return text + "--b--\r\n";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const spooling bounds{.folder = {}, .parts = data[0] % 4u + 1u, .part_head = data[1] + 1u};
    const std::size_t piece = data[2] % 48u + 1u;
    const std::string_view body(reinterpret_cast<const char*>(data) + 3, size - 3);

    const parts once = read(body, body.size(), bounds);
    for (const std::size_t some : {std::size_t{1}, piece}) {
        const parts split = read(body, some, bounds);
        FUZZ_REQUIRE(split.whole == once.whole && split.why.status == once.why.status &&
                     split.why.words == once.why.words);
        FUZZ_REQUIRE(same(split, once));
    }
    FUZZ_REQUIRE(once.all.size() <= bounds.parts);
    for (const parts::one& one : once.all) {
        const std::string file = one.head.file_name.value_or("");
        for (const std::string& text : {one.head.name, file, one.head.content_type})
            FUZZ_REQUIRE(is_field_value(text) && is_utf8(text) && text.size() <= bounds.part_head);
        FUZZ_REQUIRE(!one.head.name.empty() && file.find_first_of("/\\") == file.npos);
        FUZZ_REQUIRE(one.data.find("\r\n--b") == one.data.npos);
    }
    if (!once.whole) return 0;
    const parts again = read(plainest(once), 11, {});
    FUZZ_REQUIRE(again.whole && same(again, once));
    return 0;
}
