#include <tenon/packages/rules/trust.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace tenon;

namespace {

secret_key key_of(char letter) { return make_secret_key(std::string(40, letter)).value(); }

/// The same label, and another key.
secret_key imitator_of(char letter) {
    return make_secret_key(std::string(8, letter) + std::string(32, '?')).value();
}

struct package {
    std::string id = "dev.example.chat", text = "what FILES says\n";
    std::vector<package_signature> signatures = {};

    package& signed_by(const secret_key& key) {
        signatures.push_back(sign(key, text, "time 1").value());
        return *this;
    }
    digest tree() const { return digest_of(text).value(); }
    signed_files files() const { return {id, text, tree(), signatures}; }
};

trusted_key trusted(char letter, std::vector<std::string> plugins = {"dev.example.*"}) {
    return {key_of(letter).open, "Example Corp", std::move(plugins), {}};
}

trust_settings with(std::vector<trusted_key> keys, trust_policy policy = trust_policy::signed_only) {
    return {policy, std::move(keys), {}};
}

/// "signed", "unsigned", or "policy: why".
std::string said(const result<trust_verdict>& verdict) {
    if (verdict) return verdict->level;
    const auto code = code_of(verdict.error());
    REQUIRE(code);
    return std::string(word_of(*code)) + ": " + verdict.error().message;
}

std::string arrives(const package& one, const trust_settings& settings, std::int64_t now_ms = 0) {
    return said(judge_trust(one.files(), settings, now_ms));
}

} // namespace

TEST_CASE("a package that a trusted key signed is let in, and its signer is named by the whole key") {
    const auto verdict =
        judge_trust(package().signed_by(key_of('a')).signed_by(key_of('a')).files(), with({trusted('a')}), 0);
    REQUIRE(verdict);
    CHECK(verdict->level == "signed");
    CHECK(verdict->signers == std::vector{key_of('a').open.text()});
    CHECK(verdict->names == std::vector<std::string>{"Example Corp"});
    CHECK(verdict->note.empty());
}

TEST_CASE("unsigned, badly signed and changed are three things") {
    const trust_settings strict = with({trusted('a')}), open = with({trusted('a')}, trust_policy::any);
    CHECK(arrives(package(), strict) == "policy: dev.example.chat is unsigned, and the policy \"signed\" "
                                        "asks for the signature of a key that is "
                                        "trusted for it");
    CHECK(arrives(package(), open) == "unsigned");

    package forged = package().signed_by(key_of('a'));
    forged.text += "and more\n";
    for (const trust_settings* settings : {&strict, &open})
        CHECK(arrives(forged, *settings) == "unverified: dev.example.chat is badly signed: signature: key "
                                            "6161616161616161 did not sign these bytes: "
                                            "they were changed, or the key only has the same label");

    const package good = package().signed_by(key_of('a'));
    const digest recorded = digest_of("what FILES said").value();
    for (const trust_settings* settings : {&strict, &open})
        CHECK(said(judge_start({good.id, good.text, recorded, good.signatures}, *settings, "signed")) ==
              "unverified: dev.example.chat was changed: its list of files has the digest " +
                  good.tree().text() + ", and " + recorded.text() + " is the recorded one");
}

TEST_CASE("a bad signature is not made good by another one") {
    const auto imitated = package().signed_by(key_of('b')).signed_by(imitator_of('a'));
    CHECK(arrives(imitated, with({trusted('a'), trusted('b')}, trust_policy::any)).find("badly signed") !=
          std::string::npos);
}

TEST_CASE("keys are compared whole: two that have one label are two keys") {
    const trusted_key real = trusted('a'), imitated{imitator_of('a').open, "Another", {"*"}, {}};
    CHECK(real.key.label == imitated.key.label);
    const auto by_other = package().signed_by(imitator_of('a'));
    CHECK(arrives(by_other, with({real})).starts_with("unverified: dev.example.chat is badly signed"));
    const auto verdict = judge_trust(by_other.files(), with({real, imitated}), 0);
    REQUIRE(verdict);
    CHECK(verdict->names == std::vector<std::string>{"Another"});
}

TEST_CASE("a key that is not known, or not trusted for this package, counts as none, and is told") {
    const auto by_stranger = package().signed_by(key_of('s'));
    CHECK(arrives(by_stranger, with({trusted('a')})) ==
          "policy: dev.example.chat is signed by key 7373737373737373, which is not known here: `tenon-host "
          "key "
          "trust FILE` trusts a key, over HTTP POST /api/v1/trust/keys");
    const auto open = judge_trust(by_stranger.files(), with({trusted('a')}, trust_policy::any), 0);
    REQUIRE(open);
    CHECK(open->level == "unsigned");
    CHECK(open->signers.empty());
    CHECK(open->note == "dev.example.chat is signed by key 7373737373737373, which is not known here");

    const auto by_both = package().signed_by(key_of('a')).signed_by(key_of('s'));
    CHECK(arrives(by_both, with({trusted('a', {"dev.examples.*"})})) ==
          "policy: dev.example.chat is signed by \"Example Corp\" (key 6161616161616161), which is trusted "
          "for other "
          "packages, not for this one; and by key 7373737373737373, which is not known here: `tenon-host key "
          "trust FILE` trusts a key, over HTTP POST /api/v1/trust/keys");
    CHECK(arrives(by_both, with({trusted('a')})) == "signed");
    CHECK(arrives(by_both, with({trusted('a', {"org.other"}), trusted('a', {"dev.example.chat"})})) ==
          "signed");
}

TEST_CASE("a key is trusted for an id, for what is below a dot, or for everything") {
    for (const char* pattern : {"*", "dev.*", "de.*", "dev.example.chat", "dev.example.*"})
        CHECK(check_trust(with({trusted('a', {pattern})})));
    for (const char* pattern : {"", "dev*", "dev.ex*mple.*", "Dev.*", ".*", "dev..*", "*.*", "*.chat"}) {
        CAPTURE(pattern);
        const auto checked = check_trust(with({trusted('a', {pattern})}));
        REQUIRE_FALSE(checked);
        CHECK(checked.error().message ==
              "keys: \"Example Corp\" (key 6161616161616161): \"" + std::string(pattern) +
                  "\" is no pattern of ids: expected \"*\", an id, or as in \"dev.example.*\"");
    }
}

TEST_CASE("the last day of a key stops what arrives later, and nothing that is installed") {
    trust_settings settings = with({trusted('a')});
    settings.keys[0].not_after_ms = read_last_day("2027-12-31").value();
    const auto signed_once = package().signed_by(key_of('a'));
    CHECK(*settings.keys[0].not_after_ms == 1'830'297'599'999);
    CHECK(arrives(signed_once, settings, 1'830'297'599'999) == "signed");
    CHECK(arrives(signed_once, settings, 1'830'297'600'000) ==
          "policy: dev.example.chat is signed by \"Example Corp\" (key 6161616161616161), which was trusted "
          "until "
          "2027-12-31");
    CHECK(said(judge_start(signed_once.files(), settings, "signed")) == "signed");
    for (const char* text :
         {"", "2027-12", "2027-13-01", "2027-02-29", "2027-12-3x", "27-12-31", "2027/12/31", "2027-00-10"})
        CHECK_FALSE(read_last_day(text));
    CHECK(read_last_day("soon").error().message == "expected a day as in \"2027-12-31\", got \"soon\"");
}

TEST_CASE("a revoked key neither lets in nor starts, under every policy; another signer still does") {
    const auto by_one = package().signed_by(key_of('a'));
    const auto by_two = package().signed_by(key_of('a')).signed_by(key_of('b'));
    for (const trust_policy policy : {trust_policy::signed_only, trust_policy::any}) {
        trust_settings settings = with({trusted('a'), trusted('b')}, policy);
        CHECK(arrives(by_one, settings) == "signed");
        settings.revoked = {key_of('a').open.text()};
        const std::string why =
            "policy: dev.example.chat is signed by key 6161616161616161, which is revoked";
        CHECK(arrives(by_one, settings) == why);
        for (const char* level : {"signed", "unsigned", "folder"})
            CHECK(said(judge_start(by_one.files(), settings, level)) == why);
        CHECK(arrives(by_two, settings) == "signed");
        CHECK(judge_trust(by_two.files(), settings, 0)->signers == std::vector{key_of('b').open.text()});
        // It need not stand among the trusted ones to be known.
        settings.keys.clear();
        CHECK(arrives(by_one, settings) == why);
    }
}

TEST_CASE("a revoked tree neither arrives nor starts, whoever signed it") {
    trust_settings settings = with({trusted('a')}, trust_policy::any);
    const auto one = package().signed_by(key_of('a'));
    settings.revoked = {one.tree().text()};
    const std::string why =
        "policy: dev.example.chat: this version is revoked (tree " + one.tree().text() + ")";
    CHECK(arrives(one, settings) == why);
    CHECK(said(judge_start(one.files(), settings, "signed")) == why);
    CHECK(said(judge_start(package().files(), settings, "folder")) == why);
}

TEST_CASE("a revocation that cannot be read refuses everything, and is not passed over") {
    trust_settings settings = with({trusted('a')}, trust_policy::any);
    settings.revoked = {"E96773AE558402AC"};
    const std::string why =
        "revoked: \"E96773AE558402AC\" is neither a public key of minisign nor a digest of 64 letters";
    CHECK(check_trust(settings).error().message == why);
    CHECK(judge_trust(package().files(), settings, 0).error().message == why);
    CHECK(judge_start(package().files(), settings, "unsigned").error().message == why);
}

TEST_CASE(
    "what was admitted is started as what it was admitted; what was signed is signed by today's trust") {
    const auto one = package().signed_by(key_of('a'));
    CHECK(said(judge_start(one.files(), with({trusted('a')}), "signed")) == "signed");
    CHECK(said(judge_start(one.files(), with({trusted('b')}), "signed"))
              .starts_with("policy: dev.example.chat is signed by key 6161616161616161"));
    CHECK(said(judge_start(one.files(), with({trusted('b')}, trust_policy::any), "signed")) == "unsigned");
    CHECK(said(judge_start(package().files(), with({}), "signed"))
              .starts_with("policy: dev.example.chat is unsigned"));
    CHECK(said(judge_start(package().files(), with({}), "unsigned")) == "unsigned");
    CHECK(said(judge_start(package().files(), with({}), "folder")) == "folder");
    CHECK(said(judge_start(one.files(), with({trusted('a')}), "unsigned")) == "signed"); // trusted since then
}

TEST_CASE("minisign's old way of signing is refused by name") {
    // Made by minisign 0.11 -l of "hello\n", see package_signature_test.cpp.
    const auto old =
        read_signature("untrusted comment: signature from minisign secret key\n"
                       "RWSyd/"
                       "ljcqbptUGFayt2XnVx0nK7D6HMSgpt/eJbEE86y8I/yUxgUkIdvys08sKjsuVPV2832qy9teE7XInfvy2/"
                       "2M1m3mlJTgk=\ntrusted comment: legacy\n"
                       "xD7O9lRj0RUD5E7GBZPvHNp6irZmaQN+CxAoFH0irGOSWwVoObztm+XRyhpl1O6q/"
                       "ZWivjFCq1vMYf8cuAVpAw==\n");
    REQUIRE(old);
    package one{.text = "hello\n", .signatures = {*old}};
    const trusted_key signer{*read_public_key("RWSyd/ljcqbptZkwKU25nw1NXXXEZiRkFm17SwlWJPt8szbR9tKuy5FZ"),
                             "us"};
    CHECK(arrives(one, with({signer}, trust_policy::any))
              .starts_with("unverified: dev.example.chat is badly signed: key B5E9A67263F977B2 signed in "
                           "minisign's old way"));
    // Of a key that nobody knows here it says nothing, as any other signature of such a key.
    CHECK(arrives(one, with({}, trust_policy::any)).starts_with("unsigned"));
}

TEST_CASE("an update goes on where one who signed the version before signed it") {
    const std::string a = key_of('a').open.text(), b = key_of('b').open.text(), c = key_of('c').open.text();
    CHECK_FALSE(break_of_continuity({}, {}));
    CHECK_FALSE(break_of_continuity({}, {a}));
    CHECK_FALSE(break_of_continuity({a, b}, {b, c}));
    CHECK(break_of_continuity({a, b}, {c}) == "the version before is signed by key 6161616161616161 and key "
                                              "6262626262626262, and this one by key 6363636363636363");
    CHECK(break_of_continuity({a}, {}) ==
          "the version before is signed by key 6161616161616161, and this one by "
          "nobody who is trusted for it");
    CHECK(break_of_continuity({a}, {imitator_of('a').open.text()})); // the same label
    public_key relabelled = key_of('a').open;
    relabelled.label[0] ^= 1;
    CHECK_FALSE(break_of_continuity({a}, {relabelled.text()}));
}

TEST_CASE("a version goes down only by history, in words, or by an administrator") {
    const auto version = [](std::string_view text) { return read_version(text).value(); };
    const auto judged = [](const version_change& change) {
        const auto judgement = judge_downgrade(change);
        return judgement ? std::string() : judgement.error().message;
    };
    CHECK(judged({.to = version("1.0.0")}) == "");
    CHECK(judged({.to = version("2.0.0"), .ratchet = version("2.0.0")}) == "");
    CHECK(judged({.to = version("2.0.0-beta"), .ratchet = version("2.0.0")}) ==
          "2.0.0-beta is older than 2.0.0, which was installed here: a downgrade must be asked for as one");
    CHECK(judged({.to = version("1.0.0"), .ratchet = version("2.0.0"), .in_history = true}) == "");
    CHECK(judged({.to = version("1.0.0"), .ratchet = version("2.0.0"), .downgrade_allowed = true}) == "");

    version_change unsafe{.to = version("1.0.0"),
                          .ratchet = version("2.0.0"),
                          .minimum_safe = version("1.0.1"),
                          .in_history = true,
                          .downgrade_allowed = true};
    CHECK(judged(unsafe) ==
          "1.0.0 is below 1.0.1, which its author calls the first safe one: only an administrator may "
          "go back so far");
    CHECK(code_of(judge_downgrade(unsafe).error()) == package_code::policy);
    unsafe.administrator = true;
    CHECK(judged(unsafe) == "");
}

TEST_CASE("a fault about packages carries its word, and what has to be agreed to") {
    CHECK(package_fault(package_code::busy, "x").data == R"({"code":"busy"})");
    const fault asked = consent_fault("it asks for more", {{"users:kick"}, {}});
    CHECK(asked.data == R"({"code":"needs_consent","consent":{"permissions":["users:kick"],"signers":[]}})");
    CHECK(code_of(asked) == package_code::needs_consent);
    CHECK(consent_of(asked).permissions == std::vector<std::string>{"users:kick"});
    CHECK_FALSE(code_of({}));
    CHECK_FALSE(code_of({0, "", "[]"}));
    CHECK(consent_of({}).empty());
}
