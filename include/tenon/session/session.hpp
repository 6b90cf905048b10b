#ifndef TENON_SESSION_SESSION_HPP
#define TENON_SESSION_SESSION_HPP

// One JSON-RPC peer without I/O: bytes in, bytes out, time as an argument. It frames, checks, matches answers
// to calls, keeps deadlines and limits, and queues what is to be sent. It dispatches nothing and reads no clock.
//
//     session peer(session_role::plugin);
//     std::span<char> room = peer.input_room();
//     peer.input_received(read(0, room.data(), room.size()), now());
//     session_event event;
//     while (peer.next_event(event, now())) handle(event);     // answers with reply(), reject(), ...
//     for (auto pieces = peer.transmit(); !pieces.empty(); pieces = peer.transmit()) peer.sent(write(1, pieces));
//
// What to poll again:
//   after input_received, receive_bytes, receive_end, close, cancel, handle_timeout, call  -> next_event
//   after next_event and every verb that sends                                            -> transmit
//   after all of them                                                                     -> next_deadline
//
// A session has no locks. input_room() touches the input alone and may run beside the verbs that send;
// everything else, input_received() included, needs one lock if there are several threads.

#include <tenon/core/byte_buffer.hpp>
#include <tenon/core/result.hpp>
#include <tenon/core/time.hpp>
#include <tenon/json/writer.hpp>
#include <tenon/session/counters.hpp>
#include <tenon/session/event.hpp>
#include <tenon/session/limits.hpp>
#include <tenon/session/phase.hpp>
#include <tenon/session/shared_bytes.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace tenon::detail {

class session {
public:
    explicit session(session_role role, session_limits limits = {});

    // --- input ---

    /// Room for a read(), at least 64 KiB and valid until the next call. Ends the life of an event's slices.
    std::span<char> input_room();
    void input_received(std::size_t count, time_point now);
    /// The same with a copy, for tests and drivers that own their buffers.
    void receive_bytes(std::string_view bytes, time_point now);
    /// The peer closed its end. Whole frames that came before are still delivered.
    void receive_end(time_point now);

    /// The next thing that happened; false (and kind none) when nothing did. Call it until then. It queues
    /// answers by itself where the session refuses something: poll transmit() after the last one.
    bool next_event(session_event& event, time_point now);

    // --- calls of ours ---

    /// `params` is one JSON value as text, or empty for none. A deadline that is over already completes the
    /// call with a timeout without sending it. A fault here means that nothing was sent and nothing follows;
    /// otherwise one response event does.
    result<call_id> call(std::string_view method, std::string_view params, time_point deadline,
                         time_point now);
    /// The same with params that other sessions send too; from 4 KiB on they are queued without a copy.
    result<call_id> call(std::string_view method, const shared_bytes& params, time_point deadline,
                         time_point now);
    /// The same with params written in place: at most one value, then finish_call(). Nothing else may be sent
    /// in between, and the writer is dead after it.
    json_writer begin_call(std::string_view method);
    result<call_id> finish_call(time_point deadline, time_point now);

    /// Tells the peer and completes the call with codes::cancelled. Does nothing for a completed call.
    void cancel(call_id call, time_point now);

    /// False if it was not queued: limits, size, or no connection. Nothing else is lost by that.
    bool notify(std::string_view method, std::string_view params = {});
    bool notify(std::string_view method, const shared_bytes& params);
    json_writer begin_notify(std::string_view method);
    bool finish_notify();

    // --- answers to the peer's requests ---

    /// Each of these answers the request and ends the life of its token. False: the token was stale.
    bool reply(request_token request, std::string_view result);
    bool reject(request_token request, const fault& error);
    /// The result written in place: at most one value (none is null), then finish_reply(). A result beyond the
    /// frame limit is taken back and answered -32014; finish_reply() is false then, and for a stale token.
    json_writer begin_reply(request_token request);
    bool finish_reply();
    /// Takes back what begin_call, begin_notify or begin_reply wrote. The request is still to be answered.
    void rollback();

    /// Reports on a request that is still to be answered; restarts the deadline that the peer has set for it.
    bool progress(request_token request, std::string_view value);
    /// Whether the peer has cancelled the request. False for a stale token.
    bool cancelled(request_token request) const noexcept;
    /// Whether the request is still to be answered.
    bool open(request_token request) const noexcept;

    // --- life of the connection ---

    session_phase phase() const noexcept;
    session_role role() const noexcept;
    /// Plugin: after the handshake event was answered; false (it was rejected) lets the host ask once more.
    /// Host: when the answer of its call plugin/handshake was accepted.
    void handshake_done(bool accepted);
    /// From now on a plugin answers requests with -32018. What is in flight goes on; a host still hears requests.
    void begin_shutdown();
    /// Ends it from our side. Calls complete with codes::unavailable, then comes the closed event. What is
    /// queued can still be transmitted; nothing new is queued.
    void close(std::string_view why);

    // --- output ---

    /// What to write now, in order, at most 64 pieces; empty if there is nothing. The pieces stay valid and
    /// unchanged until sent() is called, whatever is queued meanwhile. After sent(), poll it again.
    std::span<const std::string_view> transmit();
    void sent(std::size_t count);
    bool wants_write() const noexcept;
    std::size_t queued_bytes() const noexcept;

    // --- time ---

    /// When handle_timeout() is to be called, or `never`. It may be early, never late.
    time_point next_deadline() const noexcept;
    /// Calls whose deadline is over complete with codes::timeout and are cancelled at the peer; a frame that
    /// began too long ago ends the connection.
    void handle_timeout(time_point now);

    // --- looking in ---

    const session_counters& counters() const noexcept;
    const session_limits& limits() const noexcept;
    /// A host lowers its limit to what the peer said it reads, or a plugin to the host's limits.maxFrameBytes.
    void limit_sent_frames(std::size_t bytes) noexcept;
    bool newline_framed() const noexcept;
    std::size_t pending_calls() const noexcept;
    std::size_t open_requests() const noexcept;
};

} // namespace tenon::detail

#endif
