// How the page is given out.

#include "page.hpp"

#include <tenon/core/text.hpp>
#include <tenon/http/guard.hpp>

#include <string>

namespace reference {

/// The page is one file with its own script and style, which alone may run: they get a word that nobody can guess.
void show_page(const tenon::http::call& asked) {
    const auto nonce = tenon::http::make_token();
    if (!nonce) return asked.answer(tenon::http::problem(nonce.error()));
    std::string text(page());
    for (const std::string_view tag : {"<script", "<style"})
        if (const std::size_t at = text.find(tag); at != text.npos)
            text.insert(at + tag.size(), tenon::detail::join({" nonce=\"", *nonce, "\""}));
    const std::string rules =
        tenon::detail::join({"default-src 'none'; script-src 'nonce-", *nonce, "'; style-src 'nonce-", *nonce,
                             "'; connect-src 'self'; img-src 'self' data:; base-uri "
                             "'none'; form-action 'none'; frame-ancestors 'none'"});
    asked.answer({.headers = {{"Content-Type", "text/html; charset=utf-8"},
                              {"Cache-Control", "no-store"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Content-Security-Policy", rules}},
                  .body = std::move(text)});
}

} // namespace reference
