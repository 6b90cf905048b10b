#ifndef TENON_HTTP_WHILE_WANTED_HPP
#define TENON_HTTP_WHILE_WANTED_HPP

// What is asked of plugins for a client, and given up when the client goes before it is done:
//
//     host.decide(event, http::while_wanted(asked, [asked](const auto& outcome) { asked.answer(...); }));
//
// The same for who is answered with a stream: while_wanted(to, [to](const auto& outcome) { to.close("result", ...); }).

#include <tenon/http/router.hpp>
#include <tenon/transport/asio.hpp>

#include <memory>
#include <utility>

namespace tenon::detail {

template <class Client, class Handler>
auto until_gone(Client& client, Handler then) {
    const auto signal = std::make_shared<asio::cancellation_signal>();
    client.on_gone([signal] { signal->emit(asio::cancellation_type::terminal); });
    return asio::bind_cancellation_slot(signal->slot(),
                                        [signal, then = std::move(then)](auto outcome) { then(outcome); });
}

} // namespace tenon::detail

namespace tenon::http {

template <class Handler>
auto while_wanted(const call& asked, Handler then) {
    return detail::until_gone(*asked.exchange, std::move(then));
}
template <class Handler>
auto while_wanted(const stream& to, Handler then) {
    return detail::until_gone(to, std::move(then));
}

} // namespace tenon::http

#endif
