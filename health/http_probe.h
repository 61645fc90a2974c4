/// Does the backend answer one small request with the right status, and the right text in
/// its body?
#pragma once

#include "health/socket_probe.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"

namespace fairlead::health {

class HttpProbe : public SocketProbe {
  public:
    HttpProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target);
    static std::unique_ptr<Probe> make(net::Loop& loop, const conf::Check& check,
                                       ProbeTarget target);

  protected:
    void on_open() override;
    /// Of an answer in HTTP/1.1.
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    /// Expects one.
    void begin_answer();
    const std::string& request() const { return request_; }

  private:
    /// Both tell whether the check goes on. @param bytes  shortened by what was used
    bool take_head(std::span<char>& bytes);
    bool judge_head();
    void take_body(std::span<char> bytes);
    void fail_body(std::string_view of_what);
    void start_head();

    const std::string request_;  // the same every time
    const bool is_head_;         // a HEAD request: no body follows
    const std::vector<conf::StatusRange> expected_;
    const std::string wanted_text_;

    http::ResponseParser parser_;
    http::BodyDecoder body_decoder_;
    http::ResponseHead head_;
    bool has_head_ = false;
    unsigned interim_heads_ = 0;
    std::string body_;  // at most kAnswerBytesMax
};

/// "200-399" or "200,301-308".
std::string format_statuses(const std::vector<conf::StatusRange>& ranges);

/// The request of a check, as it is sent.
std::string check_request(const conf::Check& check, const HostPort& backend);

}  // namespace fairlead::health
