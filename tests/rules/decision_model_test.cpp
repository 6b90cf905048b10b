// A decision chain beside a slow and obvious model of what docs/embedding.md says of decisions. The model knows
// beforehand what each plugin will do and when; it never reacts to anything. The chain is driven by the same
// plan, moment by moment.

#include <tenon/rules/events/decision_chain.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace tenon;
using namespace tenon::detail;

namespace {

enum class deed { pass, stop, change, same, nonsense, error, own_timeout, silence, skip };

struct player {
    plugin_index plugin;
    std::string id;
    event_mode mode;
    int priority;
    failure_policy on_failure;
    deed does;
    int after_ms; // from being asked; 0 for a skip
    bool gives_data;
};

struct plan {
    std::vector<player> players; // in the order of the table
    int deadline = 0;            // ms; -1: none
};

struct entry { // one line of what was sent
    std::string what, id, payload;
    int remaining;
    bool operator==(const entry&) const = default;
};

struct outcome {
    std::string id;
    outcome_kind kind;
    int ms;
    bool operator==(const outcome&) const = default;
};

struct protocol {
    std::vector<entry> sent;
    std::vector<std::string> cancelled; // sorted
    std::vector<outcome> outcomes;
    bool stopped = false, modified = false;
    std::string stopped_by, payload = "\"start\"", data;
    bool operator==(const protocol&) const = default;
};

std::string payload_of(const player& who) { return "\"by " + who.id + "\""; }
std::string data_of(const player& who) { return "\"data of " + who.id + "\""; }

bool fails(deed does) {
    return does == deed::nonsense || does == deed::error || does == deed::own_timeout || does == deed::skip;
}

bool stops(const player& who) {
    return who.does == deed::stop || (fails(who.does) && who.on_failure == failure_policy::stop);
}

outcome_kind kind_of(const player& who) {
    switch (who.does) {
    case deed::stop: return outcome_kind::stop;
    case deed::change: return who.mode == event_mode::mutate ? outcome_kind::modified : outcome_kind::proceed;
    case deed::nonsense:
    case deed::error: return outcome_kind::failed;
    case deed::own_timeout: return outcome_kind::timed_out;
    case deed::skip: return outcome_kind::skipped;
    default: return outcome_kind::proceed;
    }
}

// --- the model ---

class model {
public:
    static protocol run(const plan& of) {
        model made(of);
        made.all();
        return std::move(made.out_);
    }

private:
    explicit model(const plan& of) : plan_(of) {}

    bool late(int time) const { return plan_.deadline >= 0 && time >= plan_.deadline; }

    void all() {
        std::vector<player> asked;
        for (const player& one : plan_.players)
            if (one.mode != event_mode::observe) asked.push_back(one);
        for (const player& one : asked) found_[one.id] = {one.id, outcome_kind::skipped, 0};
        for (std::size_t at = 0; at < asked.size() && !over_;) {
            std::vector<player> tier;
            const int priority = asked[at].priority;
            for (; at < asked.size() && asked[at].priority == priority; ++at) tier.push_back(asked[at]);
            one_tier(tier);
        }
        if (past_deadline_)
            for (const player& one : asked)
                if (settled_.count(one.id) == 0 && one.on_failure == failure_policy::stop && !out_.stopped)
                    stop_by(one);
        if (!out_.stopped)
            for (const player& one : plan_.players)
                if (one.mode == event_mode::observe) out_.sent.push_back({"told", one.id, out_.payload, -1});
        for (const player& one : asked) {
            out_.outcomes.push_back(found_[one.id]);
            if (!out_.stopped && given_.count(one.id) != 0) out_.data = given_[one.id];
        }
        out_.modified = out_.payload != "\"start\"";
        std::sort(out_.cancelled.begin(), out_.cancelled.end());
    }

    void one_tier(const std::vector<player>& tier) {
        for (const player& one : tier) {
            if (one.mode != event_mode::mutate) continue;
            if (late(time_)) return pass();
            ask(one);
            if (one.does == deed::silence || late(time_ + one.after_ms)) {
                if (plan_.deadline < 0) FAIL("a plan without an end");
                time_out(one);
                return pass();
            }
            time_ += one.after_ms;
            settle(one, one.after_ms);
            if (stops(one)) return stop_by(one);
            if (one.does == deed::change) out_.payload = payload_of(one);
        }
        std::vector<player> validators;
        for (const player& one : tier)
            if (one.mode == event_mode::validate) validators.push_back(one);
        if (validators.empty()) return;
        if (late(time_)) return pass();
        at_once(validators);
    }

    void at_once(const std::vector<player>& all) {
        // The earliest stop, if there is one before the deadline.
        int stop_at = -1;
        for (const player& one : all)
            if (stops(one) && !late(time_ + one.after_ms) && (stop_at < 0 || one.after_ms < stop_at))
                stop_at = one.after_ms;
        const player* stopper = nullptr;
        int longest = 0;
        bool timed_out = false;
        for (const player& one : all) {
            if (stop_at == 0 && stopper != nullptr)
                break; // who could not be asked stopped it before they were
            ask(one);
            const bool answers = one.does != deed::silence && !late(time_ + one.after_ms);
            if (answers && (stop_at < 0 || one.after_ms <= stop_at)) {
                settle(one, one.after_ms);
                longest = std::max(longest, one.after_ms);
                if (stops(one) && stopper == nullptr) stopper = &one;
            } else if (stop_at >= 0) {
                out_.cancelled.push_back(one.id);
                found_[one.id] = {one.id, outcome_kind::skipped, stop_at};
            } else {
                time_out(one);
                timed_out = true;
            }
        }
        if (stopper != nullptr) return stop_by(*stopper);
        if (timed_out) return pass();
        time_ += longest;
    }

    void ask(const player& one) {
        out_.sent.push_back(
            {"asked", one.id, out_.payload, plan_.deadline < 0 ? -1 : plan_.deadline - time_});
    }
    void settle(const player& one, int ms) {
        settled_[one.id] = true;
        found_[one.id] = {one.id, kind_of(one), ms};
        if (one.gives_data && !fails(one.does)) given_[one.id] = data_of(one);
    }
    void time_out(const player& one) {
        found_[one.id] = {one.id, outcome_kind::timed_out, plan_.deadline - time_};
        out_.cancelled.push_back(one.id);
    }
    void pass() { over_ = past_deadline_ = true; }
    void stop_by(const player& one) {
        over_ = true;
        out_.stopped = true;
        out_.stopped_by = one.id;
        if (given_.count(one.id) != 0) out_.data = given_[one.id];
    }

    const plan& plan_;
    protocol out_;
    int time_ = 0;
    bool over_ = false, past_deadline_ = false;
    std::map<std::string, outcome> found_;
    std::map<std::string, bool> settled_;
    std::map<std::string, std::string> given_;
};

// --- the real one ---

class stage_manager {
public:
    static protocol run(const plan& of, std::mt19937& chance) {
        stage_manager made(of, chance);
        made.all();
        return std::move(made.out_);
    }

private:
    stage_manager(const plan& of, std::mt19937& chance)
        : plan_(of), chance_(chance),
          chain_(interests(of), {.id = "e", .type = "m.x", .timestamp = "T"}, out_.payload,
                 of.deadline < 0 ? never : time_of(of.deadline), time_of(0)) {}

    static time_point time_of(int ms) { return time_point{} + milliseconds{1'000 + ms}; }

    static std::vector<interest> interests(const plan& of) {
        std::vector<interest> all;
        for (const player& one : of.players)
            all.push_back({one.plugin, one.id, one.id, one.mode, true, one.priority, one.on_failure});
        return all;
    }

    void all() {
        drain();
        while (!chain_.done()) {
            int next = plan_.deadline;
            for (const auto& [who, when] : due_)
                if (next < 0 || when < next) next = when;
            REQUIRE(next >= 0);
            time_ = next;
            if (next == plan_.deadline) chain_.handle_timeout(time_of(time_));
            std::vector<plugin_index> now;
            for (const auto& [who, when] : due_)
                if (when == time_) now.push_back(who);
            std::shuffle(now.begin(), now.end(), chance_);
            // All of one moment come before anybody looks, as the messages of one turn of a loop may.
            for (const plugin_index who : now) {
                due_.erase(who);
                act(of_plugin(who));
            }
            drain();
        }
        // Late and repeated ones change nothing once it is taken.
        const raw_decision decided = chain_.take();
        for (const player& one : plan_.players) act(one);
        drain();
        out_.stopped = decided.stopped;
        out_.modified = decided.modified;
        out_.stopped_by = decided.stopped_by;
        out_.payload = decided.payload;
        out_.data = decided.data;
        for (const plugin_outcome& one : decided.plugins)
            out_.outcomes.push_back({one.plugin, one.outcome, static_cast<int>(one.ms + 0.5)});
        std::sort(out_.cancelled.begin(), out_.cancelled.end());
        // Once for each that mutates, for all that validate in a tier, for all that observe.
        std::set<std::string> written;
        for (const entry& one : out_.sent) {
            const player& who = *std::find_if(plan_.players.begin(), plan_.players.end(),
                                              [&](const player& other) { return other.id == one.id; });
            const bool together = who.mode == event_mode::validate;
            written.insert(one.what == "told" ? "told" : together ? std::to_string(who.priority) : who.id);
        }
        CHECK(chain_.encodings() <= written.size());
    }

    const player& of_plugin(plugin_index plugin) const {
        return *std::find_if(plan_.players.begin(), plan_.players.end(),
                             [&](const player& one) { return one.plugin == plugin; });
    }

    void drain() {
        chain_cancel cancelled;
        while (chain_.next_cancel(cancelled)) {
            out_.cancelled.push_back(of_plugin(cancelled.plugin).id);
            due_.erase(cancelled.plugin);
        }
        chain_ask ask;
        while (chain_.next_ask(ask)) {
            const player& who = of_plugin(ask.plugin);
            const bool bounded = ask.remaining != milliseconds::max();
            out_.sent.push_back({ask.wants_answer ? "asked" : "told", who.id, std::string(ask.payload),
                                 bounded ? static_cast<int>(ask.remaining.count()) : -1});
            const auto message = json::parse(ask.message.view());
            REQUIRE(message);
            CHECK((*message)["payload"].text() == ask.payload);
            CHECK((*message)["deadlineMs"].text() ==
                  (bounded ? std::to_string(ask.remaining.count()) : "null"));
            if (!ask.wants_answer) continue;
            if (who.does == deed::skip) act(who);
            else if (who.does != deed::silence) due_[who.plugin] = time_ + who.after_ms;
            while (chain_.next_cancel(cancelled)) {
                out_.cancelled.push_back(of_plugin(cancelled.plugin).id);
                due_.erase(cancelled.plugin);
            }
        }
    }

    void act(const player& who) {
        const time_point now = time_of(time_);
        const std::string data = who.gives_data ? R"(,"data":)" + data_of(who) : std::string();
        switch (who.does) {
        case deed::pass: return chain_.answered(who.plugin, R"({"flow":"continue")" + data + '}', now);
        case deed::same:
            return chain_.answered(who.plugin, R"({"payload":)" + chain_.payload() + data + '}', now);
        case deed::change:
            return chain_.answered(who.plugin, R"({"payload":)" + payload_of(who) + data + '}', now);
        case deed::stop: return chain_.answered(who.plugin, R"({"flow":"stop")" + data + '}', now);
        case deed::nonsense: return chain_.answered(who.plugin, R"({"flow":"stop ")" + data + '}', now);
        case deed::error: return chain_.failed(who.plugin, {codes::internal_error, "no"}, now);
        case deed::own_timeout: return chain_.failed(who.plugin, {codes::timeout, "late"}, now);
        case deed::skip: return chain_.skipped(who.plugin, "breaker", now);
        case deed::silence: return;
        }
    }

    const plan& plan_;
    std::mt19937& chance_;
    protocol out_;
    int time_ = 0;
    std::map<plugin_index, int> due_;
    decision_chain chain_;
};

plan make_plan(std::mt19937& chance) {
    const auto pick = [&](int bound) { return static_cast<int>(chance() % static_cast<unsigned>(bound)); };
    plan made;
    made.deadline = pick(4) == 0 ? -1 : pick(60);
    const int count = pick(10), tiers = 1 + pick(4), mischief = 1 + pick(9);
    std::vector<plugin_index> indexes;
    for (int index = 0; index < count; ++index) indexes.push_back(static_cast<plugin_index>(index));
    std::shuffle(indexes.begin(), indexes.end(), chance);
    for (int number = 0; number < count; ++number) {
        player one{.plugin = indexes[static_cast<std::size_t>(number)],
                   .id = std::string(1, static_cast<char>('a' + number)),
                   .mode = static_cast<event_mode>(pick(3)),
                   .priority = pick(tiers),
                   .on_failure = pick(3) == 0 ? failure_policy::stop : failure_policy::proceed,
                   .does = pick(3) == 0 ? deed::change : static_cast<deed>(pick(mischief)),
                   .after_ms = 1 + pick(12),
                   .gives_data = pick(3) == 0};
        if (made.deadline < 0 && one.does == deed::silence) one.does = deed::same;
        if (one.does == deed::skip) one.after_ms = 0;
        made.players.push_back(one);
    }
    const auto rank = [](event_mode mode) {
        return mode == event_mode::mutate ? 0 : mode == event_mode::validate ? 1 : 2;
    };
    std::stable_sort(made.players.begin(), made.players.end(), [&](const player& one, const player& other) {
        if (one.priority != other.priority) return one.priority > other.priority;
        return rank(one.mode) < rank(other.mode);
    });
    return made;
}

} // namespace

TEST_CASE("E1 E2: a chain decides as the model does, whatever its plugins do") {
    std::size_t stopped = 0, modified = 0, passed = 0;
    for (unsigned seed = 0; seed < 20'000; ++seed) {
        CAPTURE(seed);
        std::mt19937 chance(seed);
        const plan of = make_plan(chance);
        const protocol expected = model::run(of);
        const protocol found = stage_manager::run(of, chance);
        const auto sentence = [](const protocol& said) {
            std::string text = said.stopped ? "stopped by " + said.stopped_by : "goes on";
            text += " with " + said.payload + " data " + said.data + '\n';
            for (const entry& one : said.sent)
                text +=
                    one.what + ' ' + one.id + ' ' + one.payload + ' ' + std::to_string(one.remaining) + '\n';
            for (const std::string& one : said.cancelled) text += "cancelled " + one + '\n';
            for (const outcome& one : said.outcomes)
                text += one.id + ' ' + std::string(tenon::name_of(one.kind)) + ' ' + std::to_string(one.ms) +
                        '\n';
            return text;
        };
        REQUIRE(sentence(found) == sentence(expected));
        REQUIRE(found == expected);
        stopped += expected.stopped ? 1u : 0u;
        modified += expected.modified ? 1u : 0u;
        for (const outcome& one : expected.outcomes) passed += one.kind == outcome_kind::proceed ? 1u : 0u;
    }
    // The plans are worth something: none of the ways out is rare.
    CHECK(stopped > 2'000);
    CHECK(modified > 2'000);
    CHECK(passed > 2'000);
}
