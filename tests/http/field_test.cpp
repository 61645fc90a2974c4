#include "proxy/http/field.h"

#include <string>
#include <utility>

#include "proxy/base/text.h"
#include "tests/support/catch.h"

namespace fairlead::http {
namespace {

constexpr std::pair<std::string_view, FieldId> kNames[] = {
    {"Accept", FieldId::Accept},
    {"Authorization", FieldId::Authorization},
    {"Cache-Control", FieldId::CacheControl},
    {"CDN-Loop", FieldId::CdnLoop},
    {"Connection", FieldId::Connection},
    {"Content-Length", FieldId::ContentLength},
    {"Cookie", FieldId::Cookie},
    {"Date", FieldId::Date},
    {"Expect", FieldId::Expect},
    {"Forwarded", FieldId::Forwarded},
    {"Host", FieldId::Host},
    {"Keep-Alive", FieldId::KeepAlive},
    {"Location", FieldId::Location},
    {"Proxy", FieldId::Proxy},
    {"Proxy-Authenticate", FieldId::ProxyAuthenticate},
    {"Proxy-Authorization", FieldId::ProxyAuthorization},
    {"Proxy-Connection", FieldId::ProxyConnection},
    {"Retry-After", FieldId::RetryAfter},
    {"Server", FieldId::Server},
    {"Set-Cookie", FieldId::SetCookie},
    {"TE", FieldId::Te},
    {"Trailer", FieldId::Trailer},
    {"Transfer-Encoding", FieldId::TransferEncoding},
    {"Upgrade", FieldId::Upgrade},
    {"User-Agent", FieldId::UserAgent},
    {"Via", FieldId::Via},
    {"WWW-Authenticate", FieldId::WwwAuthenticate},
    {"X-Forwarded-For", FieldId::XForwardedFor},
    {"X-Forwarded-Host", FieldId::XForwardedHost},
    {"X-Forwarded-Port", FieldId::XForwardedPort},
    {"X-Forwarded-Proto", FieldId::XForwardedProto},
    {"X-Real-IP", FieldId::XRealIp},
    {"X-Request-Id", FieldId::XRequestId},
};

}  // namespace

TEST_CASE("known field names are found in any case", "[http]") {
    for (const auto& [name, id] : kNames) {
        CAPTURE(name);
        CHECK(classify(name) == id);
        CHECK(classify(to_lower(name)) == id);
        std::string upper(name);
        for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        CHECK(classify(upper) == id);
    }
}

TEST_CASE("a name that differs in one character is another field", "[http]") {
    for (const auto& [name, id] : kNames) {
        for (std::size_t at = 0; at < name.size(); ++at) {
            for (const char c : std::string_view("!#q9~.")) {
                std::string other(name);
                if (ascii_lower(other[at]) == c) continue;
                other[at] = c;
                CAPTURE(other);
                CHECK(classify(other) != id);
            }
        }
        CHECK(classify(std::string(name) + "s") != id);
        CHECK(classify(name.substr(0, name.size() - 1)) != id);
    }
    CHECK(classify("") == FieldId::Other);
    CHECK(classify("X") == FieldId::Other);
    CHECK(classify("Content-Type") == FieldId::Other);
}

TEST_CASE("a token is not empty and has no separators", "[http]") {
    CHECK(is_token("Abc-123_!#$%&'*+.^`|~"));
    CHECK_FALSE(is_token(""));
    for (int c = 0; c < 256; ++c) {
        const char text[] = {'a', static_cast<char>(c)};
        const bool is_separator =
            std::string_view("\"(),/:;<=>?@[\\]{} ").find(text[1]) != std::string_view::npos;
        CHECK(is_token({text, 2}) == (c > 0x20 && c < 0x7F && !is_separator));
    }
}

TEST_CASE("a field value holds text and tabs, no control characters", "[http]") {
    CHECK(is_field_value(""));
    CHECK(is_field_value("a\tb c\xE9\xFF"));
    for (int c = 0; c < 256; ++c) {
        const char text[] = {'a', static_cast<char>(c)};
        CHECK(is_field_value({text, 2}) == ((c >= 0x20 && c != 0x7F) || c == '\t'));
    }
}

TEST_CASE("the value of a line is found by its name, in any case", "[http]") {
    const std::string_view lines = "grpc-status:  14 \r\nX: y\r\nx: z\r\nempty:\r\n";
    CHECK(line_value(lines, "Grpc-Status") == "14");
    CHECK(line_value(lines, "x") == "y");
    CHECK(line_value(lines, "empty").empty());
    CHECK(line_value(lines, "status").empty());
    CHECK(line_value("HTTP/1.1 200 OK\r\nA: b", "a") == "b");
    CHECK(line_value("", "a").empty());
}

}  // namespace fairlead::http
