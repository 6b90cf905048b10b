#ifndef PLUGIN_HPP
#define PLUGIN_HPP

// seedling: stops messages that have an unwanted word in them, and greets. The members of the structs are the members on
// the wire, and what a handler returns says what it may do.

#include "tenon.hpp"

#include <string>

struct message { // an event
    static constexpr auto event = "message.incoming";
    std::string content;
};

struct greet { // a command
    static constexpr auto command = "greet";
    std::string who;
};

struct settings { // what a host configures; what it leaves out keeps its default
    static constexpr bool allow_missing = true;
    std::string unwanted = "spam";
};

class greeter {
public:
    static constexpr tenon::about about{.name = "seedling", .version = "0.1.0"};
    using receives = tenon::list<message, greet>;

    tenon::result<void> configure(const settings& wanted) {
        if (wanted.unwanted.empty())
            return tenon::fault{tenon::codes::invalid_params, "config.unwanted: expected a word"};
        settings_ = wanted;
        return {};
    }

    tenon::flow receive(const message& said) {
        if (said.content.find(settings_.unwanted) == std::string::npos) return tenon::proceed();
        return tenon::stop(settings_.unwanted + " is not wanted here");
    }
    std::string receive(const greet& one) { return "hello " + one.who; }

private:
    settings settings_;
};

#endif
