// What is put into a running host from outside, and what became of it.

#include "command_line/commands.hpp"

#include "command_line/asking.hpp"
#include "command_line/exit_codes.hpp"
#include "command_line/outcomes.hpp"

namespace reference {

namespace {

using tenon::json;

std::string text_of(tenon::json_view value) { return value.as<std::string>().value_or(""); }

} // namespace

int send_message(const arguments& given) {
    if (!given.has("--from") || !given.has("--to"))
        return complain("who says it to whom? --from U --to U", exit_code::usage);
    struct message {
        std::string content, from_uid, to_uid;
    };
    const message said{given.words()[0], given.value("--from"), given.value("--to")};
    int code = exit_code::good;
    const auto receipt = answer_of(given, "POST", "/api/v1/messages", tenon::to_json(said), code);
    if (!receipt) return code;
    const bool delivered = (*receipt)["delivered"].text() == "true";
    code = delivered ? exit_code::good : exit_code::refused;
    if (given.has("--json")) return print_json(receipt->text()), code;
    if (delivered) print_line({{"delivered", look::good}, ": ", text_of((*receipt)["content"])});
    else
        print_line({{"stopped by " + text_of((*receipt)["stoppedBy"]), look::bad},
                    ": ",
                    text_of((*receipt)["reason"])});
    print_outcomes((*receipt)["plugins"].as<std::vector<tenon::plugin_outcome>>().value_or({}));
    return code;
}

} // namespace reference
