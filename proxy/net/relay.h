/// Copies bytes both ways between two streams: back-pressure, half-close, one idle time-out.
/// Lives on one loop's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "proxy/base/clock.h"
#include "proxy/base/failure.h"
#include "proxy/net/loop.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::net {

class RelayObserver {
  public:
    /// Both directions have ended (None), or one side broke (ClientClosed, BackendReset; None for a
    /// backend that had said all it had), or nothing moved for the idle time (ClientTimeout). What
    /// was on its way to the other side has been delivered to the kernel, unless that side broke
    /// too or the idle time passed. The relay does nothing more.
    virtual void on_relay_ended(Failure failure) = 0;

  protected:
    ~RelayObserver() = default;
};

class Relay {
  public:
    /// Takes both streams; they are closed when it is destroyed. Both become readers at start().
    /// @param idle  kForever for none
    Relay(Loop& loop, std::unique_ptr<Stream> client, std::unique_ptr<Stream> backend,
          Duration idle, RelayObserver& observer);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void start();
    /// The client's end was met before start(): passes it on.
    void end_client() { client_.on_end(); }

    /// Also such as could not be passed on, because the other side broke.
    std::uint64_t bytes_from_client() const { return client_.received; }
    std::uint64_t bytes_from_backend() const { return backend_.received; }

  private:
    /// One end: what arrives here goes to `other`.
    struct End final : StreamObserver {
        End(Relay& its_relay, std::unique_ptr<Stream> its_stream)
            : relay(its_relay), stream(std::move(its_stream)) {}
        void on_bytes(std::span<char> bytes) override;
        void on_end() override;
        void on_drained() override;
        void on_broken(Failure failure) override;

        Relay& relay;
        std::unique_ptr<Stream> stream;
        End* other = nullptr;
        std::uint64_t received = 0;
        bool has_ended = false;  ///< it sent its FIN
    };

    void on_deadline();
    void moved();
    void end_after(End& broken);
    void pass_rest();
    void linger();
    void finish(Failure failure);
    Failure failure_of(const End& broken) const;

    Loop& loop_;
    RelayObserver& observer_;
    const Duration idle_;
    Deadline deadline_;
    End client_;
    End backend_;
    End* broken_ = nullptr;      ///< the first to break: only what it had said still moves
    bool is_lingering_ = false;  ///< that too is done
    bool is_finished_ = false;
};

}  // namespace fairlead::net
