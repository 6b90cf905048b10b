// The main of every test program.
//
// TENON_TEST_LOCALE names a locale to run under, which must exist: a number written with a decimal comma, or an
// 'I' that is no 'i' in lower case, is what a program that calls setlocale() does to a library that forgot it.
// A run that finds no case, since this compiler can do none of them, says that it was skipped.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>

namespace {

std::size_t cases_found = 0;

struct counting : doctest::IReporter {
    explicit counting(const doctest::ContextOptions&) {}
    void test_run_end(const doctest::TestRunStats& run) override {
        cases_found = run.numTestCasesPassingFilters;
    }
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("counting", 1, counting);

} // namespace

int main(int argc, char** argv) {
    if (const char* name = std::getenv("TENON_TEST_LOCALE"); name != nullptr) {
        if (std::setlocale(LC_ALL, name) == nullptr) {
            std::fprintf(stderr, "the locale %s is not available\n", name);
            return 2;
        }
    }
    doctest::Context context(argc, argv);
    const int failed = context.run();
    if (failed != 0 || context.shouldExit() || cases_found > 0) return failed;
    std::puts("there was no case to test");
    return 77;
}
