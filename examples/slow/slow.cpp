// Work that takes its time, in three ways: on one of several threads, answered later, and against a deadline.

#include "tenon.hpp"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

struct primes { // a command that computes
    static constexpr auto command = "primes";
    static constexpr auto description = "Counts the prime numbers below a limit";
    std::uint32_t below = 0;
};

struct remind { // a command that waits
    static constexpr auto command = "remind";
    static constexpr auto description = "Answers with the text when the time has come";
    using result = std::string; // what will be answered; nothing else tells the declaration
    std::string text;
    tenon::milliseconds after_ms{0};
};

struct upload { // an event that somebody waits for, but not for ever
    static constexpr auto event = "file.uploaded";
    std::string name;
    std::vector<std::string> pages;
};

struct share_done {
    std::size_t done = 0, of = 0;
};

// Keeps the reminders and answers each when it is due, from a thread of its own.
class reminders {
public:
    void add(std::string text, tenon::milliseconds wait, tenon::responder<remind> answer) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({std::move(text), std::chrono::steady_clock::now() + wait, std::move(answer)});
        changed_.notify_one();
    }

private:
    struct reminder {
        std::string text;
        tenon::time_point due;
        tenon::responder<remind> answer;
    };

    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
            // Whoever asked may cancel at any time, so this looks more often than something is due.
            changed_.wait_for(lock, stop, 20ms, [] { return false; });
            for (auto at = waiting_.begin(); at != waiting_.end();)
                at = settle(*at) ? waiting_.erase(at) : std::next(at);
        }
    }

    static bool settle(reminder& each) {
        if (each.answer.cancelled()) each.answer.fail({tenon::codes::cancelled, "cancelled"});
        else if (each.due <= std::chrono::steady_clock::now()) each.answer.reply(each.text);
        else return false;
        return true;
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::list<reminder> waiting_;
    std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }}; // the last: it uses the others
};

class slow {
public:
    static constexpr tenon::about about{
        .name = "slow", .version = "1.0.0", .description = "Takes its time, in three ways"};
    static constexpr int threads = 4; // handlers run at the same time, and have to guard what they share
    using receives = tenon::list<primes, remind, upload>;

    tenon::result<std::uint32_t> receive(const primes& wanted, tenon::context& here) const {
        std::uint32_t found = 0;
        const std::uint32_t quarter = wanted.below / 4;
        for (std::uint32_t number = 2; number < wanted.below; ++number) {
            if (is_prime(number)) ++found;
            // Progress tells the host that waiting on is worth it: the request's time begins anew.
            if (quarter != 0 && number % quarter == 0) here.progress(share_done{number, wanted.below});
            if (number % 1024 == 0 && here.cancelled())
                return tenon::fault{tenon::codes::cancelled, "cancelled"};
        }
        return found;
    }

    void receive(const remind& wanted, tenon::responder<remind> answer) {
        reminders_.add(wanted.text, wanted.after_ms, std::move(answer));
    }

    tenon::flow receive(const upload& file, tenon::context& here) const {
        share_done read{.of = file.pages.size()};
        for (const std::string& page : file.pages) {
            // Too late an answer counts as none. Better to say how far it came.
            if (std::chrono::steady_clock::now() >= here.deadline()) return {.data = tenon::json::of(read)};
            if (page.find("virus") != std::string::npos) return tenon::stop("a virus in " + file.name);
            ++read.done;
        }
        return tenon::proceed();
    }

private:
    static bool is_prime(std::uint32_t number) {
        for (std::uint32_t divisor = 2; divisor <= number / divisor; ++divisor)
            if (number % divisor == 0) return false;
        return true;
    }

    reminders reminders_;
};

int main(int argc, char** argv) { return tenon::serve<slow>(argc, argv); }
