#include "proxy/runtime/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "proxy/net/descriptor.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

/// A manager that takes nothing must not hold up the loop for longer.
constexpr timeval kSendLimit{0, 200'000};

/// One line: what follows a line end would be another assignment.
std::string status_line(std::string_view text) {
    std::string line = fmt::format("STATUS={}", text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
}

}  // namespace

std::string reloading_message(Time now) {
    const auto since_boot =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    return fmt::format("RELOADING=1\nMONOTONIC_USEC={}", since_boot.count());
}

ServiceManager ServiceManager::from_environment() {
    const char* address = std::getenv("NOTIFY_SOCKET");
    if (address == nullptr) return {};
    ServiceManager manager{address};
    ::unsetenv("NOTIFY_SOCKET");
    const bool is_known = !manager.address_.empty() &&
                          (manager.address_[0] == '/' || manager.address_[0] == '@') &&
                          manager.address_.size() <= sizeof(sockaddr_un::sun_path) - 1;
    if (is_known) return manager;
    telemetry::log::warn("NOTIFY_SOCKET is \"{}\", which is no unix socket: nobody is told",
                         manager.address_);
    return {};
}

void ServiceManager::ready(std::string_view text) const { send("READY=1\n" + status_line(text)); }
void ServiceManager::reloading() const { send(reloading_message(SystemClock{}.now())); }
void ServiceManager::stopping(std::string_view text) const {
    send("STOPPING=1\n" + status_line(text));
}
void ServiceManager::status(std::string_view text) const { send(status_line(text)); }
void ServiceManager::main_pid(int pid) const { send(fmt::format("MAINPID={}", pid)); }

void ServiceManager::send(const std::string& message) const {
    if (!is_there()) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    if (address_[0] == '@') {
        to.sun_path[0] = '\0';
    } else {
        ++length;  // a path ends in a zero, an abstract name does not
    }
    const net::Descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendLimit, sizeof(kSendLimit));
    const ssize_t sent = ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&to), length);
    if (sent < 0) {
        telemetry::log::warn("the service manager at {} cannot be told: {}", address_,
                             std::strerror(errno));
    }
}

}  // namespace fairlead::runtime
