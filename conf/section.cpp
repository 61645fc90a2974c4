#include "conf/section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "conf/file.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

bool is_bare_number(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// The number as a person wrote it.
std::string number_text(const Value& value) {
    if (value.is(Kind::Text)) return value.text;
    return value.is(Kind::Integer) ? fmt::format("{}", value.integer)
                                   : fmt::format("{}", value.real);
}

bool is_number(const Value& value) { return value.is(Kind::Integer) || value.is(Kind::Real); }

bool is_negative(const Value& value) {
    return (value.is(Kind::Integer) && value.integer < 0) ||
           (value.is(Kind::Real) && value.real < 0);
}

bool is_none(const Value& value) {
    return value.is(Kind::Text) && (value.text == "none" || value.text == "off");
}

/// The empty table every section is read from while the list of keys is made.
const Value& nothing() {
    static const Value empty{};
    return empty;
}

}  // namespace

void Reading::error(Place place, std::string message, std::string hint) const {
    error(document.locate(place), std::move(message), std::move(hint));
}

void Reading::error(const Location& where, std::string message, std::string hint) const {
    errors.push_back(Error{printable(std::move(message)), printable(std::move(hint)), where});
}

void Reading::warning(Place place, std::string message, std::string hint) const {
    warnings.push_back(
        Error{printable(std::move(message)), printable(std::move(hint)), document.locate(place)});
}

Section::Section(const Reading& reading, const Value& table, Place place, std::string title,
                 std::string path)
    : reading_(reading),
      table_(&table),
      place_(place),
      title_(std::move(title)),
      path_(std::move(path)) {}

const Value* Section::get(std::string_view key) {
    known_.emplace_back(key);
    if (reading_.survey != nullptr) {
        reading_.survey->insert(path_.empty() ? std::string{key}
                                              : fmt::format("{}.{}", path_, key));
    }
    const Entry* entry = table_->find(key);
    return entry == nullptr ? nullptr : &entry->value;
}

Place Section::key_place(std::string_view key) const {
    const Entry* entry = table_->find(key);
    return entry == nullptr ? place_ : entry->place;
}

Place Section::value_place(std::string_view key) const {
    const Entry* entry = table_->find(key);
    return entry == nullptr ? place_ : entry->value.place;
}

Section Section::child(std::string_view key, const Value& value, Place place) const {
    // "[pool.api]" and "[[route]]" both lose their brackets: a sub-table is never a list.
    std::string_view name = title_;
    while (name.starts_with('[')) name.remove_prefix(1);
    while (name.ends_with(']')) name.remove_suffix(1);
    return Section{reading_, value, place,
                   name.empty() ? fmt::format("[{}]", key) : fmt::format("[{}.{}]", name, key),
                   path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key)};
}

void Section::wrong_type(const Value& value, std::string_view key, std::string_view wanted,
                         std::string hint) const {
    error(value.place, fmt::format("\"{}\" must be {}, not {}", key, wanted, value.kind_text()),
          std::move(hint));
}

void Section::unknown_word(Place place, std::string_view key, std::string_view word,
                           std::span<const std::string_view> words) const {
    std::string hint;
    if (words.size() == 1) {
        hint = fmt::format("only \"{}\" is supported", words.front());
    } else if (const auto nearest = closest_match(word, words)) {
        hint = fmt::format("did you mean \"{}\"?", *nearest);
    } else {
        hint = fmt::format("one of {}", fmt::join(words, ", "));
    }
    error(place, fmt::format("unknown {} \"{}\" in {}", key, word, title_), std::move(hint));
}

// ---- single values

bool Section::read_text(const Value& value, std::string_view key, std::string& out) const {
    if (!value.is(Kind::Text)) {
        wrong_type(value, key, "a string",
                   is_number(value) ? fmt::format("write \"{}\"", number_text(value)) : "");
        return false;
    }
    out = value.text;
    return true;
}

bool Section::read_duration(const Value& value, std::string_view key, Duration& out,
                            const DurationRange& range) const {
    if (is_negative(value)) {
        error(value.place, fmt::format("\"{}\" must not be negative", key));
        return false;
    }
    if (is_number(value) || (value.is(Kind::Text) && is_bare_number(value.text))) {
        error(value.place, fmt::format("\"{}\" needs a unit", key),
              fmt::format("write \"{}s\"", number_text(value)));
        return false;
    }
    if (!value.is(Kind::Text)) {
        wrong_type(value, key, "a duration", "write it as \"2s\" or \"250ms\"");
        return false;
    }
    if (is_none(value)) {
        if (range.none_allowed) {
            out = range.none_value;
            return true;
        }
        error(value.place, fmt::format("\"{}\" cannot be \"{}\"", key, value.text),
              fmt::format("{} to {}", format_duration(range.min), format_duration(range.max)));
        return false;
    }
    Result<Duration> parsed = parse_duration(value.text);
    if (!parsed) {
        error(value.place, std::move(parsed.error().message), std::move(parsed.error().hint));
        return false;
    }
    if (*parsed < range.min || *parsed > range.max) {
        error(value.place,
              fmt::format("\"{}\" must be {} to {}", key, format_duration(range.min),
                          format_duration(range.max)),
              range.none_allowed ? "or \"none\"" : "");
        return false;
    }
    out = *parsed;
    return true;
}

bool Section::read_size(const Value& value, std::string_view key, std::uint64_t& out,
                        const SizeRange& range) const {
    if (is_negative(value)) {
        error(value.place, fmt::format("\"{}\" must not be negative", key));
        return false;
    }
    if (is_number(value) || (value.is(Kind::Text) && is_bare_number(value.text))) {
        // A small number where kilobytes are usual was most likely meant as such.
        const bool is_small = value.is(Kind::Integer) && value.integer < 500 && range.min < 500;
        const std::string written = number_text(value);
        error(value.place, fmt::format("\"{}\" needs a unit", key),
              value.is(Kind::Integer) && !is_small
                  ? fmt::format("write \"{}\"",
                                format_size(static_cast<std::uint64_t>(value.integer)))
                  : fmt::format("write \"{}KiB\"", written));
        return false;
    }
    if (!value.is(Kind::Text)) {
        wrong_type(value, key, "a size", "write it as \"16KiB\" or \"1MiB\"");
        return false;
    }
    if (is_none(value)) {
        if (range.none_allowed) {
            out = range.none_value;
            return true;
        }
        error(value.place, fmt::format("\"{}\" cannot be \"{}\"", key, value.text),
              fmt::format("{} to {}", format_size(range.min), format_size(range.max)));
        return false;
    }
    Result<std::uint64_t> parsed = parse_size(value.text);
    if (!parsed) {
        error(value.place, std::move(parsed.error().message), std::move(parsed.error().hint));
        return false;
    }
    if (*parsed < range.min || *parsed > range.max) {
        error(value.place,
              fmt::format("\"{}\" must be {} to {}", key, format_size(range.min),
                          format_size(range.max)),
              range.none_allowed ? "or \"none\"" : "");
        return false;
    }
    out = *parsed;
    return true;
}

bool Section::read_real(const Value& value, std::string_view key, double& out,
                        const RealRange& range, bool as_percent) const {
    const auto shown = [as_percent](double number) {
        return as_percent ? fmt::format("{:g}%", number * 100) : fmt::format("{:g}", number);
    };
    double number = 0;
    if (range.none_allowed && is_none(value)) {
        out = std::numeric_limits<double>::infinity();
        return true;
    }
    if (as_percent && is_number(value) && !is_negative(value)) {
        error(value.place, fmt::format("\"{}\" needs a percent sign", key),
              fmt::format("write \"{}%\"", number_text(value)));
        return false;
    }
    if (as_percent && value.is(Kind::Text)) {
        Result<double> parsed = parse_percent(value.text, std::numeric_limits<double>::max());
        if (!parsed) {
            error(value.place, std::move(parsed.error().message), std::move(parsed.error().hint));
            return false;
        }
        number = *parsed;
    } else if (value.is(Kind::Integer)) {
        number = static_cast<double>(value.integer);
    } else if (value.is(Kind::Real)) {
        number = value.real;
    } else {
        wrong_type(value, key, as_percent ? "a percentage" : "a number",
                   fmt::format("{} to {}{}", shown(range.min), shown(range.max),
                               range.none_allowed ? ", or \"none\"" : ""));
        return false;
    }
    if (!(number >= range.min && number <= range.max)) {  // not a number is outside, too
        error(value.place,
              fmt::format("\"{}\" must be {} to {}", key, shown(range.min), shown(range.max)),
              range.none_allowed ? "or \"none\"" : "");
        return false;
    }
    out = number;
    return true;
}

// ---- by key

bool Section::text(std::string_view key, std::string& out) {
    const Value* value = get(key);
    return value != nullptr && read_text(*value, key, out);
}

bool Section::flag(std::string_view key, bool& out) {
    const Value* value = get(key);
    if (value == nullptr) return false;
    if (!value->is(Kind::Boolean)) {
        wrong_type(*value, key, "true or false");
        return false;
    }
    out = value->boolean;
    return true;
}

bool Section::duration(std::string_view key, Duration& out, const DurationRange& range) {
    const Value* value = get(key);
    return value != nullptr && read_duration(*value, key, out, range);
}

bool Section::size(std::string_view key, std::uint64_t& out, const SizeRange& range) {
    const Value* value = get(key);
    return value != nullptr && read_size(*value, key, out, range);
}

bool Section::percent(std::string_view key, double& out, const RealRange& range) {
    const Value* value = get(key);
    return value != nullptr && read_real(*value, key, out, range, true);
}

bool Section::real(std::string_view key, double& out, const RealRange& range) {
    const Value* value = get(key);
    return value != nullptr && read_real(*value, key, out, range, false);
}

bool Section::read_whole(const Value& value, std::string_view key, std::uint64_t& out,
                         const NumberRange& range, std::string hint) const {
    const std::string or_word =
        range.word.empty() ? std::string{} : fmt::format("or \"{}\"", range.word);
    if (value.is(Kind::Text) && !range.word.empty() && value.text == range.word) {
        out = range.word_value;
        return true;
    }
    if (!value.is(Kind::Integer)) {
        if (value.is(Kind::Real)) {
            error(value.place, fmt::format("\"{}\" must be a whole number", key), or_word);
        } else if (value.is(Kind::Text) && is_bare_number(value.text)) {
            wrong_type(value, key, "a number", fmt::format("write {} without quotes", value.text));
        } else {
            wrong_type(value, key, "a number", hint.empty() ? or_word : std::move(hint));
        }
        return false;
    }
    if (value.integer < 0 || static_cast<std::uint64_t>(value.integer) < range.min ||
        static_cast<std::uint64_t>(value.integer) > range.max) {
        error(value.place, fmt::format("\"{}\" must be {} to {}", key, range.min, range.max),
              or_word);
        return false;
    }
    out = static_cast<std::uint64_t>(value.integer);
    return true;
}

bool Section::read_choice(std::string_view key, std::size_t& index,
                          const std::vector<std::string_view>& words) {
    const Value* value = get(key);
    if (value == nullptr) return false;
    if (!value->is(Kind::Text)) {
        wrong_type(*value, key, "a string", fmt::format("one of {}", fmt::join(words, ", ")));
        return false;
    }
    const auto found = std::find(words.begin(), words.end(), value->text);
    if (found == words.end()) {
        unknown_word(value->place, key, value->text, words);
        return false;
    }
    index = static_cast<std::size_t>(found - words.begin());
    return true;
}

bool Section::texts(std::string_view key, std::vector<Text>& out) {
    const Value* value = get(key);
    if (value == nullptr) return false;
    std::vector<Text> read;
    const auto take = [&](const Value& item) {
        if (!item.is(Kind::Text)) {
            wrong_type(
                item, key,
                value->is(Kind::List) ? "a list of strings" : "a string or a list of strings");
            return false;
        }
        read.push_back(Text{item.text, item.place});
        return true;
    };
    bool is_good = true;
    if (value->is(Kind::List)) {
        for (const Value& item : value->items) is_good = take(item) && is_good;
    } else {
        is_good = take(*value);
    }
    if (is_good) out = std::move(read);
    return is_good;
}

bool Section::named_texts(std::string_view key, std::vector<NamedText>& out) {
    const Value* value = get(key);
    if (value == nullptr) return false;
    if (!value->is(Kind::Table)) {
        wrong_type(*value, key, "a table", "write { NAME = \"VALUE\" }");
        return false;
    }
    bool is_good = true;
    std::vector<NamedText> read;
    for (const Entry& entry : value->entries) {
        std::string content;
        if (!read_text(entry.value, entry.key, content)) {
            is_good = false;
            continue;
        }
        read.push_back(
            NamedText{Text{entry.key, entry.place}, Text{std::move(content), entry.value.place}});
    }
    if (is_good) out = std::move(read);
    return is_good;
}

bool Section::table(std::string_view key, const std::function<void(Section&)>& read) {
    return table_or(key, read, [&](const Value& value) { wrong_type(value, key, "a table"); });
}

bool Section::table_or(std::string_view key, const std::function<void(Section&)>& read,
                       const std::function<void(const Value&)>& read_short) {
    const Value* value = get(key);
    if (reading_.survey != nullptr) value = &nothing();
    if (value == nullptr) return false;
    if (!value->is(Kind::Table)) {
        read_short(*value);
        return true;
    }
    Section inner = child(key, *value, key_place(key));
    read(inner);
    inner.finish();
    return true;
}

bool Section::list(std::string_view key, const std::function<void(Section&)>& read,
                   const std::function<void(const Value&)>& read_short) {
    const Value* value = get(key);
    const auto take = [&](const Value& item) {
        if (!item.is(Kind::Table)) return read_short(item);
        Section inner = child(key, item, item.place);
        read(inner);
        inner.finish();
    };
    if (reading_.survey != nullptr) take(nothing());
    if (value == nullptr) return false;
    if (value->is(Kind::List)) {
        for (const Value& item : value->items) take(item);
    } else {
        take(*value);
    }
    return true;
}

void Section::repeated(std::string_view noun, const std::function<void(Section&)>& read,
                       const std::function<void()>& on_done) {
    const Value* value = get(noun);
    const std::string title = fmt::format("[[{}]]", noun);
    if (reading_.survey != nullptr) {
        Section section{reading_, nothing(), Place{}, title, std::string{noun}};
        read(section);
    }
    if (value == nullptr) return;
    const bool is_good = value->is(Kind::List) &&
                         std::all_of(value->items.begin(), value->items.end(),
                                     [](const Value& item) { return item.is(Kind::Table); });
    if (!is_good) {
        error(key_place(noun), fmt::format("\"{}\" must be a list of tables", noun),
              fmt::format("write {}", title));
        return;
    }
    for (const Value& item : value->items) {
        Section section{reading_, item, item.place, title, std::string{noun}};
        read(section);
        section.finish();
        if (on_done) on_done();
    }
}

void Section::finish() {
    if (reading_.survey != nullptr) return;
    std::vector<std::string_view> known{known_.begin(), known_.end()};
    for (const Entry& entry : table_->entries) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        std::string hint;
        if (const auto nearest = closest_match(entry.key, known)) {
            hint = fmt::format("did you mean \"{}\"?", *nearest);
        }
        error(entry.place,
              title_.empty() ? fmt::format("unknown key \"{}\" at the top level", entry.key)
                             : fmt::format("unknown key \"{}\" in {}", entry.key, title_),
              std::move(hint));
    }
}

}  // namespace fairlead::conf
