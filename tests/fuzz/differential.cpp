// The JSON reader against another one, nlohmann::json.
//
// Input: a text.
//
// - Both accept it or both refuse it, and what they make of it is equal, number for number and byte for byte.
// - Where the two differ on purpose, the difference is named here and held to: a text nested deeper than 64 levels is
//   refused by us alone; so is one with a byte order mark, which the other skips; a zero byte ends the text for the
//   other and is an error for us. Of two members with one name the last counts, in both trees.
// - What is accepted ends where those who no longer check it find its end.
// - A number is an int64, else a uint64, else a double, as in the other; its double is the same to the bit.

#include "require.hpp"

#include <tenon/json/checked.hpp>
#include <tenon/json/value.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

using namespace tenon;

namespace {

using tree = nlohmann::json;

bool build(json_reader& in, tree& value);

bool build_number(json_reader& in, tree& value) {
    std::string_view text;
    if (!in.read_slice(text)) return false;
    if (const auto whole = from_json<std::int64_t>(text)) value = *whole;
    else if (const auto natural = from_json<std::uint64_t>(text)) value = *natural;
    else if (const auto number = from_json<double>(text)) value = *number;
    else return false;
    return true;
}

bool build_object(json_reader& in, tree& value) {
    if (!in.enter_object()) return false;
    value = tree::object();
    std::string_view name;
    while (in.next_member(name)) {
        tree& member = value[std::string(name)];
        member = nullptr;
        if (!build(in, member)) return false;
    }
    return !in.failed();
}

bool build(json_reader& in, tree& value) {
    switch (in.peek()) {
    case json_kind::null: return in.read_null();
    case json_kind::boolean: {
        bool truth;
        if (!in.read_bool(truth)) return false;
        value = truth;
        return true;
    }
    case json_kind::number: return build_number(in, value);
    case json_kind::string: {
        std::string text;
        if (!in.read_string(text)) return false;
        value = std::move(text);
        return true;
    }
    case json_kind::array:
        if (!in.enter_array()) return false;
        value = tree::array();
        while (in.next_element())
            if (!build(in, value.emplace_back())) return false;
        return !in.failed();
    case json_kind::object: return build_object(in, value);
    case json_kind::none: return in.mismatch("a value");
    }
    return false;
}

// Stricter than the tree's own ==, to which an integer may equal a double and 0.0 equals -0.0.
bool same(const tree& ours, const tree& theirs) {
    if (ours.is_number()) {
        if (ours.is_number_float() != theirs.is_number_float()) return false;
        if (!ours.is_number_float()) return ours == theirs;
        return std::bit_cast<std::uint64_t>(ours.get<double>()) ==
               std::bit_cast<std::uint64_t>(theirs.get<double>());
    }
    if (ours.type() != theirs.type() || ours.size() != theirs.size()) return false;
    if (ours.is_array()) return std::equal(ours.begin(), ours.end(), theirs.begin(), same);
    if (!ours.is_object()) return ours == theirs;
    for (auto mine = ours.begin(), other = theirs.begin(); mine != ours.end(); ++mine, ++other)
        if (mine.key() != other.key() || !same(*mine, *other)) return false;
    return true;
}

unsigned depth_of(const tree& value) {
    unsigned deepest = 0;
    if (value.is_structured())
        for (const tree& part : value) deepest = std::max(deepest, depth_of(part));
    return deepest + (value.is_structured() ? 1 : 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);

    tree ours;
    json_reader in(text);
    const bool accepted = build(in, ours) && in.finish();

    if (text.find('\0') != text.npos || text.starts_with("\xEF\xBB\xBF")) {
        FUZZ_REQUIRE(!accepted);
        return 0;
    }
    const tree theirs = tree::parse(text, nullptr, false);
    if (!accepted && in.error().message.find("nested too deep") != std::string::npos) {
        if (!theirs.is_discarded()) FUZZ_REQUIRE(depth_of(theirs) > max_json_depth);
        return 0;
    }
    FUZZ_REQUIRE(accepted == !theirs.is_discarded());
    if (!accepted) return 0;
    FUZZ_REQUIRE(same(ours, theirs));
    const std::size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
    FUZZ_REQUIRE(detail::checked_value_end(text.data() + first, text.data() + size) ==
                 text.data() + last + 1);
    return 0;
}
