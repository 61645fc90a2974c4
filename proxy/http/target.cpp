#include "proxy/http/target.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "proxy/base/address.h"
#include "proxy/base/text.h"

namespace fairlead::http {
namespace {

/// Why a target is refused: static text, empty when it is not.
using Refusal = std::string_view;
constexpr Refusal kNotRefused{};
constexpr std::size_t kHostBytesMax = 255;

/// What a byte means in a target.
enum class Kind : std::uint8_t { Plain, Slash, Question, Percent, Backslash, Fragment, Bad };

constexpr std::array<Kind, 256> make_kinds() {
    std::array<Kind, 256> kinds{};
    for (std::size_t c = 0; c < kinds.size(); ++c) {
        kinds[c] = c > 0x20 && c < 0x7F ? Kind::Plain : Kind::Bad;
    }
    kinds['/'] = Kind::Slash;
    kinds['?'] = Kind::Question;
    kinds['%'] = Kind::Percent;
    kinds['\\'] = Kind::Backslash;
    kinds['#'] = Kind::Fragment;
    return kinds;
}
constexpr auto kKinds = make_kinds();

Kind kind_of(char c) { return kKinds[static_cast<unsigned char>(c)]; }

constexpr bool is_alphanumeric(char c) {
    const char lower = ascii_lower(c);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

bool is_unreserved(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// What one look at a path tells.
struct PathScan {
    std::size_t length = 0;  // up to the query
    bool has_percent = false;
    bool has_dots = false;  // a segment that begins with a dot: perhaps a dot segment
    bool has_repeated_slashes = false;
};

/// The first character at or after `at` that is not Plain, which most of every path is.
std::size_t find_special(std::string_view text, std::size_t at) {
    const char* const found = std::find_if(text.data() + at, text.data() + text.size(),
                                           [](char c) { return kind_of(c) != Kind::Plain; });
    return static_cast<std::size_t>(found - text.data());
}

Refusal scan_path(std::string_view text, PathScan& scan) {
    std::size_t at = find_special(text, 0);
    for (; at < text.size(); at = find_special(text, at + 1)) {
        const char next = at + 1 < text.size() ? text[at + 1] : '\0';
        switch (kind_of(text[at])) {
            case Kind::Slash:
                if (next == '.') scan.has_dots = true;
                if (next == '/') scan.has_repeated_slashes = true;
                break;
            case Kind::Question:
                scan.length = at;
                return kNotRefused;
            case Kind::Percent:
                scan.has_percent = true;
                break;
            case Kind::Backslash:
                return "backslash in the path";
            case Kind::Fragment:
                return "fragment in the target";
            default:
                return "control or non-ASCII character in the target";
        }
    }
    scan.length = at;
    return kNotRefused;
}

/// The query is passed on as it is; only what no target may hold is refused.
Refusal check_query(std::string_view query) {
    for (std::size_t at = find_special(query, 0); at < query.size();
         at = find_special(query, at + 1)) {
        const Kind kind = kind_of(query[at]);
        if (kind == Kind::Fragment) return "fragment in the target";
        if (kind == Kind::Bad) return "control or non-ASCII character in the target";
    }
    return kNotRefused;
}

/// Writes `path` to `out` with unreserved characters decoded (RFC 3986 section 6.2.2.2).
Refusal decode_unreserved(std::string_view path, char*& out) {
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] != '%') {
            *out++ = path[at];
            continue;
        }
        if (path.size() - at < 3) return "malformed percent-encoding";
        const int high = hex_value(path[at + 1]);
        const int low = hex_value(path[at + 2]);
        if (high < 0 || low < 0) return "malformed percent-encoding";
        const auto decoded = static_cast<char>(high * 16 + low);
        if (decoded == '\0') return "NUL in the path";
        if (is_unreserved(decoded)) {
            *out++ = decoded;
        } else {
            std::memcpy(out, path.data() + at, 3);
            out += 3;
        }
        at += 2;
    }
    return kNotRefused;
}

/// Resolves `.` and `..` in place (RFC 3986 section 5.2.4), where an empty segment is a segment.
/// @return false when `..` leads above the root
bool remove_dot_segments(char* begin, char*& end) {
    char* out = begin;
    char* at = begin;
    while (at < end) {  // at the slash that begins a segment
        char* const next = std::find(at + 1, end, '/');
        const std::string_view segment(at + 1, static_cast<std::size_t>(next - at - 1));
        if (segment == "." || segment == "..") {
            if (segment.size() == 2) {
                if (out == begin) return false;
                do --out;
                while (*out != '/');
            }
            if (next == end) *out++ = '/';  // what remains is a folder
        } else {
            const auto length = static_cast<std::size_t>(next - at);
            std::memmove(out, at, length);
            out += length;
        }
        at = next;
    }
    end = out;
    return true;
}

/// Decodes and resolves what scan_path() found in `out.path`.
[[gnu::noinline]] Refusal rewrite_path(const PathScan& scan, std::string& storage, Target& out) {
    // Room for both paths at once, so that neither moves.
    storage.resize(out.path.size() * 2);
    char* const path_begin = storage.data();
    char* path_end = path_begin;
    if (scan.has_percent || scan.has_dots) {
        const Refusal refusal = decode_unreserved(out.path, path_end);
        if (!refusal.empty()) return refusal;
        if (!remove_dot_segments(path_begin, path_end)) return "path leads above the root";
        const std::string_view rewritten(path_begin,
                                         static_cast<std::size_t>(path_end - path_begin));
        if (rewritten != out.path) {
            out.path = rewritten;
            out.is_changed = true;
        }
        out.route_path = out.path;
    }
    if (out.path.find("//") != std::string_view::npos) {
        char* const route_begin = path_end;
        char* const route_end =
            std::unique_copy(out.path.begin(), out.path.end(), route_begin,
                             [](char a, char b) { return a == '/' && b == '/'; });
        out.route_path = {route_begin, static_cast<std::size_t>(route_end - route_begin)};
    }
    return kNotRefused;
}

/// `text` begins with a slash.
Refusal parse_path(std::string_view text, std::string& storage, Target& out) {
    PathScan scan;
    if (const Refusal refusal = scan_path(text, scan); !refusal.empty()) return refusal;
    out.path = out.route_path = {text.data(), scan.length};
    text.remove_prefix(scan.length);
    out.query = text;
    if (!text.empty()) {
        if (const Refusal refusal = check_query(text); !refusal.empty()) return refusal;
    }
    if (!scan.has_percent && !scan.has_dots && !scan.has_repeated_slashes) return kNotRefused;
    return rewrite_path(scan, storage, out);
}

Refusal parse_absolute(Method method, std::string_view target, std::string& storage, Target& out) {
    const std::size_t scheme_end = target.find("://");
    const std::string_view scheme = target.substr(0, scheme_end);
    if (scheme_end == std::string_view::npos ||
        !(iequals(scheme, "http") || iequals(scheme, "https"))) {
        return "target is neither a path nor an http URI";
    }
    const std::string_view rest = target.substr(scheme_end + 3);
    const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    if (authority.find('@') != std::string_view::npos) return "userinfo in the target";
    HostAndPort parts;
    if (!parse_host(authority, parts)) return "invalid host in the target";
    out.scheme = scheme;
    out.authority = authority;

    const std::string_view path = rest.substr(authority_end);
    if (path.starts_with('/')) {
        const Refusal refusal = parse_path(path, storage, out);
        out.is_changed = true;
        return refusal;
    }
    // No path: the root, or for OPTIONS the server itself (RFC 9112 section 3.2.4).
    out.is_changed = true;
    out.is_asterisk = method == Method::Options && path.empty();
    out.path = out.is_asterisk ? "*" : "/";
    out.route_path = out.path;
    out.query = path;
    return check_query(path);
}

bool is_port(std::string_view text) {
    if (text.empty()) return true;  // "host:" is by the grammar
    constexpr std::size_t kPortDigitsMax = 5;
    if (text.size() > kPortDigitsMax) return false;
    unsigned port = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + static_cast<unsigned>(c - '0');
    }
    return port <= 65535;
}

/// Of a host name. A character ends the name when it shares a bit with kNoHostChar or with the one
/// before it, which takes one test: a dot must not follow a dot.
enum HostChar : std::uint8_t { kLabelChar = 0, kNoHostChar = 1, kDot = 2 };

constexpr std::array<HostChar, 256> make_host_chars() {
    std::array<HostChar, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c) {
        table[c] = is_alphanumeric(static_cast<char>(c)) ? kLabelChar : kNoHostChar;
    }
    for (const char c : std::string_view("-_~!$&'()*+;=")) {
        table[static_cast<unsigned char>(c)] = kLabelChar;
    }
    table['.'] = kDot;
    return table;
}
constexpr auto kHostChars = make_host_chars();

/// Length of the name `text` begins with, 0 when it is none. The reg-name grammar without
/// percent-encoding, which no name in the DNS needs, and without the comma, which would make one
/// host of two.
std::size_t host_name_length(std::string_view text) {
    std::size_t at = 0;
    unsigned before = kDot;
    for (; at < text.size(); ++at) {
        const unsigned here = kHostChars[static_cast<unsigned char>(text[at])];
        if ((here & (before | kNoHostChar)) != 0) {
            if (here == kDot) return 0;  // an empty label
            break;
        }
        before = here;
    }
    return at <= kHostBytesMax ? at : 0;
}

Refusal parse_any(Method method, std::string_view target, std::string& storage, Target& out) {
    if (target.starts_with('/')) return parse_path(target, storage, out);
    if (target == "*") {
        if (method != Method::Options) return "target * without OPTIONS";
        out.is_asterisk = true;
        out.path = target;
        out.route_path = target;
        return kNotRefused;
    }
    return parse_absolute(method, target, storage, out);
}

}  // namespace

HeadError parse_target(Method method, std::string_view target, std::string& storage, Target& out) {
    out = {};
    const Refusal refusal = parse_any(method, target, storage, out);
    if (refusal.empty()) return {};
    return {Failure::ClientBadRequest, 400, refusal};
}

bool parse_host(std::string_view text, HostAndPort& out) {
    out = {};
    std::size_t host_end = 0;
    if (text.starts_with('[')) {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos) return false;
        const std::string_view address = text.substr(1, bracket - 1);
        if (address.find(':') == std::string_view::npos || !IpAddress::parse(address)) return false;
        host_end = bracket + 1;
    } else {
        host_end = host_name_length(text);
        if (host_end == 0) return false;
    }
    out.host = {text.data(), host_end};
    text.remove_prefix(host_end);
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    out.port = text;
    return is_port(out.port);
}

bool host_equals(std::string_view host, std::string_view configured_lower) {
    const std::size_t name_end = host.starts_with('[') ? host.find(']') : 0;
    host = host.substr(0, host.find(':', name_end));
    if (host.ends_with('.')) host.remove_suffix(1);
    if (configured_lower.ends_with('.')) configured_lower.remove_suffix(1);
    return iequals(host, configured_lower);
}

}  // namespace fairlead::http
