#ifndef TENON_PACKAGES_FORMAT_BYTE_SOURCE_HPP
#define TENON_PACKAGES_FORMAT_BYTE_SOURCE_HPP

// Bytes that can be read from any place: a file, or what is in memory already. An archive of 100 MB is never in memory
// as a whole.

#include <tenon/core/result.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon {

class byte_source {
public:
    virtual ~byte_source() = default;
    virtual std::uint64_t size() const noexcept = 0;
    /// Fills `into` with the bytes from there on; all of them are within size(), or it fails.
    virtual result<void> read(std::uint64_t from, std::span<char> into) = 0;
};

/// What it reads from has to outlive it.
class memory_source final : public byte_source {
public:
    explicit memory_source(std::string_view bytes) noexcept : bytes_(bytes) {}
    /// A string that nobody keeps is gone before the first read.
    template <std::same_as<std::string> Gone>
    explicit memory_source(Gone&&) = delete;

    std::uint64_t size() const noexcept override { return bytes_.size(); }
    result<void> read(std::uint64_t from, std::span<char> into) override {
        if (from > bytes_.size() || into.size() > bytes_.size() - from)
            return fault{codes::internal_error, "it was read beyond its end"};
        std::copy_n(bytes_.data() + from, into.size(), into.data());
        return {};
    }

private:
    std::string_view bytes_;
};

} // namespace tenon

#endif
