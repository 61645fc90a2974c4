// Fields of HTTP/2 as a client might send them, cut out of the input at its line feeds (name, then
// value): what is made of them without an error is exactly one head of HTTP/1.1 with the same
// method, path and host, to a parser that knows nothing of HTTP/2.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/base/text.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/h2_head.h"

namespace fairlead::http {
namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

/// Up to the next byte 0xFF, which is in no field that is taken.
std::string_view cut(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\xFF'), rest.size());
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return piece;
}

void check_request(const H2HeadReader& reader, std::string_view method, std::string_view path,
                   std::string_view authority, std::size_t fields) {
    RequestHead head;
    RequestParser parser;
    parser.start(head, {64 * 1024, 200, 8 * 1024});
    const ParseResult parsed = parser.feed(reader.text());
    require(parsed.status != ParseStatus::NeedMore);
    if (parsed.status == ParseStatus::Refused) return;
    require(parsed.consumed == reader.text().size());
    require(head.text(head.target) == path);
    require(head.method_name() == (reader.protocol().empty() ? method : "GET"));
    const Field* const host = head.find(FieldId::Host);
    require(authority.empty() || (host != nullptr && head.value(*host) == authority));
    require(head.find(FieldId::TransferEncoding) == nullptr);
    require(reader.protocol().empty() == !head.has_upgrade);
    // Host and the two of an upgrade may be new; crumbs have become one.
    require(head.fields.size() <= fields + 3);
}

void run(std::string_view input) {
    if (input.empty()) return;
    const auto choice = static_cast<unsigned char>(input[0]);
    input.remove_prefix(1);
    using Kind = H2HeadReader::Kind;
    const Kind kind = choice % 3 == 0   ? Kind::Request
                      : choice % 3 == 1 ? Kind::Response
                                        : Kind::Trailers;
    H2HeadReader reader;
    reader.start(kind, {32 * 1024, 100, 4 * 1024});
    std::string_view method;
    std::string_view path;
    std::string_view authority;
    std::size_t fields = 0;
    while (!input.empty()) {
        const std::string_view name = cut(input);
        const std::string_view value = cut(input);
        reader.add(name, value);
        if (name == ":method") method = value;
        if (name == ":path") path = value;
        if (name == ":authority") authority = value;
        if (!name.starts_with(':')) ++fields;
    }
    const HeadError error = reader.finish();
    require((error.failure == Failure::None) == (error.status == 0));
    if (error.failure != Failure::None) return;
    if (kind == Kind::Request) {
        check_request(reader, method, path, authority, fields);
    } else if (kind == Kind::Response) {
        ResponseHead head;
        ResponseParser parser;
        parser.start(head, Method::Get, {64 * 1024, 200, 0});
        const ParseResult parsed = parser.feed(reader.text());
        require(parsed.status != ParseStatus::NeedMore);
        require(parsed.status == ParseStatus::Refused || parsed.consumed == reader.text().size());
    } else {
        require(reader.text().empty() || reader.text().ends_with("\r\n"));
        require(reader.text().find("\r\n\r\n") == std::string_view::npos);
    }
    // And back.
    H2FieldList list;
    if (kind == Kind::Request) list.set_request(reader.text(), "http");
    if (kind == Kind::Response) list.set_response(reader.text());
    if (kind == Kind::Trailers) list.set_trailers(reader.text());
    for (const H2Field& field : list.fields()) {
        require(!field.name.empty() && to_lower(field.name) == field.name);
        require(field.value.find('\n') == std::string_view::npos);
    }
}

}  // namespace
}  // namespace fairlead::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fairlead::http::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
