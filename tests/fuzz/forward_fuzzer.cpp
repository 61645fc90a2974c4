// What is forwarded, read by a second parser that shares no code with the first: whatever bytes a
// client or a backend sends, what is made of them is exactly one message, with the same meaning.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/target.h"
#include "proxy/l7/body_pieces.h"
#include "proxy/l7/head_rewrite.h"

namespace fairlead::l7 {
namespace {

using http::BodyLength;

constexpr http::HeadLimits kLimits{.bytes = 3000, .count = 40, .target_bytes = 1500};

void require(bool claim) {
    if (!claim) std::abort();
}

/// One message, read by the letter of RFC 9112: no leniency, and no table of known fields.
struct Strict {
    std::string first_line;
    std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
    std::string payload;
    std::string trailers;
    std::string_view rest;

    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::count_if(
            fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; }));
    }
    std::string value(std::string_view name) const {
        for (const auto& field : fields) {
            if (field.first == name) return field.second;
        }
        return {};
    }
};

bool is_tchar(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    require(end != std::string_view::npos);
    const std::string_view line = text.substr(0, end);
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        require(byte >= 0x20 || byte == '\t');  // no bare CR or LF, no NUL
        require(byte != 0x7F);
    }
    text.remove_prefix(end + 2);
    return line;
}

std::pair<std::string, std::string> field_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    require(colon != std::string_view::npos && colon > 0);
    std::string name(line.substr(0, colon));
    for (char& c : name) {
        require(is_tchar(c));
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
        value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return {std::move(name), std::string(value)};
}

std::uint64_t number(std::string_view digits, unsigned base) {
    require(!digits.empty() && digits.size() <= 16);
    std::uint64_t sum = 0;
    for (const char c : digits) {
        const std::size_t digit =
            std::string_view("0123456789abcdef")
                .find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
        require(digit < base);
        sum = sum * base + digit;
    }
    return sum;
}

void read_chunks(std::string_view& text, Strict& message) {
    for (;;) {
        const std::uint64_t size = number(take_line(text), 16);
        if (size == 0) break;
        require(size <= text.size());
        message.payload.append(text.substr(0, static_cast<std::size_t>(size)));
        text.remove_prefix(static_cast<std::size_t>(size));
        require(take_line(text).empty());
    }
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
        const auto field = field_of(line);
        for (const auto* forbidden : {"content-length", "transfer-encoding", "host", "trailer",
                                      "authorization", "connection"}) {
            require(field.first != forbidden);
        }
        message.trailers.append(field.first).append(": ").append(field.second).append("\n");
    }
}

/// @param until_close  a response without a length goes on to the end
Strict read_strictly(std::string_view text, bool until_close, bool has_no_body) {
    Strict message;
    message.first_line = take_line(text);
    for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
        message.fields.push_back(field_of(line));
    }
    const std::size_t lengths = message.count("content-length");
    const std::size_t codings = message.count("transfer-encoding");
    require(lengths + codings <= 1);
    if (!has_no_body && codings == 1) {
        require(message.value("transfer-encoding") == "chunked");
        read_chunks(text, message);
    } else if (!has_no_body && lengths == 1) {
        const std::uint64_t length = number(message.value("content-length"), 10);
        require(length <= text.size());
        message.payload = text.substr(0, static_cast<std::size_t>(length));
        text.remove_prefix(static_cast<std::size_t>(length));
    } else if (!has_no_body && until_close) {
        message.payload = text;
        text = {};
    }
    message.rest = text;
    return message;
}

struct Body {
    std::string payload;
    std::string trailers;
    bool is_whole = false;
};

Body decode(std::string_view bytes, BodyLength length) {
    http::BodyDecoder decoder;
    decoder.start(length, 2000, 200);
    std::vector<char> buffer(bytes.begin(), bytes.end());
    Body body;
    if (!decoder.is_done()) {
        const http::BodyPart part = decoder.decode(buffer);
        if (part.is_refused) return body;
        body.payload.assign(part.payload.data(), part.payload.size());
    }
    body.is_whole = decoder.is_done() || decoder.end_of_input();
    if (decoder.is_done()) body.trailers = decoder.trailers();
    return body;
}

std::string joined(std::string_view head, const Body& body, bool is_chunked) {
    BodyPieces pieces;
    pieces.add_body(body.payload, is_chunked, true, body.trailers);
    std::string whole(head);
    for (const net::Bytes piece : pieces.all()) whole.append(piece.data(), piece.size());
    return whole;
}

/// Fields that nobody on the way has a say in come through as they are, in their order.
template <class Head>
void require_same_fields(const Head& head, const Strict& forwarded) {
    std::string named;  // by Connection: these end here
    for (const http::Field& field : head.fields) {
        if (field.id == http::FieldId::Connection) named.append(head.value(field)).append(",");
    }
    std::transform(named.begin(), named.end(), named.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    std::map<std::string, std::vector<std::string>> sent;
    std::map<std::string, std::vector<std::string>> got;
    for (const http::Field& field : head.fields) {
        if (field.id != http::FieldId::Other) continue;
        auto [name, value] =
            field_of(std::string(head.name(field)) + ":" + std::string(head.value(field)));
        if (named.find(name) == std::string::npos) sent[name].push_back(std::move(value));
    }
    for (const auto& [name, value] : forwarded.fields) got[name].push_back(value);
    for (const auto& [name, values] : sent) require(got[name] == values);
}

void check_request(std::string_view bytes, std::uint8_t flags) {
    http::RequestHead head;
    http::RequestParser parser;
    parser.start(head, kLimits);
    std::vector<char> buffer(bytes.begin(), bytes.end());
    const http::ParseResult parsed = parser.feed(buffer);
    if (parsed.status != http::ParseStatus::Complete) return;
    std::string storage;
    http::Target target;
    if (http::parse_target(head.method, head.text(head.target), storage, target).failure !=
        Failure::None) {
        return;
    }
    const Body body = decode(bytes.substr(parsed.consumed), head.body);
    if (!body.is_whole) return;
    Framing framing;
    if (head.body.kind == BodyLength::Kind::Length) {
        framing = {Framing::Kind::Length, head.body.bytes};
    } else if (head.body.kind == BodyLength::Kind::Chunked) {
        framing = {Framing::Kind::Chunked, 0};
    }
    const http::Field* const host_field = head.find(http::FieldId::Host);
    const std::string_view host = !target.authority.empty() ? target.authority
                                  : host_field != nullptr   ? head.value(*host_field)
                                                            : std::string_view("backend.example");
    const std::string own_lines = make_own_lines(8080, (flags & 1U) != 0, "instance");
    const bool is_trusted = (flags & 2U) != 0;
    http::HeadBuffer out;
    write_request_head(out, {.head = head,
                             .target = target,
                             .host = host,
                             .original_host = host,
                             .request_id = "0123456789abcdef",
                             .own_lines = own_lines,
                             .instance = "instance",
                             .peer = *IpAddress::parse("192.0.2.1"),
                             .local_port = 8080,
                             .peer_is_trusted = is_trusted,
                             .adds_via = (flags & 4U) != 0,
                             .expects_continue = (flags & 8U) != 0 && head.expects_continue,
                             .upgrade = {},
                             .framing = framing,
                             .is_secure = (flags & 1U) != 0,
                             .own_cookie = (flags & 16U) != 0 ? "own" : ""});
    const bool is_chunked = framing.kind == Framing::Kind::Chunked;
    const std::string whole = joined(out.view(), body, is_chunked);
    const Strict forwarded = read_strictly(whole, false, false);
    require(forwarded.rest.empty());  // one message, and not a byte of another
    require(forwarded.payload == body.payload);
    std::string line(head.method_name());
    line.append(" ").append(target.is_asterisk ? "*" : std::string(target.path));
    line.append(target.query).append(" HTTP/1.1");
    require(forwarded.first_line == line);
    require(forwarded.count("host") == 1 && forwarded.value("host") == host);
    for (const auto* ended : {"upgrade", "keep-alive", "proxy-connection", "proxy-authorization",
                              "proxy", "x-forwarded-server"}) {
        if (!is_trusted || std::string_view(ended) != "x-forwarded-server") {
            require(forwarded.count(ended) == 0);
        }
    }
    require(forwarded.count("x-forwarded-for") == 1);
    if (!is_trusted) require(forwarded.value("x-forwarded-for") == "192.0.2.1");
    require_same_fields(head, forwarded);
}

void check_response(std::string_view bytes, http::Method method, std::uint8_t flags) {
    http::ResponseHead head;
    http::ResponseParser parser;
    parser.start(head, method, kLimits);
    std::vector<char> buffer(bytes.begin(), bytes.end());
    const http::ParseResult parsed = parser.feed(buffer);
    if (parsed.status != http::ParseStatus::Complete || head.status < 200) return;
    const Body body = decode(bytes.substr(parsed.consumed), head.body);
    if (!body.is_whole) return;
    const unsigned client_minor = flags & 1U;
    Framing framing;
    bool is_chunked = false;
    switch (head.body.kind) {
        case BodyLength::Kind::Length:
            framing = {Framing::Kind::Length, head.body.bytes};
            break;
        case BodyLength::Kind::Chunked:
        case BodyLength::Kind::UntilClose:
            is_chunked = client_minor == 1;
            framing = {is_chunked ? Framing::Kind::Chunked : Framing::Kind::UntilClose, 0};
            break;
        case BodyLength::Kind::None:
            break;
    }
    http::HeadBuffer out;
    write_response_head(out, {.head = head,
                              .client_minor = client_minor,
                              .keep_alive = (flags & 2U) != 0,
                              .adds_via = (flags & 4U) != 0,
                              .framing = framing});
    const std::string whole = joined(out.view(), body, is_chunked);
    const bool has_no_body = head.body.kind == BodyLength::Kind::None;
    const Strict forwarded = read_strictly(whole, true, has_no_body);
    require(forwarded.rest.empty());
    require(forwarded.payload == body.payload);
    require(forwarded.first_line.starts_with("HTTP/1.1 " + std::to_string(head.status)));
    for (const auto* ended : {"keep-alive", "proxy-connection", "upgrade"}) {
        require(forwarded.count(ended) == 0);
    }
    require_same_fields(head, forwarded);
}

}  // namespace
}  // namespace fairlead::l7

/// The first byte chooses what is read, the second how it is forwarded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead;
    if (size < 2) return 0;
    const std::string text(data + 2, data + size);
    switch (data[0]) {
        case 'q':
            l7::check_request(text, data[1]);
            break;
        case 'r':
            l7::check_response(text, http::Method::Get, data[1]);
            break;
        case 'h':
            l7::check_response(text, http::Method::Head, data[1]);
            break;
        default:
            break;
    }
    return 0;
}
