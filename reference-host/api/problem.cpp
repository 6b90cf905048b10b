// Answers that are JSON, faults, and what plugins answer: see problem.hpp.

#include "problem.hpp"

#include <array>
#include <utility>

namespace reference {

http::response json_answer(std::string text, int status) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
            .body = std::move(text)};
}

http::response problem(const tenon::fault& why) {
    http::response given = problem(tenon::http_status_of(why.code), why.message);
    given.body.insert(given.body.size() - 1, ",\"code\":" + std::to_string(why.code));
    return given;
}

http::response chat_problem(const tenon::fault& why) {
    return why.code >= 400 && why.code < 600 ? problem(why.code, why.message) : problem(why);
}

http::response sandboxed(http::response given) {
    // A cookie would be one of every page here, and is given to no plugin; the others are rules for the whole host.
    constexpr std::array<std::string_view, 6> refused = {"set-cookie",      "service-worker-allowed",
                                                         "clear-site-data", "strict-transport-security",
                                                         "alt-svc",         "www-authenticate"};
    std::erase_if(given.headers, [&](const http::response::header& one) {
        const std::string name = tenon::detail::lower_case(one.name);
        if (name.starts_with("access-control-")) return true;
        for (const std::string_view other : refused)
            if (name == other) return true;
        return false;
    });
    given.headers.push_back({"Content-Security-Policy", "sandbox"});
    return given;
}

} // namespace reference
