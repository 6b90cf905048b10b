// What the mistakes of messages and their members look like without the mistake.

#include <tenon.hpp>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

enum class colour { red, green };
enum rank : int { low, high };

struct point {
    int x = 0, y = 0;
};

struct tree {
    std::string name;
    std::vector<tree> children;
};

class closed {
public:
    static constexpr auto describe() { return tenon::members(tenon::member("secret", &closed::secret_)); }

private:
    std::string secret_;
};

struct with_base : point {
    int z = 0;
    int c_array[2] = {};
    static constexpr auto describe() {
        return tenon::members(tenon::member("x", &with_base::x), tenon::member("z", &with_base::z));
    }
};

struct everything {
    static constexpr auto command = "everything";
    std::string event; // members may have the names that say what a struct is
    std::array<int, 3> numbers = {};
    std::optional<point> place;
    std::vector<std::optional<tree>> forest;
    std::map<std::string, closed> by_name;
    std::map<int, std::vector<double>> by_number;
    std::map<colour, rank> by_colour;
    std::set<std::string> names;
    std::variant<std::monostate, std::string, point> choice;
    std::pair<int, std::string> both;
    with_base derived;
    tenon::milliseconds patience{};
    tenon::json anything;
};

struct many {
    static constexpr std::string_view route = "GET /many/{a1}";
    int a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0, a8 = 0, a9 = 0, a10 = 0, a11 = 0;
    int b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0, b7 = 0, b8 = 0, b9 = 0, b10 = 0, b11 = 0;
    int c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0, c8 = 0, c9 = 0, c10 = 0;
};

struct same_event {
    static constexpr auto event = "same";
    std::string command, route;
};

struct same_command {
    static constexpr auto command = "same";
};

struct same_route {
    static constexpr const char route[] = "GET /same";
};

struct same_route_posted {
    static constexpr auto route = "POST /same";
};

class right {
public:
    static constexpr tenon::about about{.name = "right", .version = "1.0.0"};
    using receives = tenon::list<everything, many, same_event, same_command, same_route, same_route_posted>;

    tenon::result<everything> receive(const everything& all) { return all; }
    many receive(const many& members) { return members; }
    tenon::rewrite<same_event> receive(const same_event&) { return tenon::proceed(); }
    void receive(const same_command&, tenon::responder<same_command>) {}
    tenon::result<tenon::response> receive(const same_route&, tenon::context&) { return tenon::text("ok"); }
    tenon::response receive(const same_route_posted& posted) const { return tenon::ok(posted); }
};

int main(int argc, char** argv) { return tenon::serve<right>(argc, argv); }
