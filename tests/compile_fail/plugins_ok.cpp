// What the mistakes of plugins look like without the mistake.

#include <tenon.hpp>

#include <string>
#include <utility>

struct greet {
    static constexpr auto command = "greet";
    std::string who;
};

struct settings {
    std::string greeting;
};

class full {
public:
    static constexpr tenon::about about{.name = "full", .version = "1.0.0"};
    using receives = tenon::list<greet>;
    static constexpr int threads = 2;

    explicit full(tenon::host_link host) : host_(std::move(host)) {}

    tenon::result<void> configure(const settings& given) {
        settings_ = given;
        return {};
    }
    tenon::health health() const { return {.message = "fine"}; }
    tenon::milliseconds tick(const tenon::host_link& host) const {
        host.debug("tick");
        return tenon::milliseconds(1000);
    }
    std::string receive(const greet& g) const { return settings_.greeting + g.who; }

private:
    tenon::host_link host_;
    settings settings_;
};

// Only functions are meant for tenon.
class plain {
public:
    static constexpr tenon::about about{.name = "plain", .version = "1.0.0"};
    using receives = tenon::list<greet>;
    using configure = int;
    int health = 100;
    int& tick = health;

    std::string receive(const greet& g) { return "hello " + g.who; }
};

// The one that fits is taken.
class spoilt_for_choice {
public:
    static constexpr tenon::about about{.name = "spoilt", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    tenon::result<void> configure(const settings&) { return {}; }
    int configure(const greet&) { return 0; }
    tenon::health health(bool well = true) { return {.message = well ? "fine" : "ill"}; }
    tenon::milliseconds tick(const tenon::host_link&) { return tenon::milliseconds(1000); }
    tenon::milliseconds tick() { return tenon::milliseconds(1000); }

    std::string receive(const greet& g) { return "hello " + g.who; }
};

class last_of_its_kind final {
public:
    static constexpr tenon::about about{.name = "last", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    void configure(const settings&) const {}
    std::string receive(const greet& g) { return "hello " + g.who; }
};

// Made by its author.
class made {
public:
    const tenon::about about{.name = "made", .version = "1.0.0"};
    using receives = tenon::list<greet>;

    explicit made(std::string greeting) : greeting_(std::move(greeting)) {}
    tenon::result<void> configure(const tenon::json& given) const noexcept {
        if (given.is_null()) return tenon::fault{1, "nothing"};
        return {};
    }
    std::string receive(greet g) { return greeting_ + g.who; }

private:
    std::string greeting_;
};

int main(int argc, char** argv) {
    made plugin("hello ");
    return tenon::serve<full>(argc, argv) + tenon::serve<plain>(argc, argv) +
           tenon::serve<spoilt_for_choice>(argc, argv) + tenon::serve<last_of_its_kind>(argc, argv) +
           tenon::serve(plugin, argc, argv);
}
