#ifndef TENON_JSON_SCHEMA_CHECK_HPP
#define TENON_JSON_SCHEMA_CHECK_HPP

// Holds a JSON value to a JSON Schema and says all that is wrong with it, each with its path:
//
//     const auto faults = tenon::check_schema(schema, config, {.root = "config"});
//     // config.greting: unknown member; did you mean "greeting"?
//
// It is a subset of draft 2020-12 that reads draft-07 too (`definitions`, `items` as an array, `additionalItems`):
// type, enum, const; properties, required, additionalProperties, propertyNames, minProperties, maxProperties; items,
// prefixItems, minItems, maxItems, uniqueItems; minimum, maximum and their exclusive kin, multipleOf of whole numbers;
// minLength, maxLength; allOf, anyOf, oneOf, not, if/then/else; $ref to a place in the same schema. Everything else is
// not looked at, and nothing is refused for it: so `pattern` (an expression of a stranger's can take a regex engine
// minutes), `format`, references elsewhere, and what `additionalProperties` says where there are `patternProperties`.
//
// Schemas come from plugins, which are not trusted. Work and depth are bounded, whatever stands in one. A schema that goes
// beyond, or a text that is no schema, is a fault of its own and says nothing about the value. Values are never quoted: they may
// be secret.

#include <tenon/core/nearest_name.hpp>
#include <tenon/json/checked.hpp>
#include <tenon/json/same_value.hpp>
#include <tenon/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// One thing that is wrong with a value.
struct schema_fault {
    std::string path;     // "config.rooms[2].name"; empty for the whole where it has no name
    std::string expected; // "string or null"; empty where that is not the point
    std::string words;    // "expected string or null, got number"

    std::string sentence() const { return path.empty() ? words : detail::join({path, ": ", words}); }
};

struct schema_check_options {
    std::string_view root = {}; // what paths start with
    std::size_t most_faults = 20;
    /// Bytes of both texts that may be walked over. 16 MiB: some 10 ms, and a thousand times what a configuration takes.
    std::size_t most_work = std::size_t{16} << 20;
};

/// What is wrong with `value`, or nothing; a fault where `schema` is no schema, or takes too much to check with.
result<std::vector<schema_fault>> check_schema(json_view schema, json_view value,
                                               const schema_check_options& options = {});

namespace detail {

/// Schemas within schemas, references among them. Values are at most 64 deep; one level of them may take two of these.
inline constexpr unsigned max_schema_depth = 160;

/// Of how many names one may have been meant: to compare costs the product of their lengths.
inline constexpr std::size_t most_guesses = 256;

/// Goes through a schema or a value, and knows where it is.
class schema_walk {
protected:
    using text = std::string_view;

    explicit schema_walk(text root) : path_(join({root})) {}

    static json_kind kind(text value) noexcept { return kind_of(value.front()); }
    /// Without a root it begins with a dot, which is not shown.
    std::string shown_path() const { return path_.substr(path_.starts_with('.') ? 1 : 0); }
    template <class Work>
    void within(std::initializer_list<text> step, Work work) {
        const std::size_t length = path_.size();
        append(path_, join(step));
        work();
        path_.resize(length);
    }
    static text shortened(text name) { return beginning_of(name, longest_name); }

    std::string path_;
};

class schema_checker : schema_walk {
public:
    schema_checker(std::string_view root, const schema_check_options& options)
        : schema_walk(options.root), root_(root), most_faults_(options.most_faults),
          work_left_(options.most_work) {}

    result<std::vector<schema_fault>> run(std::string_view value) {
        check(root_, value);
        if (!trouble_.empty()) return fault{codes::invalid_params, join({"schema: ", trouble_})};
        return std::move(faults_);
    }

    // --- places in the schema, as $ref names them ---

    static bool is_within(std::string_view place) noexcept {
        return place == "#" || place.starts_with("#/"); // "#name" is an anchor, all else another document
    }
    /// Empty where there is nothing.
    std::string_view place_of(std::string_view place) {
        const std::string pointer = percent_decoded(place.substr(1));
        text target = root_;
        for (text rest = pointer; !rest.empty() && !target.empty();) {
            rest.remove_prefix(1);
            const std::size_t end = rest.find('/');
            target = step_into(target, pointer_unescaped(rest.substr(0, end)));
            rest = end == rest.npos ? text() : rest.substr(end);
        }
        return target;
    }
    /// Why nothing more is looked for, or nothing.
    const std::string& trouble() const noexcept { return trouble_; }

private:
    /// The keywords of one schema, as JSON; empty: not there.
    struct keywords {
        text ref, type, values, constant, properties, required, additional, patterns, names, min_properties,
            max_properties, items, prefix, more_items, min_items, max_items, unique, minimum, maximum, above,
            below, multiple, min_length, max_length, all, any, one, none, condition, consequence, otherwise;
    };

    // --- the budget ---

    bool spend(std::size_t bytes) {
        if (bytes > work_left_) return stop("it takes too much to check with");
        work_left_ -= bytes;
        return trouble_.empty();
    }
    bool stop(text why) {
        if (trouble_.empty()) trouble_ = join({why});
        work_left_ = 0;
        return false;
    }

    // --- texts ---

    /// A name as it is meant; `written` stands between quotes.
    static text plain(text written, std::string& scratch) {
        if (written.find('\\') == written.npos) return written;
        return plain_text({written.data() - 1, written.size() + 2}, scratch);
    }
    text member_of(text object, text name) {
        if (object.empty() || kind(object) != json_kind::object || !spend(object.size())) return {};
        std::string scratch;
        checked_members members(object);
        for (text key, value; members.next(key, value);)
            if (plain(key, scratch) == name) return value;
        return {};
    }
    static keywords keywords_of(text schema) {
        keywords found;
        const std::pair<text, text*> known[] = {{"$ref", &found.ref},
                                                {"type", &found.type},
                                                {"enum", &found.values},
                                                {"const", &found.constant},
                                                {"properties", &found.properties},
                                                {"required", &found.required},
                                                {"additionalProperties", &found.additional},
                                                {"patternProperties", &found.patterns},
                                                {"propertyNames", &found.names},
                                                {"minProperties", &found.min_properties},
                                                {"maxProperties", &found.max_properties},
                                                {"items", &found.items},
                                                {"prefixItems", &found.prefix},
                                                {"additionalItems", &found.more_items},
                                                {"minItems", &found.min_items},
                                                {"maxItems", &found.max_items},
                                                {"uniqueItems", &found.unique},
                                                {"minimum", &found.minimum},
                                                {"maximum", &found.maximum},
                                                {"exclusiveMinimum", &found.above},
                                                {"exclusiveMaximum", &found.below},
                                                {"multipleOf", &found.multiple},
                                                {"minLength", &found.min_length},
                                                {"maxLength", &found.max_length},
                                                {"allOf", &found.all},
                                                {"anyOf", &found.any},
                                                {"oneOf", &found.one},
                                                {"not", &found.none},
                                                {"if", &found.condition},
                                                {"then", &found.consequence},
                                                {"else", &found.otherwise}};
        checked_members members(schema);
        for (text key, value; members.next(key, value);)
            for (const auto& [name, place] : known)
                if (key == name) *place = value;
        // Draft-07 says by an array of `items` what 2020-12 says by prefixItems.
        if (!found.items.empty() && kind(found.items) == json_kind::array) {
            found.prefix = found.items;
            found.items = found.more_items;
        }
        return found;
    }
    template <class Visit>
    void each_element(text array, Visit visit) {
        if (array.empty() || kind(array) != json_kind::array || !spend(array.size())) return;
        checked_elements elements(array);
        for (text value; trouble_.empty() && elements.next(value);) visit(value);
    }

    // --- faults ---

    void report(text expected, text words) {
        ++wrong_;
        if (quiet_ != 0 || faults_.size() >= most_faults_ || !spend(path_.size() + words.size())) return;
        faults_.push_back({shown_path(), join({expected}), join({words})});
    }
    void expected(text what, text got) { report(what, join({"expected ", what, ", got ", got})); }
    /// "too few elements": what the decoder of a typed plugin says of the same.
    void say(text words) { report({}, words); }

    /// Whether it fits, without a word about why not.
    bool fits(text schema, text value) {
        const std::size_t before = wrong_;
        ++quiet_;
        check(schema, value);
        --quiet_;
        return wrong_ == before;
    }

    // --- checking ---

    void check(text schema, text value) {
        if (depth_ == max_schema_depth) return static_cast<void>(stop("it goes too deep"));
        if (!spend(schema.size() + 16)) return;
        if (schema == "true") return;
        if (schema == "false") return say("is not allowed");
        if (kind(schema) != json_kind::object)
            return static_cast<void>(stop("expected an object or a truth value where a schema is"));
        ++depth_;
        check_with(keywords_of(schema), value);
        --depth_;
    }
    void check_with(const keywords& all, text value) {
        if (!all.ref.empty()) follow(all.ref, value);
        if (!has_type(all.type, value)) return;
        if (!all.values.empty()) check_enum(all.values, value);
        if (!all.constant.empty() && spend(value.size() + all.constant.size()) &&
            !same_value(all.constant, value))
            say(join({"expected ", shortened(all.constant)}));
        switch (kind(value)) {
        case json_kind::object: check_object(all, value); break;
        case json_kind::array: check_array(all, value); break;
        case json_kind::number: check_number(all, value); break;
        case json_kind::string: check_text(all, value); break;
        default: break;
        }
        combine(all, value);
    }

    void follow(text ref, text value) {
        std::string scratch;
        text place = kind(ref) == json_kind::string ? plain_text(ref, scratch) : text();
        if (!is_within(place)) return;
        const text target = place_of(place);
        if (target.empty())
            return static_cast<void>(stop(join({"there is nothing at $ref \"", shortened(place), "\""})));
        check(target, value);
    }
    text step_into(text target, text name) {
        if (kind(target) != json_kind::array) return member_of(target, name);
        std::size_t wanted = 0;
        for (const char digit : name) {
            if (!is_digit(digit) || wanted > target.size()) return {};
            wanted = wanted * 10 + static_cast<std::size_t>(digit - '0');
        }
        text found;
        std::size_t at = 0;
        each_element(target, [&](text element) {
            if (at++ == wanted) found = element;
        });
        return name.empty() ? text() : found;
    }
    static std::string percent_decoded(text from) {
        std::string decoded;
        const auto hex = [](char digit) {
            const char lower = static_cast<char>(digit | 0x20);
            if (is_digit(digit)) return digit - '0';
            return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        };
        for (std::size_t at = 0; at < from.size(); ++at) {
            if (from[at] == '%' && at + 2 < from.size() && hex(from[at + 1]) >= 0 && hex(from[at + 2]) >= 0) {
                decoded.push_back(static_cast<char>(hex(from[at + 1]) * 16 + hex(from[at + 2])));
                at += 2;
            } else {
                decoded.push_back(from[at]);
            }
        }
        return decoded;
    }
    static std::string pointer_unescaped(text from) {
        std::string name;
        for (std::size_t at = 0; at < from.size(); ++at) {
            const bool escaped = from[at] == '~' && at + 1 < from.size();
            if (escaped) name.push_back(from[++at] == '1' ? '/' : '~');
            else name.push_back(from[at]);
        }
        return name;
    }

    static bool is_of_type(text name, text value) {
        if (name == name_of(kind(value))) return true;
        return name == "integer" && kind(value) == json_kind::number && decimal(value).is_whole();
    }
    bool has_type(text type, text value) {
        if (type.empty()) return true;
        std::string scratch, names;
        bool good = false;
        const auto look_at = [&](text one) {
            if (kind(one) != json_kind::string) return;
            const text name = plain_text(one, scratch);
            good = good || is_of_type(name, value);
            append(names, join({names.empty() ? "" : " or ", shortened(name)}));
        };
        if (kind(type) == json_kind::array) each_element(type, look_at);
        else look_at(type);
        if (good || names.empty()) return true;
        const bool fraction = kind(value) == json_kind::number && names == "integer";
        expected(names, fraction ? text("a fraction") : name_of(kind(value)));
        return false;
    }

    void check_enum(text values, text value) {
        bool found = false;
        std::string list;
        std::size_t count = 0;
        constexpr std::size_t most_listed = 12;
        each_element(values, [&](text one) {
            if (found || !spend(value.size())) return;
            found = same_value(one, value);
            if (quiet_ == 0 && ++count <= most_listed)
                append(list, join({list.empty() ? "" : ", ", shortened(one)}));
        });
        if (!found) say(join({"expected one of ", list, count > most_listed ? ", ..." : ""}));
    }

    // --- objects ---

    void check_object(const keywords& all, text object) {
        if (!all.required.empty()) check_required(all.required, object);
        const bool counted = !all.min_properties.empty() || !all.max_properties.empty();
        if (!counted && all.properties.empty() && all.additional.empty() && all.names.empty()) return;
        if (!spend(object.size())) return;
        std::size_t count = 0;
        std::string scratch;
        checked_members members(object);
        for (text key, value; trouble_.empty() && members.next(key, value); ++count) {
            const text name = plain(key, scratch);
            within({".", shortened(name)}, [&] {
                if (!all.names.empty()) check(all.names, {key.data() - 1, key.size() + 2});
                check_member(all, name, value);
            });
        }
        if (below(all.min_properties, count)) say("too few members");
        if (beyond(all.max_properties, count)) say("too many members");
    }
    void check_member(const keywords& all, text name, text value) {
        const text schema = member_of(all.properties, name);
        if (!schema.empty()) return check(schema, value);
        if (all.additional.empty() || !all.patterns.empty()) return;
        if (all.additional != "false") return check(all.additional, value);
        say(quiet_ != 0 ? std::string() : join({"unknown member", meant_by(name, all.properties)}));
    }
    std::string meant_by(text name, text properties) {
        std::vector<text> known;
        if (!properties.empty() && kind(properties) == json_kind::object) {
            checked_members members(properties);
            for (text key, value; known.size() < most_guesses && members.next(key, value);)
                known.push_back(key);
        }
        return spend(properties.size() + known.size() * longest_guess * 4) ? or_meant(name, known) : "";
    }
    void check_required(text required, text object) {
        std::string scratch;
        each_element(required, [&](text one) {
            if (kind(one) != json_kind::string) return;
            const text name = plain_text(one, scratch);
            if (!member_of(object, name).empty() || !trouble_.empty()) return;
            within({".", shortened(name)}, [&] { say("missing"); });
        });
    }

    // --- arrays ---

    void check_array(const keywords& all, text array) {
        std::size_t count = 0;
        std::vector<text> prefix;
        each_element(all.prefix, [&](text schema) { prefix.push_back(schema); });
        const bool too_many_say_it = all.items == "false"; // once, rather than for each that is too many
        each_element(array, [&](text element) {
            const text schema = count < prefix.size() ? prefix[count] : too_many_say_it ? text() : all.items;
            if (!schema.empty()) within({"[", digits(count), "]"}, [&] { check(schema, element); });
            ++count;
        });
        if ((too_many_say_it && count > prefix.size()) || beyond(all.max_items, count))
            say("too many elements");
        if (below(all.min_items, count)) say("too few elements");
        if (all.unique == "true" && trouble_.empty()) check_unique(array, count);
    }
    /// By a table of hashes: an array may be long.
    void check_unique(text array, std::size_t count) {
        std::size_t size = 16;
        while (size < count * 2) size *= 2;
        if (!spend(size)) return;
        std::vector<text> table(size);
        std::size_t index = 0;
        each_element(array, [&](text element) {
            std::size_t at = value_hash(element) & (size - 1);
            for (; !table[at].empty() && spend(16 + element.size()); at = (at + 1) & (size - 1))
                if (same_value(table[at], element))
                    return within({"[", digits(index++), "]"}, [&] { say("is there twice"); });
            table[at] = element;
            ++index;
        });
    }

    // --- numbers and texts ---

    void check_number(const keywords& all, text value) {
        const decimal number(value);
        const auto compare = [&](text limit, int refused, bool equal_too, text words) {
            if (limit.empty() || kind(limit) != json_kind::number) return;
            const int order = number.compare(decimal(limit));
            if (order == refused || (equal_too && order == 0)) say(join({words, shortened(limit)}));
        };
        compare(all.minimum, -1, false, "expected at least ");
        compare(all.maximum, 1, false, "expected at most ");
        compare(all.above, -1, true, "expected more than ");
        compare(all.below, 1, true, "expected less than ");
        if (all.multiple.empty() || kind(all.multiple) != json_kind::number) return;
        std::int64_t whole = 0, step = 0;
        if (decimal(value).as_int64(whole) && decimal(all.multiple).as_int64(step) && step > 0 &&
            whole % step != 0)
            say(join({"expected a multiple of ", shortened(all.multiple)}));
    }
    void check_text(const keywords& all, text value) {
        if (all.min_length.empty() && all.max_length.empty()) return;
        if (!spend(value.size())) return;
        std::string scratch;
        std::size_t count = 0;
        for (const char byte : plain_text(value, scratch)) count += (byte & 0xC0) != 0x80;
        if (below(all.min_length, count))
            say(join({"expected at least ", shortened(all.min_length), " characters"}));
        if (beyond(all.max_length, count))
            say(join({"expected at most ", shortened(all.max_length), " characters"}));
    }
    static bool below(text limit, std::size_t count) {
        std::int64_t least = 0;
        return !limit.empty() && kind(limit) == json_kind::number && decimal(limit).as_int64(least) &&
               least > 0 && count < static_cast<std::uint64_t>(least);
    }
    static bool beyond(text limit, std::size_t count) {
        std::int64_t most = 0;
        return !limit.empty() && kind(limit) == json_kind::number && decimal(limit).as_int64(most) &&
               most >= 0 && count > static_cast<std::uint64_t>(most);
    }

    // --- schemas of schemas ---

    void combine(const keywords& all, text value) {
        each_element(all.all, [&](text schema) { check(schema, value); });
        if (!all.any.empty()) check_alternatives(all.any, value, false);
        if (!all.one.empty()) check_alternatives(all.one, value, true);
        if (!all.none.empty() && fits(all.none, value) && trouble_.empty()) say("is what it must not be");
        if (all.condition.empty()) return;
        const text then = fits(all.condition, value) ? all.consequence : all.otherwise;
        if (!then.empty()) check(then, value);
    }
    void check_alternatives(text alternatives, text value, bool only_one) {
        std::size_t fitting = 0, count = 0;
        each_element(alternatives, [&](text schema) {
            ++count;
            if (fitting < (only_one ? 2u : 1u)) fitting += fits(schema, value);
        });
        if (fitting == 1 || count == 0 || !trouble_.empty()) return;
        if (fitting > 1) return say("fits more than one of the alternatives");
        if (quiet_ != 0) return say({});
        explain(alternatives, value);
    }
    /// Why it fits none. Of the alternative that it follows furthest, what is wrong there; else what each expected.
    void explain(text alternatives, text value) {
        std::vector<schema_fault> before, best;
        before.swap(faults_);
        std::size_t reached = path_.size();
        std::string all_expected;
        each_element(alternatives, [&](text schema) {
            check(schema, value);
            std::vector<schema_fault> own;
            own.swap(faults_);
            if (own.empty()) return;
            if (own[0].path.size() > reached) {
                reached = own[0].path.size();
                best = std::move(own);
            } else if (!own[0].expected.empty()) {
                append(all_expected, join({all_expected.empty() ? "" : " or ", own[0].expected}));
            } else if (best.empty()) {
                best = std::move(own); // of the right type, at least
            }
        });
        faults_ = std::move(before);
        ++wrong_;
        if (best.empty() && !all_expected.empty()) return expected(all_expected, name_of(kind(value)));
        if (best.empty()) return say("fits none of the alternatives");
        for (schema_fault& one : best)
            if (faults_.size() < most_faults_) faults_.push_back(std::move(one));
    }

    text root_;
    std::size_t most_faults_;
    std::size_t work_left_;
    unsigned depth_ = 0;
    unsigned quiet_ = 0; // faults are counted and not put into words
    std::size_t wrong_ = 0;
    std::vector<schema_fault> faults_;
    std::string trouble_; // with the schema itself
};

} // namespace detail

inline result<std::vector<schema_fault>> check_schema(json_view schema, json_view value,
                                                      const schema_check_options& options) {
    return detail::schema_checker(schema.text(), options).run(value.text());
}

} // namespace tenon

#endif
