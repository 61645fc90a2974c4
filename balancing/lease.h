/// One in-flight use of a backend: counted from the moment it is made until it is destroyed.
/// Used by one thread at a time; keeps its backend alive.
#pragma once

#include <utility>

#include "balancing/backend.h"

namespace fairlead::balancing {

class Lease {
  public:
    Lease() = default;  ///< of nothing
    Lease(Lease&& other) noexcept
        : backend_(std::exchange(other.backend_, nullptr)), is_tunnel_(other.is_tunnel_) {}
    Lease& operator=(Lease&& other) noexcept {
        if (this != &other) {
            release();
            backend_ = std::exchange(other.backend_, nullptr);
            is_tunnel_ = other.is_tunnel_;
        }
        return *this;
    }
    ~Lease() { release(); }

    explicit operator bool() const { return backend_ != nullptr; }
    /// Only of a lease that is one.
    Backend& backend() const { return *backend_; }

    /// This attempt failed: it stays in its backend's load() for one second. Call once, before
    /// release.
    void failed(Time now) noexcept { backend_->note_failure(now); }
    /// A response's time from sent to head, for peak_ewma. Failed attempts do not report.
    void observe(Duration latency, Time now) noexcept { backend_->observe(latency, now); }
    /// After a 101: from here on it counts as a tunnel, and its place in flight is free.
    /// Idempotent.
    void to_tunnel() noexcept {
        if (!std::exchange(is_tunnel_, true)) backend_->give_back(1, Backend::kOneTunnel);
    }
    /// Gives it back before the destructor would; wakes a waiter.
    void release() noexcept {
        if (Backend* const mine = std::exchange(backend_, nullptr); mine != nullptr) {
            mine->give_back(is_tunnel_ ? Backend::kOneTunnel : 1, 0);
        }
        is_tunnel_ = false;
    }

  private:
    friend class Pool;
    /// @param taken  its count was raised for this lease
    explicit Lease(Backend* taken) : backend_(taken) {}

    Backend* backend_ = nullptr;
    bool is_tunnel_ = false;
};

}  // namespace fairlead::balancing
