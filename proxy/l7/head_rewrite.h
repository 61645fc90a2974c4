/// Received heads into forwarded heads: what ends here is left out, what we have to say is put in
/// (identity fields, hop-by-hop fields, framing).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/model.h"
#include "proxy/base/address.h"
#include "proxy/http/h1_writer.h"
#include "proxy/http/message.h"
#include "proxy/http/target.h"
#include "proxy/l7/sticky_cookie.h"

namespace fairlead::l7 {

/// How the body that follows is framed.
struct Framing {
    enum class Kind : std::uint8_t {
        None,  ///< no body; a Content-Length of HEAD and 304 is kept
        Length,
        Chunked,
        UntilClose,
    };
    Kind kind = Kind::None;
    std::uint64_t bytes = 0;
};

/// The rules set or remove this field, so that nobody else writes it. Null rules do nothing.
bool is_ruled(const conf::HeaderRules* rules, std::string_view name);

/// What backends are told of a client's verified certificate.
struct ClientCertificate {
    std::string subject;  ///< X-Forwarded-Client-Subject: RFC 4514 text; empty: nothing is told
    std::string encoded;  ///< Client-Cert (RFC 9440): the certificate as a byte sequence
};

struct RequestRewrite {
    const http::RequestHead& head;
    const http::Target& target;
    std::string_view host;           ///< the Host field to send
    std::string_view original_host;  ///< X-Forwarded-Host
    std::string_view request_id;
    std::string_view own_lines;  ///< make_own_lines() for this port and instance
    std::string_view instance;   ///< of this process, for CDN-Loop
    IpAddress peer;
    std::uint16_t local_port = 0;
    bool peer_is_trusted = false;
    bool adds_via = false;
    bool expects_continue = false;  ///< the backend shall answer 100
    std::string_view upgrade;       ///< protocols to ask for, or empty
    Framing framing;
    const conf::HeaderRules* rules = nullptr;
    /// On listeners that ask for certificates (empty when none was shown): nobody else has a say in
    /// these fields then. Null elsewhere.
    const ClientCertificate* certificate = nullptr;
    bool is_secure = false;         ///< the request came over TLS
    bool is_http2 = false;          ///< it came as HTTP/2, whatever its text says
    std::string_view own_cookie{};  ///< the name of a cookie that is for us alone; empty: none came
};
/// The lines that are the same for every request of a port: X-Forwarded-Proto, X-Forwarded-Port and
/// CDN-Loop, where the client has no say in them.
std::string make_own_lines(std::uint16_t local_port, bool is_secure, std::string_view instance);
void write_request_head(http::HeadBuffer& out, const RequestRewrite& rewrite);

struct ResponseRewrite {
    const http::ResponseHead& head;
    unsigned client_minor = 1;
    bool keep_alive = true;
    bool adds_via = false;
    bool is_switch = false;  ///< a 101 that the client asked for
    Framing framing;
    const conf::HeaderRules* rules = nullptr;
    bool is_http2 = false;                ///< it came as HTTP/2
    const StickyOffer* sticky = nullptr;  ///< null: the client has its cookie, or needs none
};
void write_response_head(http::HeadBuffer& out, const ResponseRewrite& rewrite);

/// The Upgrade values of a request that the listener allows, as one list; empty when none is.
std::string allowed_upgrade(const http::RequestHead& head, const conf::Listener& listener);

/// The request has been through this process before (RFC 8586).
bool is_own_request(const http::RequestHead& head, std::string_view instance);

}  // namespace fairlead::l7
