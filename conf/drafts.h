/// Settings while they are being read: values together with where they were written, which
/// [defaults.pool] under a pool, a pool under a route, and the checks across keys need.
#pragma once

#include <optional>
#include <string_view>

#include "conf/section.h"

namespace fairlead::conf {

/// Where a value was written.
struct Mark {
    Place place;
    bool inherited = false;  ///< in [defaults.pool], or in the pool under a route

    static std::optional<Mark> of(const Section& section, std::string_view key, bool is_written) {
        if (!is_written) return std::nullopt;
        return Mark{section.value_place(key), false};
    }
};

struct RetryDraft {
    Retry value;  ///< kept while `off`, so that a table laid over it starts from numbers
    bool is_off = false;
    std::optional<Mark> per_try;

    Retry effective() const;
};

struct QueueDraft {
    Queue value;
    bool is_off = false;
    std::optional<Mark> written;

    Queue effective() const;
};

struct CheckDraft {
    Check value;
    bool is_on = false;  ///< its kind is known
    std::optional<Mark> timeout;
    std::optional<Mark> every;
    std::optional<Mark> every_changing;
};

struct PoolDraft {
    Pool pool;  ///< all but what has a draft of its own here
    RetryDraft retry;
    QueueDraft queue;
    CheckDraft check;
    std::optional<Mark> connect;
    std::optional<Mark> response;
    std::optional<Mark> total;
    std::optional<Mark> hash_key;
    bool has_when_all_down = false;  ///< written here or in [defaults.pool]

    /// A copy for something below to be read over.
    PoolDraft inherited() const;
    /// The pool with everything filled in.
    Pool finished() const;
};

/// A time and where it was written, if it was.
struct MarkedTime {
    std::string_view key;
    Duration& time;
    const std::optional<Mark>& mark;
};

/// Two times of which the first must end before (`is_strict`), or not after, the second. A default
/// gives way: it is cut to the second. What was written is an error, reported where the lower of
/// the two sections wrote it and not again where both are inherited.
void check_order(const Reading& reading, MarkedTime inner, MarkedTime outer, bool is_strict);

}  // namespace fairlead::conf
