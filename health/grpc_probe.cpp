#include "health/grpc_probe.h"

#include <fmt/format.h>

#include <utility>

#include "proxy/base/version.h"
#include "proxy/http/field.h"

namespace fairlead::health {
namespace {

constexpr std::size_t kFrameBytes = 5;  // a flag and four bytes of length in front of a message
/// Statuses of calls that say more than their number (gRPC's status codes).
std::string describe(std::string_view status) {
    if (status == "5") return "NOT_FOUND (5): the backend has no such service";
    if (status == "12") return "UNIMPLEMENTED (12): the backend has no health service";
    if (status == "14") return "UNAVAILABLE (14)";
    return std::string(status);
}

std::string request_head(const conf::Check& check, const HostPort& backend) {
    HostPort asked = backend;
    if (check.port != 0) asked.port = check.port;
    const std::string host = !check.host.empty() ? check.host
                             : backend.is_unix() ? std::string("localhost")
                                                 : asked.text();
    return fmt::format(
        "POST /grpc.health.v1.Health/Check HTTP/1.1\r\n"
        "Host: {}\r\n"
        "User-Agent: fairlead/{} health check\r\n"
        "Content-Type: application/grpc\r\n"
        "TE: trailers\r\n"
        "\r\n",
        host, version());
}

}  // namespace

std::string grpc_health_request(std::string_view service) {
    // Field 1, a string, of fewer than 128 bytes: conf sees to that. The default is left out.
    std::string message;
    if (!service.empty()) {
        message += '\x0A';
        message += static_cast<char>(service.size());
        message += service;
    }
    std::string framed(kFrameBytes, '\0');
    framed[kFrameBytes - 1] = static_cast<char>(message.size());
    return framed += message;
}

std::string_view grpc_health_status(std::string_view framed) {
    if (framed.size() < kFrameBytes || framed[0] != '\0' || framed[1] != '\0' ||
        framed[2] != '\0' || framed[3] != '\0') {
        return {};
    }
    const auto length = static_cast<unsigned char>(framed[kFrameBytes - 1]);
    const std::string_view message = framed.substr(kFrameBytes);
    if (message.size() != length) return {};
    if (message.empty()) return "UNKNOWN";  // the default is left out
    // Field 1, an enumeration of one byte.
    if (message.size() != 2 || message[0] != '\x08') return {};
    switch (message[1]) {
        case 0:
            return "UNKNOWN";
        case 1:
            return "SERVING";
        case 2:
            return "NOT_SERVING";
        case 3:
            return "SERVICE_UNKNOWN";
        default:
            return {};
    }
}

GrpcProbe::GrpcProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target)
    : SocketProbe(loop, check.timeout, std::move(target)),
      head_(request_head(check, this->target().address)),
      message_(grpc_health_request(check.service)),
      conversation_(*this) {}

std::unique_ptr<Probe> GrpcProbe::make(net::Loop& loop, const conf::Check& check,
                                       ProbeTarget target) {
    return std::make_unique<GrpcProbe>(loop, check, std::move(target));
}

void GrpcProbe::on_open() {
    answer_.clear();
    send(conversation_.begin(head_, message_, target().tls == nullptr ? "http" : "https"));
}

void GrpcProbe::on_bytes(std::span<char> bytes) {
    const std::string out = conversation_.hear(bytes, now());
    if (!out.empty() && is_under_way()) send(out);
}

void GrpcProbe::on_end() {
    conversation_.end();
    fail("closed without a response");
}

void GrpcProbe::on_answer(std::string_view head, bool is_last) {
    const std::string_view status = head.substr(9, 3);
    if (status.starts_with('1')) return;
    if (status != "200") {
        conversation_.end();
        fail(fmt::format("status {} (gRPC answers with 200)", status));
    } else if (is_last) {
        judge(head);
    }
}

void GrpcProbe::on_answer_body(std::span<char> payload, bool is_last, std::string_view trailers) {
    answer_.append(payload.data(), payload.size());
    if (answer_.size() > kAnswerBytesMax) {
        conversation_.end();
        fail("the answer is no health status");
    } else if (is_last) {
        judge(trailers);
    }
}

void GrpcProbe::judge(std::string_view lines) {
    conversation_.end();
    const std::string_view status = http::line_value(lines, "grpc-status");
    if (status.empty()) {
        fail("no grpc-status");
    } else if (status != "0") {
        fail("gRPC status " + describe(status));
    } else if (const std::string_view health = grpc_health_status(answer_); health == "SERVING") {
        pass();
    } else {
        fail(health.empty() ? std::string("the answer is no health status") : std::string(health));
    }
}

}  // namespace fairlead::health
