// The rows that reach no backend.
#include "tests/scenarios/malformed_requests_table.h"

namespace fairlead::scenarios::malformed_requests {
namespace {

using namespace std::string_literals;

/// A request line with a Host behind it.
std::string line(const std::string& text) { return text + "\r\nHost: t\r\n\r\n"; }
std::string target(const std::string& text) { return line("GET " + text + " HTTP/1.1"); }
/// A GET with these lines behind its Host.
std::string fields(const std::string& lines) {
    return "GET / HTTP/1.1\r\nHost: t\r\n" + lines + "\r\n";
}
/// A GET with these lines instead of its Host.
std::string hosts(const std::string& lines) { return "GET / HTTP/1.1\r\n" + lines + "\r\n"; }
/// A POST with these lines and a body that ends at once when it is taken for chunked.
std::string framed(const std::string& lines) {
    return "POST / HTTP/1.1\r\nHost: t\r\n" + lines + "\r\n0\r\n\r\n";
}
std::string repeat(const std::string& text, std::size_t times) {
    std::string all;
    while (times-- > 0) all += text;
    return all;
}

}  // namespace

std::vector<Refused> bad_request_lines() {
    return {
        {"two spaces before the target", line("GET  / HTTP/1.1")},
        {"two spaces before the version", line("GET /  HTTP/1.1")},
        {"a space at the end", line("GET / HTTP/1.1 ")},
        {"a space at the beginning", line(" GET / HTTP/1.1")},
        {"tabs for spaces", line("GET\t/\tHTTP/1.1")},
        {"a tab before the version", line("GET /\tHTTP/1.1")},
        {"a space in the target", line("GET /a b HTTP/1.1")},
        {"a word behind the version", line("GET / HTTP/1.1 x")},
        {"HTTP/0.9 as it was", "GET /\r\n\r\n"},
        {"HTTP/0.9 with fields", line("GET /")},
        {"a method alone", line("GET")},
        {"HTTP/0.9 by name", line("GET / HTTP/0.9"), 505},
        {"HTTP/2.0", line("GET / HTTP/2.0"), 505},
        {"HTTP/3.0", line("GET / HTTP/3.0"), 505},
        {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"the preface's method on 1.1", line("PRI * HTTP/1.1")},
        {"HTTP/1.2", line("GET / HTTP/1.2")},
        {"HTTP/1", line("GET / HTTP/1")},
        {"HTTP/1.10", line("GET / HTTP/1.10")},
        {"HTTP/01.1", line("GET / HTTP/01.1")},
        {"HTTP/1.1 with junk behind", line("GET / HTTP/1.1x")},
        {"HTTP/1,1", line("GET / HTTP/1,1")},
        {"lower-case http/1.1", line("GET / http/1.1")},
        {"another protocol", line("GET / HTTPS/1.1")},
        {"CONNECT", line("CONNECT t:443 HTTP/1.1"), 501},
        {"CONNECT for a path", line("CONNECT / HTTP/1.1"), 501},
        {"an unknown method", line("FROBNICATE / HTTP/1.1"), 501},
        {"a method in lower case", line("get / HTTP/1.1"), 501},
        {"a method of RTSP", line("DESCRIBE / HTTP/1.1"), 501},
        {"a method without end", repeat("A", 64), 501},
        {"a method with a bracket", line("GE(T / HTTP/1.1")},
        {"a method with a colon", line("GET: / HTTP/1.1")},
        {"the start of a TLS connection", "\x16\x03\x01\x02\x00\x01\x00"s},
        {"a PROXY header nobody asked for", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + target("/")},
        {"bare LF behind the request line", "GET / HTTP/1.1\nHost: t\r\n\r\n"},
        {"bare LF everywhere", "GET / HTTP/1.1\nHost: t\n\n"},
        {"bare CR behind the request line", "GET / HTTP/1.1\rHost: t\r\n\r\n"},
        {"CR CR LF behind the request line", "GET / HTTP/1.1\r\r\nHost: t\r\n\r\n"},
        {"bare LF before the request", "\n" + target("/")},
        {"bare CR before the request", "\r" + target("/")},
        {"three empty lines before the request", "\r\n\r\n\r\n" + target("/")},
        {"NUL in the method", line("G\0ET / HTTP/1.1"s)},
        {"NUL before the request", "\0"s + target("/")},
    };
}

std::vector<Refused> bad_targets() {
    return {
        {"an encoded NUL", target("/a%00b")},
        {"an encoded NUL in the last segment", target("/admin%00")},
        {"NUL", target("/a\0b"s)},
        {"a backslash", target("/a\\b")},
        {"a backslash and dots", target("/x/..\\admin")},
        {"one dot segment too many", target("/..")},
        {"dot segments above the root", target("/a/../../admin")},
        {"encoded dot segments above the root", target("/%2e%2e/admin")},
        {"dot segments half encoded", target("/a/.%2E/%2e./admin")},
        {"a percent alone", target("/a%")},
        {"a percent and one digit", target("/a%4")},
        {"a percent and no digits", target("/a%zz")},
        {"a percent before an encoded one", target("/a%%2561")},
        {"a percent in the style of IIS", target("/%u002e")},
        {"a fragment", target("/a#b")},
        {"a fragment behind a query", target("/a?b#c")},
        {"a control character", target("/a\x01")},
        {"DEL", target("/a\x7F")},
        {"UTF-8 as it is", target("/\xC3\xA9")},
        {"an overlong slash", target("/\xC0\xAF")},
        {"a target without a slash", target("admin")},
        {"a query without a path", target("?a=b")},
        {"authority form", target("t:80")},
        {"an asterisk with GET", target("*")},
        {"an asterisk and more with OPTIONS", line("OPTIONS *x HTTP/1.1")},
        {"another scheme", target("ftp://t/")},
        {"a scheme alone", target("http:/admin")},
        {"a URI without a host", target("http:///admin")},
        {"a URI with only a port", target("http://:80/admin")},
        {"userinfo in a URI", target("http://user@t/")},
        {"userinfo with a password in a URI", target("http://user:word@t/")},
        {"a URI with a bad port", target("http://t:80x/")},
        {"a URI with a backslash behind the host", target("http://t\\@evil/")},
        {"a fragment in a URI", target("http://t/#a")},
        {"dot segments above the root of a URI", target("http://t/../admin")},
    };
}

std::vector<Refused> bad_hosts() {
    return {
        {"no Host", hosts("")},
        {"no Host beside a URI", "GET http://t/ HTTP/1.1\r\n\r\n"},
        {"two Hosts", hosts("Host: t\r\nHost: u\r\n")},
        {"the same Host twice", hosts("Host: t\r\nHost: t\r\n")},
        {"two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: t\r\nHost: u\r\n\r\n"},
        {"an empty Host", hosts("Host:\r\n")},
        {"a Host of blanks", hosts("Host: \t \r\n")},
        {"a list", hosts("Host: t, u\r\n")},
        {"a blank inside", hosts("Host: t u\r\n")},
        {"a tab inside", hosts("Host: t\tu\r\n")},
        {"userinfo", hosts("Host: user@t\r\n")},
        {"a path", hosts("Host: t/admin\r\n")},
        {"a URI", hosts("Host: http://t\r\n")},
        {"a backslash", hosts("Host: t\\u\r\n")},
        {"a query", hosts("Host: t?u\r\n")},
        {"a fragment", hosts("Host: t#u\r\n")},
        {"a port that is no number", hosts("Host: t:80a\r\n")},
        {"a negative port", hosts("Host: t:-1\r\n")},
        {"a port with a sign", hosts("Host: t:+80\r\n")},
        {"a port too large", hosts("Host: t:65536\r\n")},
        {"two ports", hosts("Host: t:80:81\r\n")},
        {"a port alone", hosts("Host: :80\r\n")},
        {"an address without its end", hosts("Host: [::1\r\n")},
        {"an address that is none", hosts("Host: [::g]\r\n")},
        {"junk behind an address", hosts("Host: [::1]t\r\n")},
        {"an address without brackets", hosts("Host: ::1\r\n")},
        {"an empty label", hosts("Host: a..t\r\n")},
        {"UTF-8", hosts("Host: \xC3\xA9\r\n")},
        {"a percent", hosts("Host: %74\r\n")},
        {"a bad Host beside a good URI", "GET http://t/ HTTP/1.1\r\nHost: a b\r\n\r\n"},
    };
}

std::vector<Refused> bad_fields() {
    return {
        {"a blank before the colon", fields("X-A : b\r\n")},
        {"a tab before the colon", fields("X-A\t: b\r\n")},
        {"a blank before Host's colon", hosts("Host : t\r\n")},
        {"a blank before the length's colon", fields("Content-Length : 5\r\n")},
        {"a blank before the encoding's colon", framed("Transfer-Encoding : chunked\r\n")},
        {"a blank before the first name", hosts(" Host: t\r\n")},
        {"a tab before the first name", hosts("\tX-A: b\r\nHost: t\r\n")},
        {"a folded line", fields("X-A: b\r\n c\r\n")},
        {"a line folded with a tab", fields("X-A: b\r\n\tc\r\n")},
        {"a folded line that looks like a field", fields("X-A: b\r\n Content-Length: 5\r\n")},
        {"a folded Transfer-Encoding", framed("Transfer-Encoding:\r\n chunked\r\n")},
        {"a line of one blank", fields("X-A: b\r\n \r\n")},
        {"a line without a colon", fields("X-A\r\n")},
        {"an empty name", fields(": b\r\n")},
        {"a blank in a name", fields("X A: b\r\n")},
        {"a bracket in a name", fields("X(A): b\r\n")},
        {"a quote in a name", fields("\"X\": b\r\n")},
        {"a slash in a name", fields("X/A: b\r\n")},
        {"UTF-8 in a name", fields("X\xC3\xA9: b\r\n")},
        {"a comma behind a name", framed("Transfer-Encoding,: chunked\r\n")},
        {"NUL in a name", fields("X\0A: b\r\n"s)},
        {"NUL before a name", framed("\0Transfer-Encoding: chunked\r\n"s)},
        {"NUL in a value", fields("X-A: b\0c\r\n"s)},
        {"a vertical tab in a value", fields("X-A: b\x0B\r\n")},
        {"a form feed in a value", fields("X-A: \x0C\r\n")},
        {"a backspace in a value", fields("X-A: b\x08\r\n")},
        {"an escape in a value", fields("X-A: \x1B[2J\r\n")},
        {"DEL in a value", fields("X-A: b\x7F\r\n")},
        {"bare LF behind a field", fields("X-A: b\nX-B: c\r\n")},
        {"bare LF in a value", fields("X-A: b\nTransfer-Encoding: chunked\r\n")},
        {"bare CR in a value", fields("X-A: b\rTransfer-Encoding: chunked\r\n")},
        {"bare CR in a name", fields("X\rA: b\r\n")},
        {"CR CR LF behind a field", fields("X-A: b\r\r\n")},
        {"LF CR behind a field", fields("X-A: b\n\rX-B: c\r\n")},
        {"bare LF at the end", "GET / HTTP/1.1\r\nHost: t\r\n\n"},
        {"bare CR at the end", "GET / HTTP/1.1\r\nHost: t\r\n\r\r\n"},
        {"an unknown expectation", fields("Expect: 200-ok\r\n"), 417},
        {"an expectation and another", fields("Expect: 100-continue, x\r\n"), 417},
        {"an empty expectation", fields("Expect:\r\n"), 417},
    };
}

std::vector<Refused> bad_framing() {
    return {
        {"CL.TE", framed("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        {"TE.CL", framed("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        {"TE.CL with 0", framed("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")},
        {"CL with an unknown TE", framed("Content-Length: 5\r\nTransfer-Encoding: x\r\n")},
        {"CL with an empty TE", framed("Content-Length: 5\r\nTransfer-Encoding:\r\n")},
        {"CL and TE on a GET", fields("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")},
        {"TE.TE, the second unknown",
         framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n")},
        {"TE.TE, the first unknown",
         framed("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n")},
        {"TE.TE, twice the same",
         framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"TE.TE, the second in capitals",
         framed("Transfer-Encoding: chunked\r\nTRANSFER-ENCODING: identity\r\n")},
        {"xchunked", framed("Transfer-Encoding: xchunked\r\n")},
        {"chunkedx", framed("Transfer-Encoding: chunkedx\r\n")},
        {"gzip, chunked", framed("Transfer-Encoding: gzip, chunked\r\n")},
        {"chunked, gzip", framed("Transfer-Encoding: chunked, gzip\r\n")},
        {"chunked, identity", framed("Transfer-Encoding: chunked, identity\r\n")},
        {"identity, chunked", framed("Transfer-Encoding: identity, chunked\r\n")},
        {"chunked, chunked", framed("Transfer-Encoding: chunked, chunked\r\n")},
        {"chunked and a comma", framed("Transfer-Encoding: chunked,\r\n")},
        {"a comma and chunked", framed("Transfer-Encoding: ,chunked\r\n")},
        {"chunked with a parameter", framed("Transfer-Encoding: chunked;q=1\r\n")},
        {"chunked in quotes", framed("Transfer-Encoding: \"chunked\"\r\n")},
        {"identity", framed("Transfer-Encoding: identity\r\n")},
        {"gzip", framed("Transfer-Encoding: gzip\r\n")},
        {"an empty Transfer-Encoding", framed("Transfer-Encoding:\r\n")},
        {"a vertical tab before chunked", framed("Transfer-Encoding: \x0B"
                                                 "chunked\r\n")},
        {"a form feed behind chunked", framed("Transfer-Encoding: chunked\x0C\r\n")},
        {"NUL behind chunked", framed("Transfer-Encoding: chunked\0\r\n"s)},
        {"a no-break space before chunked", framed("Transfer-Encoding: \xC2\xA0"
                                                   "chunked\r\n")},
        {"chunked in wide letters", framed("Transfer-Encoding: chun\xE2\x84\xAA"
                                           "ed\r\n")},
        {"TE on 1.0", "POST / HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"TE on 1.0 that is kept alive",
         "POST / HTTP/1.0\r\nHost: t\r\nConnection: keep-alive\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"two lengths", framed("Content-Length: 5\r\nContent-Length: 6\r\n")},
        {"two lengths, the second 0", framed("Content-Length: 5\r\nContent-Length: 0\r\n")},
        {"a list of two lengths", framed("Content-Length: 5, 6\r\n")},
        {"a list with an empty element", framed("Content-Length: 5,,5\r\n")},
        {"a list that ends with a comma", framed("Content-Length: 5,\r\n")},
        {"a list that begins with a comma", framed("Content-Length: ,5\r\n")},
        {"one good length and one bad", framed("Content-Length: 5\r\nContent-Length: x\r\n")},
        {"a length with a plus", framed("Content-Length: +5\r\n")},
        {"a negative length", framed("Content-Length: -5\r\n")},
        {"a length of minus nothing", framed("Content-Length: -0\r\n")},
        {"a length with a blank inside", framed("Content-Length: 5 5\r\n")},
        {"a length with a tab inside", framed("Content-Length: 5\t5\r\n")},
        {"a hexadecimal length", framed("Content-Length: 0x5\r\n")},
        {"a hexadecimal digit", framed("Content-Length: a\r\n")},
        {"a length with an exponent", framed("Content-Length: 5e0\r\n")},
        {"a length with a point", framed("Content-Length: 5.0\r\n")},
        {"a length with a separator", framed("Content-Length: 1_0\r\n")},
        {"a length in quotes", framed("Content-Length: \"5\"\r\n")},
        {"a length with a parameter", framed("Content-Length: 5;a\r\n")},
        {"an empty length", framed("Content-Length:\r\n")},
        {"a length in wide digits", framed("Content-Length: \xEF\xBC\x95\r\n")},
        {"a length of 2^64 and five", framed("Content-Length: 18446744073709551621\r\n")},
        {"a length of 2^63", framed("Content-Length: 9223372036854775808\r\n")},
        {"a length of many digits", framed("Content-Length: " + repeat("9", 100) + "\r\n")},
        {"a length of many zeros", framed("Content-Length: " + repeat("0", 100) + "5\r\n")},
    };
}

std::vector<Refused> over_a_limit() {
    const std::string long_path = "/" + repeat("a", kUrlMax);
    return {
        {"a URL too long", target(long_path), 414, "uri_too_long"},
        {"a URL too long without an end", "GET " + long_path + repeat("a", kHeadersMax), 414,
         "uri_too_long"},
        {"a query too long", target("/?" + long_path), 414, "uri_too_long"},
        {"a field too large", fields("X-A: " + repeat("b", kHeadersMax) + "\r\n"), 431,
         "header_too_large"},
        {"a field without an end", "GET / HTTP/1.1\r\nHost: t\r\nX-A: " + repeat("b", kHeadersMax),
         431, "header_too_large"},
        {"a name without an end", "GET / HTTP/1.1\r\nHost: t\r\n" + repeat("b", kHeadersMax), 431,
         "header_too_large"},
        {"fields too large together",
         fields(repeat("X-A: " + repeat("b", 500) + "\r\n", kHeadersMax / 500 + 1)), 431,
         "header_too_large"},
        {"too many fields", fields(repeat("X-A: b\r\n", kFieldsMax)), 431, "header_too_large"},
        {"a length over the limit",
         framed("Content-Length: " + std::to_string(kBodyMax + 1) + "\r\n"), 413, "body_too_large"},
        {"the longest length there is", framed("Content-Length: 999999999999999999\r\n"), 413,
         "body_too_large"},
        {"a length over the limit that waits",
         framed("Content-Length: 9999999\r\nExpect: 100-continue\r\n"), 413, "body_too_large"},
    };
}

std::vector<RefusedBody> bad_bodies() {
    static const std::string good =
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n";
    return {
        {"a size with a plus", good, "+5\r\nhello\r\n0\r\n\r\n"},
        {"a negative size", good, "-5\r\nhello\r\n0\r\n\r\n"},
        {"a last chunk of minus nothing", good, "-0\r\n\r\n"},
        {"a blank before a size", good, " 5\r\nhello\r\n0\r\n\r\n"},
        {"a blank behind a size", good, "5 \r\nhello\r\n0\r\n\r\n"},
        {"a tab behind a size", good, "5\t\r\nhello\r\n0\r\n\r\n"},
        {"a blank before an extension", good, "5 ;a\r\nhello\r\n0\r\n\r\n"},
        {"0x before a size", good, "0x5\r\nhello\r\n0\r\n\r\n"},
        {"17 digits", good, "00000000000000005\r\nhello\r\n0\r\n\r\n"},
        {"2^64 and five", good, "10000000000000005\r\nhello\r\n0\r\n\r\n"},
        {"a size that is no number", good, "hello\r\n0\r\n\r\n"},
        {"a size with a separator", good, "1_0\r\n0123456789abcdef\r\n0\r\n\r\n"},
        {"a comma behind a size", good, "5,\r\nhello\r\n0\r\n\r\n"},
        {"an empty size", good, "\r\nhello\r\n0\r\n\r\n"},
        {"an extension without a size", good, ";a\r\n0\r\n\r\n"},
        {"NUL behind a size", good, "5\0\r\nhello\r\n0\r\n\r\n"s},
        {"bare LF behind a size", good, "5\nhello\r\n0\r\n\r\n"},
        {"bare CR behind a size", good, "5\rhello\r\n0\r\n\r\n"},
        {"CR CR LF behind a size", good, "5\r\r\nhello\r\n0\r\n\r\n"},
        {"bare LF in an extension", good, "5;a\nhello\r\n0\r\n\r\n"},
        {"bare CR in an extension", good, "5;a\rb\r\nhello\r\n0\r\n\r\n"},
        {"NUL in an extension", good, "5;a\0b\r\nhello\r\n0\r\n\r\n"s},
        {"a request in an extension", good,
         "5;\nGET /smuggled HTTP/1.1\r\nHost: t\r\n\r\nhello\r\n0\r\n\r\n"},
        {"an extension too long", good, "5;" + repeat("a", 1100) + "\r\nhello\r\n0\r\n\r\n"},
        {"data longer than its size", good, "5\r\nhello!\r\n0\r\n\r\n"},
        {"data shorter than its size", good, "5\r\nhell\r\n0\r\n\r\n"},
        {"no CRLF behind data", good, "5\r\nhello0\r\n\r\n"},
        {"bare LF behind data", good, "5\r\nhello\n0\r\n\r\n"},
        {"bare CR behind data", good, "5\r\nhello\r0\r\n\r\n"},
        {"bare LF behind the last chunk", good, "0\n\r\n"},
        {"bare LF at the end", good, "0\r\n\n"},
        {"bare CR at the end", good, "0\r\n\rX"},
        {"a request where the end belongs", good, "0\r\nGET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n"},
        {"a trailer with a blank before its colon", good, "0\r\nX-A : b\r\n\r\n"},
        {"a trailer without a name", good, "0\r\n: b\r\n\r\n"},
        {"a trailer with a bad name", good, "0\r\nX(A): b\r\n\r\n"},
        {"a folded trailer", good, "0\r\nX-A: b\r\n c\r\n\r\n"},
        {"bare LF behind a trailer", good, "0\r\nX-A: b\n\r\n"},
        {"bare CR in a trailer", good, "0\r\nX-A: b\rc\r\n\r\n"},
        {"NUL in a trailer", good, "0\r\nX-A: b\0c\r\n\r\n"s},
        {"trailers too large", good, "0\r\nX-A: " + repeat("b", 8 * kHeadersMax) + "\r\n\r\n", 431,
         "header_too_large"},
        {"a chunk over the limit", good, "801\r\n" + repeat("a", 0x801) + "\r\n0\r\n\r\n", 413,
         "body_too_large"},
        {"chunks over the limit together", good,
         repeat("200\r\n" + repeat("a", 0x200) + "\r\n", 4) + "0\r\n\r\n", 413, "body_too_large"},
        {"the largest chunk there is", good, "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", 413,
         "body_too_large"},
        {"a chunk that makes the sum 0 again", good, "FFFFFFFFFFFFFFFC\r\nhello\r\n0\r\n\r\n", 413,
         "body_too_large"},
    };
}

}  // namespace fairlead::scenarios::malformed_requests
