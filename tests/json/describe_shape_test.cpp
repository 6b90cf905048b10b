#include <tenon/json/describe.hpp>
#include <tenon/json/value.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

using tenon::detail::is_map_key;
using tenon::detail::may_be_absent;
using tenon::detail::shape;
using tenon::detail::shape_of;

namespace {

struct aggregate {
    int a;
};
class closed {
public:
    closed(int, int) {}
};
struct described_class {
    explicit described_class(int) {}
    int a = 0;
    static constexpr auto describe() { return tenon::members(tenon::member("a", &described_class::a)); }
};
enum class colour { red };
enum plain : int { one };
struct with_codec {};

// Not the standard's, but it does what a vector does.
struct homemade_list {
    using value_type = int;
    void clear() {}
    int& emplace_back() { return value; }
    int* begin() { return &value; }
    int* end() { return &value + 1; }
    int value = 0;
};

} // namespace

template <>
struct tenon::json_codec<with_codec> {
    static bool read(json_reader&, with_codec&) { return true; }
    static void write(json_writer& out, const with_codec&) { out.null(); }
};

TEST_CASE("a type's shape follows from what it can do") {
    static_assert(shape_of<bool> == shape::boolean);
    static_assert(shape_of<int> == shape::integer);
    static_assert(shape_of<signed char> == shape::integer);
    static_assert(shape_of<unsigned char> == shape::integer);
    static_assert(shape_of<char8_t> == shape::integer);
    static_assert(shape_of<unsigned long long> == shape::integer);
    static_assert(shape_of<float> == shape::number);
    static_assert(shape_of<long double> == shape::number);
    static_assert(shape_of<colour> == shape::enumeration);
    static_assert(shape_of<plain> == shape::enumeration);
    static_assert(shape_of<std::string> == shape::text);
    static_assert(shape_of<std::string_view> == shape::text);
    static_assert(shape_of<const char*> == shape::text);
    static_assert(shape_of<char[4]> == shape::text);
    static_assert(shape_of<std::nullptr_t> == shape::null);
    static_assert(shape_of<std::monostate> == shape::null);
    static_assert(shape_of<std::optional<int>> == shape::optional);
    static_assert(shape_of<std::variant<int, bool>> == shape::variant);
    static_assert(shape_of<std::chrono::hours> == shape::duration);
    static_assert(shape_of<std::chrono::duration<float>> == shape::duration);
    static_assert(shape_of<std::pair<int, int>> == shape::tuple);
    static_assert(shape_of<std::tuple<>> == shape::tuple);
    static_assert(shape_of<std::array<int, 3>> == shape::array);
    static_assert(shape_of<std::vector<int>> == shape::sequence);
    static_assert(shape_of<std::vector<bool>> == shape::sequence);
    static_assert(shape_of<std::deque<int>> == shape::sequence);
    static_assert(shape_of<std::list<int>> == shape::sequence);
    static_assert(shape_of<std::set<int>> == shape::sequence);
    static_assert(shape_of<std::multiset<int>> == shape::sequence);
    static_assert(shape_of<std::unordered_set<int>> == shape::sequence);
    static_assert(shape_of<homemade_list> == shape::sequence);
    static_assert(shape_of<std::map<std::string, int>> == shape::map);
    static_assert(shape_of<std::map<int, int>> == shape::map);
    static_assert(shape_of<std::unordered_map<std::string, int>> == shape::map);
    static_assert(shape_of<aggregate> == shape::object);
    static_assert(shape_of<described_class> == shape::object);
    static_assert(shape_of<with_codec> == shape::codec);
    static_assert(shape_of<tenon::json> == shape::any);
    static_assert(shape_of<tenon::json_view> == shape::any);
}

TEST_CASE("a type without a shape is known as such") {
    static_assert(shape_of<char> == shape::unknown);
    static_assert(shape_of<wchar_t> == shape::unknown);
    static_assert(shape_of<int*> == shape::unknown);
    static_assert(shape_of<int[3]> == shape::unknown);
    static_assert(shape_of<closed> == shape::unknown);
    static_assert(shape_of<std::unique_ptr<int>> == shape::unknown);
    static_assert(shape_of<std::wstring> != shape::text);
    static_assert(shape_of<void (*)()> == shape::unknown);
}

TEST_CASE("only an optional may be absent, and only some types name a member") {
    static_assert(may_be_absent<std::optional<int>>);
    static_assert(!may_be_absent<std::vector<int>>);
    static_assert(!may_be_absent<std::monostate>);
    static_assert(is_map_key<std::string>);
    static_assert(is_map_key<int>);
    static_assert(is_map_key<std::uint64_t>);
    static_assert(is_map_key<colour>);
    static_assert(!is_map_key<bool>);
    static_assert(!is_map_key<char>);
    static_assert(!is_map_key<double>);
    static_assert(!is_map_key<std::string_view>);
    static_assert(!is_map_key<aggregate>);
}
