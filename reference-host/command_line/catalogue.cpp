// The chat on a host that starts nothing says what it offers.

#include "command_line/catalogue.hpp"
#include "command_line/commands.hpp"

#include "chat/chat.hpp"
#include "command_line/exit_codes.hpp"

#include <tenon/host.hpp>
#include <tenon/host/catalogue_header.hpp>

#include <iostream>

namespace reference {

tenon::host_catalogue catalogue_here() {
    asio::io_context nobody_runs_it;
    tenon::host host(nobody_runs_it);
    const chat talk(host);
    return host.catalogue();
}

int show_catalogue(const arguments& given) {
    const tenon::host_catalogue all = catalogue_here();
    std::cout << (given.has("--header") ? tenon::catalogue_header(all)
                  : given.has("--json") ? tenon::to_json(all) + "\n"
                                        : tenon::catalogue_text(all));
    return exit_code::good;
}

} // namespace reference
