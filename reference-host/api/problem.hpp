#ifndef REFERENCE_API_PROBLEM_HPP
#define REFERENCE_API_PROBLEM_HPP

// Answers that are JSON, and faults as RFC 9457 has them: {type, title, status, detail, code}. A detail never quotes
// what a client sent beside its body: a token may stand in a URL. And what plugins answer on their own routes, made
// harmless for the pages of this host.

#include <http/answer.hpp>

#include <tenon/core/result.hpp>

#include <string>

namespace reference {

using http::problem;

http::response json_answer(std::string text, int status = 200);
/// Of the host or of a plugin, with the status that docs/protocol.md has for its code.
http::response problem(const tenon::fault& why);
/// Of the chat, whose codes are statuses.
http::response chat_problem(const tenon::fault& why);

/// Whatever it is, a browser runs nothing of it as a page of this host, and keeps nothing of it for this host.
http::response sandboxed(http::response given);

} // namespace reference

#endif
