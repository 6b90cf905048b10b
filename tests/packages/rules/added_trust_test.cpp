#include <tenon/packages/rules/added_trust.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tenon;

namespace {

secret_key key_of(char letter) { return make_secret_key(std::string(40, letter)).value(); }
trust_key_record added(char letter) {
    return {key_of(letter).open.text(), "Anna", {"dev.example.*"}, 0, "administrator", 5};
}
std::string why(const result<trusted_key>& read) { return read ? std::string() : read.error().message; }

/// What of a package that this key signed is said.
std::string arrives(char letter, const result<trust_settings>& settings,
                    std::string_view id = "dev.example.chat") {
    REQUIRE(settings);
    const std::string text = "what FILES says\n";
    const std::vector<package_signature> signatures = {sign(key_of(letter), text, "time 1").value()};
    const auto verdict = judge_trust({id, text, digest_of(text).value(), signatures}, *settings, 100);
    return verdict ? verdict->level : verdict.error().message;
}

} // namespace

TEST_CASE("a key that was added is trusted beside those of the configuration, and until its last day") {
    trust_settings configured;
    configured.keys.push_back({key_of('a').open, "Bert", {"org.other.*"}, {}});
    CHECK(arrives('a', configured) != "signed");
    CHECK(arrives('a', with_added_trust(configured, {added('a')}, {})) == "signed");
    CHECK(arrives('a', with_added_trust(configured, {added('a')}, {}), "org.other.chat") == "signed");
    CHECK(arrives('b', with_added_trust(configured, {added('a')}, {})) != "signed");
    trust_key_record old = added('b');
    old.not_after = 99;
    CHECK(
        arrives('b', with_added_trust(configured, {old}, {})) ==
        "dev.example.chat is signed by \"Anna\" (key 6262626262626262), which was trusted until 1970-01-01");
}

TEST_CASE("what was revoked is not trusted, whoever trusted it") {
    trust_settings configured;
    configured.keys.push_back({key_of('a').open, "Bert", {"*"}, {}});
    CHECK(arrives('a', with_added_trust(configured, {}, {{key_of('a').open.text(), "stolen", "anna", 1}})) ==
          "dev.example.chat is signed by key 6161616161616161, which is revoked");
    CHECK(arrives('b', with_added_trust(configured, {added('b')},
                                        {{key_of('b').open.text(), "stolen", "anna", 1}})) ==
          "dev.example.chat is signed by key 6262626262626262, which is revoked");
    const std::string tree = digest_of("what FILES says\n")->text();
    CHECK(arrives('a', with_added_trust(configured, {}, {{tree, "it leaks", "anna", 1}})) ==
          "dev.example.chat: this version is revoked (tree " + tree + ")");
}

TEST_CASE("a row that cannot be read is a fault, and no row that is not there") {
    trust_key_record bad = added('a');
    bad.key = "RW";
    CHECK_FALSE(with_added_trust({}, {bad}, {}));
    CHECK_FALSE(with_added_trust({}, {}, {{"RW", {}, {}, 0}}));
    CHECK(check_revocation({"RW", {}, {}, 0}).error().message ==
          "\"RW\" is neither a public key of minisign nor a digest of 64 letters");
}

TEST_CASE("a key that cannot be kept is refused with the reason") {
    CHECK(why(read_trust_key(added('a'))) == "");
    trust_key_record key = added('a');
    key.plugins.clear();
    CHECK(why(read_trust_key(key)) ==
          "key 6161616161616161: it has to be trusted for something: \"*\" is for all packages");
    key.plugins = {"dev.*.chat"};
    CHECK(why(read_trust_key(key)) ==
          "key 6161616161616161: \"dev.*.chat\" is no pattern of ids: expected \"*\", an id, or as in "
          "\"dev.example.*\"");
    key.plugins.assign(101, "*");
    CHECK(why(read_trust_key(key)) == "key 6161616161616161: it may have 100 patterns");
    key = added('a');
    key.name = std::string(201, 'x');
    CHECK(why(read_trust_key(key)) == "key 6161616161616161: its name may have 200 bytes");
}
