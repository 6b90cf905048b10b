#ifndef TENON_RULES_CALLS_SERVICE_HANDLER_HPP
#define TENON_RULES_CALLS_SERVICE_HANDLER_HPP

// From a callable of the embedder to a service without types. What it may look like:
//
//     T handle(const Params&)                                  answers at once: T, result<T>, void or result<void>
//     T handle(const Params&, const caller&)                   and wants to know who asks
//     void handle(const Params&, service_reply<T>)             answers later
//     void handle(const Params&, const caller&, service_reply<T>)
//
// Params are described like a plugin's messages; json_view takes them as they are. What a handler is given lives as
// long as the call: one that answers later copies what it needs.
// An exception out of a handler becomes an internal error that says nothing of it.

#include <tenon/core/result.hpp>
#include <tenon/core/unique_function.hpp>
#include <tenon/json/decode.hpp>
#include <tenon/json/encode.hpp>
#include <tenon/json/value.hpp>
#include <tenon/rules/calls/permissions.hpp>
#include <tenon/rules/catalogue.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon {

// The answer to a plugin's call, which is due exactly once. It may be given later, from the host's executor; given
// twice the first counts; one that is dropped says so to the plugin, which does not wait for nothing then.
//
//     host.provide("users/find", "users:read", [&](const find_user& f, tenon::service_reply<user> answer) {
//         directory.look_up(f.name, [answer = std::move(answer)](user found) mutable { answer.reply(found); });
//     });

namespace detail {

/// A request of a plugin, as the host hands it to its services: how it is answered, harmless after the connection is
/// gone, and whether the plugin has taken it back. Both may be empty: a notification has no answer.
struct open_request {
    unique_function<void(result<std::string_view> answer)> answer = {};
    unique_function<bool()> cancelled = {};
};

/// Answers once, whatever happens.
class answer_once {
public:
    explicit answer_once(open_request request) noexcept : request_(std::move(request)) {}
    answer_once(answer_once&&) noexcept = default;
    answer_once& operator=(answer_once&& other) noexcept {
        std::swap(request_.answer, other.request_.answer);
        std::swap(request_.cancelled, other.request_.cancelled);
        return *this;
    }
    ~answer_once() { fail({codes::internal_error, "the host dropped the request without an answer"}); }

    void give(std::string_view text) { answer(text); }
    void fail(fault error) { answer(std::move(error)); }
    bool open() const noexcept { return static_cast<bool>(request_.answer); }
    bool cancelled() { return open() && request_.cancelled && request_.cancelled(); }

private:
    void answer(result<std::string_view> outcome) {
        // Out of here first: giving the answer may come back to this object.
        auto once = std::move(request_.answer);
        if (once) once(std::move(outcome));
    }

    open_request request_;
};

template <class T>
void give_value(answer_once& to, const T& value) {
    to.give(to_json(value));
}

} // namespace detail

template <class T>
class service_reply {
public:
    using value_type = T;

    explicit service_reply(detail::answer_once request) noexcept : request_(std::move(request)) {}

    void reply(const T& value) {
        if (request_.open()) detail::give_value(request_, value);
    }
    /// The value as JSON text, where it is there already: one value, checked.
    void reply_encoded(std::string_view text) { request_.give(text); }
    void reply(result<T> outcome) {
        if (outcome) reply(*outcome);
        else fail(std::move(outcome).error());
    }
    void fail(fault error) { request_.fail(std::move(error)); }
    /// Whether the plugin has taken the call back, or it was answered. Work that takes long may ask now and then.
    bool cancelled() { return !request_.open() || request_.cancelled(); }

private:
    detail::answer_once request_;
};

template <>
class service_reply<void> {
public:
    using value_type = void;

    explicit service_reply(detail::answer_once request) noexcept : request_(std::move(request)) {}

    void reply() { request_.give("null"); }
    void reply(const result<void>& outcome) {
        if (outcome) reply();
        else fail(outcome.error());
    }
    void fail(fault error) { request_.fail(std::move(error)); }
    bool cancelled() { return !request_.open() || request_.cancelled(); }

private:
    detail::answer_once request_;
};

} // namespace tenon

namespace tenon::detail {

/// One call of a service.
struct service_call {
    std::string_view method;
    std::string_view params; // checked JSON, or empty
    json_origin origin = {};
    const caller& from;
    time_point now = {};
    answer_once answer;
};

using service_handler = unique_function<void(service_call& call)>;

template <class... Parameter>
struct parameter_list {};

template <class Result, class... Parameter>
struct callable_shape {
    using result_type = Result;
    using parameters = parameter_list<std::remove_cvref_t<Parameter>...>;
    static constexpr bool borrows =
        ((std::is_reference_v<Parameter> && !std::is_const_v<std::remove_reference_t<Parameter>> &&
          !std::is_rvalue_reference_v<Parameter>) ||
         ...);
};

template <class Result, class... Parameter>
callable_shape<Result, Parameter...> shape_of_call(Result (*)(Parameter...)) {
    return {};
}
template <class Callable, class Result, class... Parameter>
callable_shape<Result, Parameter...> shape_of_call(Result (Callable::*)(Parameter...)) {
    return {};
}
template <class Callable, class Result, class... Parameter>
callable_shape<Result, Parameter...> shape_of_call(Result (Callable::*)(Parameter...) const) {
    return {};
}

template <class Callable> concept plain_function = std::is_function_v<std::remove_pointer_t<Callable>>;
template <class Callable> concept one_call_operator = requires { shape_of_call(&Callable::operator()); };

template <class Callable>
constexpr auto find_call_shape() {
    if constexpr (plain_function<Callable>) return decltype(shape_of_call(std::declval<Callable>()))();
    else if constexpr (one_call_operator<Callable>) return decltype(shape_of_call(&Callable::operator()))();
    else return callable_shape<void>();
}

template <class T>
inline constexpr bool is_service_reply = false;
template <class T>
inline constexpr bool is_service_reply<service_reply<T>> = true;

template <class List>
struct service_shape {
    static constexpr bool good = false;
};
template <class Params>
struct service_shape<parameter_list<Params>> {
    static constexpr bool good = true, wants_caller = false, answers_later = false;
    using params = Params;
};
template <class Params, class Second>
struct service_shape<parameter_list<Params, Second>> {
    static constexpr bool wants_caller = std::is_same_v<Second, caller>,
                          answers_later = is_service_reply<Second>, good = wants_caller || answers_later;
    using params = Params;
    using reply = Second;
};
template <class Params, class Second, class Third>
struct service_shape<parameter_list<Params, Second, Third>> {
    static constexpr bool wants_caller = true, answers_later = true,
                          good = std::is_same_v<Second, caller> && is_service_reply<Third>;
    using params = Params;
    using reply = Third;
};

template <class T>
struct inside_result {
    using type = T;
};
template <class T>
struct inside_result<result<T>> {
    using type = T;
};

/// What a service answers with, whichever form its handler has.
template <class Callable>
struct service_answer {
    using call = decltype(find_call_shape<Callable>());
    template <class Service>
    static auto find() {
        if constexpr (Service::answers_later)
            return std::type_identity<typename Service::reply::value_type>();
        else return inside_result<std::remove_cvref_t<typename call::result_type>>();
    }
    using type = typename decltype(find<service_shape<typename call::parameters>>())::type;
};

template <class T>
constexpr bool can_be_answered() {
    using answer = typename inside_result<std::remove_cvref_t<T>>::type;
    if constexpr (std::is_void_v<answer>) return true;
    else return shape_of<answer> != shape::unknown;
}

/// An embedder's mistakes, each as one sentence from the compiler.
template <class Callable>
constexpr bool check_service() {
    using call = decltype(find_call_shape<Callable>());
    using service = service_shape<typename call::parameters>;
    if constexpr (!plain_function<Callable> && !one_call_operator<Callable>) {
        static_assert(
            one_call_operator<Callable>,
            "tenon: a service is a function, or a callable with one call operator that is no template");
    } else if constexpr (!service::good || call::borrows) {
        static_assert(
            service::good && !call::borrows,
            "tenon: a service takes (const Params&), then const tenon::caller& if it wants to know who "
            "asks, then a tenon::service_reply<T> by value if it answers later");
    } else if constexpr (shape_of<typename service::params> == shape::unknown) {
        static_assert(shape_of<typename service::params> != shape::unknown,
                      "tenon: the parameters of a service cannot be described");
    } else if constexpr (service::answers_later && !std::is_void_v<typename call::result_type>) {
        static_assert(std::is_void_v<typename call::result_type>,
                      "tenon: a service that takes a service_reply answers through that and returns nothing");
    } else if constexpr (!can_be_answered<typename call::result_type>()) {
        static_assert(can_be_answered<typename call::result_type>(),
                      "tenon: a service must return a type that can be described");
    } else {
        return true;
    }
    return false;
}

template <class Answer>
void answer_with(answer_once& to, Answer&& given) {
    using type = std::remove_cvref_t<Answer>;
    if constexpr (is_result<type>) {
        if (!given) return to.fail(std::forward<Answer>(given).error());
        if constexpr (std::is_void_v<typename type::value_type>) to.give("null");
        else give_value(to, *given);
    } else {
        give_value(to, given);
    }
}

template <class Callable>
void run_service(Callable& handler, service_call& call) {
    using shape_here = decltype(find_call_shape<Callable>());
    using service = service_shape<typename shape_here::parameters>;
    typename service::params params{};
    constexpr bool is_object = shape_of<typename service::params> == shape::object;
    const std::string_view given = !call.params.empty() && !(is_object && call.params == "null") ? call.params
                                   : is_object                                                   ? "{}"
                                                                                                 : "null";
    json_reader in(given, call.origin);
    if (!decode_message(in, params) || !in.finish()) return call.answer.fail(in.error());

    if constexpr (service::answers_later) {
        typename service::reply later(std::move(call.answer));
        if constexpr (service::wants_caller) handler(params, call.from, std::move(later));
        else handler(params, std::move(later));
    } else {
        const auto run = [&]() -> decltype(auto) {
            if constexpr (service::wants_caller) return handler(params, call.from);
            else return handler(params);
        };
        if constexpr (std::is_void_v<typename shape_here::result_type>) {
            run();
            call.answer.give("null");
        } else {
            answer_with(call.answer, run());
        }
    }
}

template <class Callable>
service_handler make_service(Callable handler) {
    return [handler = std::move(handler)](service_call& call) mutable {
#if defined(__cpp_exceptions)
        try {
            run_service(handler, call);
        } catch (...) {
            // Where it answers later the reply that was dropped on the way out has answered already.
            std::string words(call.method);
            call.answer.fail({codes::internal_error, words.append(" failed")});
        }
#else
        run_service(handler, call);
#endif
    };
}

/// What a service says of itself. The texts live as long as the program.
struct service_words {
    std::string_view description = {};
    std::string (*params)() = nullptr; // JSON Schemas
    std::string (*result)() = nullptr;
};

template <class Callable>
service_words words_of_service() {
    using params = typename service_shape<typename decltype(find_call_shape<Callable>())::parameters>::params;
    return {own_description<params>(), &json_schema<params>,
            &answer_schema<typename service_answer<Callable>::type>};
}

/// Hands a callable of the embedder, without its types, to what keeps services.
template <class Keeper, class Callable>
result<void> provide_service(Keeper& to, std::string_view method, std::string_view permission,
                             Callable handler) {
    if constexpr (check_service<Callable>())
        return to.add_service(method, permission, words_of_service<Callable>(),
                              make_service<Callable>(std::move(handler)));
    else return {};
}

} // namespace tenon::detail

#endif
