// The typed codec beside the JSON libraries that a plugin might use instead: parse into structs, write from them.
// In every round each library gets a short turn with each text, in a changing order, so that whatever else
// the machine does hits all alike. A cell says the median of the rounds in nanoseconds a message, how many times
// tenon's median that is, and the median of the rounds' own ratios; the two ratios differ where there was noise.
//
//     bench_json [rounds] [--only NAME]      21 rounds unless told; NAME beside tenon alone

#include "codec.hpp"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bench {

namespace {

// Time of this thread alone: what another process takes from the CPU is not counted.
double seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void pin_to_one_cpu() {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) std::fputs("not pinned to one CPU\n", stderr);
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// One thing to time: a message through one direction of one library.
struct job {
    const char* library;
    void (*run)(const job&, std::size_t times);
    const void* codec;
    const void* input;
    std::size_t times = 1;
    std::vector<double> nanoseconds = {};
};

/// The libraries' times with one text.
struct column {
    std::string title;
    std::vector<job> jobs;
};

/// Columns that belong together.
struct table {
    const char* title;
    std::vector<column> columns;
};

volatile std::size_t sink; // what keeps the results from being optimised away

struct text_in {
    std::string padded;
    std::string_view view;
};

text_in padded_text(std::string text) {
    const std::size_t size = text.size();
    text.append(padding, '\0');
    text_in made{std::move(text), {}};
    made.view = {made.padded.data(), size};
    return made;
}

template <class T>
void run_parse(const job& work, std::size_t times) {
    const auto& used = *static_cast<const codec<T>*>(work.codec);
    const auto text = static_cast<const text_in*>(work.input)->view;
    std::size_t good = 0;
    for (std::size_t time = 0; time < times; ++time) good += used.parse(text);
    sink = good;
}

template <class T>
void run_write(const job& work, std::size_t times) {
    const auto& used = *static_cast<const codec<T>*>(work.codec);
    const auto& value = *static_cast<const T*>(work.input);
    std::size_t bytes = 0;
    for (std::size_t time = 0; time < times; ++time) bytes += used.write(value).size();
    sink = bytes;
}

// Boost.JSON 1.81 reads the last digit of a double wrongly at times; it is measured all the same.
bool about_equal(double left, double right) {
    return left == right || std::abs(left - right) <= 1e-15 * std::abs(left);
}

bool about_equal(record_page left, const record_page& right) {
    if (left.records.size() != right.records.size()) return false;
    for (std::size_t index = 0; index < left.records.size(); ++index) {
        auto &mine = left.records[index], &theirs = const_cast<record&>(right.records[index]);
        if (!about_equal(mine.ratio, theirs.ratio) || !about_equal(mine.price, theirs.price)) return false;
        mine.ratio = theirs.ratio;
        mine.price = theirs.price;
    }
    return left == right;
}

template <class T>
void check(const library& used, const codec<T>& mine, const codec<T>& reference, std::string_view text) {
    const auto fail = [&](const char* what) {
        std::fprintf(stderr, "%s: %s\n", used.name, what);
        std::exit(1);
    };
    const T expected = reference.parse_value(text), parsed = mine.parse_value(text);
    if (!mine.parse(text) || parsed != expected) {
        if constexpr (std::is_same_v<T, record_page>) {
            if (!about_equal(parsed, expected)) fail("parses into something else");
            std::fprintf(stderr, "%s: some doubles are off by a unit in the last place\n", used.name);
        } else {
            fail("parses into something else");
        }
    }
    if (mine.write == nullptr) return;
    const std::string written = std::string(mine.write(expected)) + std::string(padding, '\0');
    if (reference.parse_value({written.data(), written.size() - padding}) != expected)
        fail("writes something else");
}

template <class T>
column parse_column(const std::vector<library>& libraries, codec<T> library::*size, const text_in& text) {
    column made{std::to_string(text.view.size()) + " B", {}};
    for (const library& each : libraries) {
        check(each, each.*size, libraries[0].*size, text.view);
        made.jobs.push_back({each.name, run_parse<T>, &(each.*size), &text});
    }
    return made;
}

template <class T>
column write_column(const std::vector<library>& libraries, codec<T> library::*size, const T& value) {
    column made{std::to_string((libraries[0].*size).write(value).size()) + " B", {}};
    for (const library& each : libraries)
        if ((each.*size).write != nullptr)
            made.jobs.push_back({each.name, run_write<T>, &(each.*size), &value});
    return made;
}

/// The three messages, spelled in one way.
struct texts {
    text_in small, middle, large;
};

texts spelled(const texts& as, std::string (*spell)(std::string_view)) {
    return {padded_text(spell(as.small.view)), padded_text(spell(as.middle.view)),
            padded_text(spell(as.large.view))};
}

table parse_table(const char* title, const std::vector<library>& libraries, const texts& with) {
    return {title,
            {parse_column(libraries, &library::small, with.small),
             parse_column(libraries, &library::middle, with.middle),
             parse_column(libraries, &library::large, with.large)}};
}

double timed(const job& work, std::size_t times) {
    const double start = seconds();
    work.run(work, times);
    return (seconds() - start) / static_cast<double>(times) * 1e9;
}

void measure(std::vector<table>& tables, std::size_t rounds) {
    constexpr double turn_length = 2e6; // nanoseconds: short, to see the same weather
    std::vector<column*> columns;
    for (table& each : tables)
        for (column& one : each.columns) columns.push_back(&one);
    for (column* each : columns)
        for (job& work : each->jobs) {
            timed(work, 20);
            work.times = 1 + static_cast<std::size_t>(turn_length / timed(work, 20));
        }
    for (std::size_t round = 0; round < rounds; ++round)
        for (column* each : columns)
            for (std::size_t turn = 0; turn < each->jobs.size(); ++turn) {
                job& work = each->jobs[(turn + round) % each->jobs.size()];
                work.nanoseconds.push_back(timed(work, work.times));
            }
}

double ratio_to(const job& work, const job& reference) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < work.nanoseconds.size(); ++round)
        ratios.push_back(work.nanoseconds[round] / reference.nanoseconds[round]);
    return median(ratios);
}

void print(const table& results) {
    std::printf("| %s |", results.title);
    for (const column& each : results.columns) std::printf(" %s |", each.title.c_str());
    std::printf("\n|---|");
    for (std::size_t count = results.columns.size(); count > 0; --count) std::printf("---|");
    for (std::size_t row = 0; row < results.columns[0].jobs.size(); ++row) {
        std::printf("\n| %s |", results.columns[0].jobs[row].library);
        for (const column& each : results.columns) {
            const job &work = each.jobs[row], &first = each.jobs[0];
            const double time = median(work.nanoseconds);
            std::printf(" %.0f · %.2f · %.2f |", time, time / median(first.nanoseconds),
                        ratio_to(work, first));
        }
    }
    std::printf("\n\n");
}

std::vector<library> all_libraries() {
    return {
        tenon_library(),
#if __has_include(<simdjson.h>)
            simdjson_library(), simdjson_ordered_library(), simdjson_walking_library(),
#endif
#if __has_include(<rapidjson/reader.h>)
            rapidjson_sax_library(), rapidjson_dom_library(),
#endif
#if __has_include(<boost/json/src.hpp>)
            boost_library(),
#endif
#if __has_include(<nlohmann/json.hpp>)
            nlohmann_library(),
#endif
    };
}

int run(std::size_t rounds, std::string_view only) {
    std::vector<library> libraries;
    for (const library& each : all_libraries())
        if (only.empty() || only == each.name || libraries.empty()) libraries.push_back(each);

    std::vector<library> any_order; // without the one that must know it
    for (const library& each : libraries)
        if (std::string_view(each.name).find("find_field") == std::string_view::npos)
            any_order.push_back(each);

    const texts ordered{padded_text(chat_event_text()), padded_text(room_message_text()),
                        padded_text(record_page_text())};
    const texts with_spaces = spelled(ordered, spaced), by_name = spelled(ordered, sorted);
    const auto small = libraries[0].small.parse_value(ordered.small.view);
    const auto middle = libraries[0].middle.parse_value(ordered.middle.view);
    const auto large = libraries[0].large.parse_value(ordered.large.view);

    std::vector<table> tables{
        parse_table("parse", libraries, ordered),
        {"write",
         {write_column(libraries, &library::small, small), write_column(libraries, &library::middle, middle),
          write_column(libraries, &library::large, large)}},
        parse_table("parse, a space behind commas and colons", libraries, with_spaces),
        parse_table("parse, members sorted by name", any_order, by_name)};

    pin_to_one_cpu();
    measure(tables, rounds);
    for (const table& each : tables) print(each);
    return 0;
}

} // namespace

} // namespace bench

int main(int argc, char** argv) {
    std::size_t rounds = 21;
    std::string_view only;
    for (int index = 1; index < argc; ++index) {
        if (std::strcmp(argv[index], "--only") == 0 && index + 1 < argc) only = argv[++index];
        else rounds = std::strtoul(argv[index], nullptr, 10);
    }
    return bench::run(rounds == 0 ? 1 : rounds, only);
}
