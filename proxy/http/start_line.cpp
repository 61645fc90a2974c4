#include "proxy/http/start_line.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fairlead::http {
namespace {

/// Longer than any method llhttp knows.
constexpr std::size_t kMethodMax = 24;
constexpr std::size_t kVersionLength = 8;  // HTTP/1.1

constexpr HeadError kUnknownMethod{Failure::ClientBadRequest, 501, "unknown method"};
constexpr HeadError kFine{};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `HTTP/` digit `.` digit, in capitals (RFC 9112 section 2.3).
bool is_version(std::string_view text) {
    return text.size() == kVersionLength && std::memcmp(text.data(), "HTTP/", 5) == 0 &&
           is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
}

HeadError check_version(std::string_view version, unsigned& minor) {
    if (version[5] != '1') {
        return {Failure::ClientBadRequest, 505, "HTTP version is not supported"};
    }
    if (version[7] > '1') return bad_request("HTTP version is not 1.0 or 1.1");
    minor = static_cast<unsigned>(version[7] - '0');
    return kFine;
}

/// Eight bytes at a time, the last ones twice where they are no multiple of eight.
bool is_ascii(std::string_view text) {
    std::uint64_t high = 0;
    const auto take = [&high](const char* at) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        high |= word;
    };
    if (text.size() < sizeof high) {
        for (const char c : text) high |= static_cast<unsigned char>(c);
        return (high & 0x80U) == 0;
    }
    const char* const last = text.data() + text.size() - sizeof high;
    for (const char* at = text.data(); at < last; at += sizeof high) take(at);
    take(last);
    return (high & 0x8080808080808080U) == 0;
}

Slice slice(std::size_t offset, std::size_t length) {
    return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length)};
}

}  // namespace

Method method_from(std::string_view name) {
    // Each is only asked for names of its length, so that the comparison becomes one of words: the
    // first letters and the last ones, which overlap.
    const auto is = [name](const auto& known) {
        constexpr std::size_t kLength = sizeof known - 1;
        constexpr std::size_t kWord = std::bit_floor(kLength);
        constexpr std::size_t kRest = kLength - kWord;
        return std::memcmp(name.data(), known, kWord) == 0 &&
               std::memcmp(name.data() + kRest, known + kRest, kWord) == 0;
    };
    switch (name.size()) {
        case 3:
            if (is("GET")) return Method::Get;
            if (is("PUT")) return Method::Put;
            break;
        case 4:
            if (is("POST")) return Method::Post;
            if (is("HEAD")) return Method::Head;
            break;
        case 5:
            if (is("PATCH")) return Method::Patch;
            if (is("TRACE")) return Method::Trace;
            break;
        case 6:
            if (is("DELETE")) return Method::Delete;
            break;
        case 7:
            if (is("OPTIONS")) return Method::Options;
            if (is("CONNECT")) return Method::Connect;
            break;
        default:
            break;
    }
    return Method::Other;
}

void RequestLine::start(RequestHead& head, std::size_t target_bytes_max) {
    head_ = &head;
    target_bytes_max_ = target_bytes_max;
}

HeadError RequestLine::check_begin(std::string_view part) const {
    std::size_t at = 0;
    while (at < part.size() && part[at] != ' ') {
        if (at == kMethodMax) return kUnknownMethod;
        if (!is_token_char(part[at])) return bad_request("invalid character in the method");
        ++at;
    }
    if (at == part.size()) return kFine;
    if (at == 0) return bad_request("white space before the method");
    const std::string_view target = part.substr(at + 1);
    if (target.size() <= target_bytes_max_) return kFine;
    if (target.substr(0, target_bytes_max_ + 1).find(' ') != std::string_view::npos) return kFine;
    return too_long();
}

HeadError RequestLine::too_long() const {
    return {Failure::UriTooLong, 414, "request target is too long"};
}

HeadError RequestLine::complete(std::string_view line) {
    const HeadError error = read(line);
    if (error.failure == Failure::None && head_->method != Method::Other) return error;
    // What was to be said of the line before it was complete comes first.
    const HeadError earlier = check_begin(line);
    return earlier.failure != Failure::None ? earlier : error;
}

/// The scan for line ends has seen to it that the line holds no control characters.
HeadError RequestLine::read(std::string_view line) {
    std::size_t method_length = 0;
    while (method_length < line.size() && line[method_length] != ' ') ++method_length;
    if (method_length == line.size()) return bad_request("request line without a target");
    const std::size_t target_begin = method_length + 1;
    const std::size_t target_end = line.find(' ', target_begin);
    if (target_end == std::string_view::npos) {
        return bad_request("request line without a version");
    }
    const std::string_view target{line.data() + target_begin, target_end - target_begin};
    std::string_view version = line;
    version.remove_prefix(target_end + 1);
    if (target.empty()) return bad_request("two spaces in the request line");
    if (!is_version(version)) {
        return bad_request(version.find(' ') != std::string_view::npos
                               ? "more than single spaces in the request line"
                               : "malformed HTTP version");
    }
    if (const HeadError error = check_version(version, head_->minor);
        error.failure != Failure::None) {
        return error;
    }
    if (target.size() > target_bytes_max_) return too_long();
    if (!is_ascii(target)) return bad_request("non-ASCII character in the target");
    head_->method_text = slice(0, method_length);
    head_->target = slice(target_begin, target.size());
    head_->method = method_from({line.data(), method_length});
    if (head_->method == Method::Connect) {
        return {Failure::ClientBadRequest, 501, "CONNECT is not supported"};
    }
    return kFine;
}

HeadError StatusLine::check_begin(std::string_view part) const {
    constexpr std::string_view kStart = "HTTP/";
    const std::size_t length = std::min(part.size(), kStart.size());
    if (part.substr(0, length) != kStart.substr(0, length)) {
        return bad_request("status line does not start with HTTP/");
    }
    return kFine;
}

HeadError StatusLine::too_long() const { return bad_request("status line is too long"); }

HeadError StatusLine::complete(std::string_view line) {
    constexpr std::size_t kCodeBegin = kVersionLength + 1;
    constexpr std::size_t kCodeEnd = kCodeBegin + 3;
    if (line.size() < kVersionLength || !is_version({line.data(), kVersionLength})) {
        const HeadError earlier = check_begin(line);
        if (earlier.failure != Failure::None) return earlier;
        return bad_request("malformed HTTP version");
    }
    if (const HeadError error = check_version(line, head_->minor); error.failure != Failure::None) {
        return error;
    }
    // An empty reason phrase without the space before it is not by the grammar, but servers send it
    // and it cannot be misread.
    if (line.size() < kCodeEnd || line[kVersionLength] != ' ' ||
        (line.size() > kCodeEnd && line[kCodeEnd] != ' ')) {
        return bad_request("malformed status line");
    }
    int status = 0;
    for (std::size_t at = kCodeBegin; at < kCodeEnd; ++at) {
        const char c = line[at];
        if (!is_digit(c)) return bad_request("status code is not three digits");
        status = status * 10 + (c - '0');
    }
    if (status < 100 || status > 599) return bad_request("status code out of range");
    head_->status = status;
    head_->reason = line.size() > kCodeEnd ? slice(kCodeEnd + 1, line.size() - kCodeEnd - 1)
                                           : slice(kCodeEnd, 0);
    return kFine;
}

}  // namespace fairlead::http
