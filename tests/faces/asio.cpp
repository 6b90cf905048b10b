// A plugin whose handlers are coroutines, and calls that do not wait.

#include <tenon/asio.hpp>

namespace {

struct message {
    static constexpr auto event = "message.incoming";
    std::string content;
};
struct find_user {
    static constexpr auto method = "users/find";
    using result = std::string;
    std::string uid;
};

class patient {
public:
    static constexpr tenon::about about{.name = "patient", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<message>;

    void receive(const message& m, const tenon::context& here) {
        const auto forget = [](const auto&) {};
        here.async_call("other", m, forget);
        here.async_call(find_user{m.content}, tenon::milliseconds(5), forget);
        here.async_emit(m, forget);
        here.async_emit(m, tenon::emit_options{.to = "one"}, forget);
        here.async_execute<std::string>("greet", m, forget);
    }
};

#if defined(ASIO_HAS_CO_AWAIT)
class awaiting {
public:
    static constexpr tenon::about about{.name = "awaiting", .version = "1.0.0", .calls_host = true};
    using receives = tenon::list<message>;

    awaiting(tenon::host_link, tenon::executor) {}
    asio::awaitable<tenon::flow> receive(const message& m, const tenon::context& here) {
        const auto found = co_await here.async_call(find_user{m.content});
        co_return found ? tenon::proceed() : tenon::stop("unknown");
    }
};
#else
using awaiting = patient;
#endif

} // namespace

int main(int argc, char** argv) {
    if (argc == 1) return 0;
    patient made;
    return argc == 2 ? tenon::serve_async<awaiting>(argc, argv) : tenon::serve_async(made, argc, argv);
}
