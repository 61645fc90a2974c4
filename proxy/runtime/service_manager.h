/// Tells the service manager how the process is doing: the protocol of sd_notify(3), one datagram
/// for each message to the socket that NOTIFY_SOCKET names. Main's thread.
#pragma once

#include <string>
#include <string_view>

#include "proxy/base/clock.h"

namespace fairlead::runtime {

class ServiceManager {
  public:
    /// Nobody to tell: every message goes nowhere.
    ServiceManager() = default;
    /// Whom NOTIFY_SOCKET names, which is taken out of the environment: programs we may start are
    /// not the service. Before other threads exist.
    static ServiceManager from_environment();
    /// @param address  a path, or "@name" of the abstract name space
    explicit ServiceManager(std::string address) : address_(std::move(address)) {}

    bool is_there() const { return !address_.empty(); }

    /// Serving; also at the end of every reload, also of one that was refused.
    void ready(std::string_view status) const;
    /// A reload begins.
    void reloading() const;
    void stopping(std::string_view status) const;
    /// The line that `systemctl status` shows.
    void status(std::string_view text) const;
    /// The service goes on in this process (a takeover); the old one tells.
    void main_pid(int pid) const;

  private:
    void send(const std::string& message) const;

    std::string address_;
};

/// The message of reloading(): with the monotonic time, by which the manager tells this reload from
/// an earlier one.
std::string reloading_message(Time now);

}  // namespace fairlead::runtime
