#ifndef REFERENCE_COMMAND_LINE_FIELDS_HPP
#define REFERENCE_COMMAND_LINE_FIELDS_HPP

// What a command or an event takes, as a person types it: `who=Bo times=3 tags:=["a"]`. A value is read by the schema that
// the plugin gave; without a schema, or with `:=`, as JSON. One word may be all of it: JSON, @FILE, or - for stdin.

#include <tenon/core/result.hpp>
#include <tenon/json/value.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reference {

struct field {
    std::string name;
    std::string type = {}; // of JSON Schema: "string", "integer", ...; empty: anything
    bool required = false, may_be_null = false;
    std::vector<std::string> values = {}; // of an enumeration
};

/// The members of an object's schema, in its order. None where it says none.
std::vector<field> fields_of(tenon::json_view schema);
/// Of one command in the host's list of them, or one event in its catalogue. Empty where it is not there.
std::vector<field> fields_of_command(const tenon::json& commands, std::string_view name);
std::vector<field> fields_of_event(const tenon::json& catalogue, std::string_view type);
/// "who=TEXT [times=INTEGER]".
std::string fields_words(const std::vector<field>& fields);

/// "who" of "who=Bo" and of "who:=3"; empty where this is no name with a value.
std::string_view key_of(std::string_view word);

/// What was typed, as JSON: an object, unless one word said something else.
tenon::result<tenon::json> payload_of(std::span<const std::string> words, const std::vector<field>& fields);

/// Of @FILE, of stdin (-), or the word itself.
tenon::result<std::string> text_behind(const std::string& word);

/// Says what was typed wrong, or which file cannot be read, and which exit code it is.
int complain_of_words(const tenon::fault& why, const std::string& hint = "");

} // namespace reference

#endif
