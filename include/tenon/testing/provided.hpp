#ifndef TENON_TESTING_PROVIDED_HPP
#define TENON_TESTING_PROVIDED_HPP

// A function of a test that answers a plugin's calls. It takes what was sent as a struct of its own choice, as
// tenon::json, or not at all, and returns a value, a result or nothing.

#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon::detail {

/// JSON text of the params to JSON text of the answer.
using provided_function = std::function<result<std::string>(std::string_view params)>;

template <class Function>
struct provided_params : provided_params<decltype(&Function::operator())> {};
template <class Function, class Result, class Params>
struct provided_params<Result (Function::*)(Params)> {
    using type = std::remove_cvref_t<Params>;
};
template <class Function, class Result, class Params>
struct provided_params<Result (Function::*)(Params) const> {
    using type = std::remove_cvref_t<Params>;
};

template <class Call>
result<std::string> provided_answer(Call call) {
    if constexpr (std::is_void_v<decltype(call())>) {
        call();
        return std::string("null");
    } else {
        auto answer = call();
        if constexpr (is_result<decltype(answer)>) {
            if (!answer) return answer.error();
            if constexpr (std::is_void_v<typename decltype(answer)::value_type>) return std::string("null");
            else return to_json(*answer);
        } else {
            return to_json(answer);
        }
    }
}

template <class Function>
provided_function provide(Function function) {
    if constexpr (std::is_invocable_v<Function&>) {
        return
            [function = std::move(function)](std::string_view) mutable { return provided_answer(function); };
    } else {
        using params = typename provided_params<Function>::type;
        return [function = std::move(function)](std::string_view text) mutable -> result<std::string> {
            auto read = from_json<params>(text.empty() ? "null" : text, {.root = "params"});
            if (!read) return fault{codes::invalid_params, read.error().message};
            return provided_answer([&]() -> decltype(auto) { return function(*read); });
        };
    }
}

} // namespace tenon::detail

#endif
