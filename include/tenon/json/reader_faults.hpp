#ifndef TENON_JSON_READER_FAULTS_HPP
#define TENON_JSON_READER_FAULTS_HPP

// How json/reader.hpp fails: it keeps the first failure and puts it into words, and goes back where another
// type may be tried.

#include <tenon/json/reader.hpp>

namespace tenon {

inline bool json_reader::finish() {
    if (failed()) return false;
    at_ = behind_space(at_);
    return at_ == end_ || arrive(syntax("text behind the value", at_));
}

inline bool json_reader::retry_from(mark start) {
    if (malformed_) return false; // no type reads what is no JSON
    // Not up to failed_at_: a missing member is found at the end of an object and reported at its start.
    retried_ += static_cast<std::size_t>((failed() ? reached_ : at_) - start.at);
    at_ = start.at;
    depth_ = start.depth;
    stored_ = start.stored;
    fresh_ = false;
    failed_at_ = nullptr;
    path_.clear();
    return retried_ / 16 <= static_cast<std::size_t>(end_ - begin_) || refuse("too ambiguous");
}

inline bool json_reader::refuse(std::string_view sentence, const char* at) {
    if (failed()) return false;
    failed_at_ = at;
    sentence_ = detail::join({sentence});
    reached_ = at > at_ ? at : at_; // steps do not say how far they have come until they are through
    at_ = end_;                     // a codec that overlooks the failure finds nothing more to read
    return false;
}

inline const char* json_reader::refuse_at(std::string_view sentence, const char* at, const char* end) {
    if (!failed() && end > at_) at_ = end;
    return refuse(sentence, at), nullptr;
}

inline const char* json_reader::syntax(std::string_view sentence, const char* at) {
    if (!failed()) malformed_ = true;
    return refuse(sentence, at), nullptr;
}

inline bool json_reader::mismatch(std::string_view expected, const char* at) {
    if (failed()) return false;
    const json_kind kind = at == end_ ? json_kind::none : detail::kind_of(*at);
    if (kind == json_kind::none)
        return arrive(syntax(at == end_ ? "expected a value" : "not a JSON value", at));
    return refuse(detail::join({"expected ", expected, ", got ", detail::name_of(kind)}), at);
}

/// Keys are the peer's words: no more of one is repeated in a fault.
inline constexpr std::size_t longest_name = 64;

inline bool json_reader::in_member(std::string_view name) {
    std::size_t length = name.size();
    if (length > longest_name) // cut between characters
        for (length = longest_name; length > 0 && (name[length] & 0xC0) == 0x80;) --length;
    path_ = detail::join({".", {name.data(), length}, path_});
    return false;
}

inline bool json_reader::in_element(std::size_t index) {
    path_ = detail::join({"[", detail::digits(index), "]", path_});
    return false;
}

inline std::string json_reader::complaint() const {
    TENON_ASSERT(failed());
    // Where there is no root the path starts with a name, not with the dot before it.
    const std::size_t dot = origin_.root.empty() && !path_.empty() && path_[0] == '.' ? 1 : 0;
    const std::string_view path(path_.data() + dot, path_.size() - dot);
    const bool placed = !origin_.root.empty() || !path.empty();
    return detail::join({origin_.root, path, placed ? ": " : "", sentence_});
}

inline fault json_reader::error() const {
    std::string message = detail::join({complaint(), " at byte ", detail::digits(offset_of(failed_at_))});
    return {malformed_ ? codes::parse_error : codes::invalid_params, std::move(message)};
}

} // namespace tenon

#endif
