// yaml-cpp reads, this writes. Its exceptions end here.

#include "settings/yaml.hpp"

#include <tenon/json/reader.hpp>
#include <tenon/json/writer.hpp>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>

namespace reference {

namespace {

/// Whether JSON would take it as a number, or null where it has no form in JSON: 0x1F, .inf, 007 are texts.
bool is_number(const std::string& text) {
    double ignored = 0;
    tenon::json_reader in(text);
    return (text[0] == '-' || std::isdigit(static_cast<unsigned char>(text[0]))) && in.read_double(ignored) &&
           in.finish();
}

class yaml_writer {
public:
    explicit yaml_writer(std::size_t most) : most_(most), out_(buffer_) {}

    void write(const YAML::Node& node, unsigned depth) {
        // An alias may stand for much, or for what it is a part of.
        if (buffer_.size() > most_ || depth > tenon::max_json_depth)
            throw YAML::ParserException(node.Mark(),
                                        "too large, or too deep, when its aliases are written out");
        switch (node.Type()) {
        case YAML::NodeType::Map:
            out_.begin_object();
            for (const auto& member : node) {
                if (!member.first.IsScalar())
                    throw YAML::ParserException(member.first.Mark(), "a key has to be a text");
                out_.key(member.first.Scalar());
                write(member.second, depth + 1);
            }
            return out_.end_object();
        case YAML::NodeType::Sequence:
            out_.begin_array();
            for (const auto& element : node) write(element, depth + 1);
            return out_.end_array();
        case YAML::NodeType::Scalar:
            return write_scalar(node.Scalar(), node.Tag() == "?" || node.Tag().empty());
        default: return out_.null();
        }
    }
    std::string text() const { return std::string(buffer_.view()); }

private:
    void write_scalar(const std::string& text, bool plain) {
        if (!plain || text.empty()) return out_.string(text);
        if (text == "~" || text == "null" || text == "Null" || text == "NULL") return out_.null();
        if (text == "true" || text == "True" || text == "TRUE") return out_.boolean(true);
        if (text == "false" || text == "False" || text == "FALSE") return out_.boolean(false);
        if (is_number(text)) return out_.raw(text);
        out_.string(text);
    }

    std::size_t most_;
    tenon::byte_buffer buffer_;
    tenon::json_writer out_;
};

} // namespace

tenon::result<std::string> json_of_yaml(const std::string& text, std::size_t most_bytes) {
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text);
        if (documents.size() > 1)
            return tenon::fault{tenon::codes::parse_error, "expected one YAML document"};
        yaml_writer out(most_bytes);
        out.write(documents.empty() ? YAML::Node() : documents.front(), 1);
        return out.text();
    } catch (const YAML::Exception& wrong) {
        const YAML::Mark& at = wrong.mark;
        return tenon::fault{tenon::codes::parse_error,
                            (at.is_null() ? ""
                                          : "line " + std::to_string(at.line + 1) + ", column " +
                                                std::to_string(at.column + 1) + ": ") +
                                wrong.msg};
    }
}

} // namespace reference
