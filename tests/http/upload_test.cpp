// Uploads through a server: files on the disk that go when they are not wanted, and what is not let in.

#include "raw_client.hpp"

#include <tenon/http/client.hpp>
#include <tenon/http/router.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <stdlib.h>

using namespace tenon::http;
namespace fs = std::filesystem;

namespace {

struct folder {
    folder() {
        char name[] = "/tmp/tenon-upload-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    std::vector<fs::path> files() const {
        std::vector<fs::path> all;
        for (const auto& one : fs::directory_iterator(path)) all.push_back(one.path());
        return all;
    }

    std::string path;
};

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A server with one endpoint that spools: it says what it got, and keeps the upload, or a file, where the request says so.
struct uploads {
    explicit uploads(spooling bounds = {}, const limits& of_server = {}) {
        if (bounds.folder.empty()) bounds.folder = disk.path;
        web.emplace([this](auto call) { paths->answer(std::move(call)); }, of_server,
                    [this](const request& head) { return paths->admit(head); });
        web->there([&] {
            paths.emplace(guard("Tok-1", web->web()->address(), {"a"}));
            paths->add({.method = "POST",
                        .pattern = "/files",
                        .needs = "files:write",
                        .may_lack_body = true,
                        .spool = bounds},
                       [this](const call& asked) {
                           const auto& sent = asked.exchange->uploaded();
                           if (!sent) return asked.answer(tenon::text("no form: " + asked.asked().body));
                           std::string said = asked.asked().body;
                           for (const uploaded_field& one : sent->fields)
                               said += one.name + "=" + one.value + " ";
                           for (const uploaded_file& one : sent->files) {
                               const std::string bytes = text_of(one.path);
                               said += one.name + "@" + one.file_name + "(" + one.content_type + ")" +
                                       (bytes.size() == one.size ? "" : " of another size") + "=" +
                                       (bytes.size() < 100 ? bytes : std::to_string(bytes.size())) + " ";
                           }
                           if (sent->field("keep") != nullptr) kept.push_back(sent->keep(0));
                           if (sent->field("wait") != nullptr) waiting.push_back(sent);
                           asked.answer(tenon::text(said));
                       });
        });
    }
    ~uploads() { close(); }
    void close() {
        if (!web) return;
        web->stop();
        web->there([this] {
            paths.reset();
            waiting.clear();
        });
        web.reset();
    }

    std::string head(const std::string& more, std::string_view token = "Tok-1") const {
        return "POST /files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + std::string(token) +
               "\r\nContent-Type: multipart/form-data; boundary=b\r\n" + more + "\r\n";
    }
    std::string with_length(const std::string& body) const {
        return head("Content-Length: " + std::to_string(body.size()) + "\r\n") + body;
    }
    raw_client::answer ask(const std::string& bytes) const {
        raw_client one = web->client();
        one.say(bytes);
        return one.hear();
    }
    /// Files are removed beside the loop: a while later there are none.
    bool is_soon_empty() const {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!disk.files().empty())
            if (std::chrono::steady_clock::now() > end) return false;
            else std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return true;
    }
    bool has_soon_files(std::size_t count) const {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (disk.files().size() != count)
            if (std::chrono::steady_clock::now() > end) return false;
            else std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return true;
    }

    folder disk;
    std::vector<std::string> kept; // within there() alone
    std::vector<std::shared_ptr<upload>> waiting;
    std::optional<router> paths;
    std::optional<running_server> web;
};

std::string text_part(const std::string& name, const std::string& value) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
}
std::string file_part(const std::string& name, const std::string& bytes,
                      const std::string& called = "x.zip") {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + called +
           "\"\r\nContent-Type: application/zip\r\n\r\n" + bytes + "\r\n";
}
const std::string end = "--b--\r\n";

std::string in_chunks(const std::string& body, std::size_t piece) {
    std::string all;
    char size[32];
    for (std::size_t at = 0; at < body.size(); at += piece) {
        const std::string one = body.substr(at, piece);
        std::snprintf(size, sizeof size, "%zx\r\n", one.size());
        all += size + one + "\r\n";
    }
    return all + "0\r\n\r\n";
}

} // namespace

TEST_CASE("a form is fields in memory and files on the disk, which are gone when nobody holds them") {
    uploads whole;
    const std::string form = text_part("source", "local") + file_part("file", "PK\r\n--x") +
                             file_part("more", "") + text_part("grant", "a") + end;
    const std::string expected =
        "source=local grant=a file@x.zip(application/zip)=PK\r\n--x more@x.zip(application/zip)= ";
    CHECK(whole.ask(whole.with_length(form)).body == expected);
    CHECK(whole.is_soon_empty());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1'000}})
        CHECK(whole.ask(whole.head("Transfer-Encoding: chunked\r\n") + in_chunks(form, piece)).body ==
              expected);
    CHECK(whole.ask(whole.with_length(end)).body.empty());
    CHECK(whole.is_soon_empty());

    // One connection, one after the other, and what comes behind a form is another request.
    raw_client one = whole.web->client();
    one.say(whole.with_length(form) + whole.with_length(text_part("a", "1") + end) +
            "GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(one.hear().body == expected);
    CHECK(one.hear().body == "a=1 ");
    CHECK(one.hear().status == 404);
}

TEST_CASE("a form that comes a byte at a time is the same form") {
    uploads whole;
    raw_client one = whole.web->client();
    for (const char letter : whole.with_length(text_part("a", "1") + file_part("f", "\r\n--\r\n--b") + end)) {
        // A boundary behind a line is the end of the part: what follows it is refused below.
        REQUIRE(one.say(std::string_view(&letter, 1)));
        if (letter == '\n') std::this_thread::yield();
    }
    CHECK(one.hear().status == 400);
    raw_client other = whole.web->client();
    for (const char letter : whole.with_length(text_part("a", "1") + file_part("f", "\r\n--\r\n-b") + end))
        REQUIRE(other.say(std::string_view(&letter, 1)));
    CHECK(other.hear().body == "a=1 f@x.zip(application/zip)=\r\n--\r\n-b ");
    CHECK(whole.is_soon_empty());
}

TEST_CASE("a file that is larger than any other body goes to the disk, 0600 and under a name of its own") {
    uploads whole;
    std::string large(20'000'000, 'x');
    for (std::size_t at = 0; at < large.size(); at += 997) large[at] = static_cast<char>(at / 997);
    const std::string form = text_part("keep", "") + file_part("file", large, "../../x") + end;
    CHECK(whole.ask(whole.with_length(form)).body == "keep= file@x(application/zip)=20000000 ");
    const std::string path = whole.web->there([&] { return whole.kept.at(0); });
    CHECK(fs::path(path).parent_path() == whole.disk.path);
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(text_of(path) == large);
    CHECK(whole.disk.files().size() == 1);
    fs::remove(path);

    // Any other body is bounded as before.
    CHECK(whole
              .ask("POST /files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Tok-1\r\nContent-Type: "
                   "application/json\r\nContent-Length: 20000000\r\n\r\n")
              .status == 413);
    CHECK(whole
              .ask("POST /files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Tok-1\r\nContent-Type: "
                   "application/json\r\nContent-Length: 2\r\n\r\n{}")
              .body == "no form: {}");
}

TEST_CASE("an upload that somebody still holds outlives its answer, and the server") {
    uploads whole;
    CHECK(whole.ask(whole.with_length(text_part("wait", "") + file_part("f", "1") + end)).status == 200);
    auto held = whole.web->there([&] { return std::exchange(whole.waiting, {}); });
    REQUIRE(held.size() == 1);
    CHECK(held[0]->field("none") == nullptr);
    REQUIRE(held[0]->file("f") != nullptr);
    CHECK(text_of(held[0]->file("f")->path) == "1");
    whole.close();
    CHECK(whole.disk.files().size() == 1);
    held.clear(); // the last one waits for its disk
    CHECK(whole.disk.files().empty());
}

TEST_CASE("who may not ask is told before the body comes, and nothing is made") {
    uploads whole;
    const std::string much = "Content-Length: 1000000\r\nExpect: 100-continue\r\n";
    CHECK(whole.ask(whole.head(much, "other")).status == 401);
    CHECK(whole
              .ask("POST /files HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n" +
                   much + "\r\n")
              .status == 401);
    CHECK(whole
              .ask("POST /files HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAuthorization: Bearer "
                   "Tok-1\r\nContent-Type: multipart/form-data; boundary=b\r\n" +
                   much + "\r\n")
              .status == 403);
    CHECK(whole
              .ask("POST /files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Tok-1\r\nContent-Type: "
                   "multipart/mixed; boundary=b\r\n" +
                   much + "\r\n")
              .status == 415);
    CHECK(whole
              .ask("POST /files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer Tok-1\r\nContent-Type: "
                   "multipart/form-data\r\n" +
                   much + "\r\n")
              .status == 400);
    CHECK(whole.disk.files().empty());
}

TEST_CASE("a client that asks first is told to go on once the disk has room") {
    uploads whole;
    const std::string form = file_part("f", "12345") + end;
    raw_client one = whole.web->client();
    one.say(whole.head("Expect: 100-continue\r\nContent-Length: " + std::to_string(form.size()) + "\r\n"));
    CHECK(one.hear(false).status == 100);
    one.say(form);
    CHECK(one.hear().body == "f@x.zip(application/zip)=12345 ");

    uploads full({.folder = {}, .spare = std::uint64_t{1} << 62});
    const auto refused = full.ask(full.head("Expect: 100-continue\r\nContent-Length: 100\r\n"));
    CHECK(refused.status == 507);
    CHECK(refused.body.find(R"("code":"disk")") != refused.body.npos);
    CHECK(full.ask(full.with_length(form)).status == 507);
    CHECK(full.disk.files().empty());
}

TEST_CASE("a disk that cannot be written is 507") {
    uploads whole({.folder = "/nowhere/at/all"});
    CHECK(whole.ask(whole.with_length(file_part("f", "1") + end)).status == 507);
    uploads gone;
    raw_client one = gone.web->client();
    one.say(gone.head("Expect: 100-continue\r\nContent-Length: 1000000\r\n"));
    CHECK(one.hear(false).status == 100);
    fs::remove(gone.disk.path); // between the question and the first byte
    one.say(file_part("f", std::string(200'000, 'x')));
    CHECK(one.hear().status == 507);
}

TEST_CASE("a form that was too large was refused without the limit") {
    uploads whole({.folder = {}, .body = 100'000, .files = 2, .part_head = 200, .fields = 1'000});
    const auto says = [&](const std::string& form, std::string_view words) {
        const auto heard = whole.ask(whole.with_length(form));
        CHECK(heard.status == 413);
        CHECK_MESSAGE(heard.body.find(words) != heard.body.npos, heard.body);
    };
    const std::string one = file_part("f", "1");
    says(file_part("f", std::string(100'000, 'x')) + end,
         "the body is too large: expected at most 100000 bytes");
    says(one + one + one + end, "there are too many files: expected at most 2");
    says(text_part("a", std::string(2'000, 'x')) + end,
         "the fields are too large: expected at most 1000 bytes");
    says(file_part("f", "1", std::string(300, 'x')) + end,
         "the head of a part is too long: expected at most 200 bytes");
}

TEST_CASE("a form that is too large, in any of its ways, is 413 and leaves nothing") {
    uploads whole({.folder = {}, .body = 100'000, .parts = 5, .files = 2, .part_head = 200, .fields = 1'000});
    const std::string long_field = text_part("a", std::string(600, 'x'));
    const std::string x_file = file_part("f", "1");
    for (const std::string& form :
         {long_field + long_field + end, text_part(std::string(150, 'n'), std::string(900, 'x')) + end,
          x_file + x_file + x_file + end,
          x_file + text_part("a", "1") + text_part("a", "1") + text_part("a", "1") + text_part("a", "1") +
              text_part("a", "1") + end,
          x_file + file_part("f", "1", std::string(300, 'x')) + end}) {
        const auto heard = whole.ask(whole.with_length(form));
        CHECK(heard.status == 413);
        CHECK(heard.body.find(R"("code":"too_large")") != heard.body.npos);
    }
    CHECK(whole.ask(whole.head("Content-Length: 100001\r\n")).status == 413);
    CHECK(whole.ask(whole.head("Content-Length: 9223372036854775807\r\n")).status == 413);
    CHECK(whole.ask(whole.head("Transfer-Encoding: chunked\r\n") + "186a1\r\n").status == 413);
    CHECK(whole
              .ask(whole.head("Transfer-Encoding: chunked\r\n") +
                   in_chunks(file_part("f", std::string(90'000, 'x')) + std::string(20'000, 'x'), 30'000))
              .status >= 400);
    CHECK(whole.is_soon_empty());
    const std::string exactly =
        file_part("f", std::string(100'000 - file_part("f", "").size() - end.size(), 'x')) + end;
    REQUIRE(exactly.size() == 100'000);
    CHECK(whole.ask(whole.with_length(exactly)).status == 200);
    CHECK(whole.ask(whole.head("Transfer-Encoding: chunked\r\n") + in_chunks(exactly, 33'333)).status == 200);
    CHECK(whole.is_soon_empty());
}

TEST_CASE("an upload that breaks off leaves nothing, wherever it does") {
    uploads whole;
    const std::string form =
        text_part("a", "1") + file_part("f", std::string(300'000, 'x')) + file_part("g", "2") + end;
    const std::string bytes = whole.with_length(form);
    for (const std::size_t size : {std::size_t{200}, std::size_t{400}, std::size_t{70'000},
                                   std::size_t{200'000}, form.size(), bytes.size() - 1}) {
        raw_client one = whole.web->client();
        REQUIRE(one.say(std::string_view(bytes).substr(0, size)));
        if (size == 200'000) CHECK(whole.has_soon_files(1)); // it had begun
        one.close();
        CHECK(whole.is_soon_empty());
    }
    // One that says that it is over, and is not: within the length that it has said, too.
    CHECK(whole.ask(whole.with_length(file_part("f", std::string(200'000, 'x')))).status == 400);
    CHECK(whole
              .ask(whole.with_length(text_part("a", "1") + file_part("f", std::string(200'000, 'x')) +
                                     "--b\r\n"))
              .status == 400);
    CHECK(whole.ask(whole.with_length(file_part("f", std::string(200'000, 'x')) + end + "more")).status ==
          400);
    CHECK(whole.is_soon_empty());

    raw_client one = whole.web->client();
    REQUIRE(one.say(std::string_view(bytes).substr(0, 200'000)));
    CHECK(whole.has_soon_files(1));
    whole.close(); // the server goes in the middle of it
    CHECK(whole.disk.files().empty());
}

TEST_CASE("an upload may take longer than another body, as long as something comes, but not for ever") {
    const tenon::milliseconds short_time{100};
    uploads slow({}, {.body_time = short_time});
    raw_client one = slow.web->client();
    one.say(slow.head("Content-Length: 1000000\r\n") + file_part("f", "1"));
    CHECK(one.hear().status == 408);
    CHECK(slow.is_soon_empty());

    uploads late({.folder = {}, .time = tenon::milliseconds(1)}, {.body_time = short_time});
    raw_client other = late.web->client();
    other.say(late.head("Content-Length: 1000000\r\n") + file_part("f", std::string(5'000, 'x')));
    CHECK(other.hear().status == 408);

    // Enough comes in each while, so that it goes on for three of them. A machine that is busy may hold up the client
    // for one: that is another try.
    uploads steady({}, {.body_time = short_time});
    const std::string form = file_part("f", std::string(30'000, 'x')) + end;
    int status = 0;
    for (int tries = 0; status != 200 && tries != 20; ++tries) {
        raw_client third = steady.web->client();
        third.say(steady.head("Content-Length: " + std::to_string(form.size()) + "\r\n"));
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t at = 0; at < form.size() && third.say(std::string_view(form).substr(at, 500));
             at += 500)
            std::this_thread::sleep_until(begin + std::chrono::milliseconds(at / 100));
        status = third.hear().status;
    }
    CHECK(status == 200);
}

TEST_CASE("16 uploads at once do not mix") {
    uploads whole;
    std::vector<std::thread> all;
    std::vector<std::string> heard(16);
    for (std::size_t number = 0; number != heard.size(); ++number)
        all.emplace_back([&, number] {
            const std::string bytes(300'000 + number, static_cast<char>('a' + number));
            raw_client one = whole.web->client();
            one.say(whole.with_length(text_part("n", std::to_string(number)) + file_part("f", bytes) + end));
            heard[number] = one.hear().body;
        });
    for (std::thread& one : all) one.join();
    for (std::size_t number = 0; number != heard.size(); ++number)
        CHECK(heard[number] == "n=" + std::to_string(number) +
                                   " f@x.zip(application/zip)=" + std::to_string(300'000 + number) + " ");
    CHECK(whole.is_soon_empty());
}

TEST_CASE("the client of commands sends a form with files, and says how far it is") {
    uploads whole;
    folder own;
    std::string large(3'000'000, 'y');
    large.replace(1'000, 9, "\r\n--b--\r\n");
    std::ofstream(own.path + "/a \"b\".zip", std::ios::binary) << large;
    std::ofstream(own.path + "/empty", std::ios::binary).flush();
    const client one(whole.web->address(), "Tok-1");
    form what{
        .fields = {{"source", "local"}, {"grant", "a\r\nb"}},
        .files = {{"file", own.path + "/a \"b\".zip", "application/zip"}, {"other", own.path + "/empty"}}};
    std::uint64_t last = 0, all = 0;
    bool grows = true;
    const auto heard = one.send("POST", "/files", what, [&](std::uint64_t sent, std::uint64_t of) {
        grows = grows && sent >= last && (all == 0 || of == all);
        last = sent;
        all = of;
        return true;
    });
    REQUIRE(heard);
    CHECK(heard->status == 200);
    CHECK(heard->body == "source=local grant=a\r\nb file@a \"b\".zip(application/zip)=3000000 "
                         "other@empty(application/octet-stream)= ");
    CHECK(grows);
    CHECK((last == all && all > large.size()));

    const auto given_up =
        one.send("POST", "/files", what, [](std::uint64_t sent, std::uint64_t) { return sent == 0; });
    REQUIRE_FALSE(given_up);
    CHECK(given_up.error().code == tenon::codes::cancelled);
    CHECK(whole.is_soon_empty());

    bool asked = false;
    const auto refused = client(whole.web->address(), "no").send("POST", "/files", what, [&](auto, auto) {
        return asked = true;
    });
    CHECK(refused.value().status == 401);
    CHECK_FALSE(asked); // nothing of it was sent
    CHECK_FALSE(client("127.0.0.1:1", "").send("POST", "/files", what));
    what.files[0].path = own.path + "/none";
    const auto missing = one.send("POST", "/files", what);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message == "cannot read " + own.path + "/none");
}
