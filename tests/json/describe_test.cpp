#include <tenon/json/schema.hpp>

#include "outcome.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using json_tests::outcome;

// A stranger's library: nothing in it knows of tenon.
namespace strangers {

class point {
public:
    point() = default;
    point(int across, int down) : x(across), y(down) {}
    int x = 0;
    int y = 0;
};

enum weather { sunny, rainy = 700, unknown_weather = -1 };

struct ticket {
    std::string number;
};

// Names that tenon's own code uses unqualified somewhere must not be mistaken for them.
template <class T>
void encode(T&&...);
template <class T>
void decode(T&&...);
template <class T>
void visit_members(T&&...);
struct encoder_bait {
    int a;
};

} // namespace strangers

// What an author adds to it, found by the argument's namespace.
namespace strangers {

constexpr auto describe(tenon::type<point>) {
    return tenon::members(tenon::member("px", &point::x), tenon::member("py", &point::y));
}

constexpr auto describe(tenon::type<weather>) {
    return tenon::enumerators(tenon::enumerator("sunny", sunny), tenon::enumerator("rainy day", rainy),
                              tenon::enumerator("", unknown_weather));
}

} // namespace strangers

template <>
struct tenon::json_codec<strangers::ticket> {
    static bool read(json_reader& in, strangers::ticket& value) {
        const char* start = in.value_start();
        if (!in.read_string(value.number)) return false;
        if (!value.number.starts_with("T-")) return in.refuse("not a ticket", start);
        value.number.erase(0, 2);
        return true;
    }
    static void write(json_writer& out, const strangers::ticket& value) { out.string("T-" + value.number); }
    static void schema(json_writer& out) {
        out.key("type");
        out.string("string");
        out.key("pattern");
        out.string("^T-");
    }
};

namespace {

struct renamed {
    int from = 0;
    std::string kind;
    int never_on_the_wire = 7;
    static constexpr auto describe() {
        return tenon::members(tenon::member("from_uid", &renamed::from),
                              tenon::member("class", &renamed::kind));
    }
};

struct lenient {
    int number = 5;
    std::string name = "nobody";
    std::vector<int> list = {1, 2};
    static constexpr bool allow_missing = true;
};

struct strict_after_all {
    int number = 5;
    static constexpr bool allow_missing = false;
};

struct lenient_described {
    int a = 1;
    int b = 2;
    static constexpr bool allow_missing = true;
    static constexpr auto describe() {
        return tenon::members(tenon::member("A", &lenient_described::a),
                              tenon::member("B", &lenient_described::b));
    }
};

struct described_empty {
    static constexpr auto describe() { return tenon::members(); }
};

class with_invariant {
public:
    explicit with_invariant(int start = 0) : hidden_(start) {}
    int hidden() const { return hidden_; }
    static constexpr auto describe() {
        return tenon::members(tenon::member("hidden", &with_invariant::hidden_));
    }

private:
    int hidden_;
};

struct base {
    int id = 0;
};
struct derived : base {
    std::string name;
    static constexpr auto describe() {
        return tenon::members(tenon::member("id", &derived::id), tenon::member("name", &derived::name));
    }
};

struct odd_names {
    int a = 0, b = 0, c = 0, d = 0;
    static constexpr auto describe() {
        return tenon::members(tenon::member("", &odd_names::a), tenon::member("with space", &odd_names::b),
                              tenon::member("{:,}", &odd_names::c),
                              tenon::member("gr\u00F6\u00DFe", &odd_names::d));
    }
};

enum class level { low = -5, middle = 0, high = 1'000'000 };
constexpr auto describe(tenon::type<level>) {
    return tenon::enumerators(tenon::enumerator("low", level::low), tenon::enumerator("so so", level::middle),
                              tenon::enumerator("high \"!\"", level::high));
}

struct all_described {
    strangers::point place;
    strangers::weather weather;
    strangers::ticket ticket;
    level how;
};

struct in_camel_case {
    int plain = 0, from_uid = 0, p50_ms = 0, x_1 = 0, a__b = 0, _led = 0, ended_ = 0, Great_Name = 0,
        unix_ms = 0;
    static constexpr auto describe() {
        return tenon::camel_case(tenon::member("time", &in_camel_case::unix_ms));
    }
};

struct nothing_to_rename {
    static constexpr auto describe() { return tenon::camel_case(); }
};

struct sparse {
    int number = 0;
    std::string text = {};
    std::vector<int> list = {};
    std::map<std::string, int> map = {};
    tenon::json any = {};
    bool flag = false;
    std::optional<int> perhaps = {};
    std::string always = {};
    static constexpr auto describe() {
        using self = sparse;
        using tenon::member, tenon::omit_empty;
        return tenon::all_members(
            member("flag", &self::flag, omit_empty), member("text", &self::text, omit_empty),
            member("all", &self::list, omit_empty), member("map", &self::map, omit_empty),
            member("any", &self::any, omit_empty), member("number", &self::number));
    }
};

struct sparse_listed {
    std::string text = "kept";
    int number = 0;
    static constexpr auto describe() {
        return tenon::members(tenon::member("text", &sparse_listed::text, tenon::omit_empty),
                              tenon::member("number", &sparse_listed::number));
    }
};

enum class weekday { monday, tuesday_or_so, no_day };
constexpr auto describe(tenon::type<weekday>) { return tenon::camel_case(); }

// 33 members: more than reflection counts, so described; one bit each is kept while reading.
struct wide {
    int m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0, m8 = 0, m9 = 0, m10 = 0, m11 = 0,
        m12 = 0, m13 = 0, m14 = 0, m15 = 0, m16 = 0, m17 = 0, m18 = 0, m19 = 0, m20 = 0, m21 = 0, m22 = 0,
        m23 = 0, m24 = 0, m25 = 0, m26 = 0, m27 = 0, m28 = 0, m29 = 0, m30 = 0, m31 = 0, m32 = 0;
    static constexpr auto describe() {
        using tenon::member;
        return tenon::members(member("m0", &wide::m0), member("m1", &wide::m1), member("m2", &wide::m2),
                              member("m3", &wide::m3), member("m4", &wide::m4), member("m5", &wide::m5),
                              member("m6", &wide::m6), member("m7", &wide::m7), member("m8", &wide::m8),
                              member("m9", &wide::m9), member("m10", &wide::m10), member("m11", &wide::m11),
                              member("m12", &wide::m12), member("m13", &wide::m13), member("m14", &wide::m14),
                              member("m15", &wide::m15), member("m16", &wide::m16), member("m17", &wide::m17),
                              member("m18", &wide::m18), member("m19", &wide::m19), member("m20", &wide::m20),
                              member("m21", &wide::m21), member("m22", &wide::m22), member("m23", &wide::m23),
                              member("m24", &wide::m24), member("m25", &wide::m25), member("m26", &wide::m26),
                              member("m27", &wide::m27), member("m28", &wide::m28), member("m29", &wide::m29),
                              member("m30", &wide::m30), member("m31", &wide::m31),
                              member("m32", &wide::m32));
    }
};

} // namespace

TEST_CASE("described members travel under their JSON names, others not at all") {
    CHECK(outcome<renamed>(R"({"from_uid":3,"class":"x"})") == R"({"from_uid":3,"class":"x"})");
    CHECK(outcome<renamed>(R"({"class":"x","never_on_the_wire":1,"from":9,"from_uid":3})") ==
          R"({"from_uid":3,"class":"x"})");
    CHECK(outcome<renamed>(R"({"from":3,"class":"x"})") == "-32602 from_uid: missing at byte 0");
    CHECK(outcome<renamed>(R"({"from_uid":"3","class":"x"})") ==
          "-32602 from_uid: expected integer, got string at byte 12");
    CHECK(tenon::from_json<renamed>(R"({"from_uid":3,"class":"x"})")->never_on_the_wire == 7);
    CHECK(
        tenon::json_schema<renamed>() ==
        R"({"type":"object","properties":{"from_uid":{"type":"integer","minimum":-2147483648,"maximum":2147483647},)"
        R"("class":{"type":"string"}},"required":["from_uid","class"]})");
}

TEST_CASE("camel_case() renames every member, but for those that are named") {
    const std::string text =
        R"({"plain":1,"fromUid":2,"p50Ms":3,"x1":4,"aB":5,"_led":6,"ended_":7,"GreatName":8,"time":9})";
    CHECK(outcome<in_camel_case>(text) == text);
    CHECK(tenon::from_json<in_camel_case>(text)->from_uid == 2);
    CHECK(tenon::from_json<in_camel_case>(text)->unix_ms == 9);
    CHECK(
        outcome<in_camel_case>(
            R"({"time":9,"GreatName":8,"ended_":7,"_led":6,"aB":5,"x1":4,"p50Ms":3,"from\u0055id":2,"plain":1})") ==
        text);
    CHECK(outcome<in_camel_case>(R"({"plain":1,"from_uid":2,"p50Ms":3})") ==
          "-32602 fromUid: missing at byte 0");
    CHECK(outcome<in_camel_case>(R"({"fromUid":"2"})") ==
          "-32602 fromUid: expected integer, got string at byte 11");
    CHECK(tenon::json_schema<in_camel_case>().find(R"("required":["plain","fromUid","p50Ms",)") !=
          std::string::npos);
    CHECK(outcome<nothing_to_rename>(R"({"a":1})") == "{}");
}

TEST_CASE("what is omit_empty is not written while it is empty, and not missed") {
    CHECK(outcome<sparse>(R"({"number":1,"always":""})") == R"({"number":1,"always":""})");
    const std::string full =
        R"({"number":0,"text":"x","all":[1],"map":{"a":1},"any":[],"flag":true,"perhaps":2,"always":"y"})";
    CHECK(outcome<sparse>(full) == full);
    CHECK(
        outcome<sparse>(
            R"({"number":1,"text":"","all":[],"map":{},"any":null,"flag":false,"perhaps":null,"always":""})") ==
        R"({"number":1,"always":""})");
    CHECK(outcome<sparse>(R"({"always":""})") == "-32602 number: missing at byte 0");
    CHECK(outcome<sparse>(R"({"number":1,"always":"","flag":null})") ==
          "-32602 flag: expected boolean, got null at byte 31");
    CHECK(tenon::json_schema<sparse>().ends_with(R"("required":["number","always"]})"));
    CHECK(outcome<sparse_listed>(R"({"number":1})") == R"({"text":"kept","number":1})");
    CHECK(outcome<sparse_listed>(R"({"text":"","number":1})") == R"({"number":1})");
}

TEST_CASE("an enum's names may be in camelCase") {
    CHECK(outcome<weekday>(R"("tuesdayOrSo")") == R"("tuesdayOrSo")");
    CHECK(outcome<weekday>(R"("tuesday_or_so")") ==
          R"(-32602 expected one of "monday", "tuesdayOrSo", "noDay" at byte 0)");
    CHECK(tenon::name_of(weekday::no_day) == "noDay");
    CHECK(tenon::name_of(static_cast<weekday>(9)).empty());
    CHECK(tenon::json_schema<weekday>() == R"({"type":"string","enum":["monday","tuesdayOrSo","noDay"]})");
}

TEST_CASE("private members, inherited members and none at all can be described") {
    CHECK(outcome<with_invariant>(R"({"hidden":4})") == R"({"hidden":4})");
    CHECK(tenon::from_json<with_invariant>(R"({"hidden":4})")->hidden() == 4);
    CHECK(outcome<derived>(R"({"name":"n","id":2})") == R"({"id":2,"name":"n"})");
    CHECK(outcome<described_empty>(R"({"anything":1})") == "{}");
    CHECK(outcome<described_empty>("[]") == "-32602 expected object, got array at byte 0");
}

TEST_CASE("with allow_missing an absent member keeps what it was") {
    CHECK(outcome<lenient>("{}") == R"({"number":5,"name":"nobody","list":[1,2]})");
    CHECK(outcome<lenient>(R"({"name":"x"})") == R"({"number":5,"name":"x","list":[1,2]})");
    CHECK(outcome<lenient>(R"({"list":[]})") == R"({"number":5,"name":"nobody","list":[]})");
    CHECK(outcome<lenient>(R"({"number":null})") == "-32602 number: expected integer, got null at byte 10");
    CHECK(outcome<strict_after_all>("{}") == "-32602 number: missing at byte 0");
    CHECK(outcome<lenient_described>(R"({"B":9})") == R"({"A":1,"B":9})");
    CHECK(tenon::json_schema<lenient_described>().find("required") == std::string::npos);
    CHECK(tenon::json_schema<strict_after_all>().find(R"("required":["number"])") != std::string::npos);
}

TEST_CASE("types of strangers are described from outside") {
    CHECK(outcome<all_described>(
              R"({"place":{"px":1,"py":2},"weather":"rainy day","ticket":"T-5","how":"high \"!\""})") ==
          R"({"place":{"px":1,"py":2},"weather":"rainy day","ticket":"T-5","how":"high \"!\""})");
    CHECK(outcome<strangers::point>(R"({"py":1})") == "-32602 px: missing at byte 0");
    CHECK(outcome<strangers::encoder_bait>(R"({"a":1})") == R"({"a":1})");
    CHECK(outcome<std::vector<strangers::encoder_bait>>(R"([{"a":1}])") == R"([{"a":1}])");
    CHECK(tenon::json_schema<strangers::encoder_bait>().find("\"a\"") != std::string::npos);
}

TEST_CASE("a described enum may have any values and any names") {
    CHECK(outcome<level>(R"("low")") == R"("low")");
    CHECK(outcome<level>(R"("so so")") == R"("so so")");
    CHECK(outcome<level>(R"("high \u0022!\u0022")") == R"("high \"!\"")");
    CHECK(outcome<level>(R"("middle")") == R"(-32602 expected one of "low", "so so", "high "!"" at byte 0)");
    CHECK(*tenon::from_json<level>(R"("high \"!\"")") == level::high);
    CHECK(*tenon::from_json<strangers::weather>(R"("rainy day")") == strangers::rainy);
    CHECK(*tenon::from_json<strangers::weather>(R"("")") == strangers::unknown_weather);
    CHECK(tenon::to_json(static_cast<level>(3)) == "3");
    CHECK(tenon::json_schema<level>() == R"({"type":"string","enum":["low","so so","high \"!\""]})");
}

TEST_CASE("a codec reads, writes and describes what is no object") {
    CHECK(outcome<strangers::ticket>(R"("T-12")") == R"("T-12")");
    CHECK(tenon::from_json<strangers::ticket>(R"("T-12")")->number == "12");
    CHECK(outcome<strangers::ticket>(R"("12")") == "-32602 not a ticket at byte 0");
    CHECK(outcome<std::vector<strangers::ticket>>(R"(["T-1", "X-2"])") ==
          "-32602 [1]: not a ticket at byte 8");
    CHECK(outcome<strangers::ticket>("12") == "-32602 expected string, got number at byte 0");
    CHECK(tenon::json_schema<strangers::ticket>() == R"({"type":"string","pattern":"^T-"})");
}

TEST_CASE("names may be empty, hold spaces, brackets or letters beyond ASCII") {
    CHECK(outcome<odd_names>("{\"\":1,\"with space\":2,\"{:,}\":3,\"gr\u00F6\u00DFe\":4}") ==
          "{\"\":1,\"with space\":2,\"{:,}\":3,\"gr\u00F6\u00DFe\":4}");
    CHECK(outcome<odd_names>("{ \"gr\\u00F6\\u00dfe\" :4,\"{:,}\":3,\"with\\u0020space\":2,\"\":1}") ==
          "{\"\":1,\"with space\":2,\"{:,}\":3,\"gr\u00F6\u00DFe\":4}");
    CHECK(outcome<odd_names>("{\"with space\":2,\"{:,}\":3,\"gr\u00F6\u00DFe\":4}") ==
          "-32602 missing at byte 0");
}

TEST_CASE("a described struct may have more members than reflection counts") {
    std::string ordered = "{", reversed = "{";
    for (int index = 0; index < 33; ++index) {
        ordered +=
            (index == 0 ? "\"m" : ",\"m") + std::to_string(index) + "\":" + std::to_string(index * index);
        reversed += (index == 0 ? "\"m" : ",\"m") + std::to_string(32 - index) +
                    "\":" + std::to_string((32 - index) * (32 - index));
    }
    ordered += "}";
    reversed += "}";
    CHECK(outcome<wide>(ordered) == ordered);
    CHECK(outcome<wide>(reversed) == ordered);
    std::string without_last = ordered.substr(0, ordered.rfind(',')) + "}";
    CHECK(outcome<wide>(without_last) == "-32602 m32: missing at byte 0");
    std::string twice = ordered.substr(0, ordered.size() - 1) + ",\"m32\":0}";
    CHECK(outcome<wide>(twice) == "-32602 m32: duplicate member at byte " + std::to_string(twice.size() - 2));
}
