// tenon's driver: tenon::host on an io_context, as a program embeds it.

#include "../../../host/inside.hpp"

#include <tenon/host.hpp>

#include "../driver.hpp"

#include <optional>

namespace {

struct greet {
    std::string who;
};
struct nothing {};

/// How the host is set up for all shapes: by its defaults. Whoever measures another way of waiting says so here.
tenon::host_options host_options() { return {}; }

class driver {
public:
    explicit driver(const bench::order& what) : what_(what) {}

    void start(std::size_t plugins) {
        std::size_t waiting = plugins;
        for (std::size_t number = 0; number != plugins; ++number) {
            tenon::plugin_options plugin{.name = "peer-" + std::to_string(number), .command = {what_.plugin}};
            plugin.environment["PEER_NAME"] = plugin.name;
            names_.push_back(plugin.name);
            host_->start(plugin, [&waiting](const tenon::result<void>& started) {
                if (!started) bench::give_up(started.error().message);
                --waiting;
            });
        }
        run_until([&] { return waiting == 0; });
    }

    /// As many calls under way as `width` says.
    void calls(int count, int width) {
        int sent = 0, answered = 0;
        const greet asks{std::string(what_.size, 'w')};
        const std::string expected = "hello " + asks.who;
        const std::function<void()> ask = [&] {
            ++sent;
            host_->execute<std::string>("greet", asks, {}, [&](const tenon::result<std::string>& answer) {
                if (!answer || *answer != expected) bench::give_up("another answer came");
                ++answered;
                if (sent != count) ask();
            });
        };
        for (int first = 0; first != std::min(width, count); ++first) ask();
        run_until([&] { return answered == count; });
    }

    /// Whoever publishes faster than plugins read loses events: here it lets the loop run when much is unread.
    void publish(int events) {
        const bench::chat_event event = bench::an_event();
        const int before = seen(names_.back());
        for (int number = 0; number != events; ++number) {
            if (host_->publish(event) != names_.size()) bench::give_up("not everybody was told");
            if (number % 64 != 63) continue;
            loop_.poll();
            for (const std::string& name : names_)
                run_until([&] { return inside(*host_).find(name)->actor->unread_bytes() < 128 * 1024; });
        }
        for (const std::string& name : names_)
            if (seen(name) != before + events) bench::give_up("events were lost");
    }

    void decide() {
        bool decided = false;
        host_->decide(event_, [&](const tenon::decision<bench::chat_event>& outcome) {
            for (const tenon::plugin_outcome& one : outcome.plugins())
                if (one.outcome != tenon::outcome_kind::proceed)
                    bench::give_up("no answer, but " + one.reason);
            decided = true;
        });
        run_until([&] { return decided; });
    }

    void cold_start() {
        double took = 0;
        for (int time = -1; time != what_.count; ++time) {
            const auto begin = bench::clock_type::now();
            start(1);
            if (time >= 0) took += bench::nanoseconds_since(begin); // the first one fills the caches
            bool gone = false;
            host_->remove(names_.back(), [&](const tenon::result<void>&) { gone = true; });
            run_until([&] { return gone; });
            names_.clear();
        }
        bench::report(took / what_.count);
    }

    void idle() {
        start(what_.size);
        bench::say_ready();
        asio::posix::stream_descriptor input(loop_, dup(0));
        bool over = false;
        input.async_wait(asio::posix::stream_descriptor::wait_read,
                         [&](const asio::error_code&) { over = true; });
        run_until([&] { return over; });
    }

private:
    template <class Condition>
    void run_until(Condition over) {
        while (!over())
            if (loop_.run_one() == 0) bench::give_up("nothing to wait for");
    }
    int seen(const std::string& plugin) {
        struct command {
            std::string command = "seen";
            nothing args = {};
        };
        std::optional<int> count;
        host_->call<int>(plugin, "plugin/execute", command(), {}, [&](const tenon::result<int>& answer) {
            if (!answer) bench::give_up(answer.error().message);
            count = *answer;
        });
        run_until([&] { return count.has_value(); });
        return *count;
    }

    bench::order what_;
    asio::io_context loop_{1};
    std::optional<tenon::host> host_{std::in_place, loop_, host_options()};
    std::vector<std::string> names_ = {};
    bench::chat_event event_ = bench::an_event();
};

} // namespace

int main(int argc, char** argv) {
    const bench::order what = bench::read_order(argc, argv);
    driver host(what);
    if (what.is("start")) return host.cold_start(), 0;
    if (what.is("idle")) return host.idle(), 0;
    const bool many = what.is("gather") || what.is("publish");
    host.start(many ? what.size : 1);
    if (what.is("round-trip")) bench::timed(what, [&](int count) { host.calls(count, 1); });
    else if (what.is("in-flight")) bench::timed(what, [&](int count) { host.calls(count, 64); });
    else if (what.is("events") || what.is("publish"))
        bench::timed(what, [&](int count) { host.publish(count); });
    else if (what.is("gather"))
        bench::timed(what, [&](int count) {
            for (int time = 0; time != count; ++time) host.decide();
        });
    else bench::unknown(what);
}
