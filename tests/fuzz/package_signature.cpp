// Signatures and keys as minisign writes them, of strangers.
//
// Input: a text, which is read as each of them.
//
// - What is read is read again from what is written of it, and is the same.
// - A signature that verifies is one of the two that were made: whatever is changed in it but its first line, it does
//   not verify. Of a secret key the halves belong together.

#include "require.hpp"

#include <tenon/packages/format/package_signature.hpp>

#include <cstdint>
#include <string>
#include <string_view>

using namespace tenon;

namespace {

void look_at_signature(std::string_view text) {
    const auto read = read_signature(text);
    if (!read) {
        FUZZ_REQUIRE(!read.error().message.empty());
        return;
    }
    FUZZ_REQUIRE(text.size() <= longest_signature);
    const auto again = read_signature(read->text("again"));
    FUZZ_REQUIRE(again || read->text("again").size() > longest_signature);
    if (again)
        FUZZ_REQUIRE(again->label == read->label && again->value == read->value &&
                     again->of_comment == read->of_comment && again->prehashed == read->prehashed &&
                     again->trusted_comment == read->trusted_comment);

    static const secret_key key = make_secret_key(std::string(40, 'k')).value();
    static const package_signature made = sign(key, "hello\n", "time words").value();
    package_signature labelled = *read;
    labelled.label = key.label; // else it would hardly ever be looked at further
    if (verify(labelled, key.open, "hello\n"))
        FUZZ_REQUIRE(labelled.value == made.value && labelled.of_comment == made.of_comment &&
                     labelled.trusted_comment == made.trusted_comment && labelled.prehashed);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    look_at_signature(text);
    if (const auto key = read_public_key(text)) {
        const auto again = read_public_key(key->text());
        FUZZ_REQUIRE(again && *again == *key && again->label == key->label);
        FUZZ_REQUIRE(text.find(key->text()) != std::string_view::npos);
    }
    if (const auto key = read_secret_key(text)) {
        const auto again = read_secret_key(secret_key_text(*key));
        FUZZ_REQUIRE(again && again->seed == key->seed && again->open == key->open);
    }
    return 0;
}
