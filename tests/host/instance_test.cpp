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
    result<std::shared_ptr<detail::link>> open() override {
        told_ += "open ";
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
