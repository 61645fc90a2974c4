/// Typed, ranged reading of one table. Every read notes its key, so that `finish` can report the
/// keys nobody asked for, and so that the list of all keys (conf/keys.h) cannot drift from the
/// code.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/document.h"
#include "conf/model.h"

namespace fairlead::conf {

class NamedFiles;

/// What one load shares among its readers.
struct Reading {
    const Document& document;
    std::vector<Error>& errors;
    std::vector<Error>& warnings;
    /// Set while the list of keys is made: every section is then taken as present and empty.
    std::set<std::string>* survey = nullptr;
    NamedFiles* named_files = nullptr;  ///< null in a survey, in which no file is named

    void error(Place place, std::string message, std::string hint = {}) const;
    void error(const Location& where, std::string message, std::string hint = {}) const;
    void warning(Place place, std::string message, std::string hint = {}) const;
};

struct DurationRange {
    Duration min{0};
    Duration max = std::chrono::hours{24 * 365};
    bool none_allowed = false;       ///< "none" and "off"
    Duration none_value = kForever;  ///< what they mean
};

struct SizeRange {
    std::uint64_t min = 0;
    std::uint64_t max = std::uint64_t{1} << 50U;
    bool none_allowed = false;
    std::uint64_t none_value = kUnlimited;
};

struct NumberRange {
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    std::string_view word{};       ///< a word taken beside numbers: "none", "auto"
    std::uint64_t word_value = 0;  ///< what it means
};

struct RealRange {
    double min = 0;
    double max = 1;
    bool none_allowed = false;  ///< "none" is infinity
};

/// A word and what it stands for.
template <class Enum>
using Choices = std::initializer_list<std::pair<std::string_view, Enum>>;

/// A string with its place.
struct Text {
    std::string text;
    Place place;
};

/// A `NAME = "VALUE"` of a table whose keys are free.
struct NamedText {
    Text name;
    Text value;
};

class Section {
  public:
    /// @param title  as messages name it: "[pool.api]", "[[route]]".
    /// @param path   as the list of keys names it: "pool", "pool.retry"; empty for the whole file.
    Section(const Reading& reading, const Value& table, Place place, std::string title,
            std::string path);

    const Reading& reading() const { return reading_; }
    const std::string& title() const { return title_; }
    /// Of the section's own name or header.
    Place place() const { return place_; }
    Location where() const { return reading_.document.locate(place_); }

    bool has(std::string_view key) const { return table_->find(key) != nullptr; }
    /// Notes that `key` is known. @return nullptr when it is not written.
    const Value* get(std::string_view key);
    /// Of a key, of its value; the section's own place when the key is not written.
    Place key_place(std::string_view key) const;
    Place value_place(std::string_view key) const;

    // Each reads `key` into `out`, which stays as it is when the key is absent or wrong; wrong
    // values are reported. They return whether `out` was written.
    bool text(std::string_view key, std::string& out);
    bool flag(std::string_view key, bool& out);
    bool duration(std::string_view key, Duration& out, const DurationRange& range = {});
    bool size(std::string_view key, std::uint64_t& out, const SizeRange& range = {});
    /// "20%" as 0.2.
    bool percent(std::string_view key, double& out, const RealRange& range = {});
    bool real(std::string_view key, double& out, const RealRange& range);
    template <class Integer>
    bool number(std::string_view key, Integer& out, const NumberRange& range) {
        const Value* value = get(key);
        return value != nullptr && read_number(*value, key, out, range);
    }
    template <class Enum>
    bool choice(std::string_view key, Enum& out, Choices<Enum> choices) {
        std::vector<std::string_view> words;
        for (const auto& row : choices) words.push_back(row.first);
        std::size_t index = 0;
        if (!read_choice(key, index, words)) return false;
        out = (choices.begin() + index)->second;
        return true;
    }
    /// A string or a list of strings; an empty list counts as written.
    bool texts(std::string_view key, std::vector<Text>& out);
    /// A table of strings with free keys.
    bool named_texts(std::string_view key, std::vector<NamedText>& out);

    /// The key's table, handed to `read`, then searched for unknown keys. @return whether it was
    /// written.
    bool table(std::string_view key, const std::function<void(Section&)>& read);
    /// A key with a short form: a table goes to `read`, anything else to `read_short`.
    bool table_or(std::string_view key, const std::function<void(Section&)>& read,
                  const std::function<void(const Value&)>& read_short);
    /// A list whose tables go to `read`, anything else in it to `read_short`.
    bool list(std::string_view key, const std::function<void(Section&)>& read,
              const std::function<void(const Value&)>& read_short);

    /// `[[noun]]` of the whole file: a list of tables and nothing else. Each goes to `read`, then
    /// is searched for unknown keys, then `on_done` is called, when it is given.
    void repeated(std::string_view noun, const std::function<void(Section&)>& read,
                  const std::function<void()>& on_done = {});

    /// Single values, for short forms. `key` is what the message calls it.
    bool read_duration(const Value& value, std::string_view key, Duration& out,
                       const DurationRange& range) const;
    bool read_size(const Value& value, std::string_view key, std::uint64_t& out,
                   const SizeRange& range) const;
    bool read_text(const Value& value, std::string_view key, std::string& out) const;
    /// @param hint  for a value that is no number at all.
    template <class Integer>
    bool read_number(const Value& value, std::string_view key, Integer& out,
                     const NumberRange& range, std::string hint = {}) const {
        std::uint64_t wide = 0;
        if (!read_whole(value, key, wide, range, std::move(hint))) return false;
        out = static_cast<Integer>(wide);
        return true;
    }

    /// `"key" must be WANTED`, at the value.
    void wrong_type(const Value& value, std::string_view key, std::string_view wanted,
                    std::string hint = {}) const;
    /// `unknown KEY "WORD" in [SECTION]` with the nearest of `words`, else all of them, as hint.
    void unknown_word(Place place, std::string_view key, std::string_view word,
                      std::span<const std::string_view> words) const;
    void error(Place at, std::string message, std::string hint = {}) const {
        reading_.error(at, std::move(message), std::move(hint));
    }

    /// Reports every key that was never asked for.
    void finish();

  private:
    bool read_whole(const Value& value, std::string_view key, std::uint64_t& out,
                    const NumberRange& range, std::string hint) const;
    bool read_choice(std::string_view key, std::size_t& index,
                     const std::vector<std::string_view>& words);
    bool read_real(const Value& value, std::string_view key, double& out, const RealRange& range,
                   bool as_percent) const;
    Section child(std::string_view key, const Value& value, Place place) const;

    const Reading& reading_;
    const Value* table_;
    Place place_;
    std::string title_;
    std::string path_;
    std::vector<std::string> known_;  ///< in the order asked for
};

}  // namespace fairlead::conf
