/// One client of the admin endpoint. Owned by the AdminServer; main's thread.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "proxy/control/api.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/h1_writer.h"
#include "proxy/net/stream.h"
#include "proxy/net/timer_wheel.h"

namespace fairlead::control {

class AdminServer;

class AdminConnection final : private net::StreamObserver {
  public:
    AdminConnection(AdminServer& owner, std::unique_ptr<net::Stream> stream);
    ~AdminConnection();
    AdminConnection(const AdminConnection&) = delete;
    AdminConnection& operator=(const AdminConnection&) = delete;

    /// Nothing reaches it any more; its owner retires it.
    void detach();

  private:
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_broken(Failure failure) override;
    void on_deadline();

    void next_request();
    void serve();
    void send(ApiAnswer answer);
    void send_pieces();
    void finish_answer();
    void refuse(const http::HeadError& error);
    void close();

    AdminServer& owner_;
    std::unique_ptr<net::Stream> stream_;
    net::Deadline deadline_;
    http::RequestHead head_;
    http::RequestParser parser_;
    std::string target_storage_;
    http::HeadBuffer out_;
    std::string piece_;                              ///< of the listing
    std::unique_ptr<telemetry::Rendering> listing_;  ///< under way
    bool is_head_ = false;
    bool keep_alive_ = true;
    bool is_closing_ = false;
};

}  // namespace fairlead::control
