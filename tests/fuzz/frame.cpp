// The frame reader and writer.
//
// Input: the frame limit, four sizes of pieces, then the bytes of a connection.
//
// - The bytes as one piece, and byte by byte or in pieces of the given sizes, yield the same steps with the
//   same texts, the same violation and the same words for it, and agree on whether a frame has begun.
// - The same when the end of the input is known before the first step is taken.
// - The end of the input is a violation (truncated) exactly if a frame had begun, be it behind text that only
//   the end shows to be none.
// - After a violation, and after the end, nothing more comes, whatever is appended.
// - No text is larger than its limit, and the texts do not come to more than the bytes received. Of lines of
//   pollution nothing is lost but their ends.
// - What is buffered is never more than one unit of the wire, and the buffer never more than twice that and
//   the largest piece.
// - Whatever stood between frames, a frame on a line of its own is read behind it, unless something in it
//   looks like the beginning of another.
// - Bodies written by the frame writer are read back as they were, among frames that were taken back.

#include "small_limits.hpp"

#include "require.hpp"

#include <tenon/wire/framing.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

using namespace tenon;
using namespace tenon::detail;

namespace {

constexpr std::size_t first_buffer = 2048;

struct seen {
    std::string steps = {};
    bool inside = false; // a frame had begun when the input ended
};

class run {
public:
    explicit run(std::size_t limit) : limit_(limit), reader_(limit) {}

    void piece(std::string_view bytes, bool copied) {
        if (copied) {
            reader_.append(bytes);
            return take(bytes.size());
        }
        const std::span<char> room = reader_.input_room();
        FUZZ_REQUIRE(room.size() >= read_bytes && bytes.size() <= read_bytes);
        std::memcpy(room.data(), bytes.data(), bytes.size());
        reader_.input_received(bytes.size());
        take(bytes.size());
    }

    seen all_at_once(std::string_view bytes) {
        reader_.append(bytes);
        reader_.end();
        received_ = bytes.size();
        drain();
        FUZZ_REQUIRE(over_);
        return std::move(result_);
    }

    seen finish() {
        if (!over_) {
            result_.inside = reader_.inside_frame();
            reader_.end();
            const std::size_t before = skipped_;
            drain();
            FUZZ_REQUIRE(over_);
            const bool truncated = reader_.violation().reason == violation_reason::truncated;
            FUZZ_REQUIRE(truncated == result_.inside || (truncated && skipped_ != before));
        }
        const std::string before = reader_.violation().message;
        std::string_view text;
        for (const std::string_view more : {"Content-Length: 2\r\n\r\n{}", "{}\n", "x\n"}) {
            const frame_step last = static_cast<frame_step>(result_.steps.back());
            if (last == frame_step::violation) reader_.append(more);
            FUZZ_REQUIRE(reader_.next(text) == last);
            FUZZ_REQUIRE(reader_.violation().message == before);
        }
        return std::move(result_);
    }

private:
    void take(std::size_t size) {
        received_ += size;
        largest_ = std::max({largest_, size, read_bytes});
        drain();
        const std::size_t unit = std::max(
            {limit_ + 2, max_header_bytes, max_pollution_line + std::string_view("content-length").size()});
        // A session reads no more once its reader has failed; here it is fed on, and keeps what it is fed.
        if (over_) return;
        FUZZ_REQUIRE(reader_.buffered_bytes() < unit + 2);
        FUZZ_REQUIRE(reader_.buffer_capacity() <= std::max(first_buffer, 2 * (unit + 2 + largest_)));
    }

    void drain() {
        while (!over_) {
            std::string_view text;
            const frame_step step = reader_.next(text);
            if (step == frame_step::need_more) return;
            result_.steps += static_cast<char>(step);
            const bool has_text = step == frame_step::body || step == frame_step::skipped_text;
            if (!has_text) text = {};
            told_ += text.size();
            FUZZ_REQUIRE(told_ <= received_);
            if (step == frame_step::body) FUZZ_REQUIRE(!text.empty() && text.size() <= limit_);
            if (step == frame_step::skipped_text) {
                FUZZ_REQUIRE(!text.empty() && text.size() <= max_pollution_line);
                skipped_ += text.size();
                FUZZ_REQUIRE(skipped_ <= reader_.pollution_bytes());
            }
            result_.steps += text;
            result_.steps += '\n';
            FUZZ_REQUIRE((step == frame_step::violation) ==
                         (reader_.violation().reason != violation_reason::none));
            over_ = step == frame_step::violation || step == frame_step::end;
            if (!over_) continue;
            result_.steps += reader_.violation().message;
            result_.steps += name_of(reader_.violation().reason);
            result_.steps += static_cast<char>(step);
        }
    }

    std::size_t limit_;
    frame_reader reader_;
    seen result_;
    std::size_t received_ = 0, told_ = 0, skipped_ = 0, largest_ = 0;
    bool over_ = false;
};

seen read_pieces(std::string_view bytes, std::size_t limit, const std::size_t* sizes, std::size_t count,
                 bool copied) {
    run reading(limit);
    for (std::size_t index = 0; !bytes.empty(); ++index) {
        const std::size_t size = std::min(bytes.size(), sizes[index % count]);
        reading.piece(bytes.substr(0, size), copied);
        bytes.remove_prefix(size);
    }
    return reading.finish();
}

bool names_content_inside_line(std::string_view bytes) {
    for (std::size_t at = 1; at + content_prefix.size() <= bytes.size(); ++at)
        if (bytes[at - 1] != '\n' && begins_content(bytes.substr(at, content_prefix.size()))) return true;
    return false;
}

void recover(std::string_view bytes, std::size_t limit) {
    if (names_content_inside_line(bytes)) return;
    frame_reader reader(limit);
    std::string_view text;
    frame_step step;
    const auto drain = [&] {
        do step = reader.next(text);
        while (step != frame_step::need_more && step != frame_step::violation &&
               !(step == frame_step::body && text == "\x01"));
        return step;
    };
    reader.append(bytes);
    while (drain() == frame_step::body) {
    }
    if (step == frame_step::violation || reader.inside_frame() || reader.newline_framed()) return;
    reader.append("\nContent-Length: 1\r\n\r\n\x01");
    if (drain() == frame_step::body) return;
    const violation_reason reason = reader.violation().reason; // there was too much of it
    FUZZ_REQUIRE(reason == violation_reason::polluted || reason == violation_reason::header_too_large);
}

void write_and_read_back(std::string_view bytes, const std::size_t* sizes, bool lines) {
    byte_buffer out;
    frame_writer writer;
    if (lines) writer.use_newlines();
    std::string_view bodies[8];
    std::size_t count = 0;
    for (std::string_view rest = bytes; !rest.empty() && count != 8; ++count) {
        bodies[count] = rest.substr(0, std::min(rest.size(), sizes[count % 4] * (count % 3 + 1)));
        rest.remove_prefix(bodies[count].size());
    }
    for (std::size_t index = 0; index != count; ++index) {
        if (index % 3 == 1) {
            writer.begin(out);
            out.append("taken back");
            writer.rollback(out);
        }
        const std::size_t start = out.size();
        writer.begin(out);
        if (lines) out.append("{");
        out.append(bodies[index]);
        if (lines) out.append("}");
        FUZZ_REQUIRE(writer.body_size(out) == bodies[index].size() + (lines ? 2 : 0));
        writer.finish(out);
        FUZZ_REQUIRE(lines || out.view().substr(start).starts_with("Content-Length: "));
    }
    frame_reader reader(bytes.size() + 2);
    reader.append(out.view());
    reader.end();
    std::string_view text;
    for (std::size_t index = 0; index != count; ++index) {
        FUZZ_REQUIRE(reader.next(text) == frame_step::body);
        if (lines) {
            std::string expected = "{" + std::string(bodies[index]) + "}";
            for (char& byte : expected)
                if (byte == '\n' || byte == '\r') byte = ' ';
            FUZZ_REQUIRE(text == expected);
        } else {
            FUZZ_REQUIRE(text == bodies[index]);
        }
    }
    FUZZ_REQUIRE(reader.next(text) == frame_step::end);
    FUZZ_REQUIRE(reader.newline_framed() == (lines && count != 0));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    const std::size_t limit = data[0] % 64u + 1u;
    std::size_t sizes[4];
    for (std::size_t index = 0; index != 4; ++index) sizes[index] = data[index + 1] % 48u + 1u;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 5, size - 5);

    const std::size_t all = bytes.size() + 1, one = 1;
    const bool bytewise = (data[0] & 64u) != 0;
    const seen whole = read_pieces(bytes, limit, &all, 1, true);
    const seen pieces = read_pieces(bytes, limit, bytewise ? &one : sizes, bytewise ? 1 : 4, bytewise);
    FUZZ_REQUIRE(whole.steps == pieces.steps && whole.inside == pieces.inside);
    FUZZ_REQUIRE(run(limit).all_at_once(bytes).steps == whole.steps);

    recover(bytes, limit);
    write_and_read_back(bytes, sizes, (data[0] & 128u) != 0);
    return 0;
}
