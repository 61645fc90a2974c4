/// JSON as the API takes it: strict, small, in one reading. Also what the commands read answers
/// with. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"

namespace fairlead::control {

struct JsonMember;

struct JsonValue {
    enum class Kind : std::uint8_t { Null, Bool, Whole, Real, Text, List, Table };
    Kind kind = Kind::Null;
    bool truth = false;             ///< Bool
    std::int64_t whole = 0;         ///< Whole: a number without point or exponent
    double real = 0;                ///< Real, and Whole
    std::string text;               ///< Text
    std::vector<JsonValue> list;    ///< List
    std::vector<JsonMember> table;  ///< Table, in order, each name once

    bool is(Kind wanted) const { return kind == wanted; }
    /// Of a Table; nullptr when it has no such member, or this is none.
    const JsonValue* find(std::string_view name) const;

    // ---- for readers of answers, which take what is not there as empty
    /// A member, or a Null.
    const JsonValue& at(std::string_view name) const;
    std::uint64_t number() const { return whole > 0 ? static_cast<std::uint64_t>(whole) : 0; }
};

struct JsonMember {
    std::string name;
    JsonValue value;
};

/// "a number", "text", ...: for errors.
std::string_view word(JsonValue::Kind kind);

/// Bounds of one document.
struct JsonLimits {
    unsigned depth = 8;            ///< tables and lists within each other
    std::size_t values = 200'000;  ///< of all kinds, names not counted
    std::size_t members = 1000;    ///< of one table
};

/// Refused beside what is no JSON (RFC 8259; NaN, comments, bytes behind the end, invalid UTF-8):
/// a name twice in one table, whole numbers beyond 64 bits, and what is beyond the limits.
/// @return the value, or what is wrong with the cure
Result<JsonValue> parse_json(std::string_view text, const JsonLimits& limits = {});

/// A JSON string of `text`, with its quotes. Invalid UTF-8 is replaced.
std::string json_text(std::string_view text);

}  // namespace fairlead::control
