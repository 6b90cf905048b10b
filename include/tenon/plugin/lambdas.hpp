#ifndef TENON_PLUGIN_LAMBDAS_HPP
#define TENON_PLUGIN_LAMBDAS_HPP

// A plugin without a class:
//
//     int main(int argc, char** argv) {
//         return tenon::plugin({.name = "greeter", .version = "1.0.0"})
//             .receive([](const greet& g) { return "hello " + g.who; })
//             .serve(argc, argv);
//     }
//
// Each lambda is a handler as receive() of a class is; its first parameter says of what.

#include <tenon/plugin/serve.hpp>

#include <utility>

namespace tenon {

namespace detail {

template <class Lambda, class Result, class M, class... Rest>
type<M> message_of(Result (Lambda::*)(const M&, Rest...)) {
    return {};
}
template <class Lambda, class Result, class M, class... Rest>
type<M> message_of(Result (Lambda::*)(const M&, Rest...) const) {
    return {};
}

template <class Lambda> concept handles_message = requires { message_of(&Lambda::operator()); };

template <class Lambda>
constexpr auto message_taken() {
    if constexpr (handles_message<Lambda>) {
        return decltype(message_of(&Lambda::operator()))();
    } else {
        static_assert(handles_message<Lambda>,
                      "tenon: a lambda handler must take its message by const reference, and not as `auto`");
        return type<void>();
    }
}

template <class... Lambda>
struct overloads : Lambda... {
    using Lambda::operator()...;
};
template <>
struct overloads<> {};

} // namespace detail

template <class... Lambda>
class plugin {
public:
    using receives = list<decltype(detail::type_inside(detail::message_taken<Lambda>()))...>;
    const tenon::about about;

    explicit plugin(const tenon::about& identity) : about(identity) {}
    plugin(const tenon::about& identity, detail::overloads<Lambda...> handlers)
        : about(identity), handlers_(std::move(handlers)) {}

    /// The plugin with one handler more; this one is used up.
    template <class Added>
    plugin<Lambda..., Added> receive(Added handler) && {
        return {about, join(std::move(handler), type<detail::overloads<Lambda...>>())};
    }

    template <class M, class... Rest>
        requires(std::is_invocable_v<detail::overloads<Lambda...>&, const M&, Rest...>)
    decltype(auto) receive(const M& message, Rest&&... rest) & {
        return handlers_(message, std::forward<Rest>(rest)...);
    }

    int serve(int argc, char** argv) { return tenon::serve(*this, argc, argv); }

private:
    template <class Added, class... Before>
    detail::overloads<Before..., Added> join(Added added, type<detail::overloads<Before...>>) {
        return {static_cast<Before&&>(handlers_)..., std::move(added)};
    }

    detail::overloads<Lambda...> handlers_;
};

plugin(about)->plugin<>;

} // namespace tenon

#endif
