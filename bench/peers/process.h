/// One child process: an origin or a balancer under measurement. It has its own process group, so
/// that a Ctrl-C meant for us does not reach it first, and dies with us whatever happens. What it
/// starts itself, such as NGINX's workers or the program behind a script, is in its group and is
/// stopped with it, but outlives us when we are killed: only children can be bound to our life. The
/// owner of the object owns the process; the thread that starts it must outlive it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"

namespace fairlead::bench::peers {

struct ProcessSettings {
    std::string name;                  ///< for people, as "haproxy"
    std::vector<std::string> command;  ///< the program's path, then its arguments
    std::filesystem::path log;         ///< stdout and stderr go there; begun anew
    std::filesystem::path folder;      ///< it runs there, so that what it leaves is found there
    std::optional<int> cpu{};          ///< absent: as we are
};

class Process {
  public:
    /// An Error when the program cannot be run; it is not waited for otherwise.
    static Result<Process> start(ProcessSettings settings);
    ~Process();  ///< stops it
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const { return id_; }
    const std::string& name() const { return settings_.name; }
    bool is_running();
    /// @return an Error with how it has ended and the end of its log, unless it is running
    Result<void> check_running(std::string_view when);
    /// @return whether it has ended within `limit`
    bool wait_until_ended(Duration limit);

    /// Waits until a connection to `address` is accepted.
    /// @param stop  ends the wait with an Error when it becomes true
    /// @return an Error with the end of its log when it exits before, or does not answer in time
    Result<void> wait_until_answers(const SocketAddress& address, Duration limit,
                                    const std::atomic<bool>& stop);

    /// TERM to it and to what it has started, and KILL to what has not ended after `grace`. Returns
    /// when all of them are gone and reaped. Nothing when they are already.
    void stop(Duration grace = std::chrono::seconds(5));

    /// The last lines of what it wrote, indented; says so when it wrote nothing.
    std::string log_end() const;

  private:
    Process(ProcessSettings settings, pid_t id);
    bool reap();
    bool is_group_gone();
    bool wait_until_gone(Duration limit);
    tl::unexpected<Error> failed(const std::string& what) const;

    ProcessSettings settings_;
    pid_t id_ = -1;     ///< -1: moved away or reaped
    pid_t group_ = -1;  ///< -1: moved away, or nobody is left in it
    int status_ = 0;
};

/// Runs a short command to its end and takes what it prints, stderr too.
/// @return an Error when it cannot be run, or runs longer than `limit`; its exit code is not looked
///         at
Result<std::string> output_of(const std::vector<std::string>& command, Duration limit);

}  // namespace fairlead::bench::peers
