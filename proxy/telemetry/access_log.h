/// The access log: one line per exchange or session. A worker formats a line into its own buffer;
/// a thread of the log's own writes full buffers to the sink. Whatever the sink does (a stopped
/// pipe, a full disk), a worker never waits: a bounded queue fills, then lines are dropped and
/// counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/base/failure.h"
#include "proxy/base/random.h"
#include "proxy/base/result.h"

namespace fairlead::telemetry {

/// "It did not come to that": shown as null.
inline constexpr Duration kNotReached{-1};

/// One try on one backend.
struct AttemptEntry {
    std::string_view backend;
    std::string_view reason;  ///< a failure's word, or the status that made it a failure
    Duration took{0};
};

/// Everything a line says. The views are read during write() only.
struct AccessEntry {
    WallTime time{};  ///< when the exchange began
    std::string_view id;
    std::string_view listener;
    std::string_view client;  ///< the client's address, without a port
    std::string_view peer;    ///< the other end of the connection, with its port
    std::string_view method;
    std::string_view host;
    std::string_view path;   ///< the target as it was received; its query is shown as configured
    std::string_view proto;  ///< "HTTP/1.1"
    int status = 0;
    Failure failure = Failure::None;
    std::string_view route;
    std::string_view pool;
    std::string_view backend;  ///< the one that answered
    std::span<const AttemptEntry> attempts;
    std::uint64_t bytes_in = 0;   ///< from the client
    std::uint64_t bytes_out = 0;  ///< to the client
    Duration total{0};
    Duration queue = kNotReached;
    Duration connect = kNotReached;
    Duration first_byte = kNotReached;
    std::string_view tls;
    std::string_view user_agent;
};

enum class AccessFormat : std::uint8_t { Json, Common };
/// What is shown of a query: nothing, all but the values of secrets, everything.
enum class AccessQuery : std::uint8_t { Off, Redact, On };

struct AccessLogConfig {
    bool enabled = true;
    std::string to = "stdout";  ///< "stdout", "stderr" or the path of a file, which is appended to
    AccessFormat format = AccessFormat::Json;
    double sample = 1.0;  ///< share of the entries that become lines, 0 to 1
    AccessQuery query = AccessQuery::Redact;
    std::size_t queue_bytes_max = 4 * 1024 * 1024;  ///< waiting for the sink, over all workers
    std::uint64_t seed = 0;                         ///< of the sampling; 0: from entropy
};

class AccessSink;

/// One worker's end of the log: touched by that worker's thread only.
class AccessWriter {
  public:
    ~AccessWriter();
    AccessWriter(const AccessWriter&) = delete;
    AccessWriter& operator=(const AccessWriter&) = delete;

    /// False when the access log is off: then there is no need to gather an entry.
    bool enabled() const { return sink_ != nullptr; }
    /// Adds a line, or leaves it out when it is not in the sample. Does not block, and does not
    /// allocate once warm.
    void write(const AccessEntry& entry);
    /// Hands over what has been gathered; without it that happens at 32 KiB. Cheap when there is
    /// nothing. Meant for a timer of a fraction of a second, not for every turn of the loop.
    void flush();

  private:
    friend class AccessLog;
    struct State;
    AccessWriter();

    AccessSink* sink_ = nullptr;
    std::unique_ptr<State> state_;
};

/// Owned by main; outlives the workers. Workers use their writers, everything else is main's.
class AccessLog {
  public:
    using Writer = AccessWriter;

    /// Opens the sink and starts the thread; neither when `config.enabled` is false.
    static Result<std::unique_ptr<AccessLog>> open(const AccessLogConfig& config,
                                                   std::size_t workers);
    /// As stop(), with two seconds.
    ~AccessLog();
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;

    /// For the worker with this index; good until the log is gone.
    Writer& writer(std::size_t worker) { return *writers_[worker]; }

    /// Opens a file's path again (it has been renamed): lines handed over after this go to the new
    /// file. When that fails, the old one is kept and an error logged. Returns at once.
    void reopen();
    /// Waits until everything handed over so far is written or dropped.
    /// @return false when `limit` passed first.
    bool sync(Duration limit);
    /// Writes what is left and ends the thread; gives up after `limit`, drops and counts the rest.
    /// The workers have ended. Later calls do nothing.
    void stop(Duration limit);
    /// Lines dropped since the start. Any thread.
    std::uint64_t dropped() const;

  private:
    AccessLog();

    std::vector<std::unique_ptr<Writer>> writers_;
    std::shared_ptr<AccessSink> sink_;
};

}  // namespace fairlead::telemetry
