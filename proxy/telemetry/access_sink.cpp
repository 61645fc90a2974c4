#include "proxy/telemetry/access_sink.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "proxy/telemetry/log.h"

namespace fairlead::telemetry {
namespace {

/// So much a pipe that is ready for writing takes without blocking (pipe(7)).
constexpr std::size_t kPipeWriteBytes = 4096;
/// How often a thread that waits for a blocked sink looks whether the log has been given up.
constexpr int kBlockedPollMs = 50;
constexpr std::size_t kFreeBlocksMax = 64;

/// O_NONBLOCK matters for a FIFO alone: without a reader it is an error, instead of hanging here.
int open_for_append(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                  0640);
}

std::string reason(int error) { return std::strerror(error); }

}  // namespace

Result<std::shared_ptr<AccessSink>> AccessSink::open(const std::string& to,
                                                     std::size_t queue_bytes_max) {
    const bool is_standard = to == "stdout" || to == "stderr";
    int fd = to == "stderr" ? STDERR_FILENO : STDOUT_FILENO;
    if (!is_standard) {
        fd = open_for_append(to);
        if (fd < 0) {
            return fail(fmt::format("cannot open the access log {}: {}", to, reason(errno)),
                        "the folder must exist and be writable; \"stdout\" and \"off\" need none");
        }
    }
    std::shared_ptr<AccessSink> sink{
        new AccessSink{is_standard ? std::string{} : to, fd, queue_bytes_max}};
    // Signals are for the main thread; blocked from the start, because a new thread inherits this.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sink->thread_ = std::thread{[sink] { sink->run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return sink;
}

AccessSink::AccessSink(std::string path, int fd, std::size_t queue_bytes_max)
    : path_{std::move(path)}, queue_bytes_max_{queue_bytes_max}, fd_{fd} {
    use(fd);
}

AccessSink::~AccessSink() {
    if (!path_.empty()) ::close(fd_);
}

void AccessSink::use(int fd) {
    fd_ = fd;
    struct stat kind {};
    can_block_ = fstat(fd, &kind) == 0 && !S_ISREG(kind.st_mode);
    is_torn_ = false;
}

void AccessSink::take(std::unique_ptr<LineBlock>& block) {
    std::unique_lock lock{mutex_};
    if (is_stopping_ || queue_bytes_ + block->size > queue_bytes_max_) {
        lock.unlock();
        drop(block->lines);
        block->clear();
        return;
    }
    queue_bytes_ += block->size;
    taken_bytes_ += block->size;
    if (!queue_.empty() && queue_.back()->room() >= block->size) {
        // Small pieces share a block, so that the bound on bytes is one on memory too.
        LineBlock& last = *queue_.back();
        std::memcpy(last.bytes.get() + last.size, block->bytes.get(), block->size);
        last.size += block->size;
        last.lines += block->lines;
        block->clear();
    } else {
        queue_.push_back(std::move(block));
        if (!free_.empty()) {
            block = std::move(free_.back());
            free_.pop_back();
        }
    }
    const bool must_wake = std::exchange(is_waiting_, false);
    lock.unlock();
    if (must_wake) work_.notify_one();
    if (block == nullptr) block = std::make_unique<LineBlock>(LineBlock::kBytes);
}

void AccessSink::reopen() {
    if (path_.empty()) return;
    {
        const std::lock_guard lock{mutex_};
        wants_reopen_ = true;
        is_waiting_ = false;
    }
    work_.notify_one();
}

bool AccessSink::sync(Duration limit) {
    std::unique_lock lock{mutex_};
    const std::uint64_t wanted = taken_bytes_;
    return progress_.wait_for(
        lock, limit, [&] { return (settled_bytes_ >= wanted && !wants_reopen_) || has_ended_; });
}

void AccessSink::stop(Duration limit) {
    std::unique_lock lock{mutex_};
    if (!thread_.joinable()) return;
    is_stopping_ = true;
    is_waiting_ = false;
    work_.notify_one();
    const auto has_ended = [this] { return has_ended_; };
    if (!progress_.wait_for(lock, limit, has_ended)) {
        is_abandoned_ = true;
        for (const auto& block : queue_) drop(block->lines);
        queue_.clear();
        if (!progress_.wait_for(lock, std::chrono::milliseconds{10 * kBlockedPollMs}, has_ended)) {
            // Stuck inside a write (a terminal held, a dead network disk). It keeps what it uses.
            thread_.detach();
            return;
        }
    }
    lock.unlock();
    thread_.join();
}

void AccessSink::run() {
    std::vector<std::unique_ptr<LineBlock>> batch;
    std::unique_lock lock{mutex_};
    while (true) {
        while (queue_.empty() && !wants_reopen_ && !is_stopping_) {
            is_waiting_ = true;
            work_.wait(lock);
        }
        is_waiting_ = false;
        if (wants_reopen_) {
            lock.unlock();
            open_again();
            lock.lock();
            wants_reopen_ = false;
            progress_.notify_all();
        }
        if (queue_.empty()) {
            if (is_stopping_) break;
            continue;
        }
        batch.swap(queue_);
        for (auto& block : batch) {
            lock.unlock();
            write(*block);
            lock.lock();
            queue_bytes_ -= block->size;
            settled_bytes_ += block->size;
            block->clear();
            const bool is_usual = block->capacity == LineBlock::kBytes;
            if (is_usual && free_.size() < kFreeBlocksMax) free_.push_back(std::move(block));
            progress_.notify_all();
        }
        batch.clear();
    }
    has_ended_ = true;
    progress_.notify_all();
}

void AccessSink::write(const LineBlock& block) {
    if (is_torn_) {
        if (write_some("\n", 1) != 1) return drop(block.lines);
        is_torn_ = false;
    }
    std::size_t written = 0;
    while (written < block.size) {
        const std::size_t more = write_some(block.bytes.get() + written, block.size - written);
        if (more == 0) break;
        written += more;
    }
    if (written == block.size) {
        if (std::exchange(is_failing_, false)) log::info("access log: written again");
        return;
    }
    const char* const start = block.bytes.get();
    is_torn_ = written > 0 && start[written - 1] != '\n';
    const auto lost = std::count(start + written, start + block.size, '\n');
    drop(static_cast<std::size_t>(lost));
}

/// @return bytes written; 0 when the sink failed or the log has been given up.
std::size_t AccessSink::write_some(const char* bytes, std::size_t count) {
    while (!is_abandoned_) {
        if (can_block_) {
            pollfd ready{fd_, POLLOUT, 0};
            if (poll(&ready, 1, kBlockedPollMs) == 0) continue;
            count = std::min(count, kPipeWriteBytes);
        }
        const ssize_t written = ::write(fd_, bytes, count);
        if (written > 0) return static_cast<std::size_t>(written);
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        report_error(written < 0 ? errno : EIO);
        return 0;
    }
    return 0;
}

void AccessSink::open_again() {
    const int fd = open_for_append(path_);
    if (fd < 0) {
        log::error("access log: cannot open {} again: {}; the old file is kept", path_,
                   reason(errno));
        return;
    }
    ::close(fd_);
    use(fd);
    log::info("access log: {} opened again", path_);
}

/// Once, until a write succeeds: a full disk must not fill the other log as well.
void AccessSink::report_error(int error) {
    if (std::exchange(is_failing_, true)) return;
    log::error("access log: cannot write to {}: {}; lines are dropped until it works again",
               path_.empty() ? std::string_view{"the standard stream"} : std::string_view{path_},
               reason(error));
}

}  // namespace fairlead::telemetry
