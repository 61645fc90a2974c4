/// The program's own log: what a person on duty reads. One line each on stderr:
/// `2026-01-02T03:04:05.678Z info  pool app: backend b1 is down: 3 connect refused`.
/// Any thread. A line that would block (a stopped pipe) is dropped and counted, never waited for.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "proxy/base/clock.h"

namespace fairlead::telemetry::log {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error };

namespace detail {
inline std::atomic<Level> lowest_level{Level::Info};
void write_formatted(Level level, fmt::string_view format, fmt::format_args args);
}  // namespace detail

/// Info at start.
inline void set_level(Level level) { detail::lowest_level.store(level, std::memory_order_relaxed); }
inline bool enabled(Level level) {
    return level >= detail::lowest_level.load(std::memory_order_relaxed);
}

/// One line, control characters and invalid UTF-8 escaped, cut at 4000 bytes.
void write(Level level, std::string_view text);

template <class... Args>
void trace(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::Trace)) {
        detail::write_formatted(Level::Trace, format, fmt::make_format_args(args...));
    }
}
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::Debug)) {
        detail::write_formatted(Level::Debug, format, fmt::make_format_args(args...));
    }
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::Info)) {
        detail::write_formatted(Level::Info, format, fmt::make_format_args(args...));
    }
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(Level::Warn)) {
        detail::write_formatted(Level::Warn, format, fmt::make_format_args(args...));
    }
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    detail::write_formatted(Level::Error, format, fmt::make_format_args(args...));
}

/// Lines that could not be written. For fairlead_log_dropped_total.
std::uint64_t dropped();

/// Takes the lines instead of stderr while it lives: for tests. Not more than one at a time.
class Capture {
  public:
    Capture();
    ~Capture();
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    /// What was logged so far: `level message`, one line each, without the time.
    std::string text() const;

  private:
    friend void write(Level level, std::string_view text);
    mutable std::mutex mutex_;
    std::string text_;
};

}  // namespace fairlead::telemetry::log
