/// A parsed configuration: the values of one file or several with their places, and the lines for
/// error messages.
/// The only part of the program that knows the TOML library, which stays in document.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace fairlead::conf {

/// Where something is written: line and column from 1, in bytes; 0 when it is not in the file.
/// Places of one file are in order.
struct Place {
    std::size_t line = 0;
    std::size_t column = 0;
    std::size_t length = 0;  ///< bytes on this line
    std::size_t file = 0;    ///< which of the document's files; 0 is the main one

    auto operator<=>(const Place&) const = default;
};

struct Entry;

/// One TOML value.
struct Value {
    enum class Kind : std::uint8_t { Table, List, Text, Integer, Real, Boolean, Date };

    Kind kind = Kind::Table;
    Place place;
    std::string text;            ///< Text
    std::int64_t integer = 0;    ///< Integer
    double real = 0;             ///< Real
    bool boolean = false;        ///< Boolean
    std::vector<Value> items;    ///< List
    std::vector<Entry> entries;  ///< Table, in file order

    bool is(Kind wanted) const { return kind == wanted; }
    const Entry* find(std::string_view key) const;
    /// "a string", "a table", ... as error messages call it.
    std::string_view kind_text() const;
};

/// A key of a table with its value.
struct Entry {
    std::string key;
    Place place;  ///< of the key
    Value value;
};

/// One file's lines.
class Source {
  public:
    Source(std::string_view text, std::string file, std::size_t number);

    const std::string& file() const { return file_; }
    /// Which of the document's files this is.
    std::size_t number() const { return number_; }
    /// A line's text without its end; empty beyond the last.
    std::string_view line(std::size_t line_number) const;
    /// Whether columns of a line are the same in bytes and in characters.
    bool is_ascii(std::size_t line_number) const;
    Location locate(Place place) const;

  private:
    std::string file_;
    std::size_t number_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
    std::vector<bool> is_ascii_;  ///< of each line
};

class Document {
  public:
    /// @param file  what errors call it.
    /// @return the syntax error, placed, when `text` is not TOML 1.0 or nests deeper than 32.
    static Result<Document> parse(std::string_view text, std::string file);
    /// Parses a further file, whose lines are kept here. @return its root table, to be merged into
    /// root(); the syntax error as above.
    Result<Value> parse_further(std::string_view text, std::string file);

    const Value& root() const { return root_; }
    Value& root() { return root_; }
    /// In the order they were parsed.
    const std::vector<Source>& sources() const { return sources_; }
    /// `place` with the file's name and the text of the line (up to 1000 bytes), as errors carry
    /// it.
    Location locate(Place place) const;
    /// The text of the line of `place`, without its end.
    std::string_view line(Place place) const;

  private:
    Document() = default;

    std::vector<Source> sources_;
    Value root_;
};

}  // namespace fairlead::conf
