// J1: the conformance suite JSONTestSuite, whose checkout is the only argument.
//
// Its texts say by their names what has to happen: y_ is accepted, n_ refused, i_ left to the parser, which is
// therefore pinned here, name by name, as is what becomes of the texts in test_transform. Every text is read in
// four ways that have to agree: into tenon::json, by skipping it, as an unknown member of a struct, and by
// walking over it with the verbs that read each value.
//
// Without an argument it exits 77, which a test runner counts as skipped.

#include <tenon/json/value.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using tenon::from_json;
using tenon::json;
using tenon::json_kind;
using tenon::json_reader;

int failures = 0;

void fail(std::string_view name, std::string_view what) {
    ++failures;
    std::printf("FAILED %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
                static_cast<int>(what.size()), what.data());
}

// --- four ways to read a text ---

bool walk(json_reader& in) {
    bool truth;
    double number;
    std::string text;
    std::string_view name;
    switch (in.peek()) {
    case json_kind::null: return in.read_null();
    case json_kind::boolean: return in.read_bool(truth);
    case json_kind::number: return in.read_double(number);
    case json_kind::string: return in.read_string(text);
    case json_kind::array:
        if (!in.enter_array()) return false;
        while (in.next_element())
            if (!walk(in)) return false;
        return !in.failed();
    case json_kind::object:
        if (!in.enter_object()) return false;
        while (in.next_member(name))
            if (!walk(in)) return false;
        return !in.failed();
    case json_kind::none: return in.mismatch("a value");
    }
    return false;
}

struct knows_last {
    int last = 0;
};

bool accepts(const std::string& name, const std::string& text) {
    json_reader skipping(text), walking(text);
    const bool whole = json::parse(text).has_value();
    const bool skipped = skipping.skip_value() && skipping.finish();
    const bool walked = walk(walking) && walking.finish();
    const auto within = from_json<knows_last>("{\"unknown\":" + text + ",\"last\":1}");
    if (skipped != whole) fail(name, "skipping disagrees with tenon::json");
    if (walked != whole) fail(name, "walking disagrees with tenon::json");
    if (within.has_value() != whole) fail(name, "an unknown member disagrees with tenon::json");
    return whole;
}

// --- what is pinned ---

enum class fate { accepted, refused };

const std::map<std::string_view, fate> pinned = {
    // Too small for a double: zero.
    {"i_number_double_huge_neg_exp.json", fate::accepted},
    {"i_number_real_underflow.json", fate::accepted},
    // Too large for a double.
    {"i_number_huge_exp.json", fate::refused},
    {"i_number_neg_int_huge_exp.json", fate::refused},
    {"i_number_pos_double_huge_exp.json", fate::refused},
    {"i_number_real_neg_overflow.json", fate::refused},
    {"i_number_real_pos_overflow.json", fate::refused},
    // Beyond 64 bits: a number, but never an integer (see below).
    {"i_number_too_big_neg_int.json", fate::accepted},
    {"i_number_too_big_pos_int.json", fate::accepted},
    {"i_number_very_big_negative_int.json", fate::accepted},
    // Surrogates without their partner, bytes that are no UTF-8, other encodings.
    {"i_object_key_lone_2nd_surrogate.json", fate::refused},
    {"i_string_1st_surrogate_but_2nd_missing.json", fate::refused},
    {"i_string_1st_valid_surrogate_2nd_invalid.json", fate::refused},
    {"i_string_UTF-16LE_with_BOM.json", fate::refused},
    {"i_string_UTF-8_invalid_sequence.json", fate::refused},
    {"i_string_UTF8_surrogate_U+D800.json", fate::refused},
    {"i_string_incomplete_surrogate_and_escape_valid.json", fate::refused},
    {"i_string_incomplete_surrogate_pair.json", fate::refused},
    {"i_string_incomplete_surrogates_escape_valid.json", fate::refused},
    {"i_string_invalid_lonely_surrogate.json", fate::refused},
    {"i_string_invalid_surrogate.json", fate::refused},
    {"i_string_invalid_utf-8.json", fate::refused},
    {"i_string_inverted_surrogates_U+1D11E.json", fate::refused},
    {"i_string_iso_latin_1.json", fate::refused},
    {"i_string_lone_second_surrogate.json", fate::refused},
    {"i_string_lone_utf8_continuation_byte.json", fate::refused},
    {"i_string_not_in_unicode_range.json", fate::refused},
    {"i_string_overlong_sequence_2_bytes.json", fate::refused},
    {"i_string_overlong_sequence_6_bytes.json", fate::refused},
    {"i_string_overlong_sequence_6_bytes_null.json", fate::refused},
    {"i_string_truncated-utf-8.json", fate::refused},
    {"i_string_utf16BE_no_BOM.json", fate::refused},
    {"i_string_utf16LE_no_BOM.json", fate::refused},
    // Deeper than 64; a byte order mark.
    {"i_structure_500_nested_arrays.json", fate::refused},
    {"i_structure_UTF-8_BOM_empty_object.json", fate::refused},
};

// What becomes of a text: as itself, and as the type that fits it best.
struct transformed {
    std::string_view name;
    std::string_view as_json; // empty: refused
    std::string_view as_typed;
    std::string (*type)(std::string_view text);
};

template <class T>
std::string through(std::string_view text) {
    const auto value = from_json<T>(text);
    return value ? tenon::to_json(*value) : value.error().message;
}

constexpr auto doubles = through<std::vector<double>>;
constexpr auto integers = through<std::vector<std::int64_t>>;
constexpr auto strings = through<std::vector<std::string>>;
constexpr auto texts = through<std::map<std::string, std::string>>;
constexpr auto numbers = through<std::map<std::string, int>>;

const std::vector<transformed> transforms = {
    {"number_-9223372036854775808.json", "[-9223372036854775808]", "[-9223372036854775808]", integers},
    {"number_-9223372036854775809.json", "[-9223372036854775809]", "[0]: integer out of range at byte 1",
     integers},
    {"number_1.0.json", "[1.0]", "[1]", doubles},
    {"number_1.000000000000000005.json", "[1.000000000000000005]", "[1]", doubles},
    {"number_1000000000000000.json", "[1000000000000000]", "[1000000000000000]", integers},
    {"number_10000000000000000999.json", "[10000000000000000999]", "[1e+19]", doubles},
    {"number_1e-999.json", "[1E-999]", "[0]", doubles},
    {"number_1e6.json", "[1E6]", "[1e+06]", doubles},
    {"number_9223372036854775807.json", "[9223372036854775807]", "[9223372036854775807]", integers},
    {"number_9223372036854775808.json", "[9223372036854775808]", "[0]: integer out of range at byte 1",
     integers},
    // Names are compared byte by byte, so these two stay apart.
    {"object_key_nfc_nfd.json", "{\"\u00E9\":\"NFC\",\"e\u0301\":\"NFD\"}",
     "{\"e\u0301\":\"NFD\",\"\u00E9\":\"NFC\"}", texts},
    {"object_key_nfd_nfc.json", "{\"e\u0301\":\"NFD\",\"\u00E9\":\"NFC\"}",
     "{\"e\u0301\":\"NFD\",\"\u00E9\":\"NFC\"}", texts},
    {"object_same_key_different_values.json", R"({"a":1,"a":2})", "a: duplicate member at byte 11", numbers},
    {"object_same_key_same_value.json", R"({"a":1,"a":1})", "a: duplicate member at byte 11", numbers},
    {"object_same_key_unclear_values.json", R"({"a":0, "a":-0})", "a: duplicate member at byte 12", numbers},
    {"string_1_escaped_invalid_codepoint.json", "", "[0]: surrogate without its partner at byte 2", strings},
    {"string_1_invalid_codepoint.json", "", "[0]: invalid UTF-8 at byte 2", strings},
    {"string_2_escaped_invalid_codepoints.json", "", "[0]: surrogate without its partner at byte 2", strings},
    {"string_2_invalid_codepoints.json", "", "[0]: invalid UTF-8 at byte 2", strings},
    {"string_3_escaped_invalid_codepoints.json", "", "[0]: surrogate without its partner at byte 2", strings},
    {"string_3_invalid_codepoints.json", "", "[0]: invalid UTF-8 at byte 2", strings},
    {"string_with_escaped_NULL.json", R"(["A\u0000B"])", R"(["A\u0000B"])", strings},
};

// --- running it ---

std::map<std::string, std::string> files_in(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        std::ifstream file(entry.path(), std::ios::binary);
        files[entry.path().filename().string()] = std::string{std::istreambuf_iterator<char>(file), {}};
    }
    return files;
}

struct count {
    int right = 0;
    int all = 0;
    void add(bool good) {
        ++all;
        right += good ? 1 : 0;
    }
};

void check_transform(const transformed& expected, const std::string& text, count& kept) {
    const int before = failures;
    const auto value = json::parse(text);
    const std::string name(expected.name);
    accepts(name, text);
    if (value.has_value() == expected.as_json.empty()) fail(name, value ? "accepted" : "refused");
    else if (value && tenon::to_json(*value) != expected.as_json) fail(name, "becomes " + value->text());
    if (const std::string typed = expected.type(text); typed != expected.as_typed)
        fail(name, "becomes " + typed);
    kept.add(failures == before);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2 || *argv[1] == '\0') {
        std::printf("skipped: give a checkout of JSONTestSuite as the argument\n");
        return 77;
    }
    const std::filesystem::path suite(argv[1]);
    count accepted, refused, decided, kept;

    for (const auto& [name, text] : files_in(suite / "test_parsing")) {
        const bool good = accepts(name, text);
        if (name.starts_with("y_")) {
            accepted.add(good);
            if (!good) fail(name, "refused");
        } else if (name.starts_with("n_")) {
            refused.add(!good);
            if (good) fail(name, "accepted");
        } else if (name.starts_with("i_")) {
            const auto pin = pinned.find(name);
            decided.add(pin != pinned.end() && good == (pin->second == fate::accepted));
            if (pin == pinned.end()) fail(name, "not pinned");
            else if (good != (pin->second == fate::accepted)) fail(name, good ? "accepted" : "refused");
            // What is accepted of these are numbers that no integer may become.
            if (good && from_json<std::vector<std::int64_t>>(text)) fail(name, "becomes an integer");
            if (good && !from_json<std::vector<double>>(text)) fail(name, "does not become a double");
        }
    }

    const auto texts_to_keep = files_in(suite / "test_transform");
    for (const transformed& expected : transforms) {
        const auto text = texts_to_keep.find(std::string(expected.name));
        if (text == texts_to_keep.end()) fail(expected.name, "missing");
        else check_transform(expected, text->second, kept);
    }

    std::printf("%d/%d accepted, %d/%d refused, %d pinned, %d transform pinned\n", accepted.right,
                accepted.all, refused.right, refused.all, decided.right, kept.right);
    // The suite as it has been for years. A folder that holds less is not it.
    if (accepted.all < 95 || refused.all < 188 || decided.all < 35 || kept.all < 22)
        fail("the suite", "incomplete");
    return failures == 0 ? 0 : 1;
}
