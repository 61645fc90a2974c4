#include "proxy/http/target.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "proxy/base/address.h"
#include "proxy/base/text.h"

namespace fairlead::http {
namespace {

constexpr HeadError kFine{};
constexpr std::size_t kHostBytesMax = 255;

HeadError bad_target(std::string_view reason) { return {Failure::ClientBadRequest, 400, reason}; }

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

HeadError scan_path(std::string_view text, PathScan& scan) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const Kind kind = kind_of(text[at]);
        if (kind == Kind::Plain) continue;  // first and alone: this is most of every path
        if (kind == Kind::Question) break;
        switch (kind) {
            case Kind::Slash:
                if (at + 1 < text.size()) {
                    scan.has_dots |= text[at + 1] == '.';
                    scan.has_repeated_slashes |= text[at + 1] == '/';
                }
                break;
            case Kind::Percent:
                scan.has_percent = true;
                break;
            case Kind::Backslash:
                return bad_target("backslash in the path");
            case Kind::Fragment:
                return bad_target("fragment in the target");
            default:
                return bad_target("control or non-ASCII character in the target");
        }
    }
    scan.length = at;
    return kFine;
}

/// The query is passed on as it is; only what no target may hold is refused.
HeadError check_query(std::string_view query) {
    for (const char c : query) {
        const Kind kind = kind_of(c);
        if (kind == Kind::Plain) continue;
        if (kind == Kind::Fragment) return bad_target("fragment in the target");
        if (kind == Kind::Bad) return bad_target("control or non-ASCII character in the target");
    }
    return kFine;
}

/// Writes `path` to `out` with unreserved characters decoded (RFC 3986 section 6.2.2.2).
HeadError decode_unreserved(std::string_view path, char*& out) {
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] != '%') {
            *out++ = path[at];
            continue;
        }
        if (path.size() - at < 3) return bad_target("malformed percent-encoding");
        const int high = hex_value(path[at + 1]);
        const int low = hex_value(path[at + 2]);
        if (high < 0 || low < 0) return bad_target("malformed percent-encoding");
        const auto decoded = static_cast<char>(high * 16 + low);
        if (decoded == '\0') return bad_target("NUL in the path");
        if (is_unreserved(decoded)) {
            *out++ = decoded;
        } else {
            std::memcpy(out, path.data() + at, 3);
            out += 3;
        }
        at += 2;
    }
    return kFine;
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

/// `text` begins with a slash.
HeadError parse_path(std::string_view text, std::string& storage, Target& out) {
    PathScan scan;
    if (const HeadError error = scan_path(text, scan); error.failure != Failure::None) return error;
    out.path = text.substr(0, scan.length);
    out.query = text.substr(scan.length);
    if (const HeadError error = check_query(out.query); error.failure != Failure::None) {
        return error;
    }
    out.route_path = out.path;
    if (!scan.has_percent && !scan.has_dots && !scan.has_repeated_slashes) return kFine;

    // Room for both paths at once, so that neither moves.
    storage.resize(out.path.size() * 2);
    char* const path_begin = storage.data();
    char* path_end = path_begin;
    if (scan.has_percent || scan.has_dots) {
        if (const HeadError error = decode_unreserved(out.path, path_end);
            error.failure != Failure::None) {
            return error;
        }
        if (!remove_dot_segments(path_begin, path_end)) {
            return bad_target("path leads above the root");
        }
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
    return kFine;
}

HeadError parse_absolute(Method method, std::string_view target, std::string& storage,
                         Target& out) {
    const std::size_t scheme_end = target.find("://");
    const std::string_view scheme = target.substr(0, scheme_end);
    if (scheme_end == std::string_view::npos ||
        !(iequals(scheme, "http") || iequals(scheme, "https"))) {
        return bad_target("target is neither a path nor an http URI");
    }
    const std::string_view rest = target.substr(scheme_end + 3);
    const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    if (authority.find('@') != std::string_view::npos) return bad_target("userinfo in the target");
    HostAndPort parts;
    if (!parse_host(authority, parts)) return bad_target("invalid host in the target");
    out.scheme = scheme;
    out.authority = authority;

    const std::string_view path = rest.substr(authority_end);
    if (path.starts_with('/')) {
        const HeadError error = parse_path(path, storage, out);
        out.is_changed = true;
        return error;
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
    const auto port = text.size() > kPortDigitsMax ? std::nullopt : parse_number(text);
    return port.has_value() && *port <= 65535;
}

/// Of a host name: 0 is no part of it.
enum HostChar : std::uint8_t { kNoHostChar = 0, kLabelChar = 1, kDot = 2 };

constexpr std::array<std::uint8_t, 256> make_host_chars() {
    std::array<std::uint8_t, 256> table{};
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
        if (here == kNoHostChar) break;
        if ((here & before & kDot) != 0) return 0;  // an empty label
        before = here;
    }
    return at <= kHostBytesMax ? at : 0;
}

}  // namespace

HeadError parse_target(Method method, std::string_view target, std::string& storage, Target& out) {
    out = {};
    if (target.starts_with('/')) return parse_path(target, storage, out);
    if (target == "*") {
        if (method != Method::Options) return bad_target("target * without OPTIONS");
        out.is_asterisk = true;
        out.path = target;
        out.route_path = target;
        return kFine;
    }
    return parse_absolute(method, target, storage, out);
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
    out.host = text.substr(0, host_end);
    const std::string_view rest = text.substr(host_end);
    if (rest.empty()) return true;
    if (rest.front() != ':') return false;
    out.port = rest.substr(1);
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
