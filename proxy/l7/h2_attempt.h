/// An attempt on a backend that speaks HTTP/2: a stream of a connection that other requests share.
/// Lives on its worker's thread, with its exchange.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/connect/h2_connections.h"
#include "proxy/l7/attempt.h"

namespace fairlead::l7 {

class H2Attempt final : public Attempt,
                        private connect::H2Waiter,
                        private connect::H2RequestObserver {
  public:
    H2Attempt(net::Loop& loop, AttemptObserver& observer) : Attempt(loop, observer) {}
    ~H2Attempt() override;

    void start(connect::BackendEntry& backend, balancing::Lease lease,
               const AttemptSettings& settings, Reuse reuse, unsigned worker) override;
    bool send(const RequestPart& part) override;
    std::size_t queued_bytes() const override;
    void pause_reading() override;
    void resume_reading() override;
    void cancel() override;
    bool is_ready() const override { return connection_ != nullptr; }
    const std::string& trailers() const override { return trailers_; }

  private:
    void on_h2_ready(connect::H2Connection& connection) override;
    void on_h2_failed(Failure failure) override;
    void on_h2_response(const http::H2Head& head) override;
    void on_h2_data(std::span<char> payload, bool is_last, std::string_view trailers) override;
    void on_h2_drained() override;
    void on_h2_closed(Failure failure, bool is_connection_lost) override;
    void on_due() override;

    void use(connect::H2Connection& connection);
    void hear_body(std::span<char> payload, bool is_last);
    void settle();
    void leave(bool is_whole);
    void part();
    void fail(Failure failure);

    connect::H2Connection* connection_ = nullptr;
    http::H2Stream* stream_ = nullptr;
    std::string held_;  ///< payload that came while reading was paused; bounded by the window
    std::string trailers_;
    bool has_held_last_ = false;
};

}  // namespace fairlead::l7
