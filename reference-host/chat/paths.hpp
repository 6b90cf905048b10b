#ifndef REFERENCE_CHAT_PATHS_HPP
#define REFERENCE_CHAT_PATHS_HPP

// The chat over HTTP: streams of what is for one user, messages, rooms; and what plugins would make of a message.

#include "chat.hpp"

#include <tenon/http/router.hpp>

namespace reference {

/// Both have to be there for as long as the router's server.
void add_chat_paths(tenon::http::router& to, chat& talk, tenon::host& host);

} // namespace reference

#endif
