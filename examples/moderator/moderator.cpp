// A plugin that decides: it stops some messages, rewrites others, and answers a command and a route.

#include <tenon.hpp>

struct message { // an event that may be stopped
    static constexpr auto event = "message.incoming";
    std::string content, from_uid, to_uid;
};

struct profile { // an event that may be changed
    static constexpr auto event = "user.renamed";
    std::string uid, name;
};

struct greet { // a command
    static constexpr auto command = "greet";
    static constexpr auto description = "Says hello";
    std::string who;
};

struct verdicts { // a route
    static constexpr auto route = "GET /verdicts/{verdict}";
    std::string verdict;
    std::optional<int> limit; // ?limit=10
};

struct report {
    std::int64_t seen = 0, stopped = 0;
    std::vector<std::string> latest;
};

class moderator {
public:
    static constexpr tenon::about about{.name = "moderator", .version = "1.0.0"};
    using receives = tenon::list<message, profile, greet, verdicts>;

    tenon::flow receive(const message& m) {
        ++report_.seen;
        if (m.content.find("spam") == std::string::npos) return tenon::proceed();
        ++report_.stopped;
        report_.latest.push_back(m.content);
        return tenon::stop("spam");
    }

    tenon::rewrite<profile> receive(const profile& p) {
        if (p.name.size() <= 16) return tenon::proceed();
        profile shorter = p;
        shorter.name.resize(16);
        return shorter;
    }

    std::string receive(const greet& g) const { return "hello " + g.who; }

    tenon::result<report> receive(const verdicts& wanted) const {
        if (wanted.verdict != "stopped") return tenon::fault{404, "only what was stopped is remembered"};
        report shown = report_;
        const auto limit = static_cast<std::size_t>(wanted.limit.value_or(10));
        if (shown.latest.size() > limit) shown.latest.resize(limit);
        return shown;
    }

private:
    report report_;
};

int main(int argc, char** argv) { return tenon::serve<moderator>(argc, argv); }
