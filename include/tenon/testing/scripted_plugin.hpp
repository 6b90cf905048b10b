#ifndef TENON_TESTING_SCRIPTED_PLUGIN_HPP
#define TENON_TESTING_SCRIPTED_PLUGIN_HPP

// A plugin without a process, for tests of programs that embed plugins: it says of itself what the test says, and
// answers its host by a script or by functions of the test.
//
//     tenon::testing::scripted_plugin bouncer({.name = "bouncer", .events = {"message.*"}}, {
//         expect("plugin/onEvent").replies_json(R"({"flow":"stop","reason":"spam"})"),
//     });
//     bouncer.add_to(host);                        // then host.start("bouncer"), as with any other
//     ...
//     CHECK(bouncer.finished());
//
// What the script and the functions leave alone is answered as a polite plugin would: the handshake, health, a new
// configuration, shutdown. The script goes on where the plugin is started again. Everything happens in turns of the
// host's loop, on its thread and by its clock, the steady one. The plugin may outlive its host, and the other way round.

#include <tenon/host/host_base.hpp>
#include <tenon/session/messages.hpp>
#include <tenon/testing/scripted_peer.hpp>
#include <tenon/transport/alarm.hpp>
#include <tenon/transport/link.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::testing {

/// A link of a host whose other end is a peer in memory: no process, no descriptor, no copy but one each way. What
/// goes over is the wire, and what a host keeps of a process it keeps of this: limits, deadlines, an output that stalls.
///
/// Both ends get their turns from the loop alone, never from within a verb. The other end hears at most turn_bytes of
/// its host in one turn, and everything that it says is heard at once.
class scripted_link final : public detail::link {
    struct key {};

public:
    static constexpr std::size_t turn_bytes = std::size_t{256} << 10;

    static std::shared_ptr<detail::link> open(const executor& where, const session_limits& limits,
                                              milliseconds write_timeout, detail::link_owner& owner,
                                              std::shared_ptr<answering_peer> other,
                                              std::weak_ptr<scripted_link>& watched) {
        auto held =
            std::make_shared<scripted_link>(key{}, where, limits, write_timeout, owner, std::move(other));
        watched = held;
        scripted_link* const opened = held.get();
        return {opened, [held = std::move(held)](scripted_link* dropped) mutable {
                    dropped->forget_owner();
                    held.reset();
                }};
    }
    scripted_link(key, const executor& where, const session_limits& limits, milliseconds write_timeout,
                  detail::link_owner& owner, std::shared_ptr<answering_peer> other)
        : link(detail::session_role::host, limits, owner), where_(where), write_timeout_(write_timeout),
          other_(std::move(other)), alarm_(where, [this](time_point) { turn(); }) {}

    // --- for the host ---

    void flush() override {
        if (!telling()) turn_soon();
    }
    void close_output() override {
        end_wanted_ = true;
        flush();
    }
    void read_rest() override {
        if (!telling()) turn();
    }
    void close() override {
        abandon();
        if (std::exchange(closed_, true)) return;
        alarm_.cancel();
        if (!busy_) other_->receive_end(clock());
    }

    // --- for the other end ---

    /// The other end has something to say, or reads again.
    void turn_soon() {
        if (closed_ || std::exchange(soon_, true)) return;
        asio::post(where_, [self = this_link()] {
            self->soon_ = false;
            self->turn();
        });
    }
    /// These bytes as they are, behind all that was said before.
    void say(std::string_view bytes) {
        said_ += other_->transmit(clock());
        said_ += bytes;
        turn_soon();
    }
    /// The host sees the end of its input behind what was said.
    void hang_up() {
        hung_up_ = true;
        turn_soon();
    }
    void set_reading(bool reads) {
        reads_ = reads;
        turn_soon();
    }
    bool closed() const noexcept { return closed_; }

private:
    static time_point clock() noexcept { return std::chrono::steady_clock::now(); }
    std::shared_ptr<scripted_link> this_link() {
        return std::static_pointer_cast<scripted_link>(shared_from_this());
    }

    void turn() {
        if (closed_) return;
        if (busy_ || telling()) return turn_soon();
        const auto self = this_link();
        const time_point now = clock();
        if (peer().next_deadline() <= now) peer().handle_timeout(now);
        const bool wrote = peer().wants_write();
        busy_ = true; // functions of the test run, and may do anything
        hear(now);
        said_ += other_->transmit(now);
        busy_ = false;
        if (closed_) return other_->receive_end(now);
        std::swap(said_, heard_);
        if (!heard_.empty()) peer().receive_bytes(heard_, now);
        heard_.clear();
        if (hung_up_ && said_.empty() && !std::exchange(end_told_, true)) peer().receive_end(now);
        if (!tell(now)) return;
        if (wrote && !peer().wants_write() && !tell_drained(now)) return;
        if (closed_) return;
        const bool unread = reads_ && (peer().wants_write() || (end_wanted_ && !end_heard_));
        if (unread || peer().has_news() || !said_.empty() || other_->session().wants_write()) turn_soon();
        alarm_.set(std::min({peer().next_deadline(), other_->next_time(), stalls_at_}));
    }

    void hear(time_point now) {
        std::string bytes;
        while (reads_ && bytes.size() < turn_bytes && peer().wants_write()) {
            std::size_t count = 0;
            for (const std::string_view piece : peer().transmit()) {
                bytes += piece;
                count += piece.size();
            }
            peer().sent(count);
        }
        if (!bytes.empty()) other_->receive(bytes, now);
        if (closed_) return;
        if (end_wanted_ && reads_ && !peer().wants_write() && !std::exchange(end_heard_, true)) {
            other_->receive_end(now);
            hung_up_ = true; // as a plugin ends when its input does
        }
        if (!peer().wants_write()) stalls_at_ = never;
        else if (stalls_at_ == never || !bytes.empty()) stalls_at_ = after(now, write_timeout_);
        else if (stalls_at_ <= now)
            peer().close("it does not read what it is sent", violation_reason::output_stalled);
    }

    executor where_;
    milliseconds write_timeout_;
    std::shared_ptr<answering_peer> other_;
    std::string said_;  // by the other end, and not told yet
    std::string heard_; // for its memory
    time_point stalls_at_ = never;
    bool reads_ = true, hung_up_ = false, end_told_ = false;
    bool end_wanted_ = false, end_heard_ = false; // of the other end's input
    bool busy_ = false, soon_ = false, closed_ = false;
    detail::alarm alarm_; // the last: what it calls must be there
};

/// What the plugin says of itself in the handshake: docs/protocol.md.
struct scripted_declaration {
    std::string name;
    std::string version = "1.0.0";
    std::vector<std::string> events = {}; // "message.incoming", "message.*", "*"
    std::vector<std::string> commands = {};
    std::vector<std::string> routes = {}; // "GET /hello/{who}"
    unsigned max_concurrency = 1;
    bool calls_host = false;
    std::vector<std::string> features = {};
    std::string json = {}; // the whole answer, where the members above do not say enough
};

struct called_state {
    bool answered = false;
    result<std::string> outcome = fault{codes::unavailable, "it was not answered"};
};

class scripted_plugin;
struct scripted_state;

/// A request of the host that is answered later, or never.
class scripted_reply {
public:
    scripted_reply() = default;

    /// False where the host does not wait any more.
    template <class Result>
    bool reply(const Result& result) {
        return reply_json(to_json(result));
    }
    bool reply_json(std::string_view result) { return give(std::string(result)); }
    bool fail(fault error) { return give(std::move(error)); }

private:
    friend struct scripted_state;
    scripted_reply(std::weak_ptr<scripted_state> from, std::uint64_t instance, detail::request_token request,
                   bool handshake)
        : from_(std::move(from)), instance_(instance), request_(request), handshake_(handshake) {}
    bool give(result<std::string> outcome);

    std::weak_ptr<scripted_state> from_;
    std::uint64_t instance_ = 0;
    detail::request_token request_ = {};
    bool handshake_ = false;
};

/// A call of the plugin to its host.
class scripted_call {
public:
    bool answered() const noexcept { return state_->answered; }
    /// The answer; a fault where there is none, yet or ever.
    template <class Result = json>
    result<Result> outcome() const {
        if (!state_->outcome) return state_->outcome.error();
        return from_json<Result>(*state_->outcome, {.root = "result"});
    }

private:
    friend class scripted_plugin;
    std::shared_ptr<called_state> state_ = std::make_shared<called_state>();
};

struct scripted_state : std::enable_shared_from_this<scripted_state> {
    using answering = std::function<scripted_answer(std::string_view params, scripted_reply reply)>;
    using listening = std::function<void(std::string_view params)>;

    scripted_declaration says;
    script lines;
    std::map<std::string, answering, std::less<>> answers;
    std::map<std::string, listening, std::less<>> told;
    std::vector<heard> all;
    std::shared_ptr<answering_peer> peer; // of the latest instance
    std::weak_ptr<scripted_link> link;
    std::map<std::int64_t, std::shared_ptr<called_state>> calls;
    std::uint64_t instances = 0;

    std::shared_ptr<detail::link> make(const executor& where, const plugin_options& options,
                                       detail::link_owner& owner) {
        ++instances;
        calls.clear();
        session_limits limits; // what a host may do to it is for the host to say
        limits.max_incoming = limits.max_outgoing = std::size_t{1} << 24;
        peer = std::make_shared<answering_peer>(detail::session_role::plugin, limits);
        const std::weak_ptr<scripted_state> weak = weak_from_this();
        peer->on_request = [weak, instance = instances](const detail::session_event& event) {
            const auto self = weak.lock();
            return self ? self->answer(event, instance) : scripted_answer{.never = true};
        };
        peer->on_event = [weak, instance = instances](const detail::session_event& event) {
            if (const auto self = weak.lock(); self && self->instances == instance) self->hear(event);
        };
        return scripted_link::open(where, options.connection, options.write_timeout, owner, peer, link);
    }

    scripted_answer answer(const detail::session_event& event, std::uint64_t instance) {
        const bool handshake = event.kind == detail::event_kind::handshake;
        const std::string method(handshake ? detail::methods::handshake : event.method);
        if (const auto known = answers.find(method); known != answers.end()) {
            const auto function = known->second; // it may put another one in its place
            return function(event.params, {weak_from_this(), instance, event.request, handshake});
        }
        all.push_back(keep(event));
        if (lines.awaits(method, event.params)) return lines.answer(method, event.params);
        if (handshake) return {.outcome = introduce()};
        if (method == detail::methods::health || method == detail::methods::shutdown ||
            method == detail::methods::configure)
            return {};
        return lines.answer(method, event.params); // which is a surprise
    }

    void hear(const detail::session_event& event) {
        if (event.kind == detail::event_kind::response) {
            if (const auto call = calls.find(event.call.value); call != calls.end()) {
                call->second->answered = true;
                if (event.failed) call->second->outcome = event.error;
                else call->second->outcome = std::string(event.value);
                calls.erase(call);
            }
            return;
        }
        if (event.kind == detail::event_kind::notification)
            if (const auto known = told.find(event.method); known != told.end()) {
                const auto function = known->second;
                return function(event.params);
            }
        all.push_back(keep(event));
        if (event.kind == detail::event_kind::notification && event.method == detail::methods::exit)
            if (const auto to = link.lock()) to->hang_up();
    }

    std::string introduce() const {
        if (!says.json.empty()) return says.json;
        detail::handshake_answer answer{.name = says.name, .version = says.version};
        answer.max_concurrency = says.max_concurrency;
        answer.reverse_rpc = says.calls_host;
        answer.features = says.features;
        answer.capabilities.emplace();
        answer.events.emplace();
        for (const std::string& event : says.events) {
            answer.events->push_back({.type = event});
            answer.capabilities->push_back(event.substr(0, event.find('.')));
        }
        answer.commands.emplace();
        for (const std::string& command : says.commands) answer.commands->push_back({.name = command});
        answer.routes.emplace();
        for (const std::string& route : says.routes) {
            const std::size_t space = std::min(route.find(' '), route.size());
            answer.routes->push_back(
                {.path = route.substr(std::min(space + 1, route.size())), .method = route.substr(0, space)});
        }
        return to_json(answer);
    }

    void wake() const {
        if (const auto to = link.lock()) to->turn_soon();
    }
};

inline bool scripted_reply::give(result<std::string> outcome) {
    const auto from = from_.lock();
    if (!from || from->instances != instance_) return false;
    detail::session& to = from->peer->session();
    const bool given = outcome ? to.reply(request_, *outcome) : to.reject(request_, outcome.error());
    if (given && handshake_) to.handshake_done(outcome.has_value());
    from->wake();
    return given;
}

class scripted_plugin {
public:
    explicit scripted_plugin(scripted_declaration says, std::vector<expected_call> script = {})
        : state_(std::make_shared<scripted_state>()) {
        state_->says = std::move(says);
        state_->lines = std::move(script);
    }
    scripted_plugin(const scripted_plugin&) = delete;
    scripted_plugin& operator=(const scripted_plugin&) = delete;
    scripted_plugin(scripted_plugin&&) = default;
    scripted_plugin& operator=(scripted_plugin&&) = default;

    /// Makes the plugin known to the host, as host.add() would. Its name is the declaration's where the options say none.
    result<void> add_to(host_base& host, plugin_options options = {}) {
        if (options.name.empty()) options.name = state_->says.name;
        detail::link_maker make = [where = host.get_executor(), options,
                                   state = state_](detail::link_owner& owner) {
            return state->make(where, options, owner);
        };
        return host.core()->add_made_by(std::move(make), std::move(options));
    }

    // --- what it answers ---

    /// Requests of this method are answered by `function`, and are nothing for the script. It takes what was sent as
    /// any struct, as tenon::json or not at all, and returns a value, a result or nothing; or it takes
    /// (const tenon::json&, scripted_reply) and answers when it likes.
    template <class Function>
    scripted_plugin& on(std::string method, Function function) {
        if constexpr (std::is_invocable_v<Function&, const json&, scripted_reply>) {
            state_->answers[std::move(method)] = [function = std::move(function)](
                                                     std::string_view params, scripted_reply reply) mutable {
                function(json::parse(params.empty() ? "null" : params).value_or(json()), std::move(reply));
                return scripted_answer{.never = true};
            };
        } else {
            state_->answers[std::move(method)] = [answer = detail::provide(std::move(function))](
                                                     std::string_view params, const scripted_reply&) {
                return scripted_answer{.outcome = answer(params)};
            };
        }
        return *this;
    }
    /// The same for notifications, which are not kept in everything() then. The function may also take the text as it
    /// stands, as std::string_view.
    template <class Function>
    scripted_plugin& on_told(std::string method, Function function) {
        if constexpr (std::is_invocable_v<Function&, std::string_view>) {
            state_->told[std::move(method)] = std::move(function);
        } else {
            state_->told[std::move(method)] =
                [listen = detail::provide(std::move(function))](std::string_view params) {
                    static_cast<void>(listen(params));
                };
        }
        return *this;
    }
    /// What it says of itself from its next start on.
    void declare(scripted_declaration says) { state_->says = std::move(says); }

    // --- what it does by itself, while it is connected ---

    template <class Params>
    scripted_call call(std::string_view method, const Params& params,
                       milliseconds timeout = milliseconds(5'000)) {
        return call_json(method, to_json(params), timeout);
    }
    scripted_call call_json(std::string_view method, std::string_view params,
                            milliseconds timeout = milliseconds(5'000)) {
        scripted_call made;
        if (!connected()) return made;
        const time_point now = std::chrono::steady_clock::now();
        const auto sent = state_->peer->session().call(method, params, after(now, timeout), now);
        if (sent) state_->calls[sent->value] = made.state_;
        else made.state_->answered = true, made.state_->outcome = sent.error();
        state_->wake();
        return made;
    }
    template <class Params>
    bool tell(std::string_view method, const Params& params) {
        return tell_json(method, to_json(params));
    }
    bool tell_json(std::string_view method, std::string_view params) {
        if (!connected()) return false;
        const bool told = state_->peer->session().notify(method, params);
        state_->wake();
        return told;
    }
    /// Bytes that need not be a message at all.
    void say(std::string_view bytes) {
        if (const auto to = state_->link.lock()) to->say(bytes);
    }
    /// A JSON text as a message, whatever it means.
    void say_message(std::string_view body) {
        say(detail::join({"Content-Length: ", detail::digits(body.size()), "\r\n\r\n", body}));
    }
    /// It ends its output, as a process does that is gone.
    void hang_up() {
        if (const auto to = state_->link.lock()) to->hang_up();
    }
    /// What the host says waits, until it reads again.
    void stop_reading() { set_reading(false); }
    void read_again() { set_reading(true); }

    // --- looking in ---

    bool connected() const {
        const auto link = state_->link.lock();
        return link && !link->closed();
    }
    /// How often it was started.
    std::uint64_t instances() const noexcept { return state_->instances; }
    const std::vector<heard>& everything() const noexcept { return state_->all; }
    const std::vector<std::string>& surprises() const noexcept { return state_->lines.surprises(); }
    /// Whether everything that the script expects was asked, and nothing else.
    bool finished() const noexcept { return state_->lines.finished() && surprises().empty(); }
    const session_counters& counters() const noexcept { return state_->peer->session().counters(); }

private:
    void set_reading(bool reads) {
        if (const auto to = state_->link.lock()) to->set_reading(reads);
    }

    std::shared_ptr<scripted_state> state_;
};

} // namespace tenon::testing

#endif
