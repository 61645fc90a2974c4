/// gRPC's health checking protocol: calls grpc.health.v1.Health/Check for one service and wants
/// SERVING. Over HTTP/2, as all of gRPC.
#pragma once

#include <string>

#include "health/h2_conversation.h"
#include "health/socket_probe.h"

namespace fairlead::health {

class GrpcProbe final : public SocketProbe, private H2Listener {
  public:
    GrpcProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target);
    static std::unique_ptr<Probe> make(net::Loop& loop, const conf::Check& check,
                                       ProbeTarget target);

  private:
    void on_open() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_answer(std::string_view head, bool is_last) override;
    void on_answer_body(std::span<char> payload, bool is_last, std::string_view trailers) override;
    void on_no_answer(std::string reason) override { fail(std::move(reason)); }
    void judge(std::string_view lines);

    const std::string head_;  // the same every time
    const std::string message_;
    H2Conversation conversation_;
    std::string answer_;  // at most kAnswerBytesMax
};

/// The request message, in its frame: {service}.
std::string grpc_health_request(std::string_view service);
/// Of the response message in its frame: "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN", "UNKNOWN", or
/// empty when it is none.
std::string_view grpc_health_status(std::string_view framed);

}  // namespace fairlead::health
