#ifndef TENON_TESTS_FUZZ_WATCHED_OUTPUT_HPP
#define TENON_TESTS_FUZZ_WATCHED_OUTPUT_HPP

// What a session has to write: whatever transmit() gave out stays as it was until sent(), and what was sent is
// read as a peer would read it.

#include "output_reader.hpp"
#include "require.hpp"
#include "trace.hpp"

#include <tenon/session/session.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::fuzz {

class watched_output {
public:
    explicit watched_output(detail::session& watched) : session_(watched) {}

    /// Looks at what is to be written and does not write it yet.
    void hold() {
        held_text_.clear();
        held_.assign(session_.transmit().begin(), session_.transmit().end());
        for (const std::string_view piece : held_) held_text_ += piece;
    }
    /// Writes at most `count` bytes, which are returned, and calls `take(message)` for every message that is whole.
    template <class Take>
    std::string write(std::size_t count, Take take) {
        std::string text;
        for (const std::string_view piece : held_) text += piece; // still there and unchanged
        FUZZ_REQUIRE(text == held_text_);
        const auto pieces = session_.transmit();
        const std::size_t queued = session_.queued_bytes();
        FUZZ_REQUIRE(pieces.empty() == (queued == 0) && session_.wants_write() == (queued != 0));
        FUZZ_REQUIRE(pieces.size() <= detail::max_pieces);
        text.clear();
        for (const std::string_view piece : pieces) {
            FUZZ_REQUIRE(!piece.empty());
            text += piece;
        }
        FUZZ_REQUIRE(text.size() <= queued && text.starts_with(held_text_));
        held_.clear();
        held_text_.clear();
        text.resize(std::min(text.size(), count));
        trace("written", text);
        session_.sent(text.size());
        FUZZ_REQUIRE(session_.queued_bytes() == queued - text.size());
        reader_.receive(text, session_.newline_framed(), take);
        return text;
    }
    /// Nothing more is written: nothing may be half written.
    void finish() const { reader_.finish(); }

private:
    detail::session& session_;
    output_reader reader_;
    std::vector<std::string_view> held_;
    std::string held_text_;
};

} // namespace tenon::fuzz

#endif
