#ifndef TENON_TRANSPORT_MORE_INPUT_HPP
#define TENON_TRANSPORT_MORE_INPUT_HPP

// Waiting for more input of a descriptor that was just read until it was empty. Asio's async_wait() tells the kernel
// anew each time what it waits for, a system call for every message; its reads do not, but look for input first,
// another system call. This is a read of Asio's that reads nothing: it completes when something comes.
//
// Whoever uses it must know that there is nothing left: what is there already is not told. That includes the end of
// the input where it came together with the last bytes. The specialisation below is the one place that knows Asio
// from within, and only in versions that it was tried with; elsewhere async_wait() does the same.

#include <tenon/transport/asio_io.hpp>

#include <cstddef>
#include <utility>

#if defined(ASIO_HAS_EPOLL) && !defined(ASIO_HAS_IO_URING_AS_DEFAULT) && ASIO_VERSION >= 102200 &&           \
    ASIO_VERSION < 102300
#define TENON_WAITS_FOR_MORE_INPUT 1
#else
#define TENON_WAITS_FOR_MORE_INPUT 0
#endif

namespace tenon::detail {

/// Stands for the buffer, because a read into an empty one completes at once.
struct nothing_to_read_into : asio::mutable_buffer {
    nothing_to_read_into() : asio::mutable_buffer(this, 1) {}
};

} // namespace tenon::detail

#if TENON_WAITS_FOR_MORE_INPUT
template <>
class asio::detail::descriptor_read_op_base<tenon::detail::nothing_to_read_into> : public reactor_op {
public:
    descriptor_read_op_base(const asio::error_code& success, int, const tenon::detail::nothing_to_read_into&,
                            func_type completed)
        : reactor_op(success, &do_perform, completed) {}

    // Exhausted: the next one waits for the kernel's word.
    static status do_perform(reactor_op*) { return done_and_exhausted; }
};
#endif

namespace tenon::detail {

/// The handler takes an error and a number that means nothing.
template <class Handler>
void async_wait_for_more(asio::posix::stream_descriptor& from, Handler handler) {
#if TENON_WAITS_FOR_MORE_INPUT
    from.async_read_some(nothing_to_read_into(), std::move(handler));
#else
    from.async_wait(asio::posix::stream_descriptor::wait_read, std::move(handler));
#endif
}

} // namespace tenon::detail

#undef TENON_WAITS_FOR_MORE_INPUT

#endif
