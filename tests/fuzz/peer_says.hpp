#ifndef TENON_TESTS_FUZZ_PEER_SAYS_HPP
#define TENON_TESTS_FUZZ_PEER_SAYS_HPP

// Bytes of a peer, by number.

#include <iterator>
#include <string>
#include <string_view>

namespace tenon::fuzz {

inline std::string framed(std::string_view body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline constexpr std::string_view request_ids[] = {
    "1", "2", "3", "\"a\"", "\"1\"", "0", "-1", "\"\"", "9223372036854775807", "\"\\u0061\"", "null", "1.5",
};
inline std::string message(std::string_view head, std::string_view id, std::string_view rest) {
    return std::string(R"({"jsonrpc":"2.0",)").append(head).append(id).append(rest).append("}");
}

/// What a peer may say, good and bad. `which` chooses ids and methods.
inline std::string peer_says(unsigned kind, unsigned which) {
    const std::string_view id = request_ids[which % std::size(request_ids)];
    const std::string call = std::to_string(which % 8 + 1);
    const std::string method = std::string(",\"method\":\"") + (which % 2 != 0 ? "m\"" : "plugin/execute\"");
    switch (kind % 24) {
    case 0: return framed(message("\"id\":", id, method + ",\"params\":{}"));
    case 1: return framed(message("\"method\":", which % 2 != 0 ? "\"m\"" : "\"$/x\"", ""));
    case 2: return framed(message("\"id\":", call, R"(,"result":{"r":1})"));
    case 3: return framed(message("\"id\":", call, R"(,"error":{"code":7,"message":"no","data":[1]})"));
    case 4: return framed(message(R"("method":"$/cancelRequest","params":{"id":)", id, "}"));
    case 5: return framed(message(R"("method":"$/progress","params":{"token":)", call, R"(,"value":2})"));
    case 6: return framed(message("\"id\":", id, R"(,"method":"plugin/handshake")"));
    case 7: return framed(message("\"id\":", id, R"(,"method":"plugin/attach")"));
    case 8: return framed(message(R"("method":"exit")", "", ""));
    case 9: return framed(message(R"("method":"host/log")", "", ""));
    case 10: return framed(message("\"id\":", call, R"(,"result":1,"error":{"code":1,"message":""})"));
    case 11: return framed(message("\"id\":", call, ""));
    case 12:
        return framed("[" + message("\"id\":", id, method) + "," + message("\"id\":", call, method) + "," +
                      message("\"id\":", call, ",\"result\":1") + ",\n" +
                      message("\"method\":", "\"m\"", "") + "]");
    case 13: return framed("[]");
    case 14: return framed("[1,[],{}]");
    case 15: return framed(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":""}})");
    case 16: return framed("{");
    case 17: return framed(message("\"id\":", id, ",\"method\":1"));
    case 18: return framed(std::string(which * 8u, '['));
    case 19: return "Content-Length: 0\r\n\r\n";
    case 20: return "printed\n";
    case 21: return "Content-Type: a; charset=x\r\n";
    case 22: return "Content-Length: 9999999\r\n\r\n";
    default: return message("\"id\":", id, method) + "\n"; // one message a line
    }
}

} // namespace tenon::fuzz

#endif
