#include <tenon/packages/format/package_manifest.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

using namespace tenon;

namespace {

const std::string least = R"("id":"dev.example.moderator","version":"1.2.0","entry":"bin/moderator")";

package_manifest read(const std::string& members) {
    auto reading = read_manifest("{" + members + "}");
    INFO(members);
    for (const auto& one : reading.findings)
        if (one.severity == finding_level::error) FAIL(one.sentence());
    return std::move(*reading.manifest);
}
package_manifest read_with(const std::string& more) { return read(least + "," + more); }

/// All that is said, one on a line, with its level in front.
std::string said(const std::string& text, entry_rule entry = entry_rule::required) {
    std::string all;
    for (const auto& one : read_manifest(text, entry).findings)
        all += std::string(name_of(one.severity)) + " " + one.sentence() + "\n";
    return all;
}
std::string said_with(const std::string& more) { return said("{" + least + "," + more + "}"); }

const std::string everything = R"({
  "format": 1,
  "id": "dev.example.moderator",
  "name": "moderator",
  "version": "1.2.0-beta.1+7",
  "entry": {"linux-aarch64": "arm/moderator", "linux-x86_64": "bin/moderator"},
  "runtime": {"name": "node", "version": ">=18"},
  "args": ["--fast", ""],
  "env": {"MODE": "strict"},
  "type": "filter",
  "category": "chat",
  "tags": ["chat", "moderation"],
  "description": "Keeps a room \"clean\".",
  "author": {"name": "Ada", "email": "ada@example.dev", "url": "https://example.dev"},
  "homepage": "https://example.dev/moderator",
  "repository": "https://example.dev/moderator.git",
  "documentation": "https://example.dev/docs",
  "license": "MIT",
  "icon": "icon.svg",
  "host": ">=0.2",
  "protocol": [1, 2],
  "framing": "lines",
  "mcp": {
    "tools": ["*"]
  },
  "dependencies": {"dev.example.words": "^1.2.0"},
  "optionalDependencies": {"dev.example.users": "*"},
  "conflicts": {"dev.example.old-moderator": "<2"},
  "permissions": ["users:kick", "rooms:*"],
  "configSchema": {
    "type": "object",
    "properties": {
      "words": {
        "type": "array",
        "items": {"type": "string"}
      }
    }
  },
  "paramsSchema": {"type": "object"},
  "defaultConfig": {
    "words": []
  },
  "resources": {
    "cpu": "100m",
    "memory": "128Mi",
    "disk": "50Mi",
    "limits": {"openFiles": 64}
  },
  "sandbox": {"network": false},
  "autoStart": false,
  "priority": -5,
  "swap": "stop_first",
  "dataFormat": 2,
  "minimumSafe": "1.0.0",
  "build": {
    "command": ["make", "all"],
    "inputs": ["src"],
    "outputs": ["bin/moderator"],
    "timeoutMs": 5000
  },
  "files": ["words", "data/names.txt"],
  "custom": {
    "anything": [1, 2]
  }
}
)";

} // namespace

TEST_CASE("a manifest of three lines is enough, and the rest is as one would have it") {
    const package_manifest plain = read(least);
    CHECK(plain.format == 1);
    CHECK(plain.id == "dev.example.moderator");
    CHECK(plain.name == "moderator");
    CHECK(plain.version.text() == "1.2.0");
    CHECK(plain.entry_for("linux-x86_64") == "bin/moderator");
    CHECK(plain.host.text() == "*");
    CHECK(plain.auto_start);
    CHECK(plain.data_format == 1);
    CHECK(said("{" + least + "}") == "");
}

TEST_CASE("every field of a manifest is read, and written as it was") {
    CHECK(said(everything) ==
          "warning sandbox: hosts do not confine plugins yet: what it says is not enforced\n");
    const auto reading = read_manifest(everything);
    REQUIRE(reading.manifest);
    CHECK(reading.manifest->entry_for("linux-aarch64") == "arm/moderator");
    CHECK(reading.manifest->entry_for("linux-riscv64") == "");
    CHECK(reading.manifest->permissions.size() == 2);
    CHECK(reading.manifest->build->timeout_ms == 5'000);
    CHECK(manifest_text(*reading.manifest).substr(2) == everything.substr(everything.find("  \"id\"")));
}

TEST_CASE("the example of a manifest has every field of the table") {
    const json all = *json::parse(everything);
    for (const auto& row : detail::manifest_rows)
        if (!row.about.empty()) CHECK_MESSAGE(!all[row.name].is_null(), row.name);
}

TEST_CASE("the table of a manifest has each name once") {
    std::set<std::string_view> names;
    for (const auto& row : detail::manifest_rows) {
        CHECK_MESSAGE(names.insert(row.name).second, row.name);
        for (const auto& alias : row.aliases)
            if (!alias.name.empty()) CHECK_MESSAGE(names.insert(alias.name).second, alias.name);
    }
}

TEST_CASE("the schema of a manifest takes what is written, and refuses what is of another type") {
    const auto schema = json::parse(manifest_schema());
    REQUIRE(schema);
    const auto good = check_schema(schema->view(), json::parse(everything)->view());
    REQUIRE(good);
    CHECK(good->empty());
    for (const char* wrong :
         {R"({"id":"dev.a","version":"1.0.0"})", R"({"id":1,"version":"1.0.0","entry":"a"})",
          R"({"id":"dev.a","version":"1.0.0","entry":[]})",
          R"({"id":"dev.a","version":"1.0.0","entry":"a","build":{}})"}) {
        const auto faults = check_schema(schema->view(), json::parse(wrong)->view());
        REQUIRE(faults);
        CHECK_MESSAGE(!faults->empty(), wrong);
        CHECK(!read_manifest(wrong).manifest);
    }
}

TEST_CASE("the names that other systems have for a field are read, and each is said") {
    const auto reading = read_manifest(
        R"({"name":"notify","version":"1.0.0","entryPoint":"./notify","pluginType":"notify","website":"https://a.dev",
            "auto_start":false,"config_schema":{"type":"object"},"default_config":{},"minVersion":"1.0.0",
            "dependencies":["a","b>=1.0"]})");
    REQUIRE(reading.manifest);
    CHECK(reading.manifest->id == "local.notify");
    CHECK(reading.manifest->entry_for("any") == "notify");
    CHECK(reading.manifest->type == "notify");
    CHECK(reading.manifest->homepage == "https://a.dev");
    CHECK(!reading.manifest->auto_start);
    CHECK(reading.manifest->host.text() == ">=1.0.0");
    CHECK(reading.manifest->dependencies.at("local.a").text() == "*");
    CHECK(reading.manifest->dependencies.at("local.b").text() == ">=1.0");
    std::string all;
    for (const auto& one : reading.findings) all += one.sentence() + "\n";
    for (const char* sentence :
         {"entryPoint: is read as \"entry\"", "pluginType: is read as \"type\"",
          "minVersion: is held against the version of this host, as >=1.0.0",
          "dependencies[1]: \"b\" is taken for the id \"local.b\"", "id: is missing: it is \"local.notify\""})
        CHECK_MESSAGE(all.find(sentence) != std::string::npos, sentence);
}

TEST_CASE("where a field has its own name and another one, its own counts and the other is named") {
    for (const char* both : {R"("binary":"b","entry":"a")", R"("entry":"a","binary":"b")"}) {
        const std::string text = std::string(R"({"id":"dev.a","version":"1.0.0",)") + both + "}";
        CHECK(read_manifest(text).manifest->entry_for("any") == "a");
        CHECK(said(text) == "warning binary: is not looked at, because \"entry\" says it\n");
    }
    CHECK(said(R"({"id":"dev.a","version":"1.0.0","binary":"a","entry_point":"b"})")
              .find("warning entry_point: is not looked at, because \"binary\" says it") !=
          std::string::npos);
}

TEST_CASE("a manifest of another system's shape keeps what it means") {
    const auto without_letters = read_manifest(R"({"plugin_no":";","version":"0.1.0","entry":"storage"})");
    CHECK(!without_letters.manifest); // it was a manifest with an empty id
    CHECK(without_letters.why().message.find("plugin_no: \";\" is no id") != std::string::npos);
    const auto plugin_no = read_manifest(
        R"({"plugin_no":"storage","name":"Storage S3","version":"0.1.0","priority":50,"author":"a","capabilities":["message"],"config":{"a":1},"entry":"storage"})");
    REQUIRE(plugin_no.manifest);
    CHECK(plugin_no.manifest->id == "local.storage");
    CHECK(plugin_no.manifest->name == "storage-s3");
    CHECK(plugin_no.manifest->priority == 50);
    CHECK(plugin_no.manifest->default_config["a"].text() == "1");
    const auto tables = read_manifest(
        R"({"name":"rooms","version":"1.0.0","entry_point":"rooms.wasm","abi_version":"1.0.0","min_host_version":">=0.1",
            "dependencies":{"users":">=1.0.0"},"optional-dependencies":{"x":"1.0.0"},
            "permissions":{"read_users":true,"write_config":false}})");
    REQUIRE(tables.manifest);
    CHECK(tables.manifest->permissions == std::vector<std::string>{"users:read"});
    CHECK(tables.manifest->dependencies.at("local.users").text() == ">=1.0.0");
    CHECK(tables.manifest->optional_dependencies.size() == 1);
    CHECK(tables.manifest->protocol == std::vector<int>{1});
    CHECK(tables.manifest->host.text() == ">=0.1");
    const auto go = read_manifest(
        R"({"id":"com.example.x","version":"1.0.0","entry":{"linux-amd64":"a","darwin-arm64":"b"}})");
    REQUIRE(go.manifest);
    CHECK(go.manifest->entry_for("linux-x86_64") == "a");
    CHECK(go.manifest->entry_for("macos-aarch64") == "b");
}

TEST_CASE("a manifest of a newer format is refused with both numbers, and of its fields nothing is said") {
    CHECK(said(R"({"id":5,"format":2})") ==
          "error format: it is of format 2, and this host knows up to 1; a newer host can read it\n");
    CHECK(said_with(R"("format":0)").starts_with("error format: expected a whole number from 1"));
    CHECK(said_with(R"("format":"1")") == "error format: expected a number, got a text\n");
}

TEST_CASE("what a manifest may not say is an error with its place") {
    for (const auto& [refused, sentence] : {
             std::pair{R"("entry":"../x")", R"(entry: "../x": its name leads elsewhere)"},
             {R"("entry":"/bin/sh")", R"(entry: "/bin/sh": its name begins with /)"},
             {R"("entry":"plugin.so")",
              R"(entry: "plugin.so": plugins are processes, and a shared library is none)"},
             {R"("entry":{"linux":"a"})", "entry.linux: expected a platform"},
             {R"("runtime":"/bin/sh")", "runtime: expected the name of a program"},
             {R"("args":"-x")", "args: expected a list, got a text"},
             {R"("args":["a\u0000b"])", "args[0]: expected a text without NUL"},
             {R"("env":{"A=B":"c"})", "env.A=B: expected the name of a variable"},
             {R"("env":{"LD_PRELOAD":"x"})", "env.LD_PRELOAD: a package may not set this variable"},
             {R"("env":{"TENON_TOKEN":"x"})", "env.TENON_TOKEN: a package may not set this variable"},
             {R"("category":"a\nb")", "category: expected one line"},
             {R"("tags":[""])", "tags[0]: expected at most 32 tags"},
             {R"("host":"what")", R"(host: range "what")"},
             {R"("protocol":[2])", "protocol: this host speaks protocol 1"},
             {R"("protocol":"grpc")", "protocol: expected numbers"},
             {R"("framing":"xml")", R"(framing: expected "headers" or "lines", got "xml")"},
             {R"("dependencies":{"dev.example.moderator":"*"})", "dependencies: it cannot need itself"},
             {R"("dependencies":{"dev.a":5})", "dependencies.dev.a: expected a text, got a number"},
             {R"("dependencies":{"a b":"1"})", "dependencies.a b: \"a b\" is no id"},
             {R"("permissions":["everything"])", R"(permissions[0]: "everything": expected "scope:verb")"},
             {R"("permissions":{"read_users":1})", "permissions.read_users: expected true or false"},
             {R"("configSchema":[])", "configSchema: expected an object, got a list"},
             {R"("configSchema":{"properties":{"a":1}},"defaultConfig":{"a":2})",
              "configSchema.properties.a: expected a schema"},
             {R"("resources":{"memory":"much"})", R"(resources.memory: "much": expected a quantity)"},
             {R"("resources":{"limits":{"openFiles":3}})",
              "resources.limits.openFiles: expected a whole number from 4 on"},
             {R"("resources":{"limits":{"cpuSeconds":"1"}})",
              "resources.limits.cpuSeconds: expected a whole number from 1 on"},
             {R"("autoStart":1)", "autoStart: expected true or false, got a number"},
             {R"("priority":1.5)", "priority: expected a whole number from -1000000 to 1000000, got 1.5"},
             {R"("swap":"now")", "swap: expected"},
             {R"("dataFormat":0)", "dataFormat: expected a whole number from 1"},
             {R"("minimumSafe":"1.3.0")", "minimumSafe: 1.3.0 is after this version, 1.2.0"},
             {R"("build":{})", "build.command: expected a program and its arguments"},
             {R"("build":{"command":["make"],"outputs":["/etc/x"]})", "build.outputs[0]"},
             {R"("name":"install")", "name: \"install\" is the host's own word"},
             {R"("name":"...")", R"(name: "..." is no name)"},
             {R"("name":"dev.other.zzz")", R"(name: "dev.other.zzz" is the id of another package)"},
             {R"("icon":5)", "icon: expected a text"},
         }) {
        const std::string member = refused;
        std::string text = "{" + least + "," + member + "}";
        // The one that is asked about counts, not the first.
        if (member.starts_with("\"entry\""))
            text = std::string(R"({"id":"dev.example.moderator","version":"1.2.0",)") + member + "}";
        const std::string all = said(text);
        CHECK_MESSAGE(all.find("error " + std::string(sentence)) != std::string::npos, member, ": ", all);
        CHECK(!read_manifest(text).manifest);
    }
}

TEST_CASE("a package took another one's id for its name, and nobody could install that one any more") {
    const auto named = [](std::string_view name) {
        const std::string text =
            detail::join({R"({"id":"dev.h.x","name":")", name, R"(",)", R"("version":"1.0.0","entry":"x"})"});
        return read_manifest(text).manifest ? std::string("fine") : said(text);
    };
    CHECK(named("dev.other.zzz") ==
          "error name: \"dev.other.zzz\" is the id of another package; take a name without a dot\n");
    CHECK(named("dev.h.x") == "fine"); // its own
    CHECK(named("X.2") == "fine");     // no id has a large letter
    CHECK(!read_manifest(R"({"name":"dev.other.zzz","version":"1.0.0","entry":"x"})").manifest);
}

TEST_CASE("what a manifest lacks is said, with an example") {
    CHECK(said("{}").find("error id: is missing; as in \"dev.example.moderator\"") != std::string::npos);
    CHECK(said("{}").find("error version: is missing") != std::string::npos);
    CHECK(said("{}").find("error entry: is missing") != std::string::npos);
    CHECK(said("{}", entry_rule::may_miss).find("entry") == std::string::npos);
    CHECK(said(R"({"id":"moderator","version":"1.0.0","entry":"a"})")
              .find("expected a dot, as in dev.example.moderator; what is not published is "
                    "\"local.moderator\"") != std::string::npos);
    CHECK(said(R"({"id":"dev.Example.x","version":"1.0.0","entry":"a"})").find("write \"dev.example.x\"") !=
          std::string::npos);
    CHECK(said(R"({"id":"dev.a","version":"v1.2","entry":"a"})").find("write \"1.2.0\"") !=
          std::string::npos);
    CHECK(read_manifest("{}").why().message ==
          "plugin.json: id: is missing; as in \"dev.example.moderator\"; and 2 more");
}

TEST_CASE("what is likely a mistake in a manifest is a warning, and it is read") {
    CHECK(said_with(R"("permisions":[])") ==
          "warning permisions: is not known, and is left out; did you mean \"permissions\"?\n");
    CHECK(said_with(R"("dependencies":{"dev.a":"1.2.3"})") ==
          "warning dependencies.dev.a: \"1.2.3\" means this version and no other; for all that are "
          "compatible with it, "
          "write \"^1.2.3\"\n");
    CHECK(said_with(R"("dependencies":{"dev.a":"=1.2.3","dev.b":"1.2"})") == "");
    CHECK(said_with(R"("type":"notifyer")").find("did you mean \"notifier\"?") != std::string::npos);
    CHECK(said_with(R"("homepage":"javascript:alert")").starts_with("warning homepage: it is left out"));
    CHECK(read_with(R"("homepage":"javascript:alert")").homepage == "");
    CHECK(said_with(R"("configSchema":{"properties":{"a":{"type":"string"}}},"defaultConfig":{"a":2})") ==
          "warning defaultConfig.a: expected string, got number; the configuration is held against "
          "configSchema\n");
    CHECK(said_with(R"("icon":null,"runtime":null)") == "");
    CHECK(said_with(R"("$schema":"x")") == "");
}

TEST_CASE("a manifest with a schema that is none was valid, and its package could never be configured") {
    CHECK(said_with(R"("configSchema":{"properties":{"a":{"type":"strnig"}}})") ==
          "error configSchema.properties.a.type: \"strnig\" is no type; did you mean \"string\"?\n");
    CHECK(said_with(R"("paramsSchema":{"enum":"x"})") ==
          "error paramsSchema.enum: expected an array of values, got string\n");
    CHECK(said_with(R"("configSchema":{"properties":{"a":{"pattern":"("}}},"defaultConfig":{"a":"b"})") ==
          "warning configSchema.properties.a.pattern: is not looked at\n");
}

TEST_CASE("a manifest that says a thing twice is refused: systems differ in which of the two counts") {
    CHECK(said_with(R"("id":"dev.other")").starts_with("error id: it is there twice"));
    CHECK(said_with(R"("\u0069d":"dev.other")").starts_with("error id: it is there twice"));
    CHECK(said_with(R"("env":{"A":"1","A":"2"})").starts_with("error env.A: it is there twice"));
}

TEST_CASE("a manifest is bounded in size, in depth, and in what is said about it") {
    CHECK(said(std::string(longest_manifest + 1, ' ')).starts_with("error expected at most 262144 bytes"));
    std::string deep = "1";
    for (int level = 0; level < 31; ++level) deep = "[" + deep + "]";
    CHECK(said_with("\"x\":" + deep).starts_with("warning x"));
    CHECK(said_with("\"x\":[" + deep + "]").starts_with("error expected at most 32 levels"));
    CHECK(said("{").starts_with("error it is no JSON: "));
    CHECK(said("[]") == "error expected an object, got a list\n");
    CHECK(said("") != "");
    std::string many = least;
    for (int at = 0; at < 5'000; ++at) many += ",\"unknown" + std::to_string(at) + "\":1";
    CHECK(read_manifest("{" + many + "}").findings.size() == most_findings);
    CHECK(read_manifest("{" + many + "}").manifest);
    const auto wrong = read_manifest("{" + many + ",\"swap\":1}");
    CHECK(!wrong.manifest);
    CHECK(wrong.why().message == "plugin.json: swap: expected a text, got a number");
    CHECK(read_manifest("\xEF\xBB\xBF{" + least + "}").manifest);
}

TEST_CASE("a quantity of the machine is read as Kubernetes writes it") {
    for (const auto& [quantity, expected] : {std::pair<const char*, std::uint64_t>{"100m", 100},
                                             {"1", 1'000},
                                             {"0.5", 500},
                                             {"128Mi", 128'000ull << 20},
                                             {"1.5Gi", 1'500ull << 30},
                                             {"2k", 2'000'000}}) {
        const std::string_view text = quantity;
        std::uint64_t size = 0;
        CHECK_MESSAGE(detail::read_quantity(text, size), text);
        CHECK_MESSAGE(size == expected, text);
    }
    for (const char* wrong :
         {"", "m", "-1", "1e3", "1 Mi", "1.Mi", "1.2345", "99999999999999999Gi", "1mb", "0x1"}) {
        std::uint64_t size = 0;
        CHECK_MESSAGE(!detail::read_quantity(wrong, size), wrong);
    }
}

TEST_CASE("an entry of no file is refused: it counted as one, and there was nothing to run") {
    const std::string text = R"({"id":"dev.a","version":"1.0.0","entry":{}})";
    CHECK_FALSE(read_manifest(text).manifest);
    CHECK(said(text) == "error entry: it names no file\n");
}
