#include <tenon/config/plugin_config.hpp>

#include <doctest/doctest.h>

#include <ctime>
#include <string>
#include <vector>

using namespace tenon;

namespace {

result<plugin_config> read(const std::string& text, std::string_view path = "plugins[2]") {
    const auto parsed = json::parse(text);
    REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
    return read_plugin_config(parsed->view(), path);
}

/// A good plugin with more members.
std::string with(const std::string& members) {
    return R"({"name":"echo","command":"/bin/echo")" + (members.empty() ? "" : "," + members) + "}";
}

std::string complaint(const std::string& members) {
    const auto config = read(with(members));
    return config ? "good" : config.error().message;
}

result<std::vector<plugin_config>> read_list(const std::string& text) {
    const auto parsed = json::parse(text);
    REQUIRE(parsed);
    return read_plugin_configs(parsed->view());
}

} // namespace

TEST_CASE("what is not said keeps its default") {
    const auto config = read(R"({"name":"echo","command":"/bin/echo"})");
    REQUIRE_MESSAGE(config, (config ? "" : config.error().message));
    CHECK(config->options.command == std::vector<std::string>{"/bin/echo"});
    CHECK(config->enabled);
    CHECK(config->runtime.empty());
    plugin_config expected;
    expected.options.name = "echo";
    expected.options.command = {"/bin/echo"};
    CHECK(write_plugin_config(*config) == write_plugin_config(expected));
    CHECK(
        read(with(R"("cwd":null,"id":null,"config":null,"routePrefix":null,"limits":{"cpuSeconds":null})")));
    CHECK(read(R"({"name":"x","attach":true,"command":null})"));
}

TEST_CASE("everything can be said, and what is written is read as the same") {
    const std::string text =
        R"({"name":"backup-plugin","id":"dev.example.backup","command":"/opt/backup","args":["--fast","x"],)"
        R"("stop":[{"action":"ask","waitMs":10},{"action":"close_stdin","waitMs":1},)"
        R"({"action":"terminate","waitMs":2},{"action":"kill","waitMs":0}],)"
        R"("enabled":false,"runtime":"node","cwd":"/var","env":{"LOG_LEVEL":"info"},"inheritEnv":["PATH"],)"
        R"("limits":{"addressSpaceBytes":9,"cpuSeconds":8,"openFiles":7,"memoryBytes":6,"stackBytes":5,)"
        R"("fileBytes":4,"processes":3,"coreBytes":6},)"
        R"("sandbox":{"mode":"best-effort","preset":"python","filesystem":[{"path":"/srv/data","access":"read-write"},)"
        R"({"path":"/usr/bin/git","access":"execute"}],"network":{"ports":[443,8443]},"unixSockets":true,)"
        R"("subprocesses":true,"fileMetadata":true},"channel":"socket",)"
        R"("framing":"headers","connection":{"maxFrameBytes":2048,"maxIncoming":1,"maxOutgoing":2,"maxOutputBytes":3,)"
        R"("assemblyTimeoutMs":4},)"
        R"("restart":{"enabled":false,"maxRetries":1,"backoffMs":2,"backoff":"linear","maxBackoffMs":3,)"
        R"("jitter":0.25,"resetAfterMs":4},)"
        R"("handshakeTimeoutMs":11,"rpcTimeoutMs":12,"healthIntervalMs":13,"healthTimeoutMs":14,)"
        R"("healthMisses":15,"writeTimeoutMs":16,"breaker":{"failures":17,"openMs":18},"maxQueuedCalls":19,)"
        R"("events":{"include":["message.*"],"exclude":["message.draft"]},"priority":-20,)"
        R"("absent":{"*":"hold","message.*":"stop"},"required":["message.*","room.joined"],)"
        R"("allowReverseRpc":true,"permissions":["users:*"],"routePrefix":"/x",)"
        R"("rateLimit":{"requestsPerSecond":2.5},"logs":{"level":"warn","linesPerSecond":0,"mask":["key=*"],)"
        R"("secrets":["hunter2"]},"config":{"folder": "/srv"},"attach":false,"needs":["storage"]})";
    const auto config = read(text);
    REQUIRE_MESSAGE(config, (config ? "" : config.error().message));
    CHECK(write_plugin_config(*config) == text);
    const plugin_options& options = config->options;
    CHECK(options.command == std::vector<std::string>{"/opt/backup", "--fast", "x"});
    CHECK(options.stop.size() == 4);
    CHECK(options.stop[0].wait == milliseconds(10));
    CHECK(options.restart.growth == backoff_growth::linear);
    CHECK(options.channel == plugin_channel::socket);
    CHECK(options.framing == plugin_framing::headers);
    CHECK(options.call_timeout == milliseconds(12));
    CHECK(options.limits.open_files == 7);
    CHECK(options.limits.memory_bytes == 6);
    REQUIRE(options.sandbox);
    CHECK(options.sandbox->mode == sandbox_mode::best_effort);
    CHECK(options.sandbox->preset == sandbox_preset::python);
    CHECK(options.sandbox->filesystem.size() == 2);
    CHECK(options.sandbox->filesystem[1].access == path_access::execute);
    CHECK(options.sandbox->network.ports == std::vector<std::uint16_t>{443, 8443});
    CHECK(options.requests_per_second == 2.5);
    CHECK(options.logs.secrets == std::vector<std::string>{"hunter2"});
    CHECK(options.config["folder"].text() == "\"/srv\"");
    CHECK_FALSE(config->enabled);
    CHECK(config->runtime == "node");
    CHECK(options.absent == absence::hold);
    CHECK(options.absent_of == std::map<std::string, absence>{{"message.*", absence::stop}});
    CHECK(options.required == std::vector<std::string>{"message.*", "room.joined"});
}

TEST_CASE("a sandbox is required where one is said, open where none is, and grants nothing by itself") {
    const auto sandbox = [](std::string_view text) {
        return read(with("\"sandbox\":" + std::string(text)))->options.sandbox;
    };
    CHECK(sandbox("{}")->mode == sandbox_mode::required);
    CHECK(sandbox("{}")->preset == sandbox_preset::automatic);
    CHECK(sandbox("{}")->filesystem.empty());
    CHECK(!sandbox("{}")->network.all);
    CHECK(!sandbox("{}")->unix_sockets);
    CHECK(!sandbox("{}")->subprocesses);
    CHECK(sandbox(R"({"mode":"off"})")->mode == sandbox_mode::off);
    CHECK(sandbox(R"({"network":true})")->network.all);
    CHECK(!sandbox(R"({"network":false})")->network.all);
    CHECK(sandbox(R"({"filesystem":[{"path":"/usr/share/dict"}]})")->filesystem[0].access ==
          path_access::read);
    for (const std::string_view text : {"{}", R"({"network":true})", R"({"network":{"ports":[1]}})"}) {
        const auto config = read(with("\"sandbox\":" + std::string(text)));
        const auto again = read(write_plugin_config(*config));
        CHECK(write_plugin_config(*again) == write_plugin_config(*config));
    }
}

TEST_CASE("what becomes of events without the plugin is said for all of them, or for each pattern") {
    CHECK(read(with(R"("absent":"stop")"))->options.absent == absence::stop);
    CHECK(read(with(R"("absent":{"message.*":"hold"})"))->options.absent == absence::pass);
    CHECK(read(with(R"("required":true)"))->options.required == std::vector<std::string>{"*"});
    CHECK(read(with(R"("required":false)"))->options.required.empty());
    CHECK(complaint(R"("absent":"wait")") ==
          R"(plugins[2].absent: expected "pass", "hold" or "stop", got "wait")");
    CHECK(complaint(R"("absent":{"message.*":"wait"})") ==
          R"(plugins[2].absent.message.*: expected "pass", "hold" or "stop", got "wait")");
    CHECK(complaint(R"("absent":{"a b":"hold"})") ==
          R"(plugins[2].absent: expected "*", a type like "a.b" or a family like "a.*", got "a b")");
    CHECK(complaint(R"("required":"yes")") ==
          "plugins[2].required: expected true, false or an array of patterns of event types, got string");
    CHECK(complaint(R"("required":["message.*", "m*"])") ==
          R"(plugins[2].required[1]: expected "*", a type like "a.b" or a family like "a.*", got "m*")");
}

TEST_CASE(
    "lines were said of a plugin that speaks on the socket, where they mean nothing, and nobody was told") {
    constexpr std::string_view mistake = R"(framing: "lines" is for pipes)";
    CHECK(complaint(R"("framing":"lines","channel":"socket")").find(mistake) != std::string::npos);
    CHECK(read(R"({"name":"x","framing":"lines","attach":true})").error().message.find(mistake) !=
          std::string::npos);
    // Where the host starts it, it has pipes.
    CHECK(read(with(R"("framing":"lines","attach":true)"))->options.framing == plugin_framing::lines);
}

TEST_CASE("shutdownTimeoutMs is how long a plugin that was asked to end has for it") {
    const auto config = read(with(R"("shutdownTimeoutMs":1234)"));
    REQUIRE(config);
    CHECK(config->options.stop.size() == default_stop_policy().size());
    CHECK(config->options.stop[0].wait == milliseconds(1'234));
    CHECK(complaint(R"("shutdownTimeoutMs":1,"stop":[{"action":"kill"}])") ==
          "plugins[2].shutdownTimeoutMs: the steps of `stop` say it already");
    CHECK(complaint(R"("stop":[])") ==
          "plugins[2].stop: expected kill as the last step: nothing else ends every plugin");
    CHECK(complaint(R"("stop":[{"waitMs":5}])") == "plugins[2].stop[0].action: missing");
    CHECK(complaint(R"("stop":[{"action":"kill"},{"action":"shoot"}])") ==
          R"(plugins[2].stop[1].action: expected "ask", "close_stdin", "terminate" or "kill", got "shoot")");
}

TEST_CASE(
    "Z6: what is wrong in a configuration is refused with the path of the key, in the words of the file") {
    struct row {
        std::string members, words;
    };
    const row rows[] = {
        // keys
        {R"("restart":{"jiter":0.5})", R"(restart.jiter: unknown key; did you mean "jitter"?)"},
        {R"("restart":{"max_retries":1})", R"(restart.max_retries: unknown key; did you mean "maxRetries"?)"},
        {R"("priorty":1)", R"(priorty: unknown key; did you mean "priority"?)"},
        {R"("routPrefx":"/x")", R"(routPrefx: unknown key; did you mean "routePrefix"?)"},
        {R"("colour":"red")", "colour: unknown key"},
        {R"("limits":{"cpu\u001b":1})", R"(limits.cpu\x1b: unknown key)"},
        {R"("priority":1,"priority":2)", "priority: is there twice"},
        {R"("env":{"A":"x","A":"y"})", "env.A: is there twice"},
        // types
        {R"("args":"--fast")", "args: expected array, got string"},
        {R"("args":["a",5])", "args[1]: expected string, got number"},
        {R"("cwd":5)", "cwd: expected string, got number"},
        {R"("env":["A"])", "env: expected object, got array"},
        {R"("env":{"PORT":8080})", "env.PORT: expected string, got number"},
        {R"("enabled":"yes")", "enabled: expected boolean, got string"},
        {R"("restart":true)", "restart: expected object, got boolean"},
        {R"("restart":null)", "restart: expected object, got null"},
        {R"("config":[])", "config: expected object, got array"},
        {R"("healthIntervalMs":"10s")", "healthIntervalMs: expected number, got string"},
        {R"("stop":{"action":"kill"})", "stop: expected array, got object"},
        {R"("stop":["kill"])", "stop[0]: expected object, got string"},
        // numbers
        {R"("rpcTimeoutMs":-1)", "rpcTimeoutMs: expected at least 0 ms, got -1"},
        {R"("rpcTimeoutMs":0)", "rpcTimeoutMs: expected at least 1 ms, got 0"},
        {R"("rpcTimeoutMs":1.5)", "rpcTimeoutMs: expected a whole number, got 1.5 ms"},
        {R"("rpcTimeoutMs":1e300)", "rpcTimeoutMs: expected a whole number, got 1e300 ms"},
        {R"("handshakeTimeoutMs":9223372036854775807)",
         "handshakeTimeoutMs: expected at most a year, got 9223372036854775807 ms"},
        {R"("handshakeTimeoutMs":9223372036854775808)",
         "handshakeTimeoutMs: expected at most 9223372036854775807 ms, got 9223372036854775808"},
        {R"("shutdownTimeoutMs":-9223372036854775809)",
         "shutdownTimeoutMs: expected at least -9223372036854775808 ms, got -9223372036854775809"},
        {R"("restart":{"backoffMs":-5})", "restart.backoffMs: expected at least 0 ms, got -5"},
        {R"("restart":{"maxRetries":-1})", "restart.maxRetries: expected at least 0, got -1"},
        {R"("restart":{"maxRetries":2147483648})",
         "restart.maxRetries: expected at most 2147483647, got 2147483648"},
        {R"("restart":{"maxRetries":1.5})", "restart.maxRetries: expected a whole number, got 1.5"},
        {R"("maxQueuedCalls":-1)", "maxQueuedCalls: expected at least 0, got -1"},
        {R"("limits":{"openFiles":-3})", "limits.openFiles: expected at least 0, got -3"},
        {R"("restart":{"jitter":1.5})", "restart.jitter: expected 0 to 1, got 1.5"},
        {R"("rateLimit":{"requestsPerSecond":-1})",
         "rateLimit.requestsPerSecond: expected 0 to 1000000, got -1"},
        // what check_options() says
        {R"("id":"a/b")", "id: expected 1 to 64 letters, digits, '-', '_' and '.', with a letter or digit in "
                          "front, got \"a/b\""},
        {R"("command":"","args":[])", "command: is there twice"},
        {R"("args":["\u0000"])", "args[0]: holds a NUL character"},
        {R"("cwd":"/\u0000")", "cwd: holds a NUL character"},
        {R"("env":{"A=B":"x"})", "env: expected names without '=' and NUL, got \"A=B\""},
        {R"("env":{"MY_KEY":"\u0000"})", "env.MY_KEY: holds a NUL character"},
        {R"("inheritEnv":["TENON_TOKEN"])", "inheritEnv[0]: the host itself sets TENON_TOKEN"},
        {R"("limits":{"openFiles":3})", "limits.openFiles: expected at least 4, got 3"},
        {R"("limits":{"addressSpaceBytes":0})", "limits.addressSpaceBytes: expected at least 1, got 0"},
        {R"("connection":{"maxFrameBytes":5})", "connection.maxFrameBytes: expected at least 1024, got 5"},
        {R"("connection":{"assemblyTimeoutMs":0})",
         "connection.assemblyTimeoutMs: expected at least 1 ms, got 0"},
        {R"("restart":{"backoffMs":120000})",
         "restart.maxBackoffMs: expected at least restart.backoffMs, 120000 ms, got 60000"},
        {R"("restart":{"backoff":"square"})",
         R"(restart.backoff: expected "exponential" or "linear", got "square")"},
        {R"("restart":{"backoff":500})", "restart.backoff: expected string, got number"},
        {R"("healthTimeoutMs":0)", "healthTimeoutMs: expected at least 1 ms, got 0"},
        {R"("healthMisses":0)", "healthMisses: expected at least 1, got 0"},
        {R"("writeTimeoutMs":0)", "writeTimeoutMs: expected at least 1 ms, got 0"},
        {R"("breaker":{"failures":-1})", "breaker.failures: expected at least 0, got -1"},
        {R"("events":{"include":["a.b","a..b"]})",
         "events.include[1]: expected \"*\", a type like \"a.b\" or a family like \"a.*\", got \"a..b\""},
        {R"("permissions":["USERS"])",
         "permissions[0]: expected \"scope:verb\", \"scope:*\" or \"*\", got \"USERS\""},
        {R"("routePrefix":"x")", "routePrefix: expected a path like \"/api/plugins/name\", got \"x\""},
        {R"("logs":{"mask":["*"]})",
         "logs.mask[0]: expected one line of at most 256 bytes with more than '*' in it, got \"*\""},
        {R"("logs":{"secrets":["ok"," "]})", "logs.secrets[1]: expected a text with more than space in it"},
        {R"("needs":["echo"])", "needs[0]: a plugin cannot need itself"},
        {R"("channel":"telepathy")", R"(channel: expected "pipes" or "socket", got "telepathy")"},
        {R"("sandbox":{"mode":"learn"})",
         R"(sandbox.mode: expected "required", "best-effort" or "off", got "learn")"},
        {R"("sandbox":{"preset":"ruby"})",
         R"(sandbox.preset: expected "auto", "none", "native", "python", "node" or "jvm", got "ruby")"},
        {R"("sandbox":{"filesystem":[{"path":"/a"},{"path":"/b\u0000"}]})",
         R"(sandbox.filesystem[1].path: expected a path without NUL, got "/b\x00")"},
        {R"("sandbox":{"filesystem":[{"access":"read"}]})",
         R"(sandbox.filesystem[0].path: expected a path without NUL, got "")"},
        {R"("sandbox":{"filesystem":[{"path":"/a","access":"write"}]})",
         R"(sandbox.filesystem[0].access: expected "read", "read-write" or "execute", got "write")"},
        {R"("sandbox":{"network":"yes"})", "sandbox.network: expected true, false or an object, got string"},
        {R"("sandbox":{"network":{"hosts":["a:1"]}})", "sandbox.network.hosts: unknown key"},
        {R"("sandbox":{"network":{"ports":[70000]}})",
         "sandbox.network.ports[0]: expected at most 65535, got 70000"},
        {R"("sandbox":{"network":{"ports":[443,0]}})",
         "sandbox.network.ports[1]: expected at least 1, got 0"},
        // Was taken for no sandbox, and for no network.
        {R"("sandbox":null)", "sandbox: expected object, got null"},
        {R"("sandbox":{"network":{}})", "sandbox.network.ports: expected at least one port"},
        {R"("sandbox":{"network":{"ports":[ ]}})", "sandbox.network.ports: expected at least one port"},
        {R"("sandbox":{"subprocess":true})",
         R"(sandbox.subprocess: unknown key; did you mean "subprocesses"?)"},
        {R"("sandbox":true)", "sandbox: expected object, got boolean"},
        {R"("sandbox":{},"channel":"socket")",
         R"(channel: "socket" needs sandbox.unixSockets: without it, its sandbox refuses it all sockets)"},
        {R"("sandbox":{},"attach":true)",
         "attach: a plugin with a sandbox is started by the host: who attaches by hand is outside of it"},
        {R"("framing":"newline")", R"(framing: expected "headers" or "lines", got "newline")"},
    };
    for (const row& one : rows) CHECK(complaint(one.members) == "plugins[2]." + one.words);

    CHECK(read(R"({"command":"/bin/echo"})").error().message == "plugins[2].name: missing");
    CHECK(read(R"({"nmae":"echo","attach":true})").error().message ==
          R"(plugins[2].nmae: unknown key; did you mean "name"?)");
    CHECK(read("[]").error().message == "plugins[2]: expected object, got array");
    CHECK(read(R"({"name":"x"})", "").error().message ==
          "command: expected a program, unless the plugin may attach by itself; got none");
    CHECK(read(R"({"name":"x","attach":true,"args":["y"]})").error().message ==
          "plugins[2].args: there is no command that they could belong to");
    CHECK(read(R"({"name":"x","command":""})").error().message ==
          "plugins[2].command: expected a program, got \"\"");
    CHECK(complaint("") == "good");
}

TEST_CASE("of five mistakes the first one was said, and after each one mended the next") {
    CHECK(
        complaint(
            R"("priority":"high","restart":{"maxRetries":-1,"jiter":1},"env":{"A":1,"B":2},"args":[1,"x",2],)"
            R"("stop":[{"action":"shoot"},{"waitMs":1}],"colour":1,"logs":{"mask":["*"]})") ==
        "plugins[2].args[0]: expected string, got number\n"
        "plugins[2].args[2]: expected string, got number\n"
        R"(plugins[2].stop[0].action: expected "ask", "close_stdin", "terminate" or "kill", got "shoot")"
        "\nplugins[2].env.A: expected string, got number\n"
        "plugins[2].env.B: expected string, got number\n"
        R"(plugins[2].restart.jiter: unknown key; did you mean "jitter"?)"
        "\nplugins[2].priority: expected number, got string\n"
        "plugins[2].colour: unknown key\n"
        "plugins[2].stop[1].action: missing\n"
        "plugins[2].restart.maxRetries: expected at least 0, got -1\n"
        "plugins[2].logs.mask[0]: expected one line of at most 256 bytes with more than '*' in it, got "
        "\"*\"");
    CHECK(read_list(R"([{"nmae":"a"},{"name":"b","command":"/b","priority":"x"},{"name":"c","command":"/c"},)"
                    R"({"name":"c","command":"/c"},7])")
              .error()
              .message ==
          R"(plugins[0].nmae: unknown key; did you mean "name"?)"
          "\nplugins[0].command: expected a program, unless the plugin may attach by itself; got none\n"
          "plugins[1].priority: expected number, got string\n"
          R"(plugins[3].name: "c" is the name of plugins[2] already)"
          "\nplugins[4]: expected object, got number");
    std::string many = "[";
    for (int count = 0; count < 30; ++count) many += R"({"name":"x","command":"/x","priority":"x"},)";
    many.back() = ']';
    CHECK(read_list(many).error().message.ends_with(
        "plugins[19].priority: expected number, got string\nand 10 more"));
}

TEST_CASE("a mask that is a regular expression was taken, and matched nothing") {
    for (const char* mask :
         {"token=.*", "password=\\\\w+", "[^ ]+@example.org", "^secret", "(?i)key=*", "id=[0-9]+"})
        CHECK(
            complaint(R"("logs":{"mask":[")" + std::string(mask) + "\"]}").find("of a regular expression") !=
            std::string::npos);
    for (const char* mask : {"token=*", "password: *", "Bearer *x", "[secret]", "a+b", "10.0.0.5*"})
        CHECK(complaint(R"("logs":{"mask":[")" + std::string(mask) + "\"]}") == "good");
}

TEST_CASE("Z6: two plugins of one name are refused, wherever they stand") {
    CHECK(
        read_list(R"([{"name":"a","command":"/a"},{"name":"b","command":"/b"},{"name":"a","command":"/c"}])")
            .error()
            .message == "plugins[2].name: \"a\" is the name of plugins[0] already");
    CHECK(read_list(R"([{"name":"a","command":"/a"},{"name":"b"}])").error().message ==
          "plugins[1].command: expected a program, unless the plugin may attach by itself; got none");
    CHECK(read_list("{}").error().message == "plugins: expected array, got object");
    CHECK(read_list("null")->empty());
    CHECK(read_list("[]")->empty());
}

TEST_CASE(
    "plugins that need each other in a circle were good, and one of them was missing from the list at run") {
    CHECK(read_list(R"([{"name":"a","command":"/a","needs":["b"]},{"name":"c","command":"/c","needs":["a"]},)"
                    R"({"name":"b","command":"/b","needs":["c"]},{"name":"d","command":"/d","needs":["a"]}])")
              .error()
              .message ==
          "plugins[2].needs: plugins that need each other could never start: b needs c, c needs a, "
          "a needs b");
    CHECK(read_list(
        R"([{"name":"a","command":"/a","needs":["b","c"]},{"name":"c","command":"/c","needs":["b"]},)"
        R"({"name":"b","command":"/b"}])"));
}

TEST_CASE("Z6: 10,000 plugins take as long as 10,000 plugins, also when the last one is wrong") {
    const auto list_of = [](std::size_t count, const std::string& last) {
        std::string text = "[";
        for (std::size_t at = 0; at < count; ++at)
            text +=
                R"({"name":"plugin-)" + std::to_string(at) +
                R"(","command":"/bin/x","env":{"A":"b"},"restart":{"maxRetries":5},"config":{"a":[1,2]}},)";
        return text + last + "]";
    };
    const auto time = [&](std::size_t count) {
        const std::string text = list_of(count, R"({"name":"z","command":"/z"})");
        const std::clock_t begin = std::clock(); // of this process: others may keep the machine busy
        const auto read = read_list(text);
        REQUIRE(read);
        CHECK(read->size() == count + 1);
        return std::clock() - begin;
    };
    const auto few = time(1'000);
    const auto many = time(10'000);
    // Ten times as many: quadratic would be a hundred times as long.
    CHECK(many < few * 40);
    CHECK(read_list(list_of(10'000, R"({"name":"z","command":"/z","prority":1})")).error().message ==
          R"(plugins[10000].prority: unknown key; did you mean "priority"?)");
    CHECK(read_list(list_of(10'000, R"({"name":"plugin-77","command":"/z"})")).error().message ==
          R"(plugins[10000].name: "plugin-77" is the name of plugins[77] already)");
}
