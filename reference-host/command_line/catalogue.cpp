// What plugins can hear and ask here. It is made from this program's own types, so no host has to run.

#include "command_line/commands.hpp"

#include "chat/chat.hpp"
#include "command_line/exit_codes.hpp"

#include <tenon/host.hpp>
#include <tenon/host/catalogue_header.hpp>

#include <iostream>

namespace reference {

int show_catalogue(const arguments& given) {
    asio::io_context nobody_runs_it;
    tenon::host host(nobody_runs_it);
    const chat talk(host);
    const tenon::host_catalogue all = host.catalogue();
    std::cout << (given.has("--header") ? tenon::catalogue_header(all)
                  : given.has("--json") ? tenon::to_json(all) + "\n"
                                        : tenon::catalogue_text(all));
    return exit_code::good;
}

} // namespace reference
