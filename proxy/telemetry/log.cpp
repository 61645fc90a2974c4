#include "proxy/telemetry/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include "proxy/base/text.h"

namespace fairlead::telemetry::log {
namespace {

/// Fits into PIPE_BUF with the time and the level: a pipe that can be written to takes it whole.
constexpr std::size_t kTextBytesMax = 4000;

std::atomic<std::uint64_t> dropped_lines{0};
std::mutex capture_mutex;
Capture* capture = nullptr;

std::string_view word(Level level) {
    switch (level) {
        case Level::Trace:
            return "trace";
        case Level::Debug:
            return "debug";
        case Level::Info:
            return "info";
        case Level::Warn:
            return "warn";
        case Level::Error:
            return "error";
    }
    return {};
}

spdlog::level::level_enum to_spdlog(Level level) {
    return static_cast<spdlog::level::level_enum>(static_cast<int>(level));
}

/// spdlog's own name of the fourth level is "warning", which would not line up.
class LevelWord final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        const std::string_view name = word(static_cast<Level>(message.level));
        fmt::format_to(std::back_inserter(out), "{:<5}", name);
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<LevelWord>();
    }
};

std::unique_ptr<spdlog::formatter> make_formatter() {
    auto formatter =
        std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
    formatter->add_flag<LevelWord>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%*%$ %v");
    return formatter;
}

std::string_view colour(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::warn:
            return "\033[33m";
        case spdlog::level::err:
            return "\033[31m";
        case spdlog::level::info:
            return "\033[32m";
        default:
            return "\033[2m";
    }
}

/// stderr, without ever waiting for it.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    StderrSink() : base_sink{make_formatter()}, is_coloured_{wants_colour()} {}

  private:
    static bool wants_colour() {
        const char* no_color = std::getenv("NO_COLOR");  // no-color.org: any value but the empty
        return isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
    }

    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        if (!is_coloured_) return write_line({line.data(), line.size()});

        const std::string_view plain{line.data(), line.size()};
        std::string coloured{plain.substr(0, message.color_range_start)};
        coloured += colour(message.level);
        coloured += plain.substr(message.color_range_start,
                                 message.color_range_end - message.color_range_start);
        coloured += "\033[0m";
        coloured += plain.substr(message.color_range_end);
        write_line(coloured);
    }

    void flush_() override {}

    static void write_line(std::string_view line) {
        pollfd ready{STDERR_FILENO, POLLOUT, 0};
        if (poll(&ready, 1, 0) == 0) {
            dropped_lines.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        while (!line.empty()) {
            const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) {
                dropped_lines.fetch_add(1, std::memory_order_relaxed);
                return;
            }
            line.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    const bool is_coloured_;
};

/// Made at the first line, never destroyed: threads may log until the very end.
spdlog::logger& logger() {
    static spdlog::logger* const kLogger = [] {
        auto* made = new spdlog::logger("fairlead", std::make_shared<StderrSink>());
        made->set_level(spdlog::level::trace);  // enabled() has decided
        return made;
    }();
    return *kLogger;
}

/// What could end or disturb a line becomes visible. Quotes and backslashes stay: this is for eyes.
std::string one_line(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        const auto first = static_cast<unsigned char>(text[at]);
        const bool is_c1 =
            length == 2 && first == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0;
        std::size_t taken = length == 0 ? 1 : length;
        if (first == '\n') {
            line += "\\n";
        } else if (first == '\t') {
            line += "\\t";
        } else if (length == 0 || first < 0x20 || first == 0x7F || is_c1) {
            for (std::size_t i = 0; i < taken; ++i) {
                fmt::format_to(std::back_inserter(line), "\\x{:02x}",
                               static_cast<unsigned char>(text[at + i]));
            }
        } else {
            line.append(text, at, taken);
        }
        at += taken;
        if (line.size() > kTextBytesMax) {
            line += "...";
            break;
        }
    }
    return line;
}

}  // namespace

void write(Level level, std::string_view text) {
    if (!enabled(level)) return;
    const std::string line = one_line(text);
    {
        const std::lock_guard lock{capture_mutex};
        if (capture != nullptr) {
            const std::lock_guard text_lock{capture->mutex_};
            fmt::format_to(std::back_inserter(capture->text_), "{} {}\n", word(level), line);
            return;
        }
    }
    logger().log(to_spdlog(level), spdlog::string_view_t{line.data(), line.size()});
}

void detail::write_formatted(Level level, fmt::string_view format, fmt::format_args args) {
    fmt::memory_buffer text;
    fmt::vformat_to(std::back_inserter(text), format, args);
    write(level, {text.data(), text.size()});
}

std::uint64_t dropped() { return dropped_lines.load(std::memory_order_relaxed); }

Capture::Capture() {
    const std::lock_guard lock{capture_mutex};
    capture = this;
}

Capture::~Capture() {
    const std::lock_guard lock{capture_mutex};
    capture = nullptr;
}

std::string Capture::text() const {
    const std::lock_guard lock{mutex_};
    return text_;
}

}  // namespace fairlead::telemetry::log
