/// Frames and header blocks of HTTP/2 byte by byte, and a client that sends them as they are and
/// says in words what came back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/scenarios/support/client.h"

namespace fairlead::scenarios::h2 {

inline constexpr unsigned kData = 0;
inline constexpr unsigned kHeaders = 1;
inline constexpr unsigned kPriority = 2;
inline constexpr unsigned kRstStream = 3;
inline constexpr unsigned kSettings = 4;
inline constexpr unsigned kPushPromise = 5;
inline constexpr unsigned kPing = 6;
inline constexpr unsigned kGoaway = 7;
inline constexpr unsigned kWindowUpdate = 8;
inline constexpr unsigned kContinuation = 9;

inline constexpr unsigned kAck = 1;
inline constexpr unsigned kEndStream = 1;
inline constexpr unsigned kEndHeaders = 4;
inline constexpr unsigned kPadded = 8;

/// Big-endian, as everything in HTTP/2.
std::string number(std::uint32_t value, unsigned bytes = 4);
std::string frame(unsigned type, unsigned flags, std::uint32_t stream,
                  std::string_view payload = {});
std::string setting(unsigned id, std::uint32_t value);
/// A literal field without indexing (RFC 7541 section 6.2.2).
std::string field(std::string_view name, std::string_view value);
/// A request with these fields instead of, and behind, the usual ones.
std::string block(std::string_view more = {}, std::string_view method = "GET",
                  std::string_view path = "/");
/// HEADERS of a whole request without a body.
std::string get(std::uint32_t stream, std::string_view path = "/");
/// HEADERS of a request whose body follows.
std::string post(std::uint32_t stream, std::string_view more = {}, std::string_view path = "/");

class RawClient {
  public:
    /// Speaks the preface and settings, and has heard those of the server.
    explicit RawClient(std::uint16_t port);

    /// Sends, then hears until something is decided:
    /// "GOAWAY NAME", "RST_STREAM NAME", "200", "400" or another status, "400 RST_STREAM NAME" when
    /// that followed, "PONG", "closed", or "nothing" when nothing came.
    std::string outcome(std::string_view bytes);
    /// @return false when the server has gone
    bool send(std::string_view bytes) { return wire_.send(bytes); }

  private:
    struct Frame {
        unsigned type = 0;
        unsigned flags = 0;
        std::uint32_t stream = 0;
        std::string payload;
        bool is_there = false;
    };
    Frame read();

    Client wire_;
};

}  // namespace fairlead::scenarios::h2
