// How a plugin runs is asked of its instance alone: one more way to run plugins is one more class.

#include <tenon/host/plugin_actor.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace tenon;
using namespace tenon::detail;

/// Runs nothing, and writes down what is asked of it.
class paper_instance final : public instance {
public:
    paper_instance(std::string& told, bool opens) : told_(told), opens_(opens) {}

    plugin_origin origin() const noexcept override { return plugin_origin::process; }
    bool starts_program() const noexcept override { return true; }
    result<std::shared_ptr<detail::link>> open(const program_to_start& program) override {
        told_ += "open ";
        for (const std::string& word : program.command) told_ += word + " ";
        if (!opens_) return fault{codes::unavailable, "there is no paper left"};
        running_ = true;
        return std::shared_ptr<detail::link>();
    }
    result<void> admit(const attach_request& who) const override {
        if (who.name == "paper") return {};
        return fault{codes::permission_denied, "is of another kind"};
    }
    bool running() const noexcept override { return running_; }
    void close_input() override { told_ += "close_input "; }
    void terminate() override { told_ += "terminate "; }
    void kill() override { told_ += "kill "; }
    int id() const noexcept override { return running_ ? 42 : 0; }
    void read_rest() override { told_ += "read_rest "; }
    void clear() override {
        told_ += "clear ";
        running_ = false;
    }
    void retire() override { told_ += "retire "; }

private:
    std::string& told_;
    bool opens_, running_ = false;
};

struct quiet_host final : actor_owner {
    void on_change(plugin_actor&, const state_change& change) override { states.push_back(change.to); }
    void on_declared(plugin_actor&, handshake_answer&) override {}
    void on_withdrawn(plugin_actor&) override {}
    void on_request(plugin_actor&, const session_event&, time_point) override {}
    void on_notification(plugin_actor&, const session_event&, time_point) override {}
    void on_drained(plugin_actor&) override {}
    void on_log(plugin_actor&, log_record&& record) override { log.push_back(std::move(record)); }
    handshake_request introduction(plugin_actor&) override { return {}; }
    std::vector<std::string> environment_of(plugin_actor&) override { return {}; }
    start_gate gate() const override { return asked; }

    start_gate asked;

    std::vector<plugin_state> states;
    std::vector<log_record> log;
};

struct on_paper {
    explicit on_paper(bool opens = true) {
        plugin_options options{.name = "paper", .command = {"paper"}};
        options.restart.enabled = false;
        actor = std::make_shared<plugin_actor>(io.get_executor(), host, 0, options, host_options(), waits,
                                               [this, opens](instance_owner& owner) {
                                                   tells = &owner;
                                                   return std::make_shared<paper_instance>(told, opens);
                                               });
    }
    std::string took() { return std::exchange(told, {}); }

    asio::io_context io;
    quiet_host host;
    call_waits waits;
    std::string told;
    instance_owner* tells = nullptr;
    std::shared_ptr<plugin_actor> actor;
};

TEST_CASE("a run is opened, stopped step by step and cleared by the instance, whatever that is") {
    on_paper run;
    run.actor->start({});
    CHECK(run.took() == "open ");
    CHECK(run.actor->state() == plugin_state::handshaking);
    CHECK(run.actor->pid() == 42);
    run.actor->stop({});
    CHECK(run.took() == "close_input ");
    run.actor->hasten();
    CHECK(run.took() == "terminate ");
    run.actor->hasten();
    CHECK(run.took() == "kill ");

    run.tells->on_words(log_stream::error, "farewell\n", steady_now());
    run.tells->on_ended({.how = exit_status::kind::signalled, .value = 9});
    CHECK(run.took() == "read_rest clear ");
    CHECK(run.actor->state() == plugin_state::stopped);
    CHECK(run.actor->pid() == 0);
    CHECK(run.actor->supervised().last_exit() == exit_status{exit_status::kind::signalled, 9});
    REQUIRE(!run.host.log.empty());
    CHECK(run.host.log.front().message == "farewell");
    CHECK(run.host.log.front().pid == 42);

    run.actor.reset();
    CHECK(run.took() == "retire ");
}

TEST_CASE("an instance that cannot be opened is a failed start, for its reason") {
    on_paper run(false);
    run.actor->start({});
    CHECK(run.took() == "open ");
    CHECK(run.actor->state() == plugin_state::failed);
    CHECK(run.actor->supervised().reason().text.find("no paper left") != std::string::npos);
    REQUIRE(run.host.log.size() == 1);
    CHECK(run.host.log.front().message == "there is no paper left");
}

/// A gate that answers when the test says so.
struct at_the_gate : on_paper {
    at_the_gate() {
        host.asked = [this](const plugin_options& options, start_ready ready) {
            asked_for += options.name + " ";
            answers.push_back(std::move(ready));
        };
    }
    void answer(std::size_t which, result<program_to_start> program) {
        answers[which](std::move(program));
        io.restart();
        io.poll();
    }
    std::string asked_for;
    std::vector<start_ready> answers;
};

TEST_CASE("a start waits for the gate, and is what the gate says") {
    at_the_gate run;
    run.actor->start({});
    CHECK(run.asked_for == "paper ");
    CHECK(run.took() == "");
    CHECK(run.actor->state() == plugin_state::starting);
    CHECK(run.actor->supervised().next_deadline() == never); // the handshake's time has not begun
    run.answer(0, program_to_start{.command = {"other", "words"}, .level = start_level::checked});
    CHECK(run.took() == "open other words ");
    CHECK(run.actor->state() == plugin_state::handshaking);
    CHECK(run.actor->level_of_start() == start_level::checked);

    run.answer(0, program_to_start()); // once is enough
    CHECK(run.took() == "");
    run.tells->on_ended({});
    CHECK(!run.actor->level_of_start());
}

TEST_CASE("a gate that answers at once holds nothing up") {
    on_paper run;
    run.host.asked = [](const plugin_options&, const start_ready& ready) { ready(program_to_start()); };
    asio::post(run.io, [&] {
        run.actor->start({});
        CHECK(run.took() == "open ");
    });
    run.io.run();
}

TEST_CASE("what the gate refuses is a failed start, for its reason, and the plugin's log has it") {
    at_the_gate run;
    run.actor->start({});
    run.answer(0, fault{codes::permission_denied, "bin/paper is not what was signed"});
    CHECK(run.took() == "");
    CHECK(run.actor->state() == plugin_state::failed);
    CHECK(run.actor->supervised().reason().cause == change_cause::start);
    CHECK(run.actor->supervised().reason().text.starts_with("bin/paper is not what was signed"));
    REQUIRE(run.host.log.size() == 1);
    CHECK(run.host.log.front().message == "bin/paper is not what was signed");
}

TEST_CASE("a stop does not wait for the gate, and its answer is late then") {
    at_the_gate run;
    run.actor->start({});
    run.actor->stop({});
    CHECK(run.actor->state() == plugin_state::stopped);
    CHECK(run.actor->supervised().reason().text == "it was not started yet");
    run.answer(0, program_to_start());
    CHECK(run.took() == "");
    CHECK(run.actor->state() == plugin_state::stopped);
}

TEST_CASE("a restart asks the gate anew, and takes the answer to that alone") {
    at_the_gate run;
    run.actor->start({});
    run.actor->restart({});
    CHECK(run.asked_for == "paper paper ");
    run.answer(0, program_to_start{.command = {"old"}});
    CHECK(run.took() == "");
    run.answer(1, program_to_start{.command = {"new"}});
    CHECK(run.took() == "open new ");
}

TEST_CASE("the gate may answer when the plugin is gone, and when it ends with its host") {
    at_the_gate run;
    run.actor->start({});
    SUBCASE("removed") { run.actor.reset(); }
    SUBCASE("retired") { run.actor->retire(); }
    SUBCASE("ends with its host") { run.actor->stand_down(); }
    run.took();
    run.answer(0, program_to_start());
    CHECK(run.took() == "");
}

TEST_CASE(
    "the loop does not run out of work while the gate is asked, and does when that is not wanted any more") {
    at_the_gate run;
    run.actor->start({});
    run.io.poll();
    CHECK(!run.io.stopped());
    run.actor->stop({});
    run.io.run();
    CHECK(run.io.stopped());
}

TEST_CASE("who may attach is for the instance to say") {
    on_paper run;
    CHECK(run.actor->may_attach({.name = "paper"}));
    const auto other = run.actor->may_attach({.name = "stone"});
    REQUIRE(!other);
    CHECK(other.error().message == "is of another kind");
    run.actor->start({});
    run.actor->stop({});
    const auto late = run.actor->may_attach({.name = "paper"});
    REQUIRE(!late);
    CHECK(late.error().message == "paper is stopping");
}

} // namespace
