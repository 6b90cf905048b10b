// A header of a user's that only mentions the host.

#include <tenon/host_fwd.hpp>

namespace {

struct keeper {
    tenon::host* host = nullptr;
    tenon::http::router* paths = nullptr;
    const tenon::host_status* (*look)(const tenon::host&) = nullptr;
};

} // namespace

int main() { return keeper().host == nullptr ? 0 : 1; }
