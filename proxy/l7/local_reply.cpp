#include "proxy/l7/local_reply.h"

#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/http/h1_writer.h"
#include "proxy/http/status.h"
#include "proxy/l7/head_rewrite.h"

namespace fairlead::l7 {
namespace {

std::string make_body(const LocalReply& reply) {
    if (reply.failure == Failure::None) return std::string(reply.text);
    if (!reply.wants_json) {
        std::string body;
        body.append(std::to_string(reply.status)).append(" ");
        body.append(http::reason_phrase(reply.status)).append(": ");
        body.append(reply.text).append(" (").append(word(reply.failure)).append(")\n");
        return body;
    }
    std::string body = "{\"error\":\"";
    append_json_escaped(body, reply.text);
    body.append("\",\"failure\":\"").append(word(reply.failure)).append("\",\"status\":");
    body.append(std::to_string(reply.status)).append("}\n");
    return body;
}

/// Rounded up: who comes back then is let in.
std::int64_t whole_seconds(Duration time) {
    return std::chrono::ceil<std::chrono::seconds>(time).count();
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::size_t write_local_reply(http::HeadBuffer& out, const LocalReply& reply) {
    const std::string body = make_body(reply);
    out.clear();
    http::HeadWriter writer(out);
    writer.status_line(reply.status, {});
    const auto offer = [&](std::string_view name, std::string_view value) {
        if (!is_ruled(reply.rules, name)) writer.field(name, value);
    };
    offer("Date", http::http_date());
    if (!reply.location.empty()) offer("Location", reply.location);
    if (may_have_body(reply.status)) {
        if (!body.empty()) {
            offer("Content-Type", reply.failure != Failure::None && reply.wants_json
                                      ? "application/json"
                                      : "text/plain; charset=utf-8");
        }
        writer.field("Content-Length", body.size());
    }
    if (reply.failure != Failure::None) {
        writer.field("X-Fairlead-Failure", word(reply.failure));
        offer("Cache-Control", "no-store");
    }
    if (reply.status == 503) offer("Retry-After", "1");
    if (reply.status == 429 && reply.retry_after > Duration::zero()) {
        offer("Retry-After", std::to_string(whole_seconds(reply.retry_after)));
    }
    if (!reply.keep_alive) {
        writer.lines("Connection: close\r\n");
    } else if (reply.client_minor == 0) {
        writer.lines("Connection: keep-alive\r\n");
    }
    if (reply.rules != nullptr) {
        for (const auto& field : reply.rules->set) writer.field(field.name, field.value);
        for (const auto& field : reply.rules->add) writer.field(field.name, field.value);
    }
    writer.end();
    const std::size_t head_bytes = out.view().size();
    if (!reply.is_head && may_have_body(reply.status)) out.append(body);
    return head_bytes;
}

bool wants_json(const http::RequestHead& head) {
    const http::Field* accept = head.find(http::FieldId::Accept);
    if (accept == nullptr) return false;
    const std::string value = to_lower(head.value(*accept));
    return value.find("json") != std::string::npos && value.find("html") == std::string::npos &&
           value.find("text/plain") == std::string::npos;
}

std::string redirect_location(const conf::Route& route, bool is_secure, std::string_view host,
                              const http::Target& target) {
    using Kind = conf::RedirectPiece::Kind;
    std::string location;
    // "OPTIONS *" asks about the whole server; a "*" behind {host} would be part of a name.
    const std::string_view path = target.is_asterisk ? "/" : target.path;
    for (const conf::RedirectPiece& piece : route.redirect_pieces) {
        switch (piece.kind) {
            case Kind::Literal:
                location.append(piece.literal);
                break;
            case Kind::Scheme:
                location.append(is_secure ? "https" : "http");
                break;
            case Kind::Host:
                location.append(host);
                break;
            case Kind::Uri:
                location.append(path).append(target.query);
                break;
            case Kind::Path:
                location.append(path);
                break;
            case Kind::Query:
                if (!target.query.empty()) location.append(target.query.substr(1));
                break;
        }
    }
    // A request for "//other.example" must not make a path into the name of a host.
    if (!route.redirect.starts_with("//") && location.starts_with("//")) {
        location.erase(0, location.find_first_not_of('/') == std::string::npos
                              ? location.size() - 1
                              : location.find_first_not_of('/') - 1);
    }
    return location;
}

bool redirects_by_host(const conf::Route& route) {
    return std::any_of(route.redirect_pieces.begin(), route.redirect_pieces.end(),
                       [](const conf::RedirectPiece& piece) {
                           return piece.kind == conf::RedirectPiece::Kind::Host;
                       });
}

}  // namespace fairlead::l7
