// The typed JSON codec.
//
// Input: one byte that chooses a type, then the text to read as that type.
//
// - A text that is read as a type is JSON: skipping accepts it. A text that a type refuses as no JSON is none:
//   skipping refuses it too.
// - tenon::json accepts exactly what skipping accepts, keeps its text, and finds the members that walking finds.
// - What was read is written as JSON that reads back as something that is written alike.
// - A fault has words and a place within the text.

#include "require.hpp"

#include <tenon/json/value.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

using namespace tenon;

namespace {

enum class colour : unsigned char { red, green, blue };

struct point {
    int x;
    std::optional<double> y;
};

struct node {
    std::string name;
    std::vector<node> kids;
    std::optional<std::map<std::string, node>> named;
};

struct lenient {
    int a = 1;
    std::string b = "b";
    static constexpr bool allow_missing = true;
};

struct renamed {
    bool one = false;
    float two = 0;
    static constexpr auto describe() {
        return tenon::members(tenon::member("1", &renamed::one), tenon::member("\u00FC", &renamed::two));
    }
};

struct identifier {
    std::string text;
};

} // namespace

template <>
struct tenon::json_codec<identifier> {
    static bool read(json_reader& in, identifier& value) {
        return in.read_string(value.text) && !value.text.empty();
    }
    static void write(json_writer& out, const identifier& value) { out.string(value.text); }
};

namespace {

// Members have short names, so that a fuzzer finds them.
struct everything {
    std::optional<bool> b;
    std::optional<signed char> i8;
    std::optional<std::uint16_t> u16;
    std::optional<std::int64_t> i;
    std::optional<std::uint64_t> u;
    std::optional<double> d;
    std::optional<float> f;
    std::optional<std::string> s;
    std::optional<colour> c;
    std::optional<point> p;
    std::optional<std::vector<point>> vp;
    std::optional<std::vector<bool>> vb;
    std::optional<std::deque<std::string>> q;
    std::optional<std::set<int>> set;
    std::optional<std::map<int, std::string>> mi;
    std::optional<std::map<colour, json>> mc;
    std::optional<std::unordered_map<std::string, int>> um;
    std::optional<std::pair<int, std::string>> pr;
    std::optional<std::tuple<bool, std::optional<int>, std::monostate>> t;
    std::optional<std::array<int, 3>> a;
    std::optional<std::chrono::milliseconds> ms;
    std::optional<json> any;
    std::optional<lenient> l;
    std::optional<renamed> r;
    std::optional<identifier> id;
    std::optional<std::nullptr_t> n;
};

// Doubles come before anything that could be a whole number, because -0.0 is written like the integer -0.
struct branch;
using soup = std::variant<bool, double, colour, std::string, std::vector<bool>, point, lenient, branch,
                          std::monostate>;
struct branch {
    std::vector<std::variant<branch, std::string, json>> kids;
};

bool is_json(std::string_view text) {
    json_reader in(text);
    return in.skip_value() && in.finish();
}

// Walks over a value with the verbs that read.
bool walk(json_reader& in) {
    bool truth;
    double number;
    std::string scratch;
    std::string_view text;
    switch (in.peek()) {
    case json_kind::null: return in.read_null();
    case json_kind::boolean: return in.read_bool(truth);
    case json_kind::number: return in.read_double(number);
    case json_kind::string: return in.read_text(text, scratch);
    case json_kind::array:
        if (!in.enter_array()) return false;
        while (in.next_element())
            if (!walk(in)) return false;
        return !in.failed();
    case json_kind::object:
        if (!in.enter_object()) return false;
        while (in.next_member(text))
            if (!walk(in)) return false;
        return !in.failed();
    case json_kind::none: return in.mismatch("a value");
    }
    return false;
}

void require_told(const fault& error, std::string_view text, bool accepted) {
    FUZZ_REQUIRE(error.code == codes::parse_error || error.code == codes::invalid_params);
    FUZZ_REQUIRE(error.code != codes::parse_error || !accepted);
    const std::size_t at = error.message.rfind(" at byte ");
    FUZZ_REQUIRE(at != std::string::npos && at != 0);
    std::size_t place = 0;
    const char* digits = error.message.c_str() + at + 9;
    FUZZ_REQUIRE(std::from_chars(digits, error.message.c_str() + error.message.size(), place).ptr ==
                 error.message.c_str() + error.message.size());
    FUZZ_REQUIRE(place <= text.size());
}

/// A hash table's order says where its members stood before, and is no part of what was read.
template <class T>
void set_aside_what_has_no_order(T&, T&) {}
void set_aside_what_has_no_order(everything& one, everything& other) {
    FUZZ_REQUIRE(one.um == other.um);
    one.um.reset();
    other.um.reset();
}

template <class T>
void read_as(std::string_view text) {
    const bool accepted = is_json(text);
    result<T> value = from_json<T>(text);
    if (!value) return require_told(value.error(), text, accepted);
    FUZZ_REQUIRE(accepted);

    const std::string once = to_json(*value);
    FUZZ_REQUIRE(is_json(once));
    result<T> again = from_json<T>(once);
    // A shorter text may leave less to spend on going back: space counts.
    if (!again && again.error().message.find("too ambiguous") != std::string::npos) return;
    FUZZ_REQUIRE(again);
    FUZZ_REQUIRE(to_json(*again).size() == once.size());
    set_aside_what_has_no_order(*value, *again);
    FUZZ_REQUIRE(to_json(*again) == to_json(*value));
}

void read_as_json(std::string_view text) {
    json_reader walking(text);
    const bool walked = walk(walking) && walking.finish();
    const result<json> value = json::parse(text);
    FUZZ_REQUIRE(value.has_value() == walked);
    FUZZ_REQUIRE(value.has_value() == is_json(text));
    if (!value) {
        require_told(value.error(), text, false);
        FUZZ_REQUIRE(value.error().code == codes::parse_error);
        return;
    }
    FUZZ_REQUIRE(text.find(value->text()) != std::string_view::npos);
    FUZZ_REQUIRE(to_json(*value) == value->text());
    FUZZ_REQUIRE(json::of(*value).text() == value->text());

    json_reader in(value->text());
    if (value->kind() == json_kind::array) {
        FUZZ_REQUIRE(in.enter_array());
        std::size_t index = 0;
        for (json_view element; index < 8 && in.next_element(); ++index) {
            FUZZ_REQUIRE(element.read(in));
            FUZZ_REQUIRE((*value)[index].text() == element.text());
        }
        if (index < 8) FUZZ_REQUIRE((*value)[index].is_null());
    } else if (value->kind() == json_kind::object) {
        FUZZ_REQUIRE(in.enter_object());
        std::string_view name;
        if (!in.next_member(name)) return;
        const std::string first(name);
        json_view member;
        FUZZ_REQUIRE(member.read(in));
        FUZZ_REQUIRE((*value)[first].text() == member.text());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 10) { // '0' is 8: the corpus names its type by a letter from 'd' on
    case 0: read_as_json(text); break;
    case 1: read_as<everything>(text); break;
    case 2: read_as<std::vector<double>>(text); break;
    case 3: read_as<std::vector<soup>>(text); break;
    case 4: read_as<std::map<std::string, std::map<std::string, std::vector<int>>>>(text); break;
    case 5: read_as<node>(text); break;
    case 6: read_as<std::vector<std::variant<std::int64_t, std::string>>>(text); break;
    case 7: read_as<std::string>(text); break;
    case 8: read_as<std::vector<std::optional<float>>>(text); break;
    default: read_as<std::map<std::int64_t, colour>>(text); break;
    }
    return 0;
}
