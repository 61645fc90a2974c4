/// How long one backend keeps a connection that nobody uses, as far as can be told: by its own word
/// (`Keep-Alive: timeout=N`), else by when it has closed such connections. A request sent on a
/// connection that is just being closed is lost, so unused ones are not used again so late.
/// Shared by all workers; any thread.
///
/// What a close proves is little: a restart closes connections of any age. So closes at the same
/// moment are one observation, and none when their ages differ; and two observations must agree.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "proxy/base/clock.h"

namespace fairlead::connect {

class IdleLesson {
  public:
    enum class Source : std::uint8_t { Default, Told, Learned };

    static constexpr Duration kDefault = std::chrono::seconds{4};
    static constexpr Duration kFloor = std::chrono::seconds{1};
    static constexpr Duration kCeiling = std::chrono::seconds{60};
    /// A connection that has been left alone for so long proves that kCeiling is safe.
    static constexpr Duration kWatch = std::chrono::seconds{75};

    IdleLesson() = default;
    IdleLesson(const IdleLesson&) = delete;
    IdleLesson& operator=(const IdleLesson&) = delete;

    /// An unused connection may be used again for so long.
    Duration limit() const { return Duration{limit_.load(std::memory_order_relaxed)}; }
    Source source() const { return source_.load(std::memory_order_relaxed); }

    /// The backend says that it keeps unused connections for so long. It closes them at that time,
    /// so a second less is taken, but never less than half.
    void on_told(std::chrono::seconds timeout);
    /// The backend has closed a connection that was unused for `age`.
    void on_closed(Duration age, Time now);

    /// May an unused connection whose time is over be kept for watching, instead of being closed?
    /// One at a time.
    /// @return true: on_watch_ended() follows
    bool begin_watch(Time now);
    /// @param has_survived  the backend has kept it for kWatch
    void on_watch_ended(bool has_survived);

  private:
    struct Closing {
        Duration age{};
        Time at{};
        bool is_mixed = false;  ///< with others of another age
    };
    void settle(Time now);
    void publish(Duration limit, Source source);

    std::atomic<Duration::rep> limit_{kDefault.count()};
    std::atomic<Source> source_{Source::Default};
    std::atomic<std::int64_t> told_{0};  ///< seconds, as the backend said last; 0: nothing
    std::atomic<bool> is_watching_{false};
    std::mutex mutex_;                  ///< of those below
    std::optional<Closing> closing_;    ///< the latest; more may belong to it
    std::optional<Duration> observed_;  ///< the age of the one before
};

/// "default", "told" or "learned".
std::string_view word(IdleLesson::Source source);

}  // namespace fairlead::connect
