// The doctor, with a report.

#include <tenon/doctor.hpp>

int main(int argc, char** argv) {
    if (argc == 1) return 0;
    const auto made = tenon::testing::examine({.command = {argv[1]}});
    return (tenon::testing::to_text(made) + tenon::testing::summary(made)).empty() ? 1 : 0;
}
