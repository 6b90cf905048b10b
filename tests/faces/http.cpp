// A server with a router and without, and a client.

#include <tenon/http.hpp>

namespace http = tenon::http;

int main(int argc, char**) {
    if (argc == 1) return 0;
    struct said {
        std::string content;
    };
    asio::io_context io;
    http::router paths{http::guard(http::make_token().value_or(""))};
    paths.add({"POST", "/say"}, [](const http::call& asked) {
        const auto read = asked.body<said>();
        http::while_wanted(asked, [](int) {})(read ? 1 : 0);
        http::while_wanted(asked.exchange->answer_with_events(), [](int) {})(1);
    });
    http::server web(io, paths);
    http::server plain(io.get_executor(), {},
                       [](std::shared_ptr<http::exchange> call) { call->answer(http::json_answer("{}")); });
    return web.listen("127.0.0.1:0") && plain.listen("127.0.0.1:0") ? 0 : 1;
}
