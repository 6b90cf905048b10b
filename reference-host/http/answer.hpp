#ifndef REFERENCE_HTTP_ANSWER_HPP
#define REFERENCE_HTTP_ANSWER_HPP

// What goes out, as bytes. Fields that could end the head and begin an answer of their own never do: such an answer
// becomes 500. What is about the connection is said by the server alone, so it is left out of what it is given.

#include "request.hpp"

#include <ctime>
#include <string>
#include <string_view>

namespace reference::http {

/// RFC 9457, as the API gives them.
response problem(int status, std::string_view detail);

enum class part { head, whole }; // HEAD is answered like GET, without the body
enum class after_it { next, close };

std::string write_answer(const response& given, part which, after_it then, std::time_t now);
/// The beginning of a stream, which ends with its connection.
std::string write_stream_head(std::time_t now);
/// Every line of the data is a field of its own, so that nothing in it is taken for one.
std::string write_event(std::string_view event, std::string_view data);

} // namespace reference::http

#endif
