// The reader of multipart/form-data: whatever is sent, however it is split, and however it is meant.

#include <tenon/http/multipart.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using tenon::detail::boundary_of;
using tenon::detail::multipart_part;
using tenon::detail::multipart_reader;
using tenon::detail::read_parameters;
using tenon::http::spooling;

namespace {

struct told {
    std::string said = {}; // `name=value|`, `name@file_name(type)=bytes|`; `400` where it is refused
    std::string words = {};
    std::size_t held = 0; // most, of the reader
    bool whole = false;

    void begin(multipart_part part) {
        if (!said.empty()) said += '|';
        said += part.name;
        if (part.file_name) said += "@" + *part.file_name + "(" + part.content_type + ")";
        said += '=';
    }
    void data(std::string_view bytes) { said += bytes; }
};

told read(std::string_view bytes, std::size_t piece, const spooling& bounds = {}) {
    multipart_reader from("b", bounds);
    told into;
    bool good = true;
    for (; good && !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        good = from.read(bytes.substr(0, piece), into);
        into.held = std::max(into.held, from.held());
    }
    into.whole = good && from.whole();
    if (good) return into;
    into.said = std::to_string(from.why().status);
    into.words = from.why().words;
    CHECK_FALSE(from.read("--b--", into)); // it stays refused
    return into;
}

std::string part(std::string_view disposition, std::string_view content, std::string_view more = {}) {
    return "--b\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n" + std::string(more) +
           "\r\n" + std::string(content) + "\r\n";
}
const std::string end = "--b--\r\n";

} // namespace

TEST_CASE("a form split at every byte is the same form") {
    const std::vector<std::pair<std::string, std::string>> forms = {
        {end, ""},
        {"--b--", ""},
        {part(R"(name="a")", "1") + end, "a=1"},
        {part("name=a", "") + end, "a="},
        {part(R"(name="a")", "1") + part(R"(name="a")", "2") + end, "a=1|a=2"},
        {part(R"(name="f"; filename="x.zip")", "PK", "Content-Type: application/zip\r\n") + end,
         "f@x.zip(application/zip)=PK"},
        {part(R"(name="f"; filename="")", "") + end, "f@()="},
        {part(R"(filename="x"; name="f")", "1") + end, "f@x()=1"},
        {"--b\r\ncontent-type:t\r\nCONTENT-DISPOSITION:FORM-DATA;NAME=\"a\"\r\nX-Other: "
         "y\r\n\r\n1\r\n--b--\r\n",
         "a=1"},
        // What is nearly a boundary is data.
        {part("name=a", "--b") + end, "a=--b"},
        {part("name=a", "--b--") + end, "a=--b--"},
        {part("name=a", "x--b\r\n") + end, "a=x--b\r\n"},
        {part("name=a", "\r\n--") + end, "a=\r\n--"},
        {part("name=a", "\r\r\n\n--b\r\n-\r\n-b\r\n--c") + end, "a=\r\r\n\n--b\r\n-\r\n-b\r\n--c"},
        {part("name=a", "\r") + end, "a=\r"},
        {part("name=a", "\r\n") + end, "a=\r\n"},
        {part("name=a", "\n--b\r\n") + end, "a=\n--b\r\n"},
        {part("name=a", std::string("\0\xff\x80", 3)) + end, "a=" + std::string("\0\xff\x80", 3)},
    };
    for (const auto& form : forms)
        for (std::size_t piece = 1; piece <= form.first.size(); ++piece) {
            const told heard = read(form.first, piece);
            CHECK_MESSAGE(heard.said == form.second, form.first, " in pieces of ", piece);
            CHECK(heard.whole);
        }
}

TEST_CASE("a form that ends before its last boundary is not whole, wherever it ends") {
    const std::string form = part(R"(name="f"; filename="x")", "12345") + "--b--";
    for (std::size_t size = 0; size != form.size(); ++size) {
        const told heard = read(std::string_view(form).substr(0, size), 7);
        CHECK_MESSAGE(!heard.whole, size);
        CHECK(heard.words.empty());
    }
    CHECK(read(form, 7).whole);
}

TEST_CASE("what is no form, or could be read in two ways, is refused, however it is split") {
    const std::string head = "--b\r\nContent-Disposition: form-data; name=a\r\n";
    const std::vector<std::string> bad = {
        "x",
        "{}",
        "\r\n" + end,                               // the boundary comes first
        "preamble\r\n" + part("name=a", "1") + end, //
        "--c\r\n",                                  // another boundary
        "--bb\r\n",                                 // one that goes on
        "--b \r\n",                                 //
        "--b-\r\n",                                 //
        "--b\nx",                                   //
        part("name=a", "x\r\n--bc") + end,          // data that another reader ends here
        part("name=a", "1") + end + "epilogue",     //
        part("name=a", "1") + end + end,            //
        "--b--\r\r\n",                              //
        head + "\nx\r\n" + end,                     // lines end with CR LF
        head + "\r\rx\r\n" + end,                   //
        "--b\r\n\n",                                //
        "--b\r\nContent-Disposition: form-data; name=a\n\r\n1\r\n" + end,
        "--b\r\n\r\n1\r\n" + end,                             // nothing says what it is
        "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n" + end, //
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" + end,
        head + "Content-Disposition: form-data; name=b\r\n\r\n1\r\n" + end,
        head + " folded\r\n\r\n1\r\n" + end,     //
        head + "Bad Name: 1\r\n\r\n1\r\n" + end, //
        head + "X: a\x01\r\n\r\n1\r\n" + end,    //
        head + "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n" + end,
        part("", "1") + end,                              // no name
        part(R"(name="")", "1") + end,                    //
        part(R"(filename="x")", "1") + end,               //
        part(R"(name="a)", "1") + end,                    // a quote that does not end
        part(R"(name="a\")", "1") + end,                  //
        part(R"(name="a" filename="x")", "1") + end,      //
        part(R"(name="a"; name="b")", "1") + end,         //
        part(R"(name="a"; NAME="b")", "1") + end,         //
        part("name=a b", "1") + end,                      //
        part("name", "1") + end,                          //
        part("name=\"\xff\"", "1") + end,                 // no UTF-8
        part("name=a; filename=\"\xc0\xaf\"", "1") + end, //
    };
    for (const std::string& bytes : bad) {
        const told at_once = read(bytes, bytes.size());
        CHECK_MESSAGE(at_once.said == "400", bytes);
        CHECK_FALSE(at_once.words.empty());
        for (std::size_t piece = 1; piece != 9; ++piece) {
            const told split = read(bytes, piece);
            CHECK_MESSAGE(split.said == "400", bytes);
            CHECK(split.words == at_once.words);
        }
    }
}

TEST_CASE("a file's name is for people: it has no folder, and quotes in it come back") {
    const std::vector<std::pair<std::string, std::string>> names = {
        {R"("../../etc/passwd")", "passwd"},
        {R"("/etc/cron.d/x")", "x"},
        {R"("C:\Users\me\x.zip")", "x.zip"},
        {R"("a/")", ""},
        {R"("..")", ".."},
        {R"("a\"b")", "a\"b"},
        {R"("a%22b")", "a\"b"},
        {R"("a%0Ab%2F")", "a%0Ab%2F"}, // only a quote is decoded: no line can end
        {R"("a;b=c")", "a;b=c"},
        {"plain.zip", "plain.zip"},
        {"\"caf\xc3\xa9.zip\"", "caf\xc3\xa9.zip"},
    };
    for (const auto& one : names)
        CHECK_MESSAGE(read(part("name=f; filename=" + one.first, "") + end, 1).said ==
                          "f@" + one.second + "()=",
                      one.first);
}

TEST_CASE("all of a form is bounded but the data of its parts, and little of that is kept") {
    std::string many;
    for (int count = 0; count != 100'000; ++count) many += part("name=a", "");
    const told parts = read(many + end, 65'536);
    CHECK(parts.said == "413");
    CHECK(parts.words == "there are too many parts: expected at most 64");

    const spooling bounds{.folder = {}, .parts = 2, .part_head = 100};
    CHECK(read(part("name=a", "1") + part("name=b", "2") + end, 5, bounds).whole);
    CHECK(read(part("name=a", "1") + part("name=b", "2") + part("name=c", "3") + end, 5, bounds).said ==
          "413");
    for (const std::string& head : {std::string(1'000, 'x'), "X: " + std::string(1'000, 'x'),
                                    std::string("A: 1\r\nB: 1\r\n") + std::string(100, 'x')})
        for (const std::size_t piece : {std::size_t{1}, std::size_t{16}, std::size_t{10'000}}) {
            const told heard = read("--b\r\n" + head, piece, bounds);
            CHECK(heard.said == "413");
            CHECK(heard.held < 200 + piece);
        }
    std::string fields;
    for (int count = 0; count != 20; ++count) fields += "x" + std::to_string(count) + ": 1\r\n";
    CHECK(read("--b\r\n" + fields, 16).words == "a part has too many fields: expected at most 16");

    // Each of these could be the beginning of a boundary for a while.
    std::string nearly;
    for (int count = 0; count != 20'000; ++count) nearly += "\r\n--\r\n-\r\r\n";
    const told heard = read(part("name=f; filename=x", nearly) + end, 64);
    CHECK(heard.said == "f@x()=" + nearly);
    CHECK(heard.held < 200);
}

TEST_CASE("a boundary is what a Content-Type says once, and nothing that a header could not have") {
    const std::vector<std::pair<std::string, std::string>> types = {
        {"multipart/form-data; boundary=abc", "abc"},
        {R"(multipart/form-data; charset=utf-8; Boundary="a:b/c=d")", "a:b/c=d"},
        {"multipart/form-data;boundary=----WebKitFormBoundaryKGkdlN3aQ", "----WebKitFormBoundaryKGkdlN3aQ"},
        {"multipart/form-data; boundary=" + std::string(70, 'x'), std::string(70, 'x')},
        {"multipart/form-data; boundary=" + std::string(71, 'x'), ""},
        {"multipart/form-data", ""},
        {"multipart/form-data; boundary", ""},
        {"multipart/form-data; boundary=", ""},
        {R"(multipart/form-data; boundary="")", ""},
        {R"(multipart/form-data; boundary="a b")", ""},
        {"multipart/form-data; boundary=a; boundary=b", ""},
        {"multipart/form-data; boundary=\"a\rb\"", ""},
    };
    for (const auto& one : types) CHECK_MESSAGE(boundary_of(one.first) == one.second, one.first);
    CHECK(read_parameters("")->empty());
}
