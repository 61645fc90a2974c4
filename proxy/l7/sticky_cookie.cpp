#include "proxy/l7/sticky_cookie.h"

#include "proxy/base/text.h"

namespace fairlead::l7 {
namespace {

using http::FieldId;

/// Calls `visit` with each `name=value` of a Cookie field, without the white space around it.
template <class Visit>
void visit_cookies(std::string_view text, const Visit& visit) {
    while (!text.empty()) {
        const std::size_t end = text.find(';');
        const std::string_view pair = trim(text.substr(0, end));
        if (!pair.empty()) visit(pair);
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

/// Names of cookies are told apart by case.
bool is_named(std::string_view pair, std::string_view name) {
    return pair.size() > name.size() && pair[name.size()] == '=' && pair.starts_with(name);
}

/// The end of a directive: the next comma that is in no quoted string (RFC 9110 section 5.6.4).
std::size_t directive_end(std::string_view text) {
    bool is_quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            is_quoted = !is_quoted;
        } else if (text[at] == ',' && !is_quoted) {
            return at;
        }
    }
    return text.size();
}

template <class Visit>
void visit_directives(const http::ResponseHead& head, const Visit& visit) {
    for (const http::Field& field : head.fields) {
        if (field.id != FieldId::CacheControl) continue;
        std::string_view text = head.value(field);
        while (!text.empty()) {
            const std::size_t end = directive_end(text);
            const std::string_view directive = trim(text.substr(0, end));
            if (!directive.empty()) visit(directive);
            text.remove_prefix(end < text.size() ? end + 1 : end);
        }
    }
}

std::string_view same_site_text(conf::SameSite same_site, bool is_secure) {
    switch (same_site) {
        case conf::SameSite::Lax:
            return "; SameSite=Lax";
        case conf::SameSite::Strict:
            return "; SameSite=Strict";
        case conf::SameSite::None:
            // In clear browsers would refuse the cookie for it.
            return is_secure ? "; SameSite=None" : "";
        case conf::SameSite::Off:
            break;
    }
    return {};
}

}  // namespace

StickyClaim read_sticky_cookie(const http::RequestHead& head, std::string_view name,
                               const balancing::StickyTable& table) {
    StickyClaim claim;
    if (head.find(FieldId::Cookie) == nullptr) return claim;
    for (const http::Field& field : head.fields) {
        if (field.id != FieldId::Cookie) continue;
        visit_cookies(head.value(field), [&](std::string_view pair) {
            if (!is_named(pair, name)) return;
            claim.is_sent = true;
            if (claim.backend == nullptr) claim.backend = table.find(pair.substr(name.size() + 1));
        });
    }
    return claim;
}

void write_other_cookies(const http::RequestHead& head, std::string_view name,
                         http::HeadWriter& writer) {
    for (const http::Field& field : head.fields) {
        if (field.id != FieldId::Cookie) continue;
        bool has_any = false;
        visit_cookies(head.value(field), [&](std::string_view pair) {
            if (is_named(pair, name)) return;
            writer.text(has_any ? "; " : "Cookie: ");
            writer.text(pair);
            has_any = true;
        });
        if (has_any) writer.text("\r\n");
    }
}

void write_set_cookie(const StickyOffer& offer, http::HeadWriter& writer) {
    const conf::Sticky& settings = *offer.settings;
    const bool is_secure = settings.secure == conf::CookieSecure::Always ||
                           (settings.secure == conf::CookieSecure::Auto && offer.is_secure);
    writer.text("Set-Cookie: ");
    writer.text(settings.cookie);
    writer.text("=");
    writer.text(offer.token);
    writer.text("; Path=/");
    if (settings.max_age != kForever) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.max_age);
        char digits[20];
        writer.text("; Max-Age=");
        writer.text(
            {digits, http::write_decimal(static_cast<std::uint64_t>(seconds.count()), digits)});
    }
    if (is_secure) writer.text("; Secure");
    if (settings.http_only) writer.text("; HttpOnly");
    writer.text(same_site_text(settings.same_site, is_secure));
    writer.text("\r\n");
}

bool keeps_out_of_shared_caches(const http::ResponseHead& head) {
    bool is_kept_out = false;
    visit_directives(head, [&](std::string_view directive) {
        // `private="Field"` speaks of that field only.
        is_kept_out =
            is_kept_out || iequals(directive, "private") || iequals(directive, "no-store");
    });
    return is_kept_out;
}

void write_private(const http::ResponseHead& head, http::HeadWriter& writer) {
    writer.text("Cache-Control: ");
    visit_directives(head, [&](std::string_view directive) {
        if (iequals(directive, "public")) return;
        writer.text(directive);
        writer.text(", ");
    });
    writer.text("private\r\n");
}

}  // namespace fairlead::l7
