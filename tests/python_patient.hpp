#ifndef TENON_TESTS_PYTHON_PATIENT_HPP
#define TENON_TESTS_PYTHON_PATIENT_HPP

// How a plugin of tests/fixtures/patients is started.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::tests {

/// By the system's own interpreter where there is one: others may be wrappers, which take their time to start. And
/// without what takes Python long.
inline std::vector<std::string> python_patient(const std::string& name) {
    const char* const folder = std::getenv("TENON_PATIENTS");
    REQUIRE_MESSAGE(folder != nullptr, "TENON_PATIENTS names the folder of tests/fixtures/patients");
    const bool system = std::filesystem::exists("/usr/bin/python3");
    return {system ? "/usr/bin/python3" : "python3", "-E", "-S", "-B",
            std::string(folder) + "/" + name + ".py"};
}

} // namespace tenon::tests

#endif
