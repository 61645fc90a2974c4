/// HTTP/1.1 requests over one connection of a lane.
#pragma once

#include "bench/load_connection.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"

namespace fairlead::bench {

class Http1Load final : public LoadConnection {
  public:
    explicit Http1Load(Lane& lane) : LoadConnection(lane) {}

    void on_bytes(std::span<char> bytes) override;
    void on_end() override;

  private:
    void begin_request(bool is_last) override;
    bool read_head(std::span<char>& bytes);
    void read_body(std::span<char> bytes);
    void complete_response();

    http::Method method_ = http::Method::Get;
    bool has_head_ = false;
    http::ResponseParser parser_;
    http::ResponseHead head_;
    http::BodyDecoder decoder_;
};

}  // namespace fairlead::bench
