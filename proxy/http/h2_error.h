/// The error codes of HTTP/2 (RFC 9113 section 7): what RST_STREAM and GOAWAY say.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fairlead::http {

enum class H2Error : std::uint32_t {
    NoError,
    ProtocolError,
    InternalError,
    FlowControlError,
    SettingsTimeout,
    StreamClosed,
    FrameSizeError,
    RefusedStream,
    Cancel,
    CompressionError,
    ConnectError,
    EnhanceYourCalm,
    InadequateSecurity,
    Http11Required,
};

/// As the RFC writes it. A peer may send any number: those without a name are "an unknown error".
constexpr std::string_view name(H2Error error) {
    constexpr std::array<std::string_view, 14> kNames{"NO_ERROR",
                                                      "PROTOCOL_ERROR",
                                                      "INTERNAL_ERROR",
                                                      "FLOW_CONTROL_ERROR",
                                                      "SETTINGS_TIMEOUT",
                                                      "STREAM_CLOSED",
                                                      "FRAME_SIZE_ERROR",
                                                      "REFUSED_STREAM",
                                                      "CANCEL",
                                                      "COMPRESSION_ERROR",
                                                      "CONNECT_ERROR",
                                                      "ENHANCE_YOUR_CALM",
                                                      "INADEQUATE_SECURITY",
                                                      "HTTP_1_1_REQUIRED"};
    const auto number = static_cast<std::uint32_t>(error);
    return number < kNames.size() ? kNames[number] : std::string_view("an unknown error");
}

}  // namespace fairlead::http
