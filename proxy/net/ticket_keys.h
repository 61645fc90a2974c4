/// The secrets behind session tickets (RFC 5077, RFC 8446 section 4.6.1): one set for the process,
/// shared by all workers, kept over reloads, restarts (state file) and takeovers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"

namespace fairlead::net {

/// Any thread.
class TicketKeys {
  public:
    static constexpr std::size_t kSecretBytes = 32;
    /// A secret makes tickets for so long, and opens them for so long after it was made.
    static constexpr std::chrono::hours kRotateEvery{8};
    static constexpr std::chrono::hours kOpensFor{24};

    struct Secret {
        std::array<unsigned char, kSecretBytes> bytes{};
        WallTime made{};
    };

    /// With one fresh secret.
    explicit TicketKeys(WallTime now);
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    /// Adds a secret when the newest is due, forgets those that are too old.
    /// @return something changed: what is kept elsewhere is out of date
    bool rotate(WallTime now);
    /// Newest first.
    std::vector<Secret> secrets() const;
    /// Those of the process before, newest first: they open tickets again, and the newest makes
    /// them when it is not due. Ones that are too old or from the future are dropped.
    void restore(std::vector<Secret> secrets, WallTime now);
    /// Rises with every change, for those that keep something derived.
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  private:
    mutable std::mutex mutex_;
    std::vector<Secret> secrets_;
    std::atomic<std::uint64_t> version_{1};
};

}  // namespace fairlead::net
