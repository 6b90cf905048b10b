#ifndef TENON_TESTS_REFERENCE_HOST_COMMAND_LINE_PACKED_HPP
#define TENON_TESTS_REFERENCE_HOST_COMMAND_LINE_PACKED_HPP

// Packages for a whole host, and what its file says so that it takes them.

#include "whole_host.hpp"

#include <tenon/packages/format/package_builder.hpp>

#include <string>

namespace reference::tests {

inline const std::string any_package = R"("packages":{"policy":"any"},)";

/// An archive with the plugin that does everything that it is asked to. `more` of its manifest: `,"key":value`.
inline std::string packed(const whole_host& whole, const std::string& name, const std::string& version,
                          const std::string& more = "") {
    tenon::package_builder builder;
    REQUIRE(builder.add("plugin.json", R"({"id":"dev.example.)" + name + R"(","name":")" + name +
                                           R"(","version":")" + version +
                                           R"(","entry":"bin/tool","env":{"OBEDIENT_NAME":")" + name + "\"}" +
                                           more + "}"));
    REQUIRE(builder.add("bin/tool", text_in(fixtures() + "/obedient"), true));
    const auto built = builder.build();
    REQUIRE_MESSAGE(built, built.error().message);
    const std::string path = whole.here / (name + "-" + version + ".zip");
    REQUIRE(tenon::write_small_file(path, *built));
    return path;
}

} // namespace reference::tests

#endif
