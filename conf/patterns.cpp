#include "conf/patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "conf/names.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 &&
           std::all_of(label.begin(), label.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

bool is_host_name(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    while (true) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

bool is_port(std::string_view text) {
    const std::optional<std::uint64_t> number = parse_number(text);
    return number && *number >= 1 && *number <= 65535;
}

/// A host with an optional port, taken apart. IPv6 keeps its brackets in `host`.
struct HostAndPort {
    std::string_view host;
    std::optional<std::string_view> port;
};

HostAndPort split_port(std::string_view text) {
    const std::size_t bracket = text.find(']');
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) return {text, std::nullopt};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) {
        const Result<IpAddress> address = IpAddress::parse(host.substr(1, host.size() - 2));
        return address && !address->is_v4();
    }
    return is_host_name(host);
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    const char lower = ascii_lower(c);
    if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a') + 10;
    return std::nullopt;
}

bool is_unreserved(unsigned byte) {
    const char c = static_cast<char>(byte);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// Why a path is not in the form requests are brought into; empty when it is.
std::string denormalised(std::string_view path) {
    if (path.find("//") != std::string_view::npos) return "repeated slashes are taken as one";
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] != '%') continue;
        const auto high = at + 2 < path.size() ? hex_digit(path[at + 1]) : std::nullopt;
        const auto low = at + 2 < path.size() ? hex_digit(path[at + 2]) : std::nullopt;
        if (!high || !low) return "\"%\" stands before two hexadecimal digits";
        const unsigned byte = *high * 16 + *low;
        if (byte == 0) return "\"%00\" is refused";
        if (is_unreserved(byte)) {
            return fmt::format("write \"{}\" for \"{}\"", static_cast<char>(byte),
                               path.substr(at, 3));
        }
    }
    std::string_view rest = path;
    while (!rest.empty()) {
        rest.remove_prefix(1);  // its slash
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment == "." || segment == "..") return "\".\" and \"..\" are resolved";
        rest.remove_prefix(segment.size());
    }
    return {};
}

}  // namespace

Result<HostPattern> parse_host_pattern(std::string_view text) {
    const auto refuse = [text](std::string hint) {
        return fail(fmt::format("\"{}\" is not a host", text), std::move(hint));
    };
    constexpr std::string_view kForms = "\"api.example.com\" or \"*.example.com\"";
    if (text == "*") return refuse("leave \"host\" out to take every host");
    if (text.find("://") != std::string_view::npos || text.find('/') != std::string_view::npos) {
        return refuse("write the name alone: " + std::string{kForms});
    }
    HostAndPort split = split_port(text);
    if (split.port && !is_port(*split.port)) return refuse(std::string{kForms});
    if (split.host.ends_with('.')) split.host.remove_suffix(1);

    HostPattern pattern;
    if (split.host.starts_with("*.")) {
        pattern.wildcard = true;
        split.host.remove_prefix(2);
    }
    pattern.name = to_lower(split.host);
    if (pattern.name.find('*') != std::string::npos) {
        return refuse("\"*\" stands for the first label only: \"*.example.com\"");
    }
    if (!is_host(pattern.name) || (pattern.wildcard && pattern.name.starts_with('['))) {
        return refuse(std::string{kForms});
    }
    return pattern;
}

Result<PathPattern> parse_path_pattern(std::string_view text) {
    const auto refuse = [text](std::string hint) {
        return fail(fmt::format("\"{}\" is not a path", text), std::move(hint));
    };
    if (!text.starts_with('/')) {
        return refuse(is_visible_ascii(text) && !text.empty() &&
                              text.find(':') == std::string_view::npos
                          ? fmt::format("write \"/{}\"", text)
                          : "a path starts with \"/\"");
    }
    if (!is_visible_ascii(text) || text.find('\\') != std::string_view::npos) {
        return refuse("percent-encode what is not plain ASCII");
    }
    if (text.find_first_of("?#") != std::string_view::npos) {
        return refuse("routes look at the path alone, not at the query");
    }
    PathPattern pattern;
    if (text.ends_with("/*")) {
        pattern.prefix = true;
        text.remove_suffix(2);
    }
    if (text.find('*') != std::string_view::npos) {
        return fail(
            fmt::format("\"*\" in the middle of \"{}{}\"", text, pattern.prefix ? "/*" : ""),
            "a prefix ends in \"/*\", and there is no other \"*\"");
    }
    if (std::string why = denormalised(text); !why.empty()) {
        return fail(
            fmt::format("the path \"{}{}\" can never match", text, pattern.prefix ? "/*" : ""),
            std::move(why));
    }
    pattern.path = std::string{text};
    return pattern;
}

Result<std::vector<RedirectPiece>> parse_redirect(std::string_view text) {
    using Kind = RedirectPiece::Kind;
    constexpr std::array<std::string_view, 5> kNames{"scheme", "host", "uri", "path", "query"};
    constexpr std::array<Kind, 5> kKinds{Kind::Scheme, Kind::Host, Kind::Uri, Kind::Path,
                                         Kind::Query};
    if (text.empty() || !is_visible_ascii(text)) {
        return fail(fmt::format("\"{}\" is not a URL", text),
                    "as \"https://www.example.com{uri}\"");
    }
    const bool has_start =
        text.starts_with('/') || text.starts_with('{') || text.find(':') != std::string_view::npos;
    if (!has_start) {
        return fail(fmt::format("\"{}\" is neither a URL nor a path", text),
                    fmt::format("write \"https://{}\" or \"/{}\"", text, text));
    }
    std::vector<RedirectPiece> pieces;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        if (open != 0) {
            const std::string_view literal = text.substr(0, open);
            if (literal.find('}') != std::string_view::npos) {
                return fail("\"}\" without its \"{\"", "write %7D for a brace");
            }
            pieces.push_back({Kind::Literal, std::string{literal}});
            text.remove_prefix(literal.size());
            continue;
        }
        const std::size_t close = text.find('}');
        if (close == std::string_view::npos) {
            return fail("\"{\" without its \"}\"", "write %7B for a brace");
        }
        const std::string_view name = text.substr(1, close - 1);
        const auto found = std::find(kNames.begin(), kNames.end(), name);
        if (found == kNames.end()) {
            const auto nearest = closest_match(name, kNames);
            return fail(fmt::format("unknown variable \"{{{}}}\" in a redirect", name),
                        nearest ? fmt::format("did you mean \"{{{}}}\"?", *nearest)
                                : "one of {scheme}, {host}, {uri}, {path}, {query}");
        }
        pieces.push_back({kKinds[static_cast<std::size_t>(found - kNames.begin())], {}});
        text.remove_prefix(close + 1);
    }
    return pieces;
}

Result<Expectation> parse_expect_request(std::string_view text) {
    const auto refuse = [text] {
        return fail(fmt::format("\"{}\" is not a method and a URL", text),
                    "as \"GET https://api.example.com/v1/users\"");
    };
    Expectation out;
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return refuse();
    out.method = std::string{text.substr(0, space)};
    std::string_view url = text.substr(space + 1);
    if (!is_token(out.method) || !is_visible_ascii(url)) return refuse();

    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) return refuse();
    out.scheme = to_lower(url.substr(0, colon));
    if (out.scheme != "http" && out.scheme != "https") return refuse();
    url.remove_prefix(colon + 3);

    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    url.remove_prefix(authority.size());
    const HostAndPort split = split_port(authority);
    out.host = to_lower(split.host);
    std::string_view bare_host = out.host;
    if (bare_host.ends_with('.')) bare_host.remove_suffix(1);
    if (!is_host(bare_host) || (split.port && !is_port(*split.port))) return refuse();
    out.port = split.port ? static_cast<std::uint16_t>(*parse_number(*split.port))
                          : static_cast<std::uint16_t>(out.scheme == "https" ? 443 : 80);

    if (url.find('#') != std::string_view::npos) return refuse();
    out.target = url.starts_with('/') ? std::string{url} : "/" + std::string{url};
    return out;
}

}  // namespace fairlead::conf
