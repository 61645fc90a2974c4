/// Where the lines of the access log go: a bounded queue and the thread that empties it into a
/// descriptor. Only that thread ever waits for the sink.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::telemetry {

/// Whole lines, one after the other.
struct LineBlock {
    /// Most blocks have this size; one for a monstrous line is larger.
    static constexpr std::size_t kBytes = 64 * 1024;

    explicit LineBlock(std::size_t bytes_max) : bytes{new char[bytes_max]}, capacity{bytes_max} {}

    std::unique_ptr<char[]> bytes;
    std::size_t capacity;
    std::size_t size = 0;
    std::size_t lines = 0;

    std::size_t room() const { return capacity - size; }
    void clear() { size = lines = 0; }
};

/// Held by the log and by its own thread: a thread that hangs in a write at the end is left behind.
class AccessSink : public std::enable_shared_from_this<AccessSink> {
  public:
    /// Opens the sink and starts the thread.
    static Result<std::shared_ptr<AccessSink>> open(const std::string& to,
                                                    std::size_t queue_bytes_max);
    ~AccessSink();
    AccessSink(const AccessSink&) = delete;
    AccessSink& operator=(const AccessSink&) = delete;

    /// Takes over the lines of a block or, when the queue is full, drops them; `block` is empty
    /// afterwards. Any thread; waits for nothing but other callers.
    void take(std::unique_ptr<LineBlock>& block);

    void reopen();
    bool sync(Duration limit);
    void stop(Duration limit);
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    AccessSink(std::string path, int fd, std::size_t queue_bytes_max);

    void run();
    void write(const LineBlock& block);
    std::size_t write_some(const char* bytes, std::size_t count);
    void open_again();
    void use(int fd);
    void drop(std::size_t lines) { dropped_.fetch_add(lines, std::memory_order_relaxed); }
    void report_error(int error);

    const std::string path_;  ///< empty: a standard stream
    const std::size_t queue_bytes_max_;
    std::atomic<std::uint64_t> dropped_{0};
    std::atomic<bool> is_abandoned_{false};

    // The thread's own.
    int fd_;
    bool can_block_ = false;  ///< a pipe, terminal or socket
    bool is_torn_ = false;    ///< the last write ended within a line
    bool is_failing_ = false;

    std::mutex mutex_;  // guards what follows
    std::condition_variable work_;
    std::condition_variable progress_;
    std::vector<std::unique_ptr<LineBlock>> queue_;
    std::vector<std::unique_ptr<LineBlock>> free_;
    std::size_t queue_bytes_ = 0;    ///< in the queue and in the thread's hands
    std::uint64_t taken_bytes_ = 0;  ///< since the start
    std::uint64_t settled_bytes_ = 0;
    bool wants_reopen_ = false;
    bool is_stopping_ = false;
    bool is_waiting_ = false;  ///< the thread, for work
    bool has_ended_ = false;
    std::thread thread_;
};

}  // namespace fairlead::telemetry
