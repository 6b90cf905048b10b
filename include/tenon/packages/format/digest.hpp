#ifndef TENON_PACKAGES_FORMAT_DIGEST_HPP
#define TENON_PACKAGES_FORMAT_DIGEST_HPP

// SHA-256, by libcrypto: it uses what the processor has for it. A digest is written as 64 small hexadecimal letters and
// read from nothing else.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace tenon {

struct digest {
    std::array<unsigned char, 32> bytes = {};

    std::string text() const { return detail::hex_of(bytes); }
    friend bool operator==(const digest&, const digest&) = default;
    friend auto operator<=>(const digest&, const digest&) = default;
};

inline std::optional<digest> read_digest(std::string_view hex) noexcept {
    digest read;
    if (hex.size() != 2 * read.bytes.size()) return std::nullopt;
    for (std::size_t place = 0; place < hex.size(); ++place) {
        const char letter = hex[place];
        const int value = letter >= '0' && letter <= '9'   ? letter - '0'
                          : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                                                           : -1;
        if (value < 0) return std::nullopt;
        unsigned char& byte = read.bytes[place / 2];
        byte = static_cast<unsigned char>((byte << 4) | value);
    }
    return read;
}

namespace detail {

/// One of libcrypto's digests of bytes that come in pieces.
class digesting {
public:
    explicit digesting(const EVP_MD* which) : state_(::EVP_MD_CTX_new()) {
        good_ = state_ != nullptr && ::EVP_DigestInit_ex(state_.get(), which, nullptr) == 1;
    }
    void add(std::string_view bytes) noexcept {
        good_ = good_ && ::EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1;
    }
    /// Once. False where libcrypto could not: out of memory, or a policy of the system forbids it.
    bool end(unsigned char* into) noexcept {
        return good_ && ::EVP_DigestFinal_ex(state_.get(), into, nullptr) == 1;
    }

private:
    struct freed {
        void operator()(EVP_MD_CTX* state) const noexcept { ::EVP_MD_CTX_free(state); }
    };
    std::unique_ptr<EVP_MD_CTX, freed> state_;
    bool good_;
};

} // namespace detail

/// Of bytes that come in pieces.
class digest_maker {
public:
    void add(std::string_view bytes) noexcept { state_.add(bytes); }
    /// Once.
    result<digest> end() {
        digest made;
        if (!state_.end(made.bytes.data()))
            return fault{codes::internal_error, "SHA-256 is not to be had from libcrypto"};
        return made;
    }

private:
    detail::digesting state_{::EVP_sha256()};
};

inline result<digest> digest_of(std::string_view bytes) {
    digest_maker maker;
    maker.add(bytes);
    return maker.end();
}

} // namespace tenon

#endif
