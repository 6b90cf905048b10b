#include <tenon/packages/format/package_signature.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

// Ed25519 as it is verified here, held against the standard and against the classes of bad signatures that are known.
//
// The good ones are those of RFC 8032, 7.1: TEST 1, 2, 3 and SHA(abc). The bad ones are made for this test by a few
// lines of arithmetic on the curve, from TEST 3, one or more for each class that Wycheproof's file has, and some that it
// has not: S that is not reduced, other values of S and R, no point of the curve, other spellings of a point, what only
// the equation times 8 takes, other messages and keys, a wrong length, and keys of small order with signatures that are
// good by arithmetic.

using namespace tenon;

namespace {

std::string bytes_of_hex(std::string_view hex) {
    const auto value = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; };
    std::string bytes;
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        bytes.push_back(static_cast<char>(value(hex[at]) * 16 + value(hex[at + 1])));
    return bytes;
}

template <class Array>
Array array_of_hex(std::string_view hex) {
    const std::string bytes = bytes_of_hex(hex);
    REQUIRE(bytes.size() == Array().size());
    Array filled;
    std::string_view rest = bytes;
    detail::take_bytes(rest, filled);
    return filled;
}

bool verified(std::string_view key, std::string_view message, std::string_view value) {
    public_key by;
    by.key = array_of_hex<decltype(by.key)>(key);
    return detail::ed25519_verify(by, array_of_hex<std::array<unsigned char, 64>>(value),
                                  bytes_of_hex(message));
}

struct good_row {
    std::string_view seed, key, message, value;
};

constexpr good_row good_rows[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
     "0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
     "eb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e"
     "9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d442"
     "3643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179"
     "c138ac17ad9bef1177331a704"},
};

struct bad_row {
    std::string_view title, key, message, value;
};

constexpr bad_row bad_rows[] = {
    {"S is not reduced: S + L", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "05d391b0a77904e98404ef037747a56e4a7c15e9716ed28dc027beceea1ec41a"},
    {"S is not reduced: S + 8 L", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "809e4a3b602f8551614eb4788d1cbe004b7c15e9716ed28dc027beceea1ec48a"},
    {"S has its highest bit set", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec48a"},
    {"S is L", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"},
    {"S is 0", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {"S is L - S, the other root", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "d5d459098d4c20c72735004246ac18bbb583ea168e912d723fd8413115e13b05"},
    {"S is all ones", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"R is 0", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "0000000000000000000000000000000000000000000000000000000000000000"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"R is all ones", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"R has the other sign", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac32c"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"R is no point of the curve", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "0200000000000000000000000000000000000000000000000000000000000000"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"R and S are exchanged", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"},
    {"all zeros", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "0000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {"all ones", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
    {"another message", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af83",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"a longer message", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af8200",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"no message", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"another key", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"the key has the other sign", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb9115489080a5", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"the key is no point of the curve", "0200000000000000000000000000000000000000000000000000000000000000",
     "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"R is the neutral element, spelt p + 1",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "620ae1280170f1ff1b92660606e73b8834b78fac04b1f3d6e438a19ae49b220f"},
    {"R is the neutral element with a sign",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "0100000000000000000000000000000000000000000000000000000000000080"
     "1808450be2d3a8564655d9ab6b7d251e87f1272b4ba03f8caabdc1422c12e70a"},
    {"good only when the equation is taken times 8",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "607055ca3d4aa8af26961afb12b1e60a75fac88f9c260ff25806631dbb269159"
     "dd8e69c65e72506bd0c627f779e4e9d40973bb8800b9478c5587c76872dc3602"},
};

/// With these keys, R = 1 and S = 0 sign the message, which is a text.
struct weak_row {
    std::string_view key, message;
};

constexpr weak_row weak_rows[] = {
    {"0100000000000000000000000000000000000000000000000000000000000000", "0"},
    {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "1"},
    {"0000000000000000000000000000000000000000000000000000000000000080", "5"},
    {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "3"},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "1"},
    {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "0"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "7"},
    {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "0"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "3"},
    {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0"},
    {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0"},
    {"0100000000000000000000000000000000000000000000000000000000000080", "0"},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "2"},
};

} // namespace

TEST_CASE("the signatures of RFC 8032 are verified, and made again to the byte") {
    for (const good_row& row : good_rows) {
        CAPTURE(row.value);
        CHECK(verified(row.key, row.message, row.value));
        auto signer = make_secret_key(std::string(8, 'L') + bytes_of_hex(row.seed)).value();
        CHECK(signer.open.key == array_of_hex<std::array<unsigned char, 32>>(row.key));
        std::array<unsigned char, 64> value;
        REQUIRE(detail::ed25519_sign(signer, value, bytes_of_hex(row.message)));
        CHECK(value == array_of_hex<std::array<unsigned char, 64>>(row.value));
    }
}

TEST_CASE("no bad signature of a known class is taken") {
    for (const bad_row& row : bad_rows) {
        CAPTURE(row.title);
        CHECK_FALSE(verified(row.key, row.message, row.value));
    }
}

TEST_CASE("each bit of a good signature, its key and its message counts") {
    const good_row& row = good_rows[2];
    const auto with_bit = [](std::string_view hex, std::size_t bit) {
        constexpr std::string_view letters = "0123456789abcdef";
        std::string changed(hex);
        const std::size_t at = bit / 4;
        changed[at] = letters[letters.find(changed[at]) ^ (std::size_t{1} << (bit % 4))];
        return changed;
    };
    for (std::size_t bit = 0; bit < 4 * row.value.size(); ++bit)
        CHECK_FALSE(verified(row.key, row.message, with_bit(row.value, bit)));
    for (std::size_t bit = 0; bit < 4 * row.key.size(); ++bit)
        CHECK_FALSE(verified(with_bit(row.key, bit), row.message, row.value));
    for (std::size_t bit = 0; bit < 4 * row.message.size(); ++bit)
        CHECK_FALSE(verified(row.key, with_bit(row.message, bit), row.value));
}

TEST_CASE("a key with which anybody can sign is no key") {
    for (const weak_row& row : weak_rows) {
        CAPTURE(row.key);
        public_key by;
        by.key = array_of_hex<decltype(by.key)>(row.key);
        std::array<unsigned char, 64> value = {1};
        CHECK_FALSE(detail::ed25519_verify(by, value, row.message));
        const auto read = read_public_key(by.text());
        REQUIRE_FALSE(read);
        CHECK(read.error().message == "public key: it is one of the few with which anybody can sign");
    }
    public_key near;
    near.key = {2};
    CHECK_FALSE(detail::is_weak(near));
}

TEST_CASE("a signature of another length is none") {
    const std::string value = "ED" + std::string(8, 'L') + bytes_of_hex(good_rows[0].value);
    const auto text_of = [](std::string_view first, std::size_t second) {
        return detail::join({"untrusted comment: x\n", detail::to_base64(first), "\ntrusted comment: x\n",
                             detail::to_base64(std::string(second, 's')), "\n"});
    };
    CHECK(read_signature(text_of(value, 64)));
    for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{42}, value.size() - 1})
        CHECK_FALSE(read_signature(text_of(value.substr(0, size), 64)));
    CHECK_FALSE(read_signature(text_of(value + "x", 64)));
    for (const std::size_t size : {0u, 63u, 65u, 128u}) CHECK_FALSE(read_signature(text_of(value, size)));
}
