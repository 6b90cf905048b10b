// A plugin that decides: it stops some messages, tidies names, and answers a command and a route.

#include "tenon.hpp"

#include <string>
#include <vector>

struct message { // an event that may be stopped
    static constexpr auto event = "message.incoming";
    std::string content;
    std::optional<std::string> from_uid, to_uid; // missing where somebody put one in by hand
};

struct profile { // an event that may also be changed
    static constexpr auto event = "user.renamed";
    std::string uid, name;
};

struct forgive { // a command
    static constexpr auto command = "forgive";
    static constexpr auto description = "Forgets what was stopped from a user, and says how much it was";
    std::string from_uid;
};

struct history { // a route; the limit is in the query: GET /stopped/ada?limit=5
    static constexpr auto route = "GET /stopped/{from_uid}";
    std::string from_uid;
    std::optional<std::uint32_t> limit;
};

class moderator {
public:
    static constexpr tenon::about about{
        .name = "moderator", .version = "1.0.0", .description = "Stops spam and tidies names"};
    using receives = tenon::list<message, profile, forgive, history>;

    tenon::flow receive(const message& m) {
        if (m.content.find("spam") == std::string::npos) return tenon::proceed();
        if (stopped_.size() == 100) stopped_.erase(stopped_.begin());
        stopped_.push_back(m);
        return tenon::stop("spam");
    }

    tenon::rewrite<profile> receive(const profile& p) const {
        const auto first = p.name.find_first_not_of(' ');
        if (first == std::string::npos) return tenon::stop("a name needs letters");
        const auto last = p.name.find_last_not_of(' ');
        if (last - first + 1 == p.name.size()) return tenon::proceed();
        return profile{p.uid, p.name.substr(first, last - first + 1)};
    }

    std::uint32_t receive(const forgive& f) {
        const auto from_them = [&](const message& m) { return m.from_uid == f.from_uid; };
        return static_cast<std::uint32_t>(std::erase_if(stopped_, from_them));
    }

    tenon::response receive(const history& wanted) const {
        std::vector<message> found;
        for (const message& m : stopped_)
            if (m.from_uid == wanted.from_uid && found.size() < wanted.limit.value_or(10)) found.push_back(m);
        return found.empty() ? tenon::text("nothing of theirs was stopped", 404) : tenon::ok(found);
    }

private:
    std::vector<message> stopped_; // the latest 100
};

int main(int argc, char** argv) { return tenon::serve<moderator>(argc, argv); }
