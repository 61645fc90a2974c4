/// An attempt on a backend that speaks HTTP/1.1: a connection of its own for the time of one
/// request and its response, taken from the idle ones or opened. Lives on its worker's thread,
/// inside its exchange.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "proxy/connect/connector.h"
#include "proxy/l7/attempt.h"
#include "proxy/net/stream.h"

namespace fairlead::l7 {

class H1Attempt final : public Attempt,
                        private net::StreamObserver,
                        private connect::ConnectObserver {
  public:
    H1Attempt(net::Loop& loop, AttemptObserver& observer);
    ~H1Attempt() override;

    void start(connect::BackendEntry& backend, balancing::Lease lease,
               const AttemptSettings& settings, Reuse reuse, unsigned worker) override;
    /// The same on a connection the client keeps for itself (NTLM).
    void start_on(std::unique_ptr<connect::BackendConnection> connection,
                  connect::BackendEntry& backend, balancing::Lease lease,
                  const AttemptSettings& settings, unsigned worker);
    bool send(const RequestPart& part) override;
    std::size_t queued_bytes() const override;
    void pause_reading() override;
    void resume_reading() override;
    void cancel() override;
    std::unique_ptr<connect::BackendConnection> take_private_connection() override;
    std::unique_ptr<connect::BackendConnection> take_tunnel(balancing::Lease& lease) override;
    bool is_ready() const override { return connection_ != nullptr; }
    const std::string& trailers() const override { return decoder_.trailers(); }

  private:
    void use(std::unique_ptr<connect::BackendConnection> connection);

    void on_connect_done(std::unique_ptr<net::Stream> stream) override;
    void on_connect_failed(Failure failure) override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;
    void on_due() override;

    void on_head(std::span<char> rest);
    void on_body(std::span<char> bytes);
    bool is_wanted_switch() const;
    bool authenticates_connection() const;
    void settle(bool is_clean);
    bool is_stale() const;
    bool hear_rest();
    void fail(Failure failure);
    void close_connection();

    connect::Connector connector_;
    std::unique_ptr<connect::BackendConnection> connection_;
    bool is_write_broken_ = false;  ///< the rest of the request is of no use to the backend
    bool is_private_ = false;
};

}  // namespace fairlead::l7
