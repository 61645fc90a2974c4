#include "proxy/http/framing.h"

#include "proxy/base/text.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/http/start_line.h"
#include "proxy/http/target.h"

namespace fairlead::http {
namespace {

constexpr HeadError kFine{};
/// 10^18 - 1 fits 64 bits with room for sums.
constexpr std::size_t kLengthDigitsMax = 18;

bool is_there(const HeadBase& head, FieldId id) { return (head.present & field_bit(id)) != 0; }

bool read_digits(std::string_view text, std::uint64_t& value) {
    if (text.empty() || text.size() > kLengthDigitsMax) return false;
    value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return true;
}

/// One value, or a list of the same value (RFC 9110 section 8.6), over all the fields.
HeadError read_length(const HeadBase& head, std::uint64_t& length, unsigned& count) {
    for (const Field& field : head.fields) {
        if (field.id != FieldId::ContentLength) continue;
        std::string_view rest = head.value(field);
        std::uint64_t value = 0;
        while (!read_digits(rest, value)) {
            const std::size_t comma = rest.find(',');
            if (comma == std::string_view::npos ||
                !read_digits(trim(rest.substr(0, comma)), value)) {
                return bad_request("Content-Length is not a number");
            }
            if (count++ > 0 && value != length) return bad_request("two Content-Length values");
            length = value;
            rest = trim(rest.substr(comma + 1));
        }
        if (count++ > 0 && value != length) return bad_request("two Content-Length values");
        length = value;
    }
    return kFine;
}

HeadError check_chunked(const HeadBase& head) {
    bool is_set = false;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::TransferEncoding) continue;
        if (is_set) return bad_request("two Transfer-Encoding fields");
        if (!is_word(head.value(field), "chunked")) {
            return bad_request("Transfer-Encoding is not chunked");
        }
        is_set = true;
    }
    return kFine;
}

/// The length the fields announce; None when they announce nothing.
HeadError read_body(HeadBase& head, unsigned& lengths) {
    lengths = 0;
    const bool has_length = is_there(head, FieldId::ContentLength);
    if (is_there(head, FieldId::TransferEncoding)) {
        if (has_length) return bad_request("Content-Length with Transfer-Encoding");
        if (head.minor == 0) return bad_request("Transfer-Encoding on HTTP/1.0");
        head.body.kind = BodyLength::Kind::Chunked;
        return check_chunked(head);
    }
    if (!has_length) return kFine;
    head.body.kind = BodyLength::Kind::Length;
    return read_length(head, head.body.bytes, lengths);
}

void read_connection(HeadBase& head) {
    head.keep_alive = head.minor == 1;
    if (!is_there(head, FieldId::Connection)) return;
    bool says_close = false;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::Connection) continue;
        const std::string_view list = head.value(field);
        if (is_word(list, "keep-alive")) {  // what nearly all say
            head.keep_alive = true;
            continue;
        }
        says_close = says_close || list_has(list, "close");
        if (list_has(list, "keep-alive")) head.keep_alive = true;
        if (is_there(head, FieldId::Upgrade) && list_has(list, "upgrade")) head.has_upgrade = true;
    }
    if (says_close) head.keep_alive = false;
}

HeadError check_host(const RequestHead& head) {
    if (!is_there(head, FieldId::Host)) {
        return head.minor == 0 ? kFine : bad_request("no Host field");
    }
    const Field* host = nullptr;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::Host) continue;
        if (host != nullptr) return bad_request("two Host fields");
        host = &field;
    }
    HostAndPort parts;
    return parse_host(head.value(*host), parts) ? kFine : bad_request("invalid Host field");
}

HeadError read_expectation(RequestHead& head) {
    // HTTP/1.0 has no expectations: they are to be ignored (RFC 9110 section 10.1.1).
    if (head.minor == 0 || !is_there(head, FieldId::Expect)) return kFine;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::Expect) continue;
        if (!iequals(head.value(field), "100-continue")) {
            return {Failure::ClientBadRequest, 417, "unknown expectation"};
        }
    }
    head.expects_continue = true;
    return kFine;
}

}  // namespace

HeadError settle_request(RequestHead& head, unsigned& lengths) {
    if (const HeadError error = check_host(head); error.failure != Failure::None) return error;
    if (const HeadError error = read_body(head, lengths); error.failure != Failure::None)
        return error;
    read_connection(head);
    return read_expectation(head);
}

HeadError settle_response(ResponseHead& head, Method request_method, unsigned& lengths) {
    if (const HeadError error = read_body(head, lengths); error.failure != Failure::None)
        return error;
    read_connection(head);
    const bool announces = head.body.kind == BodyLength::Kind::Chunked || head.body.bytes > 0;
    if (head.status < 200) {
        // It cannot have content, and one that says so is about to send us something else as the
        // next response.
        if (announces) return bad_request("content with a 1xx response");
        head.body = {};
    } else if (head.status == 204 || head.status == 304 || request_method == Method::Head) {
        if (head.status == 204 && announces) head.keep_alive = false;
        head.body = {};
    } else if (head.body.kind == BodyLength::Kind::None) {
        head.body.kind = BodyLength::Kind::UntilClose;
        head.keep_alive = false;
    }
    return kFine;
}

std::string merge_lengths(const HeadBase& head) {
    std::string merged;
    bool is_written = false;
    std::size_t copied = 0;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::ContentLength) continue;
        const std::size_t line_end = head.bytes.find('\n', field.name.offset) + 1;
        if (is_written) {
            merged.append(head.bytes, copied, field.name.offset - copied);
        } else {
            const std::string_view value = head.value(field);
            merged.append(head.bytes, copied, field.value.offset - copied);
            merged += trim(value.substr(0, value.find(',')));
            merged += "\r\n";
            is_written = true;
        }
        copied = line_end;
    }
    merged.append(head.bytes, copied, std::string::npos);
    return merged;
}

}  // namespace fairlead::http
