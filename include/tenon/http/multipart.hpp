#ifndef TENON_HTTP_MULTIPART_HPP
#define TENON_HTTP_MULTIPART_HPP

// multipart/form-data (RFC 7578, RFC 2046) out of the bytes of a body, however those are split; it knows no file and no
// connection.
//
// It is strict, because what two programs read differently may hide a part: the body begins with its boundary, a
// boundary ends its line at once, lines end with CRLF, and nothing comes behind the last boundary. All is bounded before it
// is kept, and of a part's data no more than a boundary's length: what could be the beginning of one.

#include <tenon/core/text.hpp>
#include <tenon/http/parser.hpp>
#include <tenon/http/upload.hpp>
#include <tenon/json/scan.hpp>
#include <tenon/web/field.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::detail {

/// What stands behind a field's first word, `; name=value; other="quoted"`, by names in lower case. Nothing where it is
/// written in another way, or says one twice. In quotes \" and %22 are a quote, which is how clients write one.
inline std::optional<std::map<std::string, std::string>> read_parameters(std::string_view text);

/// The boundary of a Content-Type; empty where there is none that holds.
inline std::string boundary_of(std::string_view content_type);

struct multipart_part {
    std::string name, content_type = {};
    std::optional<std::string> file_name = {}; // nothing: it is a field
};

class multipart_reader {
public:
    multipart_reader(std::string_view boundary, const http::spooling& bounds)
        : most_parts_(bounds.parts), parts_left_(bounds.parts), head_bytes_(bounds.part_head),
          delimiter_(join({"\r\n--", boundary})), buffer_("\r\n") {
    } // as if a line had ended: the first boundary is one like the others

    /// Calls to.begin(multipart_part), to.data(bytes) and again to.begin(). False: it is refused, why() says it, and
    /// nothing more is read. What the other side does not want it says by refuse().
    template <class Sink>
    bool read(std::string_view bytes, Sink& to);
    bool refuse(int status, std::string_view words);

    /// The last boundary has come.
    bool whole() const noexcept { return place_ == place::end; }
    const http_refusal& why() const noexcept { return why_; }
    /// Bytes that are kept of what has come.
    std::size_t held() const noexcept { return buffer_.size(); }

private:
    enum class place { data, boundary, head, end, over };
    static constexpr std::size_t most_fields = 16; // of a part

    template <class Sink>
    bool step(std::string_view& left, Sink& to);
    std::size_t sure_data(std::string_view left) const noexcept;
    bool read_field(std::string_view line);
    std::optional<multipart_part> judge_head();

    std::size_t most_parts_, parts_left_, head_bytes_;
    std::string delimiter_;
    std::string buffer_;
    place place_ = place::data;
    bool in_part_ = false;
    std::size_t head_left_ = 0;
    std::map<std::string, std::string> head_;
    http_refusal why_;
};

// --- the words of fields ---

inline std::optional<std::map<std::string, std::string>> read_parameters(std::string_view text) {
    std::map<std::string, std::string> all;
    for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
        const std::size_t is = text.find('=');
        if (text.front() != ';' || is == text.npos) return {};
        const std::string name = lower_case(trimmed(text.substr(1, is - 1)));
        text.remove_prefix(is + 1);
        std::string value;
        if (!text.empty() && text.front() == '"') {
            std::size_t at = 1;
            for (; at < text.size() && text[at] != '"'; ++at) {
                const bool escaped =
                    text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
                if (text.substr(at, 3) == "%22") {
                    value += '"';
                    at += 2;
                } else {
                    value += text[escaped ? ++at : at];
                }
            }
            if (at == text.size()) return {};
            text.remove_prefix(at + 1);
        } else {
            const std::size_t end = std::min(text.find_first_of("; \t"), text.size());
            value = text.substr(0, end);
            if (!is_token(value)) return {};
            text.remove_prefix(end);
        }
        if (!is_token(name) || !all.emplace(name, std::move(value)).second) return {};
    }
    return all;
}

inline std::string boundary_of(std::string_view content_type) {
    constexpr std::size_t longest = 70; // RFC 2046
    auto parameters =
        read_parameters(content_type.substr(std::min(content_type.find(';'), content_type.size())));
    if (!parameters) return {};
    std::string boundary = std::move((*parameters)["boundary"]);
    if (boundary.size() > longest) return {};
    for (const char letter : boundary)
        if (!is_token(letter) && std::string_view("(),/:=?").find(letter) == std::string_view::npos)
            return {};
    return boundary;
}

// --- the steps ---

template <class Sink>
bool multipart_reader::read(std::string_view bytes, Sink& to) {
    if (place_ == place::over) return false;
    buffer_.append(bytes);
    std::string_view left = buffer_;
    while (step(left, to)) {
    }
    if (place_ == place::over) buffer_ = {};
    else buffer_.erase(0, buffer_.size() - left.size());
    return place_ != place::over;
}

/// False: more has to come, or it is refused.
template <class Sink>
bool multipart_reader::step(std::string_view& left, Sink& to) {
    switch (place_) {
    case place::data: {
        const std::size_t found = left.find(delimiter_);
        const std::size_t size = found == left.npos ? sure_data(left) : found;
        if (size != 0 && !in_part_) return refuse(400, "the body does not begin with its boundary");
        if (size != 0) to.data(left.substr(0, size));
        left.remove_prefix(size);
        if (place_ == place::over || found == left.npos) return false;
        left.remove_prefix(delimiter_.size());
        place_ = place::boundary;
        return true;
    }
    case place::boundary: {
        if (left.size() < 2) return false;
        const std::string_view after = left.substr(0, 2);
        left.remove_prefix(2);
        in_part_ = false;
        if (after == "--") {
            place_ = place::end;
            return true;
        }
        if (after != "\r\n") return refuse(400, "a line goes on behind the boundary");
        if (parts_left_-- == 0)
            return refuse(413, join({"there are too many parts: expected at most ", digits(most_parts_)}));
        head_left_ = head_bytes_;
        head_.clear();
        place_ = place::head;
        return true;
    }
    case place::head: {
        const std::size_t end = left.find('\n');
        if (std::min(end, left.size()) >= head_left_)
            return refuse(413, join({"the head of a part is too long: expected at most ", digits(head_bytes_),
                                     " bytes"}));
        if (end == left.npos) return false;
        if (end == 0 || left.find('\r') != end - 1)
            return refuse(400, "lines end with CR LF; neither comes alone");
        const std::string_view line = left.substr(0, end - 1);
        left.remove_prefix(end + 1);
        head_left_ -= end + 1;
        if (!line.empty()) return read_field(line);
        auto part = judge_head();
        if (!part) return false;
        in_part_ = true;
        place_ = place::data;
        to.begin(std::move(*part));
        return place_ != place::over;
    }
    case place::end:
        if (!std::string_view("\r\n").starts_with(left))
            return refuse(400, "nothing comes behind the last boundary");
        return false;
    case place::over: break;
    }
    return false;
}

/// How much of it cannot be the beginning of a boundary: CR stands at its beginning alone.
inline std::size_t multipart_reader::sure_data(std::string_view left) const noexcept {
    const std::size_t last = left.rfind('\r');
    return last != left.npos && std::string_view(delimiter_).starts_with(left.substr(last)) ? last
                                                                                            : left.size();
}

inline bool multipart_reader::read_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon)) || !is_field_value(line.substr(colon + 1)))
        return refuse(400, "a field of a part is NAME: VALUE, on one line");
    if (head_.size() == most_fields)
        return refuse(413, join({"a part has too many fields: expected at most ", digits(most_fields)}));
    if (!head_.emplace(lower_case(line.substr(0, colon)), trimmed(line.substr(colon + 1))).second)
        return refuse(400, "a part has a field twice");
    return true;
}

inline std::optional<multipart_part> multipart_reader::judge_head() {
    const std::string_view said = head_["content-disposition"];
    const std::size_t word = std::min(said.find(';'), said.size());
    auto parameters = read_parameters(said.substr(word));
    const auto bad = [this](std::string_view words) {
        refuse(400, words);
        return std::nullopt;
    };
    if (!equals_ignoring_case(trimmed(said.substr(0, word)), "form-data") || !parameters)
        return bad("a part has to say Content-Disposition: form-data; name=\"NAME\"");
    multipart_part part{.name = (*parameters)["name"], .content_type = head_["content-type"]};
    if (part.name.empty()) return bad("a part has no name");
    if (const auto found = parameters->find("filename"); found != parameters->end()) {
        // Some clients say the folder, too.
        const std::size_t folder = found->second.find_last_of("/\\");
        part.file_name = found->second.substr(folder == found->second.npos ? 0 : folder + 1);
    }
    if (!is_utf8(part.name) || !is_utf8(part.file_name.value_or("")) || !is_utf8(part.content_type))
        return bad("a part's head is not UTF-8");
    const std::string coding = lower_case(head_["content-transfer-encoding"]);
    if (!coding.empty() && coding != "binary" && coding != "8bit" && coding != "7bit")
        return bad("Content-Transfer-Encoding: a part comes as it is");
    return part;
}

inline bool multipart_reader::refuse(int status, std::string_view words) {
    why_ = {status, std::string(words)};
    place_ = place::over;
    return false;
}

} // namespace tenon::detail

#endif
