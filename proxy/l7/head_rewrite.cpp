#include "proxy/l7/head_rewrite.h"

#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/http/forwarded.h"
#include "proxy/http/h1_writer.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/http/status.h"

namespace fairlead::l7 {
namespace {

using http::FieldId;
using FirstLine = http::HeadWriter::FirstLine;

void apply(const conf::HeaderRules& rules, http::HeadWriter& writer) {
    for (const auto& field : rules.set) writer.field(field.name, field.value);
    for (const auto& field : rules.add) writer.field(field.name, field.value);
}

void write_framing(const Framing& framing, http::HeadWriter& writer) {
    if (framing.kind == Framing::Kind::Length) writer.field("Content-Length", framing.bytes);
    if (framing.kind == Framing::Kind::Chunked) writer.lines("Transfer-Encoding: chunked\r\n");
}

void write_via(unsigned minor, bool is_http2, http::HeadWriter& writer) {
    writer.lines(is_http2     ? "Via: 2.0 fairlead\r\n"
                 : minor == 0 ? "Via: 1.0 fairlead\r\n"
                              : "Via: 1.1 fairlead\r\n");
}

/// All values of one field joined by commas, with `last` at the end.
void write_joined(const http::RequestHead& head, FieldId id, std::string_view name,
                  std::string_view last, http::HeadWriter& writer) {
    writer.text(name);
    writer.text(": ");
    for (const http::Field& field : head.fields) {
        if (field.id != id || field.value.length == 0) continue;
        writer.text(head.value(field));
        writer.text(", ");
    }
    writer.text(last);
    writer.text("\r\n");
}

/// Copied when the peer may say so, else made anew.
void write_claim(const RequestRewrite& rewrite, FieldId id, std::string_view name,
                 std::string_view value, http::HeadWriter& writer) {
    if (is_ruled(rewrite.rules, name)) return;
    const http::Field* claimed = rewrite.peer_is_trusted ? rewrite.head.find(id) : nullptr;
    if (claimed != nullptr) value = rewrite.head.value(*claimed);
    if (!value.empty()) writer.field(name, value);
}

/// What nearly every request gets: all of it made here, most of it made before.
void write_own_identity(const RequestRewrite& rewrite, std::string_view peer,
                        http::HeadWriter& writer) {
    writer.text("X-Forwarded-For: ");
    writer.text(peer);
    if (!rewrite.original_host.empty()) {
        writer.text("\r\nX-Forwarded-Host: ");
        writer.text(rewrite.original_host);
    }
    writer.text("\r\nX-Request-Id: ");
    writer.text(rewrite.request_id);
    writer.text("\r\n");
    writer.lines(rewrite.own_lines);
}

void write_identity(const RequestRewrite& rewrite, http::HeadWriter& writer) {
    char peer_text[46];
    std::string_view peer(peer_text, rewrite.peer.write(peer_text));
    if (rewrite.peer == IpAddress{}) peer = "unknown";  // a unix socket has none
    if (!rewrite.peer_is_trusted && rewrite.rules == nullptr &&
        rewrite.head.find(FieldId::CdnLoop) == nullptr) {
        write_own_identity(rewrite, peer, writer);
        return;
    }
    char port_text[20];
    const std::string_view port(port_text, http::write_decimal(rewrite.local_port, port_text));
    if (is_ruled(rewrite.rules, "X-Forwarded-For")) {
    } else if (rewrite.peer_is_trusted) {
        write_joined(rewrite.head, FieldId::XForwardedFor, "X-Forwarded-For", peer, writer);
    } else {
        writer.field("X-Forwarded-For", peer);
    }
    write_claim(rewrite, FieldId::XForwardedProto, "X-Forwarded-Proto",
                rewrite.is_secure ? "https" : "http", writer);
    write_claim(rewrite, FieldId::XForwardedHost, "X-Forwarded-Host", rewrite.original_host,
                writer);
    write_claim(rewrite, FieldId::XForwardedPort, "X-Forwarded-Port",
                rewrite.local_port == 0 ? std::string_view() : port, writer);
    if (!is_ruled(rewrite.rules, "X-Request-Id")) {
        writer.field("X-Request-Id", rewrite.request_id);
    }
    write_joined(rewrite.head, FieldId::CdnLoop, "CDN-Loop", rewrite.instance, writer);
}

void write_certificate(const RequestRewrite& rewrite, http::HeadWriter& writer) {
    const auto offer = [&](std::string_view name, const std::string& value) {
        if (!value.empty() && !is_ruled(rewrite.rules, name)) writer.field(name, value);
    };
    offer("X-Forwarded-Client-Subject", rewrite.certificate->subject);
    offer("Client-Cert", rewrite.certificate->encoded);
}

/// Trailers belong to chunks.
std::uint64_t hop_by_hop(const Framing& framing) {
    return framing.kind == Framing::Kind::Chunked
               ? http::kHopByHop & ~http::field_bit(FieldId::Trailer)
               : http::kHopByHop;
}

/// The fields of a request that end here or are written anew, a bit for each.
std::uint64_t left_out_of(const RequestRewrite& rewrite) {
    using http::field_bit;
    std::uint64_t left_out =
        hop_by_hop(rewrite.framing) | field_bit(FieldId::Host) | field_bit(FieldId::ContentLength) |
        field_bit(FieldId::Proxy) | field_bit(FieldId::XForwardedFor) |
        field_bit(FieldId::XForwardedProto) | field_bit(FieldId::XForwardedHost) |
        field_bit(FieldId::XForwardedPort) | field_bit(FieldId::XRequestId) |
        field_bit(FieldId::CdnLoop);
    if (!rewrite.peer_is_trusted) {
        left_out |= field_bit(FieldId::Forwarded) | field_bit(FieldId::XRealIp) |
                    field_bit(FieldId::XForwardedOther);
    }
    if (!rewrite.peer_is_trusted || rewrite.certificate != nullptr) {
        left_out |= field_bit(FieldId::ClientCert);
    }
    if (!rewrite.expects_continue) left_out |= field_bit(FieldId::Expect);
    if (!rewrite.own_cookie.empty()) left_out |= field_bit(FieldId::Cookie);
    return left_out;
}

/// What is neither in `left_out` nor named by Connection nor subject to a rule.
void copy_lines(const http::HeadBase& head, FirstLine first, std::uint64_t left_out,
                const conf::HeaderRules* rules, http::HeadWriter& writer) {
    const auto is_in = [left_out](const http::Field& field) {
        return (left_out & http::field_bit(field.id)) != 0;
    };
    const http::ConnectionNames named(head);
    if (!named.has_names() && rules == nullptr) {
        writer.copy(head, first, is_in);
        return;
    }
    writer.copy(head, first, [&](const http::Field& field) {
        return is_in(field) || named.names(field) || is_ruled(rules, head.name(field));
    });
}

bool wants_trailers(const http::RequestHead& head) {
    const http::Field* te = head.find(FieldId::Te);
    return te != nullptr && http::list_has(head.value(*te), "trailers");
}

}  // namespace

bool is_ruled(const conf::HeaderRules* rules, std::string_view name) {
    if (rules == nullptr) return false;
    return std::any_of(rules->set.begin(), rules->set.end(),
                       [&](const auto& field) { return iequals(field.name, name); }) ||
           std::any_of(rules->remove.begin(), rules->remove.end(),
                       [&](const auto& removed) { return iequals(removed, name); });
}

std::string make_own_lines(std::uint16_t local_port, bool is_secure, std::string_view instance) {
    std::string lines = is_secure ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n";
    if (local_port != 0) {  // a unix socket has none
        lines.append("X-Forwarded-Port: ").append(std::to_string(local_port)).append("\r\n");
    }
    return lines.append("CDN-Loop: ").append(instance).append("\r\n");
}

void write_request_head(http::HeadBuffer& out, const RequestRewrite& rewrite) {
    const http::RequestHead& head = rewrite.head;
    out.clear();
    http::HeadWriter writer(out);
    if (head.minor == 1 && !rewrite.target.is_changed) {
        writer.text(head.first_line());
    } else {
        writer.request_line(head.method_name(),
                            rewrite.target.is_asterisk ? "*" : rewrite.target.path,
                            rewrite.target.query);
    }
    if (rewrite.rules == nullptr || !is_ruled(rewrite.rules, "host")) {
        writer.text("Host: ");
        writer.text(rewrite.host);
        writer.text("\r\n");
    }

    copy_lines(head, FirstLine::LeftOut, left_out_of(rewrite), rewrite.rules, writer);
    if (!rewrite.own_cookie.empty() && !is_ruled(rewrite.rules, "Cookie")) {
        write_other_cookies(head, rewrite.own_cookie, writer);
    }
    write_identity(rewrite, writer);
    if (rewrite.certificate != nullptr) write_certificate(rewrite, writer);
    if (rewrite.adds_via && !is_ruled(rewrite.rules, "Via"))
        write_via(head.minor, rewrite.is_http2, writer);
    write_framing(rewrite.framing, writer);
    const bool keeps_te = wants_trailers(head);
    if (keeps_te) writer.lines("TE: trailers\r\n");
    if (!rewrite.upgrade.empty()) {
        writer.field("Upgrade", rewrite.upgrade);
        writer.lines(keeps_te ? "Connection: Upgrade, TE\r\n" : "Connection: Upgrade\r\n");
    } else if (keeps_te) {
        writer.lines("Connection: TE\r\n");
    }
    if (rewrite.rules != nullptr) apply(*rewrite.rules, writer);
    writer.end();
}

void write_response_head(http::HeadBuffer& out, const ResponseRewrite& rewrite) {
    const http::ResponseHead& head = rewrite.head;
    out.clear();
    http::HeadWriter writer(out);
    const bool is_copied = head.minor == 1 && head.reason.length != 0;
    if (!is_copied) writer.status_line(head.status, head.text(head.reason));

    // The length of a body that is not sent (HEAD, 304) is worth knowing; 1xx and 204 have none.
    const bool keeps_length =
        rewrite.framing.kind == Framing::Kind::None && head.status >= 200 && head.status != 204;
    std::uint64_t left_out = hop_by_hop(rewrite.framing);
    if (!keeps_length) left_out |= http::field_bit(FieldId::ContentLength);
    const bool is_offered = rewrite.sticky != nullptr && !is_ruled(rewrite.rules, "Set-Cookie");
    const bool is_made_private = is_offered && !is_ruled(rewrite.rules, "Cache-Control") &&
                                 !keeps_out_of_shared_caches(head);
    if (is_made_private) left_out |= http::field_bit(FieldId::CacheControl);
    copy_lines(head, is_copied ? FirstLine::Copied : FirstLine::LeftOut, left_out, rewrite.rules,
               writer);

    write_framing(rewrite.framing, writer);
    if (is_offered) write_set_cookie(*rewrite.sticky, writer);
    if (is_made_private) write_private(head, writer);
    // A proxy with a clock owes a response its time (RFC 9110 section 6.6.1).
    if (head.status >= 200 && head.find(FieldId::Date) == nullptr &&
        !is_ruled(rewrite.rules, "Date")) {
        writer.field("Date", http::http_date());
    }
    if (rewrite.adds_via && !is_ruled(rewrite.rules, "Via"))
        write_via(head.minor, rewrite.is_http2, writer);
    if (rewrite.is_switch) {
        const http::Field* upgrade = head.find(FieldId::Upgrade);
        if (upgrade != nullptr) writer.field("Upgrade", head.value(*upgrade));
        writer.lines("Connection: Upgrade\r\n");
    } else if (head.status >= 200) {
        if (!rewrite.keep_alive) {
            writer.lines("Connection: close\r\n");
        } else if (rewrite.client_minor == 0) {
            writer.lines("Connection: keep-alive\r\n");
        }
    }
    if (head.status >= 200 && rewrite.rules != nullptr) apply(*rewrite.rules, writer);
    writer.end();
}

std::string allowed_upgrade(const http::RequestHead& head, const conf::Listener& listener) {
    std::string allowed;
    if (!head.has_upgrade || head.minor == 0) return allowed;
    for (const http::Field& field : head.fields) {
        if (field.id != FieldId::Upgrade) continue;
        for (const std::string_view asked : split_list(head.value(field))) {
            const bool is_allowed =
                std::any_of(listener.upgrade.begin(), listener.upgrade.end(),
                            [&](const auto& each) { return iequals(each, asked); });
            if (!is_allowed) continue;
            if (!allowed.empty()) allowed += ", ";
            allowed += asked;
        }
    }
    return allowed;
}

bool is_own_request(const http::RequestHead& head, std::string_view instance) {
    if (head.find(FieldId::CdnLoop) == nullptr) return false;
    for (const http::Field& field : head.fields) {
        if (field.id == FieldId::CdnLoop && http::list_has(head.value(field), instance)) {
            return true;
        }
    }
    return false;
}

}  // namespace fairlead::l7
