#ifndef TENON_TESTS_RULES_CHAIN_BENCH_HPP
#define TENON_TESTS_RULES_CHAIN_BENCH_HPP

// A decision chain on a bench: who is asked is written down, and answers are given by name.

#include <tenon/rules/events/decision_chain.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::detail {

struct participant {
    std::string name;
    event_mode mode = event_mode::mutate;
    int priority = 0;
    failure_policy on_failure = failure_policy::proceed;
    milliseconds patience = milliseconds::max();
    absence absent = absence::pass;
    bool required = false;
};

inline constexpr event_mode observes = event_mode::observe;
inline constexpr event_mode validates = event_mode::validate;
inline constexpr event_mode mutates = event_mode::mutate;
inline constexpr failure_policy must_pass = failure_policy::stop;

/// The participants as interests, in the order in which a table would give them.
class line_up {
public:
    explicit line_up(std::vector<participant> all) : all_(std::move(all)) {
        for (std::size_t index = 0; index < all_.size(); ++index) {
            const auto plugin = static_cast<plugin_index>(index);
            const participant& one = all_[index];
            interest_terms terms{.answer_timeout = one.patience, .absent = one.absent};
            if (one.required) terms.required = {"m.*"};
            table_.set_plugin(plugin, one.name, {}, 0, {}, std::move(terms));
            handshake_answer answer;
            answer.capabilities = {{"m"}};
            answer.events = {{event_interest{"m.x", one.mode, one.priority, one.on_failure}}};
            table_.declare(plugin, answer);
        }
    }
    std::span<const interest> interests() { return table_.of("m.x"); }
    const std::string& name_of(plugin_index plugin) const { return all_.at(plugin).name; }
    plugin_index index_of(std::string_view name) const {
        for (std::size_t index = 0; index < all_.size(); ++index)
            if (all_[index].name == name) return static_cast<plugin_index>(index);
        FAIL("no such plugin: ", std::string(name));
        return 0;
    }

private:
    std::vector<participant> all_;
    interest_table table_;
};

class bench {
public:
    explicit bench(std::vector<participant> all, std::string payload = "{\"n\":0}",
                   std::optional<milliseconds> budget = milliseconds{1'000}, payload_check check = {})
        : line_(std::move(all)),
          chain(line_.interests(), {.id = "e1", .type = "m.x", .metadata = "{}", .timestamp = "T"},
                std::move(payload), budget ? after(begin, *budget) : never, begin, check) {
        drain();
    }

    /// What has been asked, told and cancelled since the last call: "a? b? c! -d" (asked, told, cancelled).
    std::string happened() { return std::exchange(happened_, {}); }

    void answer(std::string_view name, std::string_view text) {
        chain.answered(line_.index_of(name), text, now());
        drain();
    }
    void fail(std::string_view name, const fault& why) {
        chain.failed(line_.index_of(name), why, now());
        drain();
    }
    void skip(std::string_view name, std::string_view why) {
        chain.skipped(line_.index_of(name), why, now());
        drain();
    }
    void miss(std::string_view name, std::string_view why) {
        chain.absent(line_.index_of(name), why, now());
        drain();
    }
    /// Whether it is waited for.
    bool hold(std::string_view name, std::string_view why) {
        const bool held = chain.hold(line_.index_of(name), why, now());
        drain();
        return held;
    }
    void back(std::string_view name) {
        chain.returned(line_.index_of(name), now());
        drain();
    }
    void release(std::string_view name, std::string_view why) {
        chain.released(line_.index_of(name), why, now());
        drain();
    }
    void turn(milliseconds by) {
        elapsed_ += by;
        chain.handle_timeout(now());
        drain();
    }
    /// As turn(), but nobody tells the chain.
    void let_pass(milliseconds by) { elapsed_ += by; }

    /// The payload of which `name` was told last, and the time that it had.
    std::string seen_by(std::string_view name) const { return std::string(last_ask(name).payload); }
    const chain_ask& last_ask(std::string_view name) const {
        for (auto one = asks_.rbegin(); one != asks_.rend(); ++one)
            if (one->plugin == line_.index_of(name)) return *one;
        FAIL("was not asked: ", std::string(name));
        return asks_.front();
    }
    std::size_t copies_of(std::string_view name) const {
        std::size_t copies = 0;
        for (const chain_ask& one : asks_) copies += one.plugin == line_.index_of(name) ? 1u : 0u;
        return copies;
    }

    /// "a modified, b stop (spam), c skipped (stopped by b)".
    std::string outcomes() {
        REQUIRE(chain.done());
        decided = chain.take();
        std::string all;
        for (const plugin_outcome& one : decided.plugins) {
            if (!all.empty()) all += ", ";
            all += one.plugin + ' ' + std::string(tenon::name_of(one.outcome));
            if (!one.reason.empty()) all += " (" + one.reason + ')';
        }
        return all;
    }

    time_point now() const { return begin + elapsed_; }

private:
    void drain() {
        chain_cancel unneeded;
        while (chain.next_cancel(unneeded)) note("-" + line_.name_of(unneeded.plugin));
        chain_ask ask;
        while (chain.next_ask(ask)) {
            payloads_.push_back(std::string(ask.payload));
            ask.payload = payloads_.back();
            asks_.push_back(ask);
            note(line_.name_of(ask.plugin) + (ask.wants_answer ? '?' : '!'));
        }
    }
    void note(const std::string& what) {
        if (!happened_.empty()) happened_ += ' ';
        happened_ += what;
    }

    static constexpr time_point begin = time_point{} + milliseconds{1'000'000};

    line_up line_;
    milliseconds elapsed_{0};
    std::string happened_;
    std::vector<chain_ask> asks_;
    std::deque<std::string> payloads_;

public:
    decision_chain chain;
    raw_decision decided;
};

} // namespace tenon::detail

#endif
