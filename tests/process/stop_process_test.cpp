#include "processes.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace tenon;
using namespace tenon::tests;
using detail::child;

namespace {

using kind = exit_status::kind;

struct running {
    detail::descriptor output;
    exit_status status;
    int told = 0;
    std::unique_ptr<child> process;
};

/// Says "up" once its traps are set.
std::unique_ptr<running> start(asio::io_context& loop, const std::string& script) {
    auto one = std::make_unique<running>();
    auto made = must_launch(shell(script));
    one->output = std::move(made.output);
    one->process = std::make_unique<child>(loop.get_executor(), std::move(made),
                                           [self = one.get()](const exit_status& how) {
                                               ++self->told;
                                               self->status = how;
                                           });
    REQUIRE(read_line(one->output.get()) == "up");
    return one;
}

const char* const obedient = "echo up; read line; exit 0";
const char* const deaf = "trap 'exit 4' TERM; echo up; while :; do sleep 0.01; done";
const char* const stubborn = "trap '' TERM; echo up; while :; do sleep 0.01; done";

} // namespace

TEST_CASE("P9: each step of a stop ends those whom it reaches, and all are stopped at the same time") {
    asio::io_context loop;
    std::vector<std::unique_ptr<running>> all;
    for (int time = 0; time < 3; ++time)
        for (const char* script : {obedient, deaf, stubborn}) all.push_back(start(loop, script));
    auto frozen = start(loop, deaf);
    frozen->process->signal_group(SIGSTOP);
    std::vector<child*> children;
    for (auto& one : all) children.push_back(one->process.get());
    children.push_back(frozen->process.get());

    const auto begin = clock::now();
    detail::stop_children(children, {{stop_action::ask, milliseconds{60'000}}, // nobody can be asked here
                                     {stop_action::close_stdin, milliseconds{200}},
                                     {stop_action::terminate, milliseconds{300}},
                                     {stop_action::kill, milliseconds{0}}});
    CHECK(clock::now() - begin >= 500ms); // the stubborn ones get all the time that was said
    CHECK(clock::now() - begin < 500ms + 1s);
    for (std::size_t number = 0; number < all.size(); ++number) {
        CHECK(all[number]->process->over());
        CHECK(all[number]->told == 0); // never from within a verb
        const exit_status expected[] = {{kind::exited, 0}, {kind::exited, 4}, {kind::signalled, SIGKILL}};
        CHECK(all[number]->process->status() == expected[number % 3]);
    }
    CHECK(frozen->process->status() == exit_status{kind::signalled, SIGKILL});
    CHECK(zombies() == 0);
    loop.run();
    for (auto& one : all) CHECK(one->told == 1);
}

TEST_CASE(
    "P9: a policy that ends before its processes do is ended by a kill, and nobody waits for who is gone") {
    asio::io_context loop;
    auto one = start(loop, stubborn);
    auto gone = start(loop, obedient);
    gone->process->kill_group();
    child* children[] = {one->process.get(), gone->process.get()};
    const auto begin = clock::now();
    detail::stop_children(children, {});
    CHECK(one->process->status() == exit_status{kind::signalled, SIGKILL});
    detail::stop_children(children, default_stop_policy());
    detail::stop_children({}, default_stop_policy());
    CHECK(clock::now() - begin < 1s);
}

TEST_CASE("P9: destroying a child that ignores everything takes no longer than its death") {
    asio::io_context loop;
    auto one = start(loop, stubborn);
    one->process->signal_group(SIGSTOP);
    const auto begin = clock::now();
    one->process.reset();
    CHECK(clock::now() - begin < 1s);
    CHECK(read_all(one->output.get()).empty()); // the whole group: its sleep held the pipe as well
    CHECK(zombies() == 0);
}
