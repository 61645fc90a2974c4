#include "proxy/http/h2_head.h"

#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/http/start_line.h"
#include "proxy/http/status.h"
#include "proxy/http/trailer.h"

namespace fairlead::http {
namespace {

/// What a field costs beside its text, by the RFC's own measure.
constexpr std::uint64_t kFieldOverhead = 32;
/// A head that is too large is read on to its end, because the state of HPACK depends on it; one
/// that goes on for ever is not.
constexpr std::uint64_t kHopelessFactor = 8;

/// Bits of seen_.
constexpr unsigned kMethod = 1;
constexpr unsigned kScheme = 2;
constexpr unsigned kAuthority = 4;
constexpr unsigned kPath = 8;
constexpr unsigned kProtocol = 16;
constexpr unsigned kStatus = 32;

bool is_lower_token(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return is_token_char(c) && (c < 'A' || c > 'Z');
    });
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_value(std::string_view value) {
    return value.empty() ||
           (!is_blank(value.front()) && !is_blank(value.back()) && is_field_value(value));
}

/// What may stand in a request line without ending it or the word.
bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool is_connection_field(FieldId id) {
    return id == FieldId::Connection || id == FieldId::KeepAlive ||
           id == FieldId::ProxyConnection || id == FieldId::TransferEncoding ||
           id == FieldId::Upgrade;
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

// ---- reading

void H2HeadReader::start(Kind kind, const HeadLimits& limits) {
    kind_ = kind;
    limits_ = limits;
    error_ = {};
    for (std::string* each : {&method_, &scheme_, &authority_, &path_, &protocol_, &status_, &host_,
                              &cookie_, &lines_, &text_}) {
        each->clear();
    }
    bytes_ = count_ = 0;
    hopeless_bytes_ = limits.bytes * kHopelessFactor;
    seen_ = 0;
    has_fields_ = has_host_ = has_cookie_ = false;
}

void H2HeadReader::refuse(std::string_view reason) {
    if (error_.failure == Failure::None) error_ = bad_request(reason);
}

void H2HeadReader::add(std::string_view name, std::string_view value) {
    bytes_ += name.size() + value.size() + kFieldOverhead;
    if (error_.failure != Failure::None) return;
    if (name.starts_with(':')) {
        if (has_fields_) return refuse("a pseudo-field behind other fields");
        if (!add_pseudo(name.substr(1), value)) refuse("a wrong pseudo-field");
        return;
    }
    has_fields_ = true;
    if (!is_lower_token(name)) return refuse("invalid field name");
    if (!is_value(value)) return refuse("invalid field value");
    const FieldId id = classify(name);
    if (is_connection_field(id)) return refuse("a field that belongs to HTTP/1.1 connections");
    if (id == FieldId::Te && kind_ == Kind::Request && !iequals(value, "trailers")) {
        return refuse("TE is not trailers");
    }
    // Crumbs of a cookie are one field (RFC 9113 section 8.2.3).
    if (id != FieldId::Cookie || !has_cookie_) ++count_;
    if (bytes_ > limits_.bytes || count_ > limits_.count) {
        error_ = {Failure::HeaderTooLarge, 431,
                  count_ > limits_.count ? "too many header fields" : "the header is too large"};
        return;
    }
    if (kind_ == Kind::Trailers) {
        if (is_forwardable_trailer(name)) append_line(text_, name, value);
    } else if (id == FieldId::Cookie && kind_ == Kind::Request) {
        if (has_cookie_) cookie_ += "; ";
        cookie_ += value;
        has_cookie_ = true;
    } else if (id == FieldId::Host && kind_ == Kind::Request) {
        if (has_host_) return refuse("two Host fields");
        has_host_ = true;
        host_ = value;
    } else {
        append_line(lines_, name, value);
    }
}

/// @return it is one, the first of its name, and has its place here
bool H2HeadReader::add_pseudo(std::string_view name, std::string_view value) {
    struct Row {
        std::string_view name;
        unsigned bit;
        Kind kind;
        std::string H2HeadReader::*text;
    };
    static constexpr Row kRows[] = {
        {"method", kMethod, Kind::Request, &H2HeadReader::method_},
        {"path", kPath, Kind::Request, &H2HeadReader::path_},
        {"scheme", kScheme, Kind::Request, &H2HeadReader::scheme_},
        {"authority", kAuthority, Kind::Request, &H2HeadReader::authority_},
        {"status", kStatus, Kind::Response, &H2HeadReader::status_},
        {"protocol", kProtocol, Kind::Request, &H2HeadReader::protocol_},
    };
    for (const Row& row : kRows) {
        if (row.name != name) continue;
        if (row.kind != kind_ || (seen_ & row.bit) != 0) return false;
        seen_ |= row.bit;
        const bool is_path = row.bit == kPath;
        if (is_path && value.size() > limits_.target_bytes) {
            error_ = {Failure::UriTooLong, 414, "request target is too long"};
        } else if (!is_path && value.size() > limits_.bytes) {
            error_ = {Failure::HeaderTooLarge, 431, "the header is too large"};
        } else {
            this->*row.text = value;
        }
        return true;
    }
    return false;
}

HeadError H2HeadReader::check_request() const {
    if ((seen_ & kMethod) == 0) return bad_request("no :method");
    if (!is_token(method_)) return bad_request("invalid method");
    if (!is_visible(authority_)) return bad_request("invalid :authority");
    if (has_host_ && (seen_ & kAuthority) != 0 && !iequals(host_, authority_)) {
        return bad_request("Host is not :authority");
    }
    if (method_ == "CONNECT" && (seen_ & kProtocol) == 0) {
        return {Failure::ClientBadRequest, 501, "CONNECT is not supported"};
    }
    if (method_ != "CONNECT" && (seen_ & kProtocol) != 0) {
        return bad_request(":protocol without CONNECT");
    }
    if (!is_token(protocol_) && (seen_ & kProtocol) != 0) return bad_request("invalid :protocol");
    if ((seen_ & kScheme) == 0) return bad_request("no :scheme");
    if (!iequals(scheme_, "http") && !iequals(scheme_, "https")) {
        return bad_request("unknown :scheme");
    }
    if ((seen_ & kPath) == 0 || path_.empty()) return bad_request("no :path");
    if (!is_visible(path_)) return bad_request("invalid :path");
    // HTTP/2 has the authority in a field of its own: there is no other form (RFC 9113 8.3.1).
    if (path_.front() != '/' && !(path_ == "*" && method_ == "OPTIONS")) {
        return bad_request("invalid :path");
    }
    return {};
}

void H2HeadReader::write_request() {
    text_.reserve(lines_.size() + method_.size() + path_.size() + authority_.size() + host_.size() +
                  cookie_.size() + 64);
    text_.append(protocol_.empty() ? method_ : "GET").append(" ");
    text_.append(path_).append(" HTTP/1.1\r\n");
    const std::string& host = (seen_ & kAuthority) != 0 ? authority_ : host_;
    if (has_host_ || (seen_ & kAuthority) != 0) append_line(text_, "host", host);
    text_ += lines_;
    if (has_cookie_) append_line(text_, "cookie", cookie_);
    if (!protocol_.empty()) {
        text_.append("connection: upgrade\r\nupgrade: ").append(protocol_).append("\r\n");
    }
    text_ += "\r\n";
}

HeadError H2HeadReader::finish() {
    if (kind_ == Kind::Trailers) {
        if (error_.failure != Failure::None) text_.clear();
        return error_;
    }
    if (kind_ == Kind::Response) {
        const bool is_status = status_.size() == 3 && status_[0] >= '1' && status_[0] <= '9' &&
                               std::all_of(status_.begin(), status_.end(),
                                           [](char c) { return c >= '0' && c <= '9'; });
        if (!is_status || status_ == "101") refuse("no :status that HTTP/2 knows");
        if (error_.failure != Failure::None) return error_;
        const int status = (status_[0] - '0') * 100 + (status_[1] - '0') * 10 + (status_[2] - '0');
        text_.append("HTTP/1.1 ").append(status_).append(" ").append(reason_phrase(status));
        text_.append("\r\n").append(lines_).append("\r\n");
        return error_;
    }
    const HeadError of_request = check_request();
    if (error_.failure == Failure::None) error_ = of_request;
    // For the log.
    if (of_request.failure == Failure::None || of_request.status == 501) {
        if (error_.failure != Failure::None) lines_.clear();
        if (!path_.empty()) write_request();
    }
    return error_;
}

// ---- writing

void H2FieldList::start(std::string_view text) {
    fields_.clear();
    lower_.clear();
    lower_.reserve(text.size());  // views of it stay good
}

std::string_view H2FieldList::lower(std::string_view name) {
    const std::size_t begin = lower_.size();
    for (const char c : name) {
        lower_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return std::string_view(lower_).substr(begin);
}

void H2FieldList::add_lines(std::string_view lines, bool is_switch) {
    while (lines.size() > 2) {
        const std::size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(std::min(lines.size(), end == std::string_view::npos ? end : end + 2));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        const FieldId id = classify(name);
        if (is_connection_field(id)) continue;
        // It would be an answer to a key the client has not sent.
        if (is_switch && iequals(name, "sec-websocket-accept")) continue;
        fields_.push_back({lower(name), trim(line.substr(colon + 1))});
    }
}

void H2FieldList::set_response(std::string_view head) {
    start(head);
    const std::size_t end = head.find("\r\n");
    const std::string_view status = head.substr(9, 3);
    const bool is_switch = status == "101";
    fields_.push_back({":status", is_switch ? std::string_view("200") : status});
    add_lines(head.substr(end + 2), is_switch);
}

void H2FieldList::set_request(std::string_view head, std::string_view scheme) {
    start(head);
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t method_end = line.find(' ');
    const std::size_t path_end = line.rfind(' ');
    fields_.push_back({":method", line.substr(0, method_end)});
    fields_.push_back({":scheme", scheme});
    fields_.push_back({":path", line.substr(method_end + 1, path_end - method_end - 1)});
    add_lines(head.substr(end + 2), false);
    const auto host = std::find_if(fields_.begin(), fields_.end(),
                                   [](const H2Field& field) { return field.name == "host"; });
    if (host == fields_.end()) return;
    const H2Field authority{":authority", host->value};
    fields_.erase(host);
    fields_.insert(fields_.begin() + 2, authority);
}

void H2FieldList::set_trailers(std::string_view lines) {
    start(lines);
    add_lines(lines, false);
}

}  // namespace fairlead::http
