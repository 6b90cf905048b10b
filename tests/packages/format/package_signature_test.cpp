#include <tenon/packages/format/package_signature.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace tenon;

namespace {

// Made by minisign 0.11 for this test: minisign -G -W, and -S of "hello\n", the second one with -l.
constexpr std::string_view key_text = R"(untrusted comment: minisign public key B5E9A67263F977B2
RWSyd/ljcqbptZkwKU25nw1NXXXEZiRkFm17SwlWJPt8szbR9tKuy5FZ
)";
constexpr std::string_view secret_text = R"(untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAsnf5Y3Km6bURl2cAdl6yKf1q8hpnWDVj4H8QptImJWuJk7oRUWlxbpkwKU25nw1NXXXEZiRkFm17SwlWJPt8szbR9tKuy5FZAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
)";
constexpr std::string_view new_text = R"(untrusted comment: signature from minisign secret key
RUSyd/ljcqbptWFWGtleZXXEcTPn6XqfFLvBWsXUtmz9RsmhGVqFUP+WVRxjobNBT9IDccNy8Qvspga+iXUP0jhwbfj6Tz+J1go=
trusted comment: time words
nWMJkF5pej7jpHT1cPM0MD/pnUbVLK9cirTtiCcYpbO5VccD+craBmnRO3luhcnDC5xFPcSTMIhx1JR1NyndBw==
)";
constexpr std::string_view old_text = R"(untrusted comment: signature from minisign secret key
RWSyd/ljcqbptUGFayt2XnVx0nK7D6HMSgpt/eJbEE86y8I/yUxgUkIdvys08sKjsuVPV2832qy9teE7XInfvy2/2M1m3mlJTgk=
trusted comment: legacy
xD7O9lRj0RUD5E7GBZPvHNp6irZmaQN+CxAoFH0irGOSWwVoObztm+XRyhpl1O6q/ZWivjFCq1vMYf8cuAVpAw==
)";

std::string outcome(std::string_view text, const public_key& key, std::string_view bytes) {
    const auto read = read_signature(text);
    if (!read) return read.error().message;
    const auto good = verify(*read, key, bytes);
    return good ? "good" : good.error().message;
}

secret_key other_key() { return make_secret_key(std::string(40, 'k')).value(); }

} // namespace

TEST_CASE("signatures of minisign are verified, of both kinds") {
    const auto key = read_public_key(key_text).value();
    CHECK(key.id() == "B5E9A67263F977B2");
    CHECK(key_text.find(key.text()) != std::string::npos);
    CHECK(read_public_key(key.text()).value() == key);
    CHECK(outcome(new_text, key, "hello\n") == "good");
    CHECK(outcome(old_text, key, "hello\n") == "good");
    CHECK(read_signature(new_text)->trusted_comment == "time words");
}

TEST_CASE("another key, other bytes and another comment are told apart") {
    const auto key = read_public_key(key_text).value();
    CHECK(outcome(new_text, key, "hello") == "signature: key B5E9A67263F977B2 did not sign these bytes: they "
                                             "were changed, or the key only has the same label");
    CHECK(outcome(new_text, other_key().open, "hello\n") ==
          "signature: it is of key B5E9A67263F977B2, and not of 6B6B6B6B6B6B6B6B");
    std::string forged(new_text);
    forged.replace(forged.find("time words"), 4, "Time");
    CHECK(outcome(forged, key, "hello\n") == "signature: its trusted comment was changed");
    public_key same_label = other_key().open;
    same_label.label = key.label;
    CHECK(outcome(new_text, same_label, "hello\n").find("did not sign") != std::string::npos);
}

TEST_CASE("of a signature with one bit changed nothing but its untrusted comment is taken") {
    const auto key = read_public_key(key_text).value();
    const std::string good(new_text);
    const std::size_t comment_ends = good.find('\n');
    std::size_t taken = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string changed = good;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1u << bit));
            if (outcome(changed, key, "hello\n") != "good") continue;
            ++taken;
            CHECK(at < comment_ends);
        }
    CHECK(taken > 0);
}

TEST_CASE("what is no signature and no key is refused") {
    for (const auto& [text, why] : {
             std::pair<std::string, std::string>{"", "first line"},
             {"untrusted comment: x\n", "second line"},
             {"untrusted comment: x\nRUQ=\n", "74 bytes"},
             {std::string(new_text) + "\n", "follows"},
             {std::string(new_text.substr(0, new_text.size() - 30)), "fourth line"},
             {"untrusted comment: x\n" + std::string(99, 'A') + "=\ntrusted comment: x\n" +
                  std::string(86, 'A') + "==\n",
              "another algorithm"},
             {std::string(10'000, 'a'), "longer than 8192"},
         }) {
        const std::string shown = text;
        CAPTURE(shown);
        const auto read = read_signature(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().message.find(why) != std::string::npos);
    }
    for (const std::string& text : {std::string(), std::string("RWSy"), std::string(56, 'A'),
                                    std::string(key_text) + "x", "x" + std::string(key_text)})
        CHECK_FALSE(read_public_key(text));
    for (const std::string& text : {std::string(), std::string(key_text), std::string(secret_text) + "x"})
        CHECK_FALSE(read_secret_key(text));
}

TEST_CASE("what is signed here is verified here, and keys are written as they are read") {
    const auto key = read_secret_key(secret_text).value();
    CHECK(key.open == read_public_key(key_text).value());
    CHECK(secret_key_text(key).substr(secret_key_text(key).find('\n')) ==
          secret_text.substr(secret_text.find('\n')));
    const auto made = sign(key, "some bytes", "tenon package dev.example.moderator 1.2.0").value();
    CHECK(outcome(made.text("who reads this"), key.open, "some bytes") == "good");
    CHECK(outcome(made.text("who reads this"), key.open, "some byteS") != "good");
    CHECK_FALSE(sign(key, "", "two\nlines"));
    CHECK_FALSE(sign(key, "", std::string(9'000, 'a')));
    CHECK_FALSE(make_secret_key("short"));

    std::string locked(secret_text);
    locked.replace(locked.find("RWQAAE"), 6, "RWRTY0");
    CHECK(read_secret_key(locked).error().message == "secret key: it has a password");
    std::string halves(secret_text);
    halves.replace(halves.find("4H8Q"), 4, "4H8R");
    CHECK(read_secret_key(halves).error().message == "secret key: its two halves do not belong together");
}

TEST_CASE("SHA-256 is that of the standard, and read only as it is written") {
    CHECK(digest_of("")->text() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest_of("abc")->text() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_maker pieces;
    for (const char letter : std::string_view("abc")) pieces.add({&letter, 1});
    CHECK(*pieces.end() == *digest_of("abc"));
    CHECK(read_digest(digest_of("abc")->text()) == *digest_of("abc"));
    CHECK_FALSE(read_digest(""));
    CHECK_FALSE(read_digest(std::string(64, 'A')));
    CHECK_FALSE(read_digest(std::string(63, 'a') + "g"));
}

TEST_CASE("a secret key with a password is opened by it, and by no other") {
    // Made with libsodium out of the seed 00 01 ... 1F: by little work, by little memory, and with two lanes.
    const struct {
        const char *memory, *key;
    } rows[] = {
        {"16 MiB, 512 Ki operations",
         "RWRTY0IynD4+ktStCzBlFFpd95538jjMrrLmyECFan0OGE0gjuQAAAgAAAAAAAAAAAEAAAAAODhOKg5MK+"
         "b8xboHYbjLVAN8UCRQSz2Zif"
         "Q6JaA6ohI4OYyCtdrU6+3Zvdzq3sHXy2s7k2H4FhckPsjhKW42MDs0xOK+zoVw6KMt/4jwX0FOOPUCEcawqiPnAelmC6Wm4LTA/"
         "DW2Sdo="},
        {"16 MiB, 32 Ki operations",
         "RWRTY0Iy0ZbVm/T4+NJSkfLwvGBhWGOL6j/"
         "LWCtSSB3yBjSAr2AAgAAAAAAAAAAAAAEAAAAAgFLEb1Qt19IdNRAEJb+djPOrzn7GA8+kmK"
         "LVavNs7f7Hat2/38cV/HGkjw7AplPRAKyfd/Ga20mkhCLw0j4rzd9b586ccyL3MqPDxGr+lI/"
         "n30EhHjPisplDVbqWM5kpUz2vO8UlrMQ="},
        {"16 MiB, 2 Mi operations", "RWRTY0IyEH9B7ZLgHrWNOijtnyuxxAlNPL10/"
                                    "4KLtMhRhgedbXkAACAAAAAAAAAAAAEAAAAAap/NUNtn6tpnGCXUsuRZ6EatDPHg43TobM"
                                    "TO9aT6MGUUnPZLOcKLAvRxNQKBqHPjUV5inMqeAOB4mkhUFah6WdeeYU/"
                                    "oQqRKIhYEbA9Mfc6Tw+mNu6fBNGI0gj1Lx+4JiWk9200uSpc="},
    };
    for (const auto& row : rows) {
        CAPTURE(row.memory);
        const std::string text =
            "untrusted comment: minisign encrypted secret key\n" + std::string(row.key) + "\n";
        CHECK(has_password(text));
        const auto opened = read_secret_key(text, "open sesame");
        REQUIRE(opened);
        CHECK(opened->open.text() == "RWQBI0VniavN7wOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
        CHECK(read_secret_key(text, "open sesam").error().message == "secret key: the password is wrong");
        CHECK(read_secret_key(text).error().message == "secret key: it has a password");
    }
    CHECK_FALSE(has_password(secret_key_text(*make_secret_key(std::string(40, 'k')))));
    CHECK_FALSE(has_password("hello"));
}

TEST_CASE("a key's file does not take more work or memory than minisign's own") {
    const auto with = [](std::uint64_t work, std::uint64_t memory) {
        std::string bytes = "EdScB2" + std::string(32, 's');
        for (const std::uint64_t number : {work, memory})
            for (int place = 0; place < 8; ++place)
                bytes.push_back(static_cast<char>(number >> (8 * place) & 0xFF));
        return read_secret_key(detail::to_base64(bytes + std::string(104, 'x')), "a").error().message;
    };
    constexpr std::string_view too_much =
        "secret key: its password takes more work than those that minisign makes";
    CHECK(with(1, (1 << 30) + 1) == too_much);
    CHECK(with((1 << 25) + 1, 1) == too_much);
    CHECK(with(~std::uint64_t{0}, ~std::uint64_t{0}) == too_much);
    CHECK(with(0, 0) == "secret key: the password is wrong"); // the least is done in any case
}
