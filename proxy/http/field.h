/// Which header fields the proxy has to know by name, and the set a head may be asked for quickly.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::http {

/// Names that mean something to us. Everything else is `Other` and passes untouched.
enum class FieldId : std::uint8_t {
    Other,
    Accept,
    Authorization,
    CacheControl,
    CdnLoop,
    ClientCert,  ///< Client-Cert, Client-Cert-Chain, X-Forwarded-Client-Subject, also with `_`
    Connection,
    ContentLength,
    Cookie,
    Date,
    Expect,
    Forwarded,
    Host,
    KeepAlive,
    Location,
    Proxy,
    ProxyAuthenticate,
    ProxyAuthorization,
    ProxyConnection,
    RetryAfter,
    Server,
    SetCookie,
    Te,
    Trailer,
    TransferEncoding,
    Upgrade,
    UserAgent,
    Via,
    WwwAuthenticate,
    XForwardedFor,
    XForwardedHost,
    XForwardedPort,
    XForwardedProto,
    XForwardedOther,  ///< any other X-Forwarded-*, and all spellings with `_` of forwarding fields
    XRealIp,
    XRequestId,
};

/// The bit of a field in HeadBase::present.
constexpr std::uint64_t field_bit(FieldId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

/// By length and letters, case-insensitive; a few dozen instructions.
FieldId classify(std::string_view name);

/// Is `text` the word `lower` (of 2 to 19 letters, digits and dashes, in lower case), in any case?
/// For names and values of a parsed head: control characters are not told from dashes.
bool is_word(std::string_view text, std::string_view lower);

/// The value of the first such field in whole lines of ours (trailers, or a head); empty when there
/// is none. @param name  in any case
std::string_view line_value(std::string_view lines, std::string_view name);

/// RFC 9110 section 5.6.2.
bool is_token_char(char c);
/// One or more token characters.
bool is_token(std::string_view text);
/// Visible ASCII, space, tab and obs-text; no other control characters, none of CR LF NUL.
bool is_field_value(std::string_view text);

}  // namespace fairlead::http
