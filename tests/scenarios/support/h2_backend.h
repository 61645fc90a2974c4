/// A script for FakeBackend: a server of HTTP/2 in clear, by prior knowledge.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "proxy/http/h2_session.h"
#include "tests/scenarios/support/fake_backend.h"

namespace fairlead::scenarios {

/// A request as it came.
struct H2Request {
    std::string head;  ///< as HTTP/1.1 text
    std::string body;
    std::string trailers;

    std::string target() const;
    std::string field(std::string_view name_lower) const;
};

/// What is said to it.
struct H2Reply {
    std::string head = "HTTP/1.1 200 OK\r\n\r\n";  ///< whole; empty: nothing is said, ever
    std::string body{};
    std::string trailers{};
    /// Instead of all that: RST_STREAM, or GOAWAY before this request (then refused).
    bool resets = false;
    http::H2Error error = http::H2Error::NoError;
    bool goes_away = false;
    /// Closes the connection instead, or after this.
    bool closes = false;
};

using H2Answers = std::function<H2Reply(const H2Request& request)>;

/// Answers each request when it is whole, in the order in which they become so, until the other end
/// closes.
FakeBackend::Script serve_h2(H2Answers answers, http::H2Settings settings = {});

/// Answers each request with 200 as soon as its head has come, and with what comes of its body.
FakeBackend::Script echo_h2();

}  // namespace fairlead::scenarios
