#ifndef TENON_PLUGIN_CHECK_HPP
#define TENON_PLUGIN_CHECK_HPP

// An author's mistakes, each as one sentence from the compiler (tests/compile_fail/). Everything that is checked
// here is checked before anything else of the plugin is instantiated, so that the sentence comes first, and
// nothing else of it is instantiated where a check failed, so that little comes after. Conditions have names,
// because compilers quote them with the types they were asked about.

#include <tenon/session/answers.hpp>
#include <tenon/session/names.hpp>
#include <tenon/plugin/message.hpp>
#include <tenon/plugin/context.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace tenon::detail {

// --- handlers ---

template <class P, class M> concept receives_plain = requires(P& plugin, const M& message) {
    plugin.receive(message);
};
template <class P, class M>
concept receives_with_context = requires(P& plugin, const M& message, context& here) {
    plugin.receive(message, here);
};
template <class P, class M>
concept receives_with_responder = requires(P& plugin, const M& message, responder<M> answer) {
    plugin.receive(message, std::move(answer));
};
template <class P, class M>
concept receives_any = receives_plain<P, M> || receives_with_context<P, M> || receives_with_responder<P, M>;

// A handler that wants to change what it was given, or to keep it.
template <class P, class M> concept receives_mutable = requires(P& plugin, M& message) {
    plugin.receive(message);
}
|| requires(P& plugin, M& message, context& here) { plugin.receive(message, here); };

template <class P, class M>
constexpr auto returned_type() {
    if constexpr (receives_with_responder<P, M>) return type<void>();
    else if constexpr (receives_with_context<P, M>)
        return type<decltype(std::declval<P&>().receive(std::declval<const M&>(),
                                                        std::declval<context&>()))>();
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
T type_inside(type<T>) {
    __builtin_unreachable(); // never called: only its type is asked for
}

/// What a handler says, without the `result` around it.
template <class P, class M>
using answer_of = decltype(type_inside(unwrap(returned_type<P, M>())));

template <class T>
constexpr bool can_be_written() {
    if constexpr (std::is_void_v<T>) return true;
    else return shape_of<T> != shape::unknown;
}

template <class P, class M>
constexpr bool check_answer() {
    using answer = answer_of<P, M>;
    if constexpr (event_message<M>) {
        constexpr bool good =
            std::is_void_v<answer> || std::is_same_v<answer, flow> || std::is_same_v<answer, rewrite<M>>;
        static_assert(good,
                      "tenon: receive() of an event must return void, tenon::flow or tenon::rewrite of it");
        return good;
    } else if constexpr (std::is_same_v<answer, flow> || is_rewrite<answer>) {
        static_assert(event_message<M>,
                      "tenon: receive() of a command or a route must not return tenon::flow "
                      "or tenon::rewrite, which answer events");
        return false;
    } else if constexpr (route_message<M>) {
        constexpr bool good = can_be_written<answer>(); // a tenon::response is an aggregate
        static_assert(good, "tenon: receive() of a route must return a tenon::response or a type that can be "
                            "described");
        return good;
    } else {
        constexpr bool good = can_be_written<answer>();
        static_assert(good, "tenon: receive() of a command must return a type that can be described");
        return good;
    }
}

// --- messages ---

template <class M>
inline constexpr int things_said = int(event_message<M>) + int(command_message<M>) + int(route_message<M>);

template <class M> concept named_while_compiling = requires {
    typename std::bool_constant<name_of_message<M>().empty()>;
};

template <class M>
constexpr bool well_named() {
    if constexpr (route_message<M>) return is_route(M::route);
    else if constexpr (event_message<M>) return is_event_pattern(M::event);
    else return is_command_name(M::command);
}

/// Whether each `{name}` of a route has a member, which takes it.
template <class M>
constexpr bool takes_parameters() {
    if constexpr (route_message<M> && shape_of<M> == shape::object)
        return each_route_parameter(route_path(M::route), [](std::string_view parameter) {
            for (const std::string_view name : member_names<M>)
                if (name == parameter) return true;
            return false;
        });
    else return true;
}

template <class M>
concept describable_message =
    (shape_of<M> == shape::object || shape_of<M> == shape::codec) && std::is_default_constructible_v<M>;

template <class P, class M>
constexpr bool check_message() {
    if constexpr (things_said<M> != 1) {
        static_assert(
            things_said<M> == 1,
            "tenon: a received struct must say what it is, with exactly one of `static constexpr auto "
            "event`, `command` or `route`");
    } else if constexpr (!named_while_compiling<M>) {
        static_assert(
            named_while_compiling<M>,
            "tenon: a received struct must say what it is by `static constexpr auto`, with a text that "
            "is known while compiling");
    } else if constexpr (!well_named<M>()) {
        static_assert(!route_message<M>,
                      "tenon: a route is a method and a path, like `GET /rooms/{name}`, with neither empty "
                      "segments nor what means something else in URLs");
        static_assert(!event_message<M>, "tenon: an event is words with dots between, like "
                                         "`message.incoming`, or `message.*`, or `*`");
        static_assert(!command_message<M>,
                      "tenon: the name of a command has 1 to 128 bytes and no control characters");
    } else if constexpr (!describable_message<M>) {
        static_assert(describable_message<M>,
                      "tenon: a received struct cannot be described: make it a plain aggregate, or give it a "
                      "describe()");
    } else if constexpr (!takes_parameters<M>()) {
        static_assert(
            takes_parameters<M>(),
            "tenon: a parameter of a route, like `{name}`, needs a member of that name in its struct");
    } else if constexpr (!receives_any<P, M> && receives_mutable<P, M>) {
        static_assert(receives_any<P, M>, "tenon: receive() must take its message by const reference");
    } else if constexpr (!receives_any<P, M>) {
        static_assert(
            receives_any<P, M>,
            "tenon: a struct is listed in `receives`, but the plugin has no public receive(const M&) "
            "for it");
    } else {
        return check_answer<P, M>();
    }
    return false;
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
    if constexpr (each && sizeof...(M) > 1)
        static_assert(names_differ(type<M>()...), "tenon: two structs in `receives` have the same name");
    return each;
}

// --- the plugin ---

template <class P> concept says_who_it_is = requires(P& plugin) {
    { plugin.about } -> std::convertible_to<about>;
};
// A name that is known while compiling: that of the class, not of an object.
template <class P> concept named_by_constant = requires {
    typename std::bool_constant<is_plugin_name(P::about.name)>;
};
template <class P>
constexpr bool has_a_name() {
    if constexpr (named_by_constant<P>) return is_plugin_name(P::about.name);
    else return true; // serve() looks at it
}
template <class T>
inline constexpr bool is_list = false;
template <class... M>
inline constexpr bool is_list<list<M...>> = true;
template <class P> concept lists_messages = requires { requires is_list<typename P::receives>; };

// A plugin's configure(), health() and tick() are looked for by name, so that one which cannot be called is told
// from none. A name of the plugin's is ambiguous here, also where it is private or overloaded. A public
// member of that name which is no function is not meant for us.
struct names_looked_for {
    int configure, health, tick;
};
template <class P>
struct with_names_looked_for : names_looked_for {};
template <class P>
    requires(!std::is_final_v<P> && std::is_destructible_v<P>)
struct with_names_looked_for<P> : P, names_looked_for {};

template <class T> concept member_function = std::is_member_function_pointer_v<T>;
template <class T> concept data = !std::is_function_v<std::remove_reference_t<T>>;

template <class P, class Config>
type<Config> configuration(result<void> (P::*)(const Config&)) {
    return {};
}
template <class P, class Config>
type<Config> configuration(result<void> (P::*)(const Config&) const) {
    return {};
}
template <class P, class Config>
type<Config> configuration(void (P::*)(const Config&)) {
    return {};
}
template <class P, class Config>
type<Config> configuration(void (P::*)(const Config&) const) {
    return {};
}

/// What configure() takes: the type of the plugin's configuration.
template <class P>
using configuration_of = decltype(type_inside(configuration(&P::configure)));

template <class P> concept has_other_configure = requires(P& plugin) {
    requires data<decltype(plugin.configure)>;
}
|| requires { typename P::configure; };
template <class P> concept has_public_configure = requires {
    requires member_function<decltype(&P::configure)>;
};
template <class P>
concept configured = has_public_configure<P> ||
    !(has_other_configure<P> || requires { &with_names_looked_for<P>::configure; });
template <class P> concept configured_well = requires {
    requires shape_of<configuration_of<P>>
    != shape::unknown;
    requires std::is_default_constructible_v<configuration_of<P>>;
};

template <class P> concept has_other_health = requires(P& plugin) { requires data<decltype(plugin.health)>; }
|| requires { typename P::health; };
template <class P> concept has_public_health = requires { requires member_function<decltype(&P::health)>; }
|| requires(P& plugin) { plugin.health(); };
template <class P>
concept reports_health =
    has_public_health<P> || !(has_other_health<P> || requires { &with_names_looked_for<P>::health; });
template <class P> concept reports_health_well = requires(P& plugin) {
    { plugin.health() } -> std::convertible_to<health>;
};

template <class P> concept has_other_tick = requires(P& plugin) { requires data<decltype(plugin.tick)>; }
|| requires { typename P::tick; };
template <class P> concept has_public_tick = requires { requires member_function<decltype(&P::tick)>; }
|| requires(P& plugin, const host_link& host) { plugin.tick(host); };
template <class P>
concept ticks = has_public_tick<P> || !(has_other_tick<P> || requires { &with_names_looked_for<P>::tick; });
template <class P> concept ticks_well = requires(P& plugin, const host_link& host) {
    { plugin.tick(host) } -> std::convertible_to<milliseconds>;
};

template <class P> concept counts_threads = requires { P::threads; };
template <class P> concept counts_threads_well = requires {
    requires std::bool_constant<(P::threads > 0)>::value;
};

template <class P>
constexpr bool check_members() {
    if constexpr (configured<P> && !configured_well<P>)
        static_assert(
            configured_well<P>,
            "tenon: configure() must be one public function that takes `const Settings&` and returns "
            "tenon::result<void> or void, with settings that can be described");
    else if constexpr (reports_health<P> && !reports_health_well<P>)
        static_assert(reports_health_well<P>,
                      "tenon: health() must be public, take nothing and return tenon::health");
    else if constexpr (ticks<P> && !ticks_well<P>)
        static_assert(ticks_well<P>,
                      "tenon: tick() must be one public `tenon::milliseconds tick(const tenon::host_link&)`");
    else if constexpr (counts_threads<P> && !counts_threads_well<P>)
        static_assert(
            counts_threads_well<P>,
            "tenon: `threads` must be a constant of at least 1, like `static constexpr int threads = 4;`");
    else return true;
    return false;
}

template <class P>
constexpr bool check_plugin() {
    if constexpr (!says_who_it_is<P>)
        static_assert(
            says_who_it_is<P>,
            "tenon: a plugin must say who it is, with a public `static constexpr tenon::about about{.name "
            "= ..., .version = ...};`");
    else if constexpr (!has_a_name<P>())
        static_assert(has_a_name<P>(),
                      "tenon: the name of a plugin has 1 to 64 letters, digits, '-', '_' and '.', with a "
                      "letter or digit in front; no host takes another");
    else if constexpr (!lists_messages<P>)
        static_assert(lists_messages<P>,
                      "tenon: a plugin must list what it receives, with a public `using receives = "
                      "tenon::list<...>;`");
    else return check_messages<P>(typename P::receives()) && check_members<P>();
    return false;
}

// For a plugin that is made here, by its type alone.

template <class P> concept says_who_it_is_without_object = requires {
    { *&P::about } -> std::convertible_to<about>;
};
template <class P>
concept made_without_arguments = std::is_default_constructible_v<P> || std::is_constructible_v<P, host_link>;

template <class P>
constexpr bool check_plugin_class() {
    if constexpr (!check_plugin<P>()) return false;
    else if constexpr (!says_who_it_is_without_object<P>)
        static_assert(says_who_it_is_without_object<P>, "tenon: `about` of a plugin's class must be static");
    else if constexpr (!made_without_arguments<P>)
        static_assert(made_without_arguments<P>,
                      "tenon: a plugin's constructor takes nothing or a tenon::host_link; one that was made "
                      "otherwise is served by tenon::serve(plugin, argc, argv)");
    else return true;
    return false;
}

} // namespace tenon::detail

#endif
