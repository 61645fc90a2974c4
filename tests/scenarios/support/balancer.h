/// The real program with a configuration of the test: started, watched, stopped by its process id.
/// The destructor ends it and fails the test when it did not end well.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/scenarios/support/json_text.h"
#include "tests/scenarios/support/message.h"

namespace fairlead::scenarios {

/// The usual configuration: one listener "web" on 127.0.0.1, one pool "app", an admin endpoint.
/// The texts are TOML lines put into the tables they are named after.
struct Setup {
    std::vector<std::string> backends{};
    std::string pool{};      ///< of [pool.app]
    std::string listener{};  ///< of [listener.web]
    std::string admin{};     ///< of [admin]
    std::string process{};   ///< of [process], which has workers = 1 unless it says otherwise
    std::string more{};      ///< at the end: [[route]], further tables
    std::string whole{};     ///< a configuration instead of all that
    std::vector<std::string> arguments{};  ///< of `run`, beside the file
};
std::string config(const Setup& setup);

/// A directory of its own, gone with this object.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

class Balancer {
  public:
    /// Starts it and waits until it serves.
    explicit Balancer(const Setup& setup);
    ~Balancer();
    Balancer(const Balancer&) = delete;
    Balancer& operator=(const Balancer&) = delete;

    /// A second process on the same file and the same control socket. It is not waited for: see
    /// wait_until_serving().
    Balancer next(std::vector<std::string> arguments = {}) const;
    /// @return false when it has ended instead
    bool wait_until_serving() const;

    /// Of a listener on TCP.
    std::uint16_t port(std::string_view listener = "web") const;
    std::uint16_t admin_port() const;
    /// The path of its control socket, when its configuration names no other.
    std::string control_socket() const { return directory_->path() + "/admin.sock"; }
    pid_t pid() const { return pid_; }
    const std::string& config_path() const { return config_path_; }

    void signal(int number) const;
    /// Puts another configuration in place of its file, as an editor does.
    void change_config(const std::string& text) const;
    /// HUP, and waits for what came of it. @return false when it was refused
    bool reload();
    /// Waits for its end. @return exit code; 128 + signal when killed; -1 when it goes on
    int wait_for_exit();

    /// All of stderr so far.
    std::string log() const;
    /// Waits for a text in stderr.
    bool wait_for_log(std::string_view text) const;
    /// Lines of the access log so far.
    std::vector<JsonText> access_log() const;
    /// Waits until there are so many lines.
    std::vector<JsonText> wait_for_access_log(std::size_t lines) const;

    Message admin(std::string_view target) const;
    /// The same over the control socket, where everything may be changed. `json` may be empty.
    Message steer(std::string_view method, std::string_view target,
                  std::string_view json = {}) const;
    /// A value of /api/v1/status by its JSON pointer, as text.
    std::string status(const std::string& pointer) const;
    /// A sample of /metrics, by its name and labels as they are written there; 0 when absent.
    double metric(std::string_view series) const;
    /// Open descriptors now.
    std::size_t descriptors() const;
    /// Those of sockets alone: each worker opens a spare descriptor when it first accepts.
    std::size_t sockets() const;
    /// Resident memory now, and at most so far. 0 with a sanitizer, which needs more than we do.
    std::size_t memory_kib() const { return proc_status("VmRSS:"); }
    std::size_t memory_peak_kib() const { return proc_status("VmHWM:"); }
    /// The same without what is read from files.
    std::size_t memory_own_kib() const { return proc_status("RssAnon:"); }

  private:
    Balancer(std::shared_ptr<TemporaryDirectory> directory, std::vector<std::string> arguments);
    void start(std::vector<std::string> more);
    bool has_exited();
    void read_output(int descriptor, std::string& into);
    bool wait_for(const std::function<bool()>& is_so) const;
    std::size_t proc_status(std::string_view key) const;

    const std::shared_ptr<TemporaryDirectory> directory_;
    const std::string config_path_;
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
    int outputs_[2] = {-1, -1};
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::string stdout_;
    std::string stderr_;
    std::vector<std::thread> readers_;
};

}  // namespace fairlead::scenarios
