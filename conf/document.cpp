#include "conf/document.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "conf/raw_check.h"
#include "proxy/base/text.h"

// The distribution's shared library is built with exceptions, so it is used as headers, without.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace fairlead::conf {
namespace {

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kLineShownMax = 1000;  ///< bytes

/// The library counts characters; editors, compilers and our carets count bytes.
std::size_t byte_column(std::string_view line, bool is_ascii, std::size_t character) {
    if (is_ascii) return std::min(character, line.size() + 1);
    std::size_t byte = 0;
    for (std::size_t seen = 1; seen < character && byte < line.size(); ++seen) {
        ++byte;
        while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0U) == 0x80U) {
            ++byte;
        }
    }
    return byte + 1;
}

/// Turns the library's tree into ours.
class Converter {
  public:
    explicit Converter(const Source& source) : source_(source) {}

    Value convert(const toml::node& node, std::size_t depth) {
        Value value;
        value.place = place(node.source());
        if (depth > kDepthMax) {
            too_deep_ = true;
        } else if (const toml::table* table = node.as_table()) {
            fill(value, *table, depth);
        } else if (const toml::array* array = node.as_array()) {
            value.kind = Value::Kind::List;
            value.items.reserve(array->size());
            for (const toml::node& item : *array) value.items.push_back(convert(item, depth + 1));
        } else if (const auto* text = node.as_string()) {
            value.kind = Value::Kind::Text;
            value.text = text->get();
        } else if (const auto* integer = node.as_integer()) {
            value.kind = Value::Kind::Integer;
            value.integer = integer->get();
        } else if (const auto* real = node.as_floating_point()) {
            value.kind = Value::Kind::Real;
            value.real = real->get();
        } else if (const auto* boolean = node.as_boolean()) {
            value.kind = Value::Kind::Boolean;
            value.boolean = boolean->get();
        } else {
            value.kind = Value::Kind::Date;
        }
        return value;
    }

    bool too_deep() const { return too_deep_; }

  private:
    void fill(Value& value, const toml::table& table, std::size_t depth) {
        value.kind = Value::Kind::Table;
        value.entries.reserve(table.size());
        for (const auto& [key, node] : table) {
            value.entries.push_back(
                Entry{std::string{key.str()}, place(key.source()), convert(node, depth + 1)});
        }
        // The library keeps its tables sorted by key.
        std::stable_sort(value.entries.begin(), value.entries.end(),
                         [](const Entry& a, const Entry& b) { return a.place < b.place; });
    }

    Place place(const toml::source_region& region) const {
        Place place;
        place.line = region.begin.line;
        place.file = source_.number();
        const std::string_view line = source_.line(place.line);
        const bool is_ascii = source_.is_ascii(place.line);
        place.column = byte_column(line, is_ascii, region.begin.column);
        const bool is_one_line = region.end.line == region.begin.line;
        const std::size_t end =
            is_one_line ? byte_column(line, is_ascii, region.end.column) : line.size() + 1;
        place.length = end > place.column ? end - place.column : 1;
        return place;
    }

    const Source& source_;
    bool too_deep_ = false;
};

/// The library names a second definition by its end; people want to see both. Looks upwards for a
/// line that begins like the one at fault: a header anywhere, a key in the same section.
std::size_t first_definition(const Source& source, std::size_t line_number) {
    const std::string_view fault = trim(source.line(line_number));
    const bool is_header = fault.starts_with('[');
    const std::string_view wanted =
        is_header ? fault.substr(0, fault.rfind(']')) : trim(fault.substr(0, fault.find('=')));
    if (wanted.empty()) return 0;
    for (std::size_t number = line_number - 1; number > 0; --number) {
        const std::string_view line = trim(source.line(number));
        if (is_header) {
            if (line.starts_with(wanted) && line.substr(wanted.size()).starts_with(']')) {
                return number;
            }
        } else {
            if (trim(line.substr(0, line.find('='))) == wanted) return number;
            if (line.starts_with('[')) return 0;
        }
    }
    return 0;
}

Error syntax_error(const Source& source, const toml::parse_error& cause) {
    Place place{cause.source().begin.line, 0, 1, source.number()};
    const std::string_view line = source.line(place.line);
    place.column = byte_column(line, false, cause.source().begin.column);
    std::string_view text = cause.description();
    // "Error while parsing table header: expected ..." says where twice.
    constexpr std::string_view kOpening = "Error while parsing ";
    if (text.starts_with(kOpening)) text.remove_prefix(kOpening.size());

    Error error;
    error.message = "not TOML: ";
    error.message += ascii_lower(text.empty() ? '?' : text.front());
    if (!text.empty()) error.message += text.substr(1);
    if (text.find("cannot redefine") != std::string_view::npos) {
        if (const std::size_t first = first_definition(source, place.line); first != 0) {
            error.hint = "first defined in line " + std::to_string(first);
        }
        const std::size_t begin = line.find_first_not_of(" \t");
        if (begin != std::string_view::npos) {
            const std::size_t equals = line.find('=');
            const std::string_view key = trim(line.substr(begin, equals - begin));
            place.column = begin + 1;
            place.length = line[begin] == '[' ? trim(line).size() : key.size();
        }
    } else if (text.find("expected digit, saw '") != std::string_view::npos) {
        error.hint = "a duration or size is a string: \"2s\", \"16KiB\"";
    }
    error.where = source.locate(place);
    return error;
}

Error raw_error(const Source& source, std::string_view text, const RawFault& fault) {
    const std::string_view before = text.substr(0, fault.at);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0, the first line
    const Place place{line, fault.at - line_start + 1, utf8_length(text, fault.at)};
    return Error{std::string{fault.message}, std::string{fault.hint}, source.locate(place)};
}

/// The values of a file, or its syntax error.
Result<Value> parse_values(const Source& source, std::string_view text) {
    if (const std::optional<RawFault> fault = raw_fault(text)) {
        return fail(raw_error(source, text, *fault));
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) return fail(syntax_error(source, parsed.error()));
    Converter converter{source};
    Value root = converter.convert(parsed.table(), 0);
    if (converter.too_deep()) {
        return fail(Error{"tables or lists nest too deeply", "32 levels are the limit",
                          source.locate(Place{1, 1, 1, source.number()})});
    }
    return root;
}

std::string_view without_byte_order_mark(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    return text;
}

}  // namespace

const Entry* Value::find(std::string_view key) const {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

std::string_view Value::kind_text() const {
    switch (kind) {
        case Kind::Table:
            return "a table";
        case Kind::List:
            return "a list";
        case Kind::Text:
            return "a string";
        case Kind::Integer:
        case Kind::Real:
            return "a number";
        case Kind::Boolean:
            return "a boolean";
        case Kind::Date:
            return "a date";
    }
    return "";
}

Source::Source(std::string_view text, std::string file, std::size_t number)
    : file_(std::move(file)), number_(number), text_(text) {
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string_view line = text.substr(start, end - start);
        line_starts_.push_back(start);
        is_ascii_.push_back(std::all_of(
            line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
        start = end + 1;
    }
}

std::string_view Source::line(std::size_t line_number) const {
    if (line_number == 0 || line_number > line_starts_.size()) return {};
    const std::string_view text = text_;
    const std::size_t start = line_starts_[line_number - 1];
    std::string_view line = text.substr(start, text.find('\n', start) - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool Source::is_ascii(std::size_t line_number) const {
    return line_number == 0 || line_number > is_ascii_.size() || is_ascii_[line_number - 1];
}

Location Source::locate(Place place) const {
    Location where;
    where.file = file_;
    where.line = place.line;
    where.column = place.column;
    where.length = place.length;
    // A machine's file may be one line, which would be copied for each backend in it.
    if (line(place.line).size() <= kLineShownMax) where.text = std::string{line(place.line)};
    return where;
}

Result<Document> Document::parse(std::string_view text, std::string file) {
    Document document;
    Result<Value> root = document.parse_further(text, std::move(file));
    if (!root) return fail(std::move(root).error());
    document.root_ = *std::move(root);
    return document;
}

Result<Value> Document::parse_further(std::string_view text, std::string file) {
    text = without_byte_order_mark(text);
    sources_.emplace_back(text, std::move(file), sources_.size());
    return parse_values(sources_.back(), text);
}

Location Document::locate(Place place) const { return sources_.at(place.file).locate(place); }

std::string_view Document::line(Place place) const {
    return sources_.at(place.file).line(place.line);
}

}  // namespace fairlead::conf
