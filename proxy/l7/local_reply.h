/// Responses made here: errors, redirects, fixed answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "proxy/base/failure.h"
#include "proxy/http/h1_writer.h"
#include "proxy/http/message.h"
#include "proxy/http/target.h"

namespace fairlead::l7 {

struct LocalReply {
    int status = 500;
    Failure failure = Failure::None;
    std::string_view text;      ///< the body; for a failure a sentence for people
    std::string_view location;  ///< of a redirect
    bool keep_alive = false;
    bool is_head = false;     ///< the body is left out
    bool wants_json = false;  ///< by Accept
    unsigned client_minor = 1;
    const conf::HeaderRules* rules = nullptr;
    Duration retry_after{};  ///< with 429; not said when zero
};

/// Replaces `out` by the whole response, head and body.
/// @return bytes of the head; the rest is the body
std::size_t write_local_reply(http::HeadBuffer& out, const LocalReply& reply);

/// Does Accept name JSON and not HTML or text?
bool wants_json(const http::RequestHead& head);

/// The Location of a redirect route.
std::string redirect_location(const conf::Route& route, bool is_secure, std::string_view host,
                              const http::Target& target);
/// The Location of this redirect route has a {host}: a request without one (HTTP/1.0) has none.
bool redirects_by_host(const conf::Route& route);

}  // namespace fairlead::l7
