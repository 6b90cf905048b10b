#ifndef TENON_PLUGIN_CHECK_HPP
#define TENON_PLUGIN_CHECK_HPP

// An author's mistakes, each as one sentence from the compiler. Everything that is checked here is checked
// before anything else of the plugin is instantiated, so that the sentence comes first.

#include <tenon/plugin/answers.hpp>
#include <tenon/plugin/message.hpp>
#include <tenon/plugin/responder.hpp>

#include <type_traits>
#include <utility>

namespace tenon::detail {

template <class P, class M>
concept receives_plain = requires(P& plugin, const M& message) { plugin.receive(message); };
template <class P, class M>
concept receives_with_context =
    requires(P& plugin, const M& message, context& here) { plugin.receive(message, here); };
template <class P, class M>
concept receives_with_responder =
    requires(P& plugin, const M& message, responder<M> answer) { plugin.receive(message, std::move(answer)); };
template <class P, class M>
concept receives_any = receives_plain<P, M> || receives_with_context<P, M> || receives_with_responder<P, M>;

// A handler that wants to change what it was given, or to keep it.
template <class P, class M>
concept receives_mutable = requires(P& plugin, M& message) { plugin.receive(message); } ||
                           requires(P& plugin, M& message, context& here) { plugin.receive(message, here); };

template <class P, class M>
constexpr auto returned_type() {
    if constexpr (receives_with_responder<P, M>) return type<void>();
    else if constexpr (receives_with_context<P, M>)
        return type<decltype(std::declval<P&>().receive(std::declval<const M&>(), std::declval<context&>()))>();
    else return type<decltype(std::declval<P&>().receive(std::declval<const M&>()))>();
}

template <class T>
struct unwrapped {
    using type = T;
};
template <class T>
struct unwrapped<result<T>> {
    using type = T;
};
template <class T>
constexpr auto unwrap(type<T>) {
    return type<typename unwrapped<std::remove_cvref_t<T>>::type>();
}
template <class T>
T type_inside(type<T>);

/// What a handler says, without the `result` around it.
template <class P, class M>
using answer_of = decltype(type_inside(unwrap(returned_type<P, M>())));

template <class T>
constexpr bool can_be_written() {
    if constexpr (std::is_void_v<T>) return true;
    else return shape_of<T> != shape::unknown;
}

template <class M>
constexpr int names_given() {
    return int(event_message<M>) + int(command_message<M>) + int(route_message<M>);
}

template <class P, class M>
constexpr bool check_message() {
    if constexpr (names_given<M>() != 1) {
        static_assert(names_given<M>() == 1,
                      "tenon: a received struct must say what it is, with one of `static constexpr auto event`, "
                      "`command` or `route`");
    } else if constexpr (shape_of<M> != shape::object && shape_of<M> != shape::codec) {
        static_assert(!std::is_same_v<M, M>,
                      "tenon: a received struct cannot be described: make it a plain aggregate, or give it a "
                      "describe()");
    } else if constexpr (!receives_any<P, M> && receives_mutable<P, M>) {
        static_assert(!std::is_same_v<M, M>, "tenon: receive() must take its message by const reference");
    } else if constexpr (!receives_any<P, M>) {
        static_assert(!std::is_same_v<M, M>,
                      "tenon: a struct is listed in `receives`, but the plugin has no public receive(const M&) "
                      "for it");
    } else {
        using answer = answer_of<P, M>;
        if constexpr (event_message<M>)
            static_assert(std::is_void_v<answer> || std::is_same_v<answer, flow> ||
                              std::is_same_v<answer, rewrite<M>>,
                          "tenon: receive() of an event must return void, tenon::flow or tenon::rewrite of it");
        else if constexpr (route_message<M>)
            static_assert(std::is_same_v<answer, response> || can_be_written<answer>(),
                          "tenon: receive() of a route must return a tenon::response or a type that can be "
                          "described");
        else
            static_assert(can_be_written<answer>(),
                          "tenon: receive() of a command must return a type that can be described");
        if constexpr (route_message<M>)
            static_assert(is_route(M::route), "tenon: a route is a method and a path: \"GET /path\"");
    }
    return true;
}

template <class A, class B>
constexpr bool same_name() {
    return kind_of_message<A>() == kind_of_message<B>() && name_of_message<A>() == name_of_message<B>() &&
           method_of_message<A>() == method_of_message<B>();
}

template <class First, class... Rest>
constexpr bool names_differ(type<First>, type<Rest>... rest) {
    if constexpr (sizeof...(Rest) == 0) return true;
    else return (!same_name<First, Rest>() && ...) && names_differ(rest...);
}

template <class P, class... M>
constexpr bool check_messages(list<M...>) {
    constexpr bool each = (check_message<P, M>() && ...);
    if constexpr (each && sizeof...(M) > 1 && ((names_given<M>() == 1) && ...))
        static_assert(names_differ(type<M>()...), "tenon: two structs in `receives` have the same name");
    return each;
}

template <class P>
constexpr bool check_plugin() {
    if constexpr (!requires(P& plugin) { about(plugin.about); }) {
        static_assert(!std::is_same_v<P, P>,
                      "tenon: a plugin must say who it is: `static constexpr tenon::about about{.name = ..., "
                      ".version = ...};`");
    } else if constexpr (!requires { typename P::receives; }) {
        static_assert(!std::is_same_v<P, P>,
                      "tenon: a plugin must list what it receives: `using receives = tenon::list<...>;`");
    } else {
        return check_messages<P>(typename P::receives());
    }
    return false;
}

} // namespace tenon::detail

#endif
