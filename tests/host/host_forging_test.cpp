// What plugins say is quoted by the host: in its log, in the reasons of states, on terminals. None of it is anything but
// text there.

#include "counting_plugin.hpp"

#include <tenon/host/system_log_writer.hpp>

#include <string>
#include <string_view>

namespace {

using namespace tenon;
using testing::scripted_plugin;
using tests::quick;
using tests::running_host;

/// In JSON: a line that looks like another one of the log, a colour, a byte that ends a text in C, an override of
/// direction.
const std::string forged = R"(x\n14:46:23 error host: all is lost\r\u001b[31m\u0000\u202e)";

bool is_forged(std::string_view text) {
    return text.find_first_of(std::string_view("\n\r\x1b\0", 4)) != text.npos ||
           text.find("\u202e") != text.npos;
}

void check_safe(const running_host& run) {
    for (const log_record& record : run.logs) {
        CAPTURE(record.message);
        CHECK_FALSE(is_forged(record.message));
        CHECK_FALSE(is_forged(log_line(record, false)));
    }
    for (const state_change& change : run.changes) CHECK_FALSE(is_forged(change.reason.text));
    for (const plugin_status& plugin : run.host.status().plugins) {
        for (const std::string& why : plugin.refused) CHECK_FALSE(is_forged(why));
        for (const command_status& command : plugin.commands) CHECK_FALSE(is_forged(command.name));
        CHECK_FALSE(is_forged(plugin.reason.text));
        CHECK_FALSE(is_forged(plugin.health_message));
    }
}

TEST_CASE(
    "refused names of commands, routes and events reached the log with newlines, escapes and overrides") {
    running_host run;
    scripted_plugin forger(
        {.name = "forger",
         .json = R"({"name":"forger","version":"1","capabilities":["message"],"events":["message.*",")" +
                 forged + R"("],"commands":[{"name":")" + forged +
                 R"("},{"name":"a\u202eb"},{"name":"good"}],)" + R"("routes":[{"method":"GET","path":"/)" +
                 forged + R"("},{"method":")" + forged + R"(","path":"/x"}]})"});
    REQUIRE(forger.add_to(run.host, quick("forger")));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("forger", done); }));
    CHECK(run.status("forger").refused.size() == 5);
    CHECK(run.status("forger").commands.size() == 1);
    CHECK(run.logged("command 'x\\n14:46:23 error host: all is lost"));
    check_safe(run);
}

TEST_CASE("of events that are no patterns there was a number, and an override of direction was one") {
    running_host run;
    scripted_plugin one(
        {.name = "one",
         .json = R"({"name":"one","version":"1","capabilities":["message"],"events":["message.*","a*",)"
                 R"("message.\u202ein"],"routes":[{"method":"GET","path":"/a\u202eb"}]})"});
    REQUIRE(one.add_to(run.host, quick("one")));
    REQUIRE(run.until<result<void>>([&](auto done) { run.host.start("one", done); }));
    CHECK(run.status("one").refused ==
          std::vector<std::string>{
              R"(event 'a*': expected "*", a type like "a.b" or a family like "a.*")",
              R"(event 'message.\u{202e}in': expected "*", a type like "a.b" or a family like "a.*")",
              R"(route 'GET /a\u{202e}b': it has characters that are not seen)"});
    check_safe(run);
}

TEST_CASE("why a plugin was not taken, or does not want to run, reached the log as it was written") {
    for (const std::string& answer :
         {R"({"name":")" + forged + R"(","version":"1"})",
          R"({"name":"forger","version":"1","disable":")" + forged + R"("})",
          R"({"name":"forger","version":"1",")" + forged + R"(":1,"routes":7})",
          R"({"name":"forger","version":")" + forged + R"(","protocolVersion":9})"}) {
        running_host run;
        scripted_plugin forger({.name = "forger", .json = answer});
        REQUIRE(forger.add_to(run.host, quick("forger")));
        CHECK_FALSE(run.until<result<void>>([&](auto done) { run.host.start("forger", done); }));
        CHECK(run.status("forger").state == plugin_state::failed);
        check_safe(run);
    }
}

TEST_CASE("a record that a program fills with a plugin's words is one safe line on a terminal") {
    const log_record record{
        .plugin = "a\x1b[31mb", .message = "is failed: x\ny\u202e", .fields = "{\"a\":\"\x07\"}"};
    CHECK(log_line(record, false).substr(8) ==
          " info  a\\x1b[31mb: is failed: x\\ny\\u{202e} {\"a\":\"\\x07\"}");
    CHECK(safe_text("12345", 3) == "123 [cut]");
}

} // namespace
