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

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.emplace_back(line);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

/// Turns the library's tree into ours.
class Converter {
  public:
    explicit Converter(const Document& document) : document_(document) {}

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
        const std::string_view line = document_.line(place.line);
        const bool is_ascii = document_.is_ascii(place.line);
        place.column = byte_column(line, is_ascii, region.begin.column);
        const bool is_one_line = region.end.line == region.begin.line;
        const std::size_t end =
            is_one_line ? byte_column(line, is_ascii, region.end.column) : line.size() + 1;
        place.length = end > place.column ? end - place.column : 1;
        return place;
    }

    const Document& document_;
    bool too_deep_ = false;
};

/// The library names a second definition by its end; people want to see both. Looks upwards for a
/// line that begins like the one at fault: a header anywhere, a key in the same section.
std::size_t first_definition(const Document& document, std::size_t line_number) {
    const std::string_view fault = trim(document.line(line_number));
    const bool is_header = fault.starts_with('[');
    const std::string_view wanted =
        is_header ? fault.substr(0, fault.rfind(']')) : trim(fault.substr(0, fault.find('=')));
    if (wanted.empty()) return 0;
    for (std::size_t number = line_number - 1; number > 0; --number) {
        const std::string_view line = trim(document.line(number));
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

Error syntax_error(const Document& document, const toml::parse_error& cause) {
    Place place{cause.source().begin.line, 0, 1};
    const std::string_view line = document.line(place.line);
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
        if (const std::size_t first = first_definition(document, place.line); first != 0) {
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
    error.where = document.locate(place);
    return error;
}

Error raw_error(const Document& document, std::string_view text, const RawFault& fault) {
    const std::string_view before = text.substr(0, fault.at);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0, the first line
    const Place place{line, fault.at - line_start + 1, utf8_length(text, fault.at)};
    return Error{std::string{fault.message}, std::string{fault.hint}, document.locate(place)};
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

Result<Document> Document::parse(std::string_view text, std::string file) {
    Document document;
    document.file_ = std::move(file);
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    document.lines_ = split_lines(text);
    document.is_ascii_.reserve(document.lines_.size());
    for (const std::string& line : document.lines_) {
        document.is_ascii_.push_back(std::all_of(
            line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
    }

    if (const std::optional<RawFault> fault = raw_fault(text)) {
        return fail(raw_error(document, text, *fault));
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) return fail(syntax_error(document, parsed.error()));
    Converter converter{document};
    document.root_ = converter.convert(parsed.table(), 0);
    if (converter.too_deep()) {
        return fail(Error{"tables or lists nest too deeply", "32 levels are the limit",
                          document.locate(Place{1, 1, 1})});
    }
    return document;
}

Location Document::locate(Place place) const {
    Location where;
    where.file = file_;
    where.line = place.line;
    where.column = place.column;
    where.length = place.length;
    // A machine's file may be one line, which would be copied for each backend in it.
    if (line(place.line).size() <= kLineShownMax) where.text = std::string{line(place.line)};
    return where;
}

bool Document::is_ascii(std::size_t number) const {
    return number == 0 || number > is_ascii_.size() || is_ascii_[number - 1];
}

std::string_view Document::line(std::size_t number) const {
    return number == 0 || number > lines_.size() ? std::string_view{} : lines_[number - 1];
}

}  // namespace fairlead::conf
