#include "bench/peers/idle_clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/peers/work_check.h"

namespace fairlead::bench::peers {
namespace {

constexpr Duration kLimit = std::chrono::seconds(10);
/// An address has some 28,000 ports to connect from, fewer where others use them too.
constexpr std::size_t kClientsPerSource = 5000;

}  // namespace

IdleClients::IdleClients(const SocketAddress& address, const Work& work)
    : address_(address), request_(request_text(work, address)), is_tls_(work.is_tls) {}

Result<void> IdleClients::open_until(std::size_t count, const std::atomic<bool>& stop) {
    while (sockets_.size() < count) {
        if (stop.load()) return fail("interrupted");
        const auto source =
            IpAddress::parse(fmt::format("127.0.0.{}", 1 + sockets_.size() / kClientsPerSource));
        auto socket = Socket::connect(address_, kLimit, *source);
        if (!socket || (is_tls_ && !socket->begin_tls()) || !socket->send(request_)) {
            return fail(fmt::format("client {} of {} cannot connect to {}", sockets_.size() + 1,
                                    count, address_.text()),
                        "raise the limit of open files (ulimit -n), or see the balancer's log");
        }
        const auto answer = read_answer(*socket);
        if (!answer || answer->status != 200) {
            return fail(fmt::format("client {} of {} is not answered", sockets_.size() + 1, count),
                        "raise the limit of open files (ulimit -n), or see the balancer's log");
        }
        sockets_.push_back(std::move(*socket));
    }
    return {};
}

std::size_t idle_clients_max(std::uint64_t descriptors) {
    constexpr std::uint64_t kReserved = 500;  // a balancer's own, and ours
    constexpr std::uint64_t kMost = 10'000;
    constexpr std::uint64_t kLeast = 50;
    // Two for each client: those who pair every client with a backend need as many.
    const std::uint64_t fit = descriptors > kReserved ? (descriptors - kReserved) / 2 : 0;
    return static_cast<std::size_t>(std::clamp(fit, kLeast, kMost));
}

}  // namespace fairlead::bench::peers
