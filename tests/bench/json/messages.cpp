#include "messages.hpp"

#include <algorithm>
#include <charconv>
#include <random>

namespace bench {

std::string chat_event_text() {
    return R"({"id":734021,"room":"dev","from_uid":"u-482","to_uid":"u-100","content":"see you at nine tomorrow",)"
           R"("edited":false,"sent_at":1718031462123,"score":0.5})";
}

std::string room_message_text() {
    return R"({"id":90071992547,"room":"project-atlas-two","from":{"id":48213,"uid":"u-48213",)"
           "\"name\":\"Zo\u00eb \u00c5ngstr\u00f6m\",\"roles\":[\"editor\",\"reviewer\"]},"
           R"("content":"The draft of \"chapter two\" is ready:\n- figures 3 and 4 are new, figure 2 has the )"
           R"(colours we agreed on last week\n- see C:\\drafts\\two for the rest, and tell me by Friday what is )"
           R"(still missing from your point of view\n\n)"
           "Gr\u00fc\u00dfe \u2014 \u65e5\u672c\u8a9e \U0001F600 \\u00e9t\\u00e9\","
           R"("files":[{"path":"/srv/atlas/drafts/chapter-two.pdf","mime":"application/pdf","bytes":1482133,)"
           R"("checksum":"9f86d081884c7d659a2feaa0c55ad015","preview":true},)"
           R"({"path":"/srv/atlas/figures/figure-3.png","mime":"image/png","bytes":48213,)"
           R"("checksum":"60303ae22b998861bce3b28f33eec1be","preview":false},)"
           R"({"path":"/srv/atlas/figures/figure-4.png","mime":"image/png","bytes":51377,)"
           R"("checksum":"fd61a03af4f77d870fc21e05e7e80678","preview":false}],)"
           R"("mentions":["u-10077","u-20991","u-31456"],"reply_to":90071990001,)"
           R"("origin":{"latitude":52.520008,"longitude":13.404954},"edited":false,"sent_at":1718031462123,)"
           R"("spam_score":0.0175})";
}

std::string record_page_text() {
    constexpr std::string_view first[] = {"Alma", "Bo",  "Clara", "Dimitri", "Eve",    "Farid",
                                          "Gus",  "Hai", "Ines",  "Jo",      "Katrin", "Liam"};
    constexpr std::string_view last[] = {"Berg",  "Castellanos", "Dvo\u0159\u00e1k", "Eriksen",    "Fox",
                                         "Gupta", "Ito",         "Lindqvist",        "M\u00fcller"};
    constexpr std::string_view notes[] = {
        "call back before noon", "prefers \\\"express\\\" delivery", "new",
        "two parcels,\\none of them fragile; leave them with the neighbour"};
    std::mt19937_64 random(20240610);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    const auto decimal = [](double value) {
        char digits[32];
        return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    };
    std::string text = R"({"number":12,"source":"warehouse/orders","records":[)";
    while (text.size() < 65536 - 200) {
        const std::string_view forename = first[below(std::size(first))],
                               surname = last[below(std::size(last))];
        if (text.back() == '}') text += ',';
        text.append("{\"id\":").append(std::to_string(100000 + below(9'900'000)));
        text.append(",\"name\":\"").append(forename).append(" ").append(surname);
        text.append("\",\"email\":\"")
            .append(forename)
            .append(std::to_string(below(10000)))
            .append("@example.com");
        text.append("\",\"price\":").append(decimal(static_cast<double>(below(1'000'000)) / 100));
        text.append(",\"ratio\":").append(decimal(static_cast<double>(random() >> 11) * 0x1p-53));
        text.append(",\"quantity\":").append(std::to_string(below(500)));
        text.append(",\"active\":").append(below(4) != 0 ? "true" : "false");
        if (below(3) == 0) text.append(",\"note\":\"").append(notes[below(std::size(notes))]).append("\"");
        if (below(2) == 0) text.append(",\"parent\":").append(std::to_string(below(9'900'000)));
        text += '}';
    }
    return text + "]}";
}

namespace {

// Copies the value at `at` with its objects' members sorted, and moves behind it.
std::string sort_value(const char*& at) {
    const auto is_container = *at == '{' || *at == '[';
    const char* start = at;
    if (!is_container) {
        bool inside = false;
        for (; inside || (*at != ',' && *at != '}' && *at != ']' && *at != ':'); ++at) {
            if (*at == '\\') ++at;
            else if (*at == '"') inside = !inside;
        }
        return {start, at};
    }
    const bool object = *at++ == '{';
    std::vector<std::string> items;
    while (*at != '}' && *at != ']') {
        if (*at == ',') ++at;
        std::string item = sort_value(at);
        if (object) {
            ++at;
            item += ':' + sort_value(at);
        }
        items.push_back(std::move(item));
    }
    ++at;
    if (object) std::sort(items.begin(), items.end());
    std::string text;
    for (const std::string& item : items) text.append(text.empty() ? "" : ",").append(item);
    return object ? '{' + text + '}' : '[' + text + ']';
}

} // namespace

std::string sorted(std::string_view compact) {
    const std::string terminated(compact);
    const char* at = terminated.c_str();
    return sort_value(at);
}

std::string spaced(std::string_view compact) {
    std::string text;
    bool inside = false;
    for (std::size_t at = 0; at < compact.size(); ++at) {
        const char byte = compact[at];
        text += byte;
        if (inside && byte == '\\') text += compact[++at];
        else if (byte == '"') inside = !inside;
        else if (!inside && (byte == ',' || byte == ':')) text += ' ';
    }
    return text;
}

} // namespace bench
