// The worked exchanges of the JSON-RPC 2.0 specification, section 7, through a session with a small dispatcher.
// A message's words are ours, so errors are compared by code and id, and their text by how it begins.

#include "peer.hpp"

#include <tenon/wire/envelope.hpp>

using namespace tenon;
using namespace tenon::detail;

namespace {

std::vector<std::int64_t> integers(std::string_view array) {
    std::vector<std::int64_t> all;
    json_reader in(array);
    in.enter_array();
    std::int64_t value;
    while (in.next_element() && in.read_int64(value)) all.push_back(value);
    return all;
}

struct calculator : ready_plugin {
    // The functions of the specification's server.
    void dispatch(const told& request) {
        const auto answer = [&](std::int64_t value) {
            session.reply(request.request, std::to_string(value));
        };
        if (request.method == "subtract" && request.params.front() == '[') {
            const auto values = integers(request.params);
            answer(values.at(0) - values.at(1));
        } else if (request.method == "subtract") {
            json_reader in(request.params);
            std::int64_t minuend = 0, subtrahend = 0;
            std::string_view key;
            in.enter_object();
            while (in.next_member(key)) in.read_int64(key == "minuend" ? minuend : subtrahend);
            answer(minuend - subtrahend);
        } else if (request.method == "sum") {
            std::int64_t sum = 0;
            for (const std::int64_t value : integers(request.params)) sum += value;
            answer(sum);
        } else if (request.method == "get_data") {
            session.reply(request.request, "[\"hello\",5]");
        } else {
            session.reject(request.request, {codes::method_not_found, "Method not found", ""});
        }
    }

    std::string exchange(std::string_view body) {
        for (const told& event : receive(body))
            if (event.kind == event_kind::request) dispatch(event);
        const texts answers = sent();
        REQUIRE(answers.size() <= 1);
        return answers.empty() ? "" : answers.front();
    }
};

// An error's own words are replaced by those of the specification, which they must begin with.
std::string in_the_words_of_the_specification(std::string answer) {
    for (const std::string title : {"Parse error", "Invalid Request", "Method not found"}) {
        std::size_t at = 0;
        while ((at = answer.find("\"" + title, at)) != std::string::npos) {
            at += title.size() + 1;
            answer.erase(at, answer.find("\"}", at) - at);
        }
    }
    return answer;
}

const std::string parse_error =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}})";
const std::string invalid_request =
    R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}})";

} // namespace

TEST_CASE("R1: rpc call with positional parameters") {
    calculator server;
    CHECK(server.exchange(R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})") ==
          R"({"jsonrpc":"2.0","id":1,"result":19})");
    CHECK(server.exchange(R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})") ==
          R"({"jsonrpc":"2.0","id":2,"result":-19})");
}

TEST_CASE("R1: rpc call with named parameters") {
    calculator server;
    CHECK(
        server.exchange(
            R"({"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3})") ==
        R"({"jsonrpc":"2.0","id":3,"result":19})");
    CHECK(
        server.exchange(
            R"({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4})") ==
        R"({"jsonrpc":"2.0","id":4,"result":19})");
}

TEST_CASE("R1: a notification") {
    calculator server;
    CHECK(server.exchange(R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})").empty());
    CHECK(server.exchange(R"({"jsonrpc": "2.0", "method": "foobar"})").empty());
}

TEST_CASE("R1: rpc call of non-existent method") {
    calculator server;
    CHECK(server.exchange(R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})") ==
          R"({"jsonrpc":"2.0","id":"1","error":{"code":-32601,"message":"Method not found"}})");
}

TEST_CASE("R1: rpc call with invalid JSON") {
    calculator server;
    CHECK(in_the_words_of_the_specification(server.exchange(
              R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])")) == parse_error);
}

TEST_CASE("R1: rpc call with invalid Request object") {
    calculator server;
    CHECK(in_the_words_of_the_specification(
              server.exchange(R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})")) == invalid_request);
}

TEST_CASE("R1: rpc call Batch, invalid JSON") {
    calculator server;
    CHECK(in_the_words_of_the_specification(server.exchange(R"([
  {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
  {"jsonrpc": "2.0", "method"
])")) == parse_error);
}

TEST_CASE("R1: rpc call with an empty Array") {
    calculator server;
    CHECK(in_the_words_of_the_specification(server.exchange("[]")) == invalid_request);
}

TEST_CASE("R1: rpc call with an invalid Batch, but not empty") {
    calculator server;
    CHECK(in_the_words_of_the_specification(server.exchange("[1]")) == "[" + invalid_request + "]");
}

TEST_CASE("R1: rpc call with invalid Batch") {
    calculator server;
    CHECK(in_the_words_of_the_specification(server.exchange("[1,2,3]")) ==
          "[" + invalid_request + "," + invalid_request + "," + invalid_request + "]");
}

TEST_CASE("R1: rpc call Batch") {
    calculator server;
    CHECK(in_the_words_of_the_specification(server.exchange(R"([
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
    ])")) == "[" + invalid_request + // refused before the others are answered; a batch has no order
                 R"(,{"jsonrpc":"2.0","id":"1","result":7})"
                 R"(,{"jsonrpc":"2.0","id":"2","result":19})"
                 R"(,{"jsonrpc":"2.0","id":"5","error":{"code":-32601,"message":"Method not found"}})"
                 R"(,{"jsonrpc":"2.0","id":"9","result":["hello",5]}])");
}

TEST_CASE("R1: rpc call Batch, all notifications") {
    calculator server;
    CHECK(server
              .exchange(R"([
        {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
    ])")
              .empty());
}
