#ifndef TENON_HOST_METRICS_TEXT_IPP
#define TENON_HOST_METRICS_TEXT_IPP

// The bodies of host/metrics_text.hpp.

#include <tenon/core/compiled.hpp>
#include <tenon/host/metrics_text.hpp>
#include <tenon/rules/status.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>

namespace tenon {

namespace detail {

inline double seconds(milliseconds time) { return static_cast<double>(time.count()) / 1e3; }

class host_metrics {
public:
    explicit host_metrics(const host_status& of) : of_(of) {}

    std::string take() {
        write_host();
        write_lives();
        write_calls();
        write_latency();
        write_events();
        write_queues();
        write_logs();
        write_processes();
        write_own();
        return out_.take();
    }

private:
    /// A family with one sample, or none, for each plugin.
    template <class Value>
    void each(std::string_view name, std::string_view kind, std::string_view help, Value value) {
        out_.family(name, kind, help);
        for (const plugin_status& plugin : of_.plugins)
            out_.sample({{"plugin", plugin.name}}, static_cast<double>(value(plugin)));
    }
    void one(std::string_view name, std::string_view kind, std::string_view help, double value) {
        out_.family(name, kind, help);
        out_.sample({}, value);
    }
    static double number(std::uint64_t count) { return static_cast<double>(count); }

    void write_host() {
        out_.family("tenon_host_info", "gauge", "What this host is.");
        out_.sample({{"name", of_.name}, {"version", of_.version}}, 1);
        one("tenon_host_uptime_seconds", "gauge", "How long the host has been there.", seconds(of_.uptime));
        if (of_.process) {
            one("tenon_host_memory_bytes", "gauge", "Resident memory of the host's process.",
                number(of_.process->memory_bytes));
            one("tenon_host_cpu_seconds_total", "counter", "CPU time that the host's process has used.",
                seconds(of_.process->cpu));
            one("tenon_host_open_descriptors", "gauge", "Open file descriptors of the host's process.",
                of_.process->descriptors);
        }
        one("tenon_events_published_total", "counter", "Events that plugins were told about.",
            number(of_.events_published));
        one("tenon_events_decided_total", "counter", "Events that plugins were asked about.",
            number(of_.events_decided));
        one("tenon_events_stopped_total", "counter", "Events that a plugin stopped.",
            number(of_.events_stopped));
        one("tenon_events_in_flight", "gauge", "Events that are being decided.",
            number(of_.events_in_flight));
        one("tenon_attaches_refused_total", "counter", "Plugins that came to the socket and may not.",
            number(of_.attaches_refused));
        if (of_.configuration) {
            one("tenon_configuration_good", "gauge", "0 while the file is not what holds, or not all of it.",
                of_.configuration->good);
            one("tenon_configuration_refused_total", "counter", "How often that came about.",
                number(of_.configuration->refused));
        }
    }

    void write_lives() {
        out_.family("tenon_plugin_info", "gauge", "The plugins that the host knows.");
        for (const plugin_status& plugin : of_.plugins)
            out_.sample({{"plugin", plugin.name}, {"id", plugin.id}, {"version", plugin.version}}, 1);
        out_.family("tenon_plugin_state", "gauge", "1 for the state that the plugin is in.");
        for (const plugin_status& plugin : of_.plugins)
            for (unsigned state = 0; state <= static_cast<unsigned>(plugin_state::blocked); ++state)
                out_.sample({{"plugin", plugin.name}, {"state", name_of(static_cast<plugin_state>(state))}},
                            plugin.state == static_cast<plugin_state>(state));
        out_.family("tenon_plugin_health", "gauge", "1 for the health that the plugin has.");
        for (const plugin_status& plugin : of_.plugins)
            for (unsigned health = 0; health <= static_cast<unsigned>(plugin_health::critical); ++health)
                out_.sample(
                    {{"plugin", plugin.name}, {"health", name_of(static_cast<plugin_health>(health))}},
                    plugin.health == static_cast<plugin_health>(health));
        out_.family("tenon_plugin_start_level", "gauge",
                    "1 for what is known of the program that the plugin was started from.");
        for (const plugin_status& plugin : of_.plugins)
            if (plugin.start_level)
                out_.sample({{"plugin", plugin.name}, {"level", name_of(*plugin.start_level)}}, 1);
        out_.family("tenon_plugin_sandbox", "gauge", "1 for how much of the plugin's sandbox is enforced.");
        for (const plugin_status& plugin : of_.plugins)
            if (plugin.sandbox)
                out_.sample({{"plugin", plugin.name}, {"level", name_of(plugin.sandbox->level)}}, 1);
        each("tenon_plugin_uptime_seconds", "gauge", "How long the plugin has been ready.",
             [](const plugin_status& of) { return seconds(of.uptime.value_or(milliseconds(0))); });
        each("tenon_plugin_restarts_total", "counter", "How often the plugin was started again unasked.",
             [](const plugin_status& of) { return of.restarts; });
        each("tenon_plugin_instances_total", "counter", "How often the plugin was started in all.",
             [](const plugin_status& of) { return of.generation; });
        write_breakers();
    }

    void write_breakers() {
        out_.family("tenon_plugin_breaker_state", "gauge",
                    "1 for how the breaker of this kind of work stands.");
        for (const plugin_status& plugin : of_.plugins)
            for (const breaker_status& breaker : plugin.breakers)
                for (const auto& [word, state] : enum_names<breaker_status::condition>)
                    out_.sample({{"plugin", plugin.name}, {"work", breaker.work}, {"state", word}},
                                breaker.state == state);
        out_.family("tenon_plugin_breaker_opened_total", "counter", "How often the breaker has opened.");
        for (const plugin_status& plugin : of_.plugins)
            for (const breaker_status& breaker : plugin.breakers)
                out_.sample({{"plugin", plugin.name}, {"work", breaker.work}}, number(breaker.opened));
    }

    void write_calls() {
        out_.family("tenon_plugin_calls_total", "counter",
                    "Calls of the host to the plugin, by how they ended.");
        for (const plugin_status& plugin : of_.plugins) {
            const call_counts& calls = plugin.calls;
            const struct {
                std::string_view outcome;
                std::uint64_t count;
            } ends[] = {{"succeeded", calls.succeeded},    {"failed", calls.failed},
                        {"timedOut", calls.timed_out},     {"cancelled", calls.cancelled},
                        {"overloaded", calls.overloaded},  {"circuitOpen", calls.circuit_open},
                        {"unavailable", calls.unavailable}};
            for (const auto& [outcome, count] : ends)
                out_.sample({{"plugin", plugin.name}, {"outcome", outcome}}, number(count));
        }
        each("tenon_plugin_reverse_calls_total", "counter",
             "Calls of the plugin to the host, without its log lines.",
             [](const plugin_status& of) { return of.reverse.asked; });
        each("tenon_plugin_reverse_calls_failed_total", "counter",
             "Calls of the plugin that the host refused.",
             [](const plugin_status& of) { return of.reverse.failed; });
        each("tenon_plugin_reverse_calls_denied_total", "counter", "Calls of the plugin without permission.",
             [](const plugin_status& of) { return of.reverse.denied; });
    }

    void write_latency() {
        out_.family("tenon_plugin_call_seconds", "histogram",
                    "How long the plugin took to answer calls and decisions.");
        for (const plugin_status& plugin : of_.plugins) {
            const latency_status& latency = plugin.latency;
            const double margin = 1.0001; // the same power of two, however it was rounded on the way
            std::size_t step = 0;
            std::uint64_t below = 0;
            // From 65.536 us to 68.7 s, each twice the former; they fall on the steps, so nothing is guessed.
            for (unsigned bits = 16; bits <= 36; ++bits) {
                const auto bound_ns = static_cast<double>(std::uint64_t{1} << bits);
                for (; step < latency.steps.size() && step_end(latency, step) <= bound_ns / 1e6 * margin;
                     ++step)
                    below += latency.steps[step].count;
                bucket(plugin.name, to_text(bound_ns / 1e9), below);
            }
            bucket(plugin.name, "+Inf", latency.count);
            out_.sample("_sum", {{"plugin", plugin.name}},
                        latency.mean_ms * static_cast<double>(latency.count) / 1e3);
            out_.sample("_count", {{"plugin", plugin.name}}, number(latency.count));
        }
    }
    void bucket(std::string_view plugin, std::string_view bound, std::uint64_t count) {
        out_.sample("_bucket", {{"plugin", plugin}, {"le", bound}}, number(count));
    }
    static double step_end(const latency_status& latency, std::size_t step) {
        return latency.steps[step].below_ms;
    }
    static std::string to_text(double value) {
        char text[number_room];
        return {text, write_number(text, value)};
    }

    void write_events() {
        using status = plugin_status;
        each("tenon_plugin_events_delivered_total", "counter",
             "Events that the plugin was told or asked about.",
             [](const status& of) { return of.events.delivered; });
        each("tenon_plugin_events_dropped_total", "counter", "Events that were lost because it was slow.",
             [](const status& of) { return of.events.dropped; });
        each("tenon_plugin_events_stopped_total", "counter", "Events that the plugin stopped.",
             [](const status& of) { return of.events.stopped; });
        each("tenon_plugin_events_modified_total", "counter", "Events that the plugin changed.",
             [](const status& of) { return of.events.modified; });
        each("tenon_plugin_events_failed_total", "counter",
             "Decisions that the plugin owed and did not make.",
             [](const status& of) { return of.events.failed; });
        each("tenon_plugin_events_absent_total", "counter",
             "Decisions that the plugin owed and was not there for.",
             [](const status& of) { return of.events.absent; });
        out_.family("tenon_plugin_needed", "gauge",
                    "1 for each rule of the configuration by which events do not pass without the plugin.");
        for (const plugin_status& plugin : of_.plugins) write_rules(plugin);
        each("tenon_plugin_warnings", "gauge", "What its configuration says and does not hold.",
             [](const status& of) { return of.warnings.size(); });
        each("tenon_plugin_events_emitted_total", "counter", "Events that the plugin emitted.",
             [](const status& of) { return of.events.emitted; });
    }

    void write_rules(const plugin_status& of) {
        const auto write = [&](std::string_view rule, std::string_view events) {
            out_.sample({{"plugin", of.name}, {"rule", rule}, {"events", events}}, 1);
        };
        for (const std::string& pattern : of.required) write("required", pattern);
        for (const auto& [pattern, absent] : of.absent_of)
            if (absent != absence::pass) write(name_of(absent), pattern);
        if (of.absent != absence::pass && !of.absent_of.contains("*")) write(name_of(of.absent), "*");
    }

    void write_queues() {
        using status = plugin_status;
        each("tenon_plugin_queued_calls", "gauge", "Calls that wait for their turn.",
             [](const status& of) { return of.queues.queued_calls; });
        each("tenon_plugin_calls_in_flight", "gauge", "Calls that the plugin has not answered yet.",
             [](const status& of) { return of.queues.calls_in_flight; });
        each("tenon_plugin_queued_events", "gauge", "Events that wait for a slow plugin.",
             [](const status& of) { return of.queues.queued_events; });
        each("tenon_plugin_output_bytes", "gauge", "Bytes that the plugin has not read yet.",
             [](const status& of) { return of.queues.output_bytes; });
    }

    void write_logs() {
        using status = plugin_status;
        each("tenon_plugin_log_lines_total", "counter", "Lines of log.",
             [](const status& of) { return of.logs.lines; });
        each("tenon_plugin_log_lines_below_level_total", "counter",
             "Lines of log that are less bad than wanted.", [](const status& of) { return of.logs.below; });
        each("tenon_plugin_log_lines_suppressed_total", "counter", "Lines of log beyond the limit.",
             [](const status& of) { return of.logs.suppressed; });
        each("tenon_plugin_log_bytes_total", "counter", "Bytes of log that the plugin wrote.",
             [](const status& of) { return of.logs.bytes; });
    }

    template <class Value>
    void each_process(std::string_view name, std::string_view kind, std::string_view help, Value value) {
        out_.family(name, kind, help);
        for (const plugin_status& plugin : of_.plugins)
            if (plugin.process)
                out_.sample({{"plugin", plugin.name}}, static_cast<double>(value(*plugin.process)));
    }
    void write_processes() {
        using status = process_status;
        each_process("tenon_plugin_memory_bytes", "gauge", "Resident memory of the plugin's process.",
                     [](const status& of) { return of.memory_bytes; });
        each_process("tenon_plugin_cpu_seconds_total", "counter",
                     "CPU time that the plugin's process has used.",
                     [](const status& of) { return seconds(of.cpu); });
        each_process("tenon_plugin_threads", "gauge", "Threads of the plugin's process.",
                     [](const status& of) { return of.threads; });
        each_process("tenon_plugin_open_descriptors", "gauge",
                     "Open file descriptors of the plugin's process.",
                     [](const status& of) { return of.descriptors; });
    }

    /// What the plugins say of themselves. Two names that are shown alike are one series: the first one counts.
    void write_own() {
        out_.family("tenon_plugin_metric", "gauge", "What the plugin says of itself with its health.");
        for (const plugin_status& plugin : of_.plugins) {
            std::set<std::string> seen;
            for (const metric_status& metric : plugin.metrics)
                if (seen.insert(metric_label(metric.name)).second)
                    out_.sample({{"plugin", plugin.name}, {"name", metric.name}}, metric.value);
        }
    }

    const host_status& of_;
    metrics_writer out_;
};

} // namespace detail

TENON_COMPILED_ONCE std::string metrics_text(const host_status& status) {
    return detail::host_metrics(status).take();
}

} // namespace tenon

#endif
