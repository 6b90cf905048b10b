#ifndef TENON_PACKAGES_FORMAT_PACKAGE_SIGNATURE_HPP
#define TENON_PACKAGES_FORMAT_PACKAGE_SIGNATURE_HPP

// Signatures as the program minisign writes them, verified and made by libcrypto's Ed25519: who has that program needs
// no other, and what is signed here it verifies.
//
//     untrusted comment: anything
//     BASE64(algorithm, key id, signature)          "ED": over the BLAKE2b-512 of the bytes; "Ed", older: over the bytes
//     trusted comment: anything, on one line
//     BASE64(signature over the signature and the trusted comment)
//
// A key id is a label, and no identity: two keys may have the same. Only the key itself counts.

#include <tenon/core/result.hpp>
#include <tenon/core/text.hpp>
#include <tenon/json/base64.hpp>
#include <tenon/packages/format/digest.hpp>
#include <tenon/packages/format/package_version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace tenon {

/// With what a signature is verified.
struct public_key {
    std::array<unsigned char, 8> label = {};
    std::array<unsigned char, 32> key = {};

    /// As minisign shows it: "E96773AE558402AC".
    std::string id() const;
    /// In base64, as it stands in the second line of a .pub file.
    std::string text() const;
    friend bool operator==(const public_key& one, const public_key& other) noexcept {
        return one.key == other.key;
    }
};

/// The key of a .pub file, or its base64 line alone.
result<public_key> read_public_key(std::string_view text);

/// What a .minisig file says. Nothing of it is true before verify().
struct package_signature {
    std::array<unsigned char, 8> label = {};
    std::array<unsigned char, 64> value = {}, of_comment = {};
    bool prehashed = true;
    std::string trusted_comment;

    std::string key_id() const;
    std::string text(std::string_view untrusted_comment) const;
};

/// At most so large; minisign itself takes no longer lines.
inline constexpr std::size_t longest_signature = 8'192;

result<package_signature> read_signature(std::string_view text);

/// Whether this key signed these bytes. The fault says which of the reasons it is: another key, other bytes, another
/// comment.
result<void> verify(const package_signature& given, const public_key& by, std::string_view bytes);

/// With what is signed. It is never shown; a file of it is made readable for its owner alone.
struct secret_key {
    std::array<unsigned char, 8> label = {};
    std::array<unsigned char, 32> seed = {};
    public_key open;
};

/// Of a secret key file. One with a password, as minisign makes it unless it is told -W, is encrypted, and takes a second and a
/// gigabyte to open.
result<secret_key> read_secret_key(std::string_view text, std::string_view password = {});
/// Whether the file of a secret key has a password.
bool has_password(std::string_view secret_key_text);
/// The file of it, which minisign reads, too.
std::string secret_key_text(const secret_key& key);
/// A new one out of 40 random bytes: 8 for its label, 32 for the key.
result<secret_key> make_secret_key(std::string_view random_bytes);
result<package_signature> sign(const secret_key& by, std::string_view bytes,
                               std::string_view trusted_comment);

namespace detail {

inline std::string_view bytes_of(const auto& array) noexcept {
    return {reinterpret_cast<const char*>(array.data()), array.size()};
}

inline std::string key_id_of(const std::array<unsigned char, 8>& label) {
    constexpr std::string_view letters = "0123456789ABCDEF";
    std::string hex;
    for (std::size_t place = label.size(); place-- > 0;) { // a number, little endian
        hex.push_back(letters[label[place] >> 4]);
        hex.push_back(letters[label[place] & 15u]);
    }
    return hex;
}

template <class Array>
void take_bytes(std::string_view& from, Array& into) noexcept {
    std::copy_n(from.data(), into.size(), into.begin());
    from.remove_prefix(into.size());
}

/// The next line, without the CR of Windows' editors.
inline std::string_view take_line(std::string_view& rest) noexcept {
    std::string_view line = take_part(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

inline std::optional<std::string> decoded(std::string_view line, std::size_t size) {
    auto bytes = from_base64(line);
    if (bytes && bytes->size() != size) bytes.reset();
    return bytes;
}

struct freed_key {
    void operator()(EVP_PKEY* key) const noexcept { ::EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* state) const noexcept { ::EVP_MD_CTX_free(state); }
};
using owned_key = std::unique_ptr<EVP_PKEY, freed_key>;
using owned_state = std::unique_ptr<EVP_MD_CTX, freed_key>;

inline const unsigned char* data_of(std::string_view bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// One of the points of small order, in any of their spellings: with such a key a signature can be made without knowing
/// any secret. Nobody has one by accident.
inline bool is_weak(const public_key& key) noexcept {
    constexpr std::string_view low = "\xec\xed\xee"; // p - 1, p and p + 1, that is -1, 0 and 1
    constexpr unsigned char of_order_8[2][32] = {
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
         0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
         0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};
    std::array<unsigned char, 32> plain = key.key;
    plain[31] &= 0x7f; // the sign
    for (const auto& point : of_order_8)
        if (std::equal(plain.begin(), plain.end(), point)) return true;
    const auto all = [&](unsigned char byte) {
        return std::all_of(plain.begin() + 1, plain.end() - 1,
                           [byte](unsigned char one) { return one == byte; });
    };
    if (all(0) && plain[31] == 0) return plain[0] <= 1;
    return all(0xff) && plain[31] == 0x7f && low.find(static_cast<char>(plain[0])) != std::string_view::npos;
}

inline bool ed25519_verify(const public_key& by, const std::array<unsigned char, 64>& value,
                           std::string_view bytes) {
    const owned_key key(
        ::EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, by.key.data(), by.key.size()));
    const owned_state state(::EVP_MD_CTX_new());
    return !is_weak(by) && key && state &&
           ::EVP_DigestVerifyInit(state.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           ::EVP_DigestVerify(state.get(), value.data(), value.size(), data_of(bytes), bytes.size()) == 1;
}

inline bool ed25519_sign(const secret_key& by, std::array<unsigned char, 64>& value, std::string_view bytes) {
    const owned_key key(
        ::EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, by.seed.data(), by.seed.size()));
    const owned_state state(::EVP_MD_CTX_new());
    std::size_t size = value.size();
    return key && state && ::EVP_DigestSignInit(state.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           ::EVP_DigestSign(state.get(), value.data(), &size, data_of(bytes), bytes.size()) == 1 &&
           size == value.size();
}

/// What is signed of bytes: themselves, or their digest.
inline result<std::string> signed_form(std::string_view bytes, bool prehashed) {
    if (!prehashed) return std::string(bytes);
    std::array<unsigned char, 64> hash;
    digesting state(::EVP_blake2b512());
    state.add(bytes);
    if (!state.end(hash.data()))
        return fault{codes::internal_error, "BLAKE2b is not to be had from libcrypto"};
    return std::string(bytes_of(hash));
}

inline fault no_libcrypto_key() { return {codes::internal_error, "Ed25519 is not to be had from libcrypto"}; }

inline constexpr std::string_view untrusted_words = "untrusted comment: ",
                                  trusted_words = "trusted comment: ";

} // namespace detail

inline std::string public_key::id() const { return detail::key_id_of(label); }
inline std::string package_signature::key_id() const { return detail::key_id_of(label); }

inline std::string public_key::text() const {
    return detail::to_base64(detail::join({"Ed", detail::bytes_of(label), detail::bytes_of(key)}));
}

inline result<public_key> read_public_key(std::string_view text) {
    using namespace detail;
    std::string_view rest = text;
    std::string_view line = take_line(rest);
    if (line.starts_with(untrusted_words)) line = take_line(rest);
    const auto bytes = decoded(line, 42);
    if (text.size() > longest_signature || !rest.empty() || !bytes || !bytes->starts_with("Ed"))
        return fault{codes::invalid_params,
                     "public key: expected what minisign writes: 56 letters of base64 that begin with RW, "
                     "with or without the line of a comment"};
    public_key key;
    std::string_view fields = std::string_view(*bytes).substr(2);
    take_bytes(fields, key.label);
    take_bytes(fields, key.key);
    if (is_weak(key))
        return fault{codes::invalid_params, "public key: it is one of the few with which anybody can sign"};
    return key;
}

inline result<package_signature> read_signature(std::string_view text) {
    using namespace detail;
    const auto refused = [](std::string_view why) {
        return fault{codes::invalid_params, join({"signature: ", why})};
    };
    if (text.size() > longest_signature) return refused("it is longer than 8192 bytes");
    std::string_view rest = text;
    if (!take_line(rest).starts_with(untrusted_words))
        return refused("expected \"untrusted comment: \" in its first line");
    const auto first = decoded(take_line(rest), 74);
    if (!first) return refused("expected 74 bytes of base64 in its second line");
    const std::string_view comment = take_line(rest);
    if (!comment.starts_with(trusted_words))
        return refused("expected \"trusted comment: \" in its third line");
    const auto second = decoded(take_line(rest), 64);
    if (!second) return refused("expected 64 bytes of base64 in its fourth line");
    if (!rest.empty()) return refused("something follows its fourth line");
    package_signature read;
    if (first->starts_with("Ed")) read.prehashed = false;
    else if (!first->starts_with("ED")) return refused("it is of another algorithm than Ed25519");
    std::string_view fields = std::string_view(*first).substr(2), last = *second;
    take_bytes(fields, read.label);
    take_bytes(fields, read.value);
    take_bytes(last, read.of_comment);
    read.trusted_comment = comment.substr(trusted_words.size());
    return read;
}

inline std::string package_signature::text(std::string_view untrusted_comment) const {
    using namespace detail;
    return join({untrusted_words, untrusted_comment, "\n",
                 to_base64(join({prehashed ? "ED" : "Ed", bytes_of(label), bytes_of(value)})), "\n",
                 trusted_words, trusted_comment, "\n", to_base64(bytes_of(of_comment)), "\n"});
}

inline result<void> verify(const package_signature& given, const public_key& by, std::string_view bytes) {
    using namespace detail;
    const auto refused = [](std::string_view why) {
        return fault{codes::permission_denied, join({"signature: ", why})};
    };
    if (given.label != by.label)
        return refused(join({"it is of key ", given.key_id(), ", and not of ", by.id()}));
    auto form = signed_form(bytes, given.prehashed);
    if (!form) return std::move(form).error();
    if (!ed25519_verify(by, given.value, *form))
        return refused(
            join({"key ", by.id(),
                  " did not sign these bytes: they were changed, or the key only has the same label"}));
    if (!ed25519_verify(by, given.of_comment, join({bytes_of(given.value), given.trusted_comment})))
        return refused("its trusted comment was changed");
    return {};
}

inline result<secret_key> make_secret_key(std::string_view random_bytes) {
    using namespace detail;
    secret_key key;
    if (random_bytes.size() != key.label.size() + key.seed.size())
        return fault{codes::internal_error, "a key is made of 40 random bytes"};
    take_bytes(random_bytes, key.label);
    take_bytes(random_bytes, key.seed);
    const owned_key made(
        ::EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, key.seed.data(), key.seed.size()));
    std::size_t size = key.open.key.size();
    if (!made || ::EVP_PKEY_get_raw_public_key(made.get(), key.open.key.data(), &size) != 1 ||
        size != key.open.key.size())
        return no_libcrypto_key();
    key.open.label = key.label;
    return key;
}

inline result<package_signature> sign(const secret_key& by, std::string_view bytes,
                                      std::string_view trusted_comment) {
    using namespace detail;
    if (trusted_comment.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        return fault{codes::invalid_params, "signature: a trusted comment is one line"};
    package_signature made;
    made.label = by.label;
    made.trusted_comment = trusted_comment;
    auto form = signed_form(bytes, true);
    if (!form) return std::move(form).error();
    if (!ed25519_sign(by, made.value, *form) ||
        !ed25519_sign(by, made.of_comment, join({bytes_of(made.value), trusted_comment})))
        return no_libcrypto_key();
    if (made.text("").size() > longest_signature)
        return fault{codes::invalid_params, "signature: its trusted comment is too long"};
    return made;
}

// "Ed", kind of password ("\0\0": none), "B2", salt, two limits of its function, label, seed and key, checksum. Without a
// password the checksum is not looked at, and is left empty. With one all from the label on is hidden by what scrypt makes of it.
inline std::string secret_key_text(const secret_key& key) {
    using namespace detail;
    const std::string nothing(48, '\0'), checksum(32, '\0');
    return join({untrusted_words, "minisign secret key ", key.open.id(), "\n",
                 to_base64(join({"Ed", std::string_view(nothing).substr(0, 2), "B2", nothing,
                                 bytes_of(key.label), bytes_of(key.seed), bytes_of(key.open.key), checksum})),
                 "\n"});
}

namespace detail {

/// Nothing where it is no file of a secret key.
inline std::optional<std::string> secret_key_bytes(std::string_view text) {
    if (text.size() > longest_signature) return std::nullopt;
    std::string_view rest = text;
    std::string_view line = take_line(rest);
    if (line.starts_with(untrusted_words)) line = take_line(rest);
    auto bytes = decoded(line, 158);
    if (!rest.empty() || !bytes || !bytes->starts_with("Ed")) return std::nullopt;
    return std::move(*bytes);
}
inline bool is_encrypted(std::string_view bytes) noexcept { return bytes[2] != '\0' || bytes[3] != '\0'; }

/// What the password becomes, as long as what it hides. The file says how much work and memory that takes, in libsodium's
/// terms, and a file must not take all memory.
inline result<std::string> stretched(std::string_view password, std::string_view salt, std::uint64_t work,
                                     std::uint64_t memory, std::size_t size) {
    constexpr std::uint64_t most_memory = std::uint64_t{1} << 30, most_work = std::uint64_t{1} << 25,
                            block = 8;
    if (work > most_work || memory > most_memory)
        return fault{codes::too_large,
                     "secret key: its password takes more work than those that minisign makes"};
    work = std::max<std::uint64_t>(work, 32'768);
    const bool by_work = work < memory / 32;
    const std::uint64_t most = by_work ? work / (4 * block) : memory / (128 * block);
    std::uint64_t rounds = 2;
    while (rounds <= most / 2) rounds *= 2;
    const std::uint64_t side = by_work ? 1 : work / 4 / rounds / block;
    std::string key(size, '\0');
    if (side == 0 || ::EVP_PBE_scrypt(password.data(), password.size(), data_of(salt), salt.size(), rounds,
                                      block, side, most_memory + (std::uint64_t{16} << 20),
                                      reinterpret_cast<unsigned char*>(key.data()), key.size()) != 1)
        return fault{codes::internal_error, "secret key: there is not enough memory to open it"};
    return key;
}

} // namespace detail

inline bool has_password(std::string_view text) {
    const auto bytes = detail::secret_key_bytes(text);
    return bytes && detail::is_encrypted(*bytes);
}

inline result<secret_key> read_secret_key(std::string_view text, std::string_view password) {
    using namespace detail;
    auto bytes = secret_key_bytes(text);
    if (!bytes)
        return fault{codes::invalid_params,
                     "secret key: expected what minisign writes: the line of a comment and one of base64"};
    constexpr std::size_t hidden = 54; // from there on: label, seed and key, checksum
    const bool encrypted = is_encrypted(*bytes);
    if (encrypted) {
        if (bytes->substr(2, 4) != "ScB2")
            return fault{codes::invalid_params, "secret key: it is hidden in another way than minisign's"};
        if (password.empty()) return fault{codes::invalid_params, "secret key: it has a password"};
        const auto number = [&](std::size_t at) {
            std::uint64_t value = 0;
            for (std::size_t place = 8; place-- > 0;)
                value = value << 8 | static_cast<unsigned char>((*bytes)[at + place]);
            return value;
        };
        const auto mask = stretched(password, std::string_view(*bytes).substr(6, 32), number(38), number(46),
                                    bytes->size() - hidden);
        if (!mask) return mask.error();
        for (std::size_t at = hidden; at < bytes->size(); ++at)
            (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (*mask)[at - hidden]);
    }
    auto key = make_secret_key(std::string_view(*bytes).substr(hidden, 40));
    // That the halves belong together tells more than the checksum would.
    if (key && bytes_of(key->open.key) != std::string_view(*bytes).substr(94, 32))
        return fault{codes::invalid_params, encrypted ? "secret key: the password is wrong"
                                                      : "secret key: its two halves do not belong together"};
    return key;
}

} // namespace tenon

#endif
