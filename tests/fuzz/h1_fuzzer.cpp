// Heads, targets, hosts and bodies out of arbitrary bytes. However bytes are cut into reads, the
// parsers must say the same; what they accept must be what the grammar allows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/start_line.h"
#include "proxy/http/target.h"

namespace fairlead::http {
namespace {

/// Cut at 128 or more: room for heads that are read in several steps.
HeadLimits limits_for(std::uint8_t cut) {
    if (cut >= 128) return {.bytes = 3000, .count = 40, .target_bytes = 1500};
    return {.bytes = 600, .count = 12, .target_bytes = 120};
}

void require(bool claim) {
    if (!claim) std::abort();
}

/// Lengths of reads. A cut of 0 is no cut.
class Cuts {
  public:
    explicit Cuts(std::uint8_t cut) : cut_(cut), state_(cut) {}
    std::size_t next(std::size_t left) {
        if (cut_ == 0) return left;
        state_ = state_ * 1103515245U + 12345U;
        const std::size_t wanted = cut_ < 32 ? cut_ : 1 + (state_ >> 16U) % 40;
        return wanted < left ? wanted : left;
    }

  private:
    std::uint8_t cut_;
    std::uint32_t state_;
};

template <class Parser>
ParseResult feed(Parser& parser, std::string_view bytes, Cuts cuts) {
    ParseResult all;
    while (!bytes.empty()) {
        // A copy of its own, so that a look beyond it is seen.
        const std::string_view part = bytes.substr(0, cuts.next(bytes.size()));
        const std::vector<char> read(part.begin(), part.end());
        const ParseResult result = parser.feed(read);
        require(result.consumed <= read.size());
        all.status = result.status;
        all.error = result.error;
        all.consumed += result.consumed;
        if (result.status != ParseStatus::NeedMore) return all;
        require(result.consumed == read.size());
        bytes.remove_prefix(read.size());
    }
    return all;
}

void require_same(const ParseResult& a, const ParseResult& b) {
    require(a.status == b.status);
    require(a.error.failure == b.error.failure);
    require(a.error.status == b.error.status);
    require(a.error.reason == b.error.reason);
    if (a.status != ParseStatus::Refused) require(a.consumed == b.consumed);
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t") == std::string_view::npos;
}

/// Fields that lie behind one another, each a name, a colon, a value and CRLF, without a byte
/// between them, up to the empty line.
void require_lines(const HeadBase& head, std::size_t first_line_length) {
    const std::string_view bytes = head.bytes;
    std::size_t at = first_line_length;
    for (const Field& field : head.fields) {
        require(field.name.offset == at);
        const std::size_t name_end = at + field.name.length;
        const std::size_t value_end = field.value.offset + field.value.length;
        const std::size_t line_end = bytes.find("\r\n", at);
        require(name_end < field.value.offset && value_end <= line_end);
        require(bytes[name_end] == ':');
        require(is_blank(bytes.substr(name_end + 1, field.value.offset - name_end - 1)));
        require(is_blank(bytes.substr(value_end, line_end - value_end)));
        const std::string_view value = head.value(field);
        require(value.empty() ||
                (!is_blank(value.substr(0, 1)) && !is_blank(value.substr(value.size() - 1))));
        at = line_end + 2;
    }
    require(bytes.substr(at) == "\r\n");
}

void require_framing(const HeadBase& head) {
    const Field* const length = head.find(FieldId::ContentLength);
    const Field* const coding = head.find(FieldId::TransferEncoding);
    require(length == nullptr || coding == nullptr);
    if (coding != nullptr) require(head.minor == 1 && head.value(*coding).size() == 7);
    if (length != nullptr) {
        const std::string_view digits = head.value(*length);
        require(!digits.empty());
        require(digits.find_first_not_of("0123456789") == std::string_view::npos);
        if (head.body.kind == BodyLength::Kind::Length) {
            require(std::stoull(std::string(digits)) == head.body.bytes);
        }
    }
    if (head.body.kind == BodyLength::Kind::Length) require(length != nullptr);
    if (head.body.kind == BodyLength::Kind::Chunked) require(coding != nullptr);
}

void require_good(const HeadBase& head, const HeadBase& again, const HeadLimits& limits) {
    require(head.bytes == again.bytes);
    require(head.fields.size() == again.fields.size());
    require(head.bytes.ends_with("\r\n\r\n"));
    require(head.bytes.size() <= limits.bytes);
    require(head.fields.size() <= limits.count);
    std::size_t lengths = 0;
    std::size_t codings = 0;
    for (const Field& field : head.fields) {
        require(is_token(head.name(field)));
        require(is_field_value(head.value(field)));
        require(field.id == classify(head.name(field)));
        lengths += field.id == FieldId::ContentLength ? 1 : 0;
        codings += field.id == FieldId::TransferEncoding ? 1 : 0;
    }
    require(lengths + codings <= 1);
    require_framing(head);
}

void require_request_line(const RequestHead& head) {
    std::string line(head.method_name());
    line.append(" ").append(head.text(head.target));
    line.append(head.minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    require(head.bytes.starts_with(line));
    require(is_token(head.method_name()));
    require(head.method == method_from(head.method_name()) && head.method != Method::Connect);
    require(!head.text(head.target).empty());
    for (const char c : head.text(head.target)) require(c > ' ' && c < 0x7F);
    require_lines(head, line.size());
    std::size_t hosts = 0;
    for (const Field& field : head.fields) hosts += field.id == FieldId::Host ? 1 : 0;
    require(hosts == 1 || (hosts == 0 && head.minor == 0));
}

void require_status_line(const ResponseHead& head) {
    std::string line = head.minor == 0 ? "HTTP/1.0 " : "HTTP/1.1 ";
    line.append(std::to_string(head.status));
    require(head.bytes.starts_with(line));
    const std::size_t end = head.bytes.find("\r\n");
    const std::string_view rest =
        std::string_view(head.bytes).substr(line.size(), end - line.size());
    require(rest.empty() ? head.reason.length == 0
                         : rest.front() == ' ' && rest.substr(1) == head.text(head.reason));
    require_lines(head, end + 2);
}

struct Body {
    std::string payload;
    std::string trailers;
    std::size_t consumed = 0;
    bool is_done = false;
    HeadError error{};
};

Body decode(std::string_view bytes, BodyLength length, Cuts cuts) {
    constexpr std::uint64_t kBytesMax = 300;
    constexpr std::uint64_t kTrailerMax = 60;
    BodyDecoder decoder;
    decoder.start(length, kBytesMax, kTrailerMax);
    Body body;
    while (!bytes.empty() && !decoder.is_done()) {
        const std::string_view part = bytes.substr(0, cuts.next(bytes.size()));
        std::vector<char> buffer(part.begin(), part.end());
        const BodyPart decoded = decoder.decode(buffer);
        require(decoded.consumed <= buffer.size());
        require(decoded.payload.size() <= decoded.consumed);
        require(decoded.is_done == decoder.is_done());
        body.payload.append(decoded.payload.data(), decoded.payload.size());
        require(body.payload.size() == decoder.decoded_bytes());
        require(body.payload.size() <= kBytesMax);
        body.consumed += decoded.consumed;
        body.error = decoded.error;
        if (decoded.is_refused) return body;
        require(decoded.is_done || decoded.consumed == buffer.size());
        bytes.remove_prefix(decoded.consumed);
    }
    body.is_done = decoder.is_done();
    if (body.is_done) body.trailers = decoder.trailers();
    return body;
}

void check_body(std::string_view bytes, BodyLength length, std::uint8_t cut) {
    const Body whole = decode(bytes, length, Cuts(0));
    const Body pieces = decode(bytes, length, Cuts(cut));
    require(whole.payload == pieces.payload);
    require(whole.trailers == pieces.trailers);
    require(whole.is_done == pieces.is_done);
    require(whole.error.reason == pieces.error.reason);
    if (whole.error.failure == Failure::None) require(whole.consumed == pieces.consumed);
}

void check_target(Method method, std::string_view text) {
    std::string storage;
    Target target;
    HostAndPort host;
    if (parse_host(text, host)) require(host.host.size() + host.port.size() <= text.size());
    if (parse_target(method, text, storage, target).failure != Failure::None) return;
    require(target.is_asterisk || target.path.starts_with('/'));
    require(target.route_path.find("//") == std::string_view::npos);
    require(target.path.find("/../") == std::string_view::npos);
    require(target.path.find("/./") == std::string_view::npos);
    require(!target.path.ends_with("/..") && !target.path.ends_with("/."));
    require(target.query.empty() || target.query.starts_with('?'));
    if (target.is_asterisk) return;
    std::string storage_again;
    Target again;
    require(parse_target(method, target.path, storage_again, again).failure == Failure::None);
    require(again.path == target.path && again.route_path == target.route_path);
    require(!again.is_changed);
}

void check_request(std::string_view bytes, std::uint8_t cut) {
    RequestHead head;
    RequestHead again;
    RequestParser parser;
    const HeadLimits limits = limits_for(cut);
    parser.start(again, limits);
    const ParseResult pieces = feed(parser, bytes, Cuts(cut));
    parser.start(head, limits);
    const ParseResult whole = feed(parser, bytes, Cuts(0));
    require_same(whole, pieces);
    if (whole.status != ParseStatus::Complete) return;
    require_good(head, again, limits);
    require_request_line(head);
    require(head.text(head.target) == again.text(again.target));
    check_target(head.method, head.text(head.target));
    check_body(bytes.substr(whole.consumed), head.body, cut);
}

void check_response(std::string_view bytes, Method method, std::uint8_t cut) {
    ResponseHead head;
    ResponseHead again;
    ResponseParser parser;
    const HeadLimits limits = limits_for(cut);
    parser.start(again, method, limits);
    const ParseResult pieces = feed(parser, bytes, Cuts(cut));
    parser.start(head, method, limits);
    const ParseResult whole = feed(parser, bytes, Cuts(0));
    require_same(whole, pieces);
    if (whole.status != ParseStatus::Complete) return;
    require_good(head, again, limits);
    require_status_line(head);
    require(head.status >= 100 && head.status <= 599);
    require(is_field_value(head.text(head.reason)));
    check_body(bytes.substr(whole.consumed), head.body, cut);
}

}  // namespace
}  // namespace fairlead::http

/// The first byte chooses what is read, the second how it is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fairlead::http;
    if (size < 2) return 0;
    const std::string text(data + 2, data + size);
    const std::uint8_t cut = data[1];
    switch (data[0]) {
        case 'q':
            check_request(text, cut);
            break;
        case 'r':
            check_response(text, Method::Get, cut);
            break;
        case 'h':
            check_response(text, Method::Head, cut);
            break;
        case 'c':
            check_body(text, {BodyLength::Kind::Chunked, 0}, cut);
            break;
        case 't':
            check_target(Method::Get, text);
            break;
        case 'o':
            check_target(Method::Options, text);
            break;
        default:
            break;
    }
    return 0;
}
