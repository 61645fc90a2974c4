/// HTTP/1.x heads: read by us, with strict llhttp as a second opinion on what is not in the usual
/// form. The only code that sees llhttp. Bodies are not its business (see body_decoder.h).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "proxy/http/message.h"

namespace fairlead::http {

enum class ParseStatus : std::uint8_t { NeedMore, Complete, Refused };

struct ParseResult {
    ParseStatus status = ParseStatus::NeedMore;
    std::size_t consumed =
        0;  ///< of the bytes just fed; with Complete the rest is body or the next message
    HeadError error{};  ///< with Refused
};

/// Parses one request head at a time. Reusable: reset() starts the next one. Does not allocate once
/// the head's buffers are warm.
class RequestParser {
  public:
    RequestParser();
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Starts a new head into `head` (cleared; must outlive the parse). Empty lines before the
    /// request line are skipped (RFC 9112 section 2.2), at most two.
    void start(RequestHead& head, const HeadLimits& limits);
    ParseResult feed(std::span<const char> bytes);
    /// Has a byte of the head (other than leading empty lines) arrived?
    bool has_begun() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Parses response heads. `request_method` decides about bodies (RFC 9112 section 6.3).
class ResponseParser {
  public:
    ResponseParser();
    ~ResponseParser();
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;

    void start(ResponseHead& head, Method request_method, const HeadLimits& limits);
    ParseResult feed(std::span<const char> bytes);
    bool has_begun() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fairlead::http
