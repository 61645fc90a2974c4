/// A client that speaks HTTP/2 in clear by prior knowledge: blocking, with a deadline on every
/// wait.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/h2_session.h"
#include "tests/scenarios/support/client.h"

namespace fairlead::scenarios {

/// For a listener in clear: HTTP/2 by prior knowledge, and HTTP/1.1.
inline constexpr const char* kBothVersions = "http = [\"h2\", \"http/1.1\"]\n";

/// What came back on one stream.
struct H2Answer {
    http::H2Stream* stream = nullptr;  ///< null once it is closed
    std::vector<std::string> heads;    ///< interim ones too, as HTTP/1.1 text
    std::string body;
    std::string trailers;
    http::H2StreamEnd end;
    bool is_whole = false;  ///< it ended as it should
    bool is_closed = false;

    /// Of the last head; 0 when none has come.
    int status() const;
    /// Of the last head, by its name in lower case.
    std::string field(std::string_view name) const;
};

class H2Client final : private http::H2SessionObserver {
  public:
    explicit H2Client(std::uint16_t port, const http::H2Settings& settings = {});

    /// Sends a request; `fields` are whole lines. The answer lives as long as the client.
    H2Answer& ask(std::string_view method, std::string_view target, std::string_view fields = {},
                  bool is_last = true);
    void send_data(H2Answer& answer, std::string_view payload, bool is_last,
                   std::string_view trailers = {});
    /// Sends bytes as they are, behind all that the session had to say.
    void send_raw(std::string_view bytes);
    /// Sends, and hears, until it is so. @return false when it has not become so
    bool wait_for(const std::function<bool()>& is_so);
    /// Until the answer has ended. @return it was whole
    bool wait(H2Answer& answer);
    H2Answer& get(std::string_view target, std::string_view fields = {});

    http::H2Session& session() { return session_; }
    Wire& wire() { return wire_; }
    std::size_t goaways() const { return goaways_; }
    http::H2Error goaway_error() const { return goaway_error_; }
    std::size_t pongs() const { return pongs_; }
    bool has_ended() const { return has_ended_; }
    /// Keeps the windows of bodies shut.
    bool consumes = true;

  private:
    void flush();
    void* on_h2_request(http::H2Stream&, const http::H2Head&) override { return nullptr; }
    void on_h2_response(void* user, const http::H2Head& head) override;
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override;
    void on_h2_drained(void*) override {}
    void on_h2_closed(void* user, const http::H2StreamEnd& end) override;
    void on_h2_goaway(http::H2Error error) override;
    void on_h2_pong() override { ++pongs_; }
    bool turn();

    Client wire_;
    http::H2Session session_;
    std::vector<std::unique_ptr<H2Answer>> answers_;
    std::size_t goaways_ = 0;
    std::size_t pongs_ = 0;
    http::H2Error goaway_error_ = http::H2Error::NoError;
    bool has_ended_ = false;
};

}  // namespace fairlead::scenarios
