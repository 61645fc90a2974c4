/// One request over HTTP/2 on a connection of a probe: bytes in, bytes out. Reused from check to
/// check.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/http/h2_session.h"

namespace fairlead::health {

/// Each call may end the check, and with it the conversation.
class H2Listener {
  public:
    /// Its head as HTTP/1.1 text; interim ones too.
    virtual void on_answer(std::string_view head, bool is_last) = 0;
    virtual void on_answer_body(std::span<char> payload, bool is_last,
                                std::string_view trailers) = 0;
    /// There will be none.
    virtual void on_no_answer(std::string reason) = 0;

  protected:
    ~H2Listener() = default;
};

class H2Conversation final : private http::H2SessionObserver {
  public:
    explicit H2Conversation(H2Listener& listener) : listener_(listener) {}

    /// @param head    of the request, as HTTP/1.1 text
    /// @param scheme  static
    /// @return what is to be sent
    std::string begin(std::string_view head, std::string_view body, std::string_view scheme);
    /// What has come. @return what is to be sent
    std::string hear(std::span<char> bytes, Time now);
    /// The check has ended: nothing more is told of it.
    void end() { is_over_ = true; }

  private:
    void* on_h2_request(http::H2Stream&, const http::H2Head&) override { return nullptr; }
    void on_h2_response(void*, const http::H2Head& head) override;
    void on_h2_data(void*, std::span<char> payload, bool is_last,
                    std::string_view trailers) override;
    void on_h2_drained(void*) override {}
    void on_h2_closed(void*, const http::H2StreamEnd& end) override;
    void on_h2_goaway(http::H2Error error) override;
    void on_h2_pong() override {}
    void fail(std::string reason);

    H2Listener& listener_;
    std::unique_ptr<http::H2Session> session_;  ///< of the present check, or the one before
    http::H2Stream* stream_ = nullptr;
    bool is_over_ = false;
};

}  // namespace fairlead::health
