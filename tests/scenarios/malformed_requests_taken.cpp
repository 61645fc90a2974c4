// The rows that are answered: odd, but with one meaning only.
#include "tests/scenarios/malformed_requests_table.h"

namespace fairlead::scenarios::malformed_requests {
namespace {

std::string get_of(const std::string& target, const std::string& host = "t") {
    return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
}
std::string get_with(const std::string& lines) {
    return "GET / HTTP/1.1\r\nHost: t\r\n" + lines + "\r\n";
}
std::string post_with(const std::string& lines, const std::string& body) {
    return "POST / HTTP/1.1\r\nHost: t\r\n" + lines + "\r\n" + body;
}
std::string chunked(const std::string& body) {
    return post_with("Transfer-Encoding: chunked\r\n", body);
}

}  // namespace

std::vector<Answered> ways_to_admin() {
    return {
        {"as it is", get_of("/admin")},
        {"with a query", get_of("/admin?a=/../b")},
        {"a letter encoded", get_of("/%61dmin")},
        {"all letters encoded", get_of("/%61%64%6D%69%6e")},
        {"two slashes", get_of("//admin")},
        {"many slashes", get_of("////admin")},
        {"a dot segment", get_of("/./admin")},
        {"up again", get_of("/x/../admin")},
        {"up again, encoded", get_of("/x/%2e%2e/admin")},
        {"up again, half encoded", get_of("/x/.%2E/admin")},
        {"up over an empty segment", get_of("/x//../../admin")},
        {"slashes and dots", get_of("//.//admin")},
        {"below it", get_of("/admin/users")},
        {"below it and up again", get_of("/admin/users/..")},
        {"a slash at the end", get_of("/admin/")},
        {"a URI", get_of("http://t/admin")},
        {"a URI of another host", get_of("http://other:80//x/../%61dmin")},
        {"a URI in capitals", get_of("HTTP://T/admin")},
        {"behind an empty line", "\r\n" + get_of("/admin")},
        {"a header that claims another path",
         "GET /admin HTTP/1.1\r\nHost: t\r\n"
         "X-Original-URL: /x\r\nX-Rewrite-URL: /x\r\n\r\n"},
    };
}

std::vector<Taken> taken_targets() {
    return {
        {"a path encoded without need", get_of("/%7Ea%2Db?%7E"), get_of("/~a-b?%7E")},
        {"an encoded slash is no separator", get_of("/x%2F..%2Fadmin"), get_of("/x%2F..%2Fadmin")},
        {"an encoded backslash", get_of("/x%5Cadmin"), get_of("/x%5Cadmin")},
        {"a percent encoded once more", get_of("/%2561dmin"), get_of("/%2561dmin")},
        {"encoded line ends", get_of("/a%0d%0aHost:%20u"), get_of("/a%0d%0aHost:%20u")},
        {"encoded bytes of UTF-8", get_of("/%C3%A9"), get_of("/%C3%A9")},
        {"an encoded question mark", get_of("/a%3Fb?c"), get_of("/a%3Fb?c")},
        {"an encoded hash", get_of("/a%23b"), get_of("/a%23b")},
        {"repeated slashes are kept", get_of("//a//b/"), get_of("//a//b/")},
        {"dot segments are resolved", get_of("/a/./b/../c"), get_of("/a/c")},
        {"dots at the end", get_of("/a/b/.."), get_of("/a/")},
        {"three dots are a name", get_of("/.../a"), get_of("/.../a")},
        {"a segment's parameter", get_of("/a/..;/admin"), get_of("/a/..;/admin")},
        {"the path in another case", get_of("/ADMIN"), get_of("/ADMIN")},
        {"a longer name", get_of("/admins"), get_of("/admins")},
        {"a query like a path", get_of("/a?/../%00%zz\\"), get_of("/a?/../%00%zz\\")},
        {"a query with a second question mark", get_of("/?a?b"), get_of("/?a?b")},
        {"a URI", get_of("http://u:80/a?b", "t"), get_of("/a?b", "u:80")},
        {"a URI with dot segments", get_of("http://u/a/../b"), get_of("/b", "u")},
        {"a URI without a path", get_of("http://u"), get_of("/", "u")},
        {"a URI with a query and no path", get_of("http://u?a"), get_of("/?a", "u")},
        {"OPTIONS for the server", "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n",
         "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n"},
        {"OPTIONS for a server by its URI", "OPTIONS http://u HTTP/1.1\r\nHost: t\r\n\r\n",
         "OPTIONS * HTTP/1.1\r\nHost: u\r\n\r\n"},
        {"two empty lines before a request", "\r\n\r\n" + get_of("/"), get_of("/")},
        {"1.0 becomes 1.1", "GET / HTTP/1.0\r\nHost: t\r\n\r\n", get_of("/")},
        {"1.0 without a Host", "GET / HTTP/1.0\r\n\r\n", get_of("/", "{backend}")},
        {"a Host with a port", get_of("/", "t:8080"), get_of("/", "t:8080")},
        {"a Host with an empty port", get_of("/", "t:"), get_of("/", "t:")},
        {"a Host with a dot behind", get_of("/", "T.Example."), get_of("/", "T.Example.")},
        {"an IPv6 Host", get_of("/", "[::1]:80"), get_of("/", "[::1]:80")},
        {"blanks around a Host", "GET / HTTP/1.1\r\nHost: \t t \t\r\n\r\n", get_of("/")},
        {"no blank before a Host", "GET / HTTP/1.1\r\nhOST:t\r\n\r\n", get_of("/")},
    };
}

std::vector<Taken> taken_fields() {
    const std::string plain = get_with("");
    return {
        {"forged forwarding fields",
         get_with("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
                  "X-Forwarded-Host: evil\r\nX-Forwarded-Port: 443\r\nX-Forwarded: a\r\n"
                  "X-Forwarded-Server: a\r\nX-Forwarded-Client-Cert: a\r\n"),
         plain},
        {"forged forwarding fields with underscores",
         get_with("X_Forwarded_For: 6.6.6.6\r\nx-forwarded_for: 6.6.6.6\r\n"
                  "X_FORWARDED-PROTO: https\r\nX_Forwarded_Host: evil\r\nX_Real_IP: 6.6.6.6\r\n"
                  "X-Real_IP: 6.6.6.6\r\nX_Request_Id: mine\r\n"),
         plain},
        {"other forged identities",
         get_with("X-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nFORWARDED: for=7.7.7.7\r\n"
                  "Proxy: http://evil\r\nX-Request-Id: mine\r\nX-Request-ID: mine\r\n"),
         plain},
        {"forged fields again and again",
         get_with("X-Forwarded-For: a\r\nX-Forwarded-For: b\r\nX-Forwarded-For:\r\n"), plain},
        {"names that only resemble",
         get_with("X-Forward-For: a\r\nForwarded-For: b\r\nX-Forwardedfor: c\r\n"),
         get_with("X-Forward-For: a\r\nForwarded-For: b\r\nX-Forwardedfor: c\r\n")},
        {"fields named in Connection", get_with("Connection: x-a, X-B\r\nX-A: b\r\nX-B: c\r\n"),
         plain},
        {"several Connection fields",
         get_with("Connection: x-a\r\nX-A: b\r\nConnection: ,x-b,\r\n"
                  "X-B: c\r\n"),
         plain},
        {"what cannot be named away",
         get_with("Connection: Host, Authorization, Cookie, Content-Length, X-Forwarded-For\r\n"
                  "Authorization: a\r\nCookie: b\r\n"),
         get_with("Authorization: a\r\nCookie: b\r\n")},
        {"a length that cannot be named away",
         post_with("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"),
         post_with("Content-Length: 5\r\n", "hello")},
        {"an encoding that cannot be named away",
         post_with("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n",
                   "5\r\nhello\r\n0\r\n\r\n"),
         chunked("5\r\nhello\r\n0\r\n\r\n")},
        {"hop-by-hop fields",
         get_with("Keep-Alive: timeout=9\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\n"
                  "Proxy-Authorization: a\r\nProxy-Authenticate: b\r\nTrailer: X-A\r\n"),
         plain},
        {"TE with trailers", get_with("TE: gzip, trailers\r\nConnection: TE\r\n"),
         get_with("TE: trailers\r\nConnection: TE\r\n")},
        {"an upgrade to h2c",
         get_with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                  "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
         plain},
        {"an upgrade to h2c beside a wanted one",
         get_with("Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n"),
         get_with("Upgrade: websocket\r\nConnection: Upgrade\r\n")},
        {"an upgrade to TLS", get_with("Connection: upgrade\r\nUpgrade: TLS/1.2\r\n"), plain},
        {"an upgrade Connection does not name", get_with("Upgrade: websocket\r\n"), plain},
        {"an upgrade on 1.0",
         "GET / HTTP/1.0\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", plain},
        {"an expectation on 1.0", "GET / HTTP/1.0\r\nHost: t\r\nExpect: x\r\n\r\n", plain},
        {"a tab in a value", get_with("X-A: b\tc\r\n"), get_with("X-A: b\tc\r\n")},
        {"bytes above ASCII in a value", get_with("X-A: \xC3\xA9\xFF\r\n"),
         get_with("X-A: \xC3\xA9\xFF\r\n")},
        {"an empty value", get_with("X-A:\r\n"), get_with("X-A:\r\n")},
        {"every odd letter a name may have", get_with("!#$%&'*+-.^_`|~: b\r\n"),
         get_with("!#$%&'*+-.^_`|~: b\r\n")},
        {"a value like a request", get_with("X-A: GET /smuggled HTTP/1.1\r\n"),
         get_with("X-A: GET /smuggled HTTP/1.1\r\n")},
        {"framing spelt with underscores is a field like any other",
         get_with("Content_Length: 5\r\nTransfer_Encoding: chunked\r\n"),
         get_with("Content_Length: 5\r\nTransfer_Encoding: chunked\r\n")},
        {"as many fields as may be",
         get_with("A: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\nA: 8\r\nA: 9\r\n"
                  "A: 10\r\nA: 11\r\nA: 12\r\nA: 13\r\nA: 14\r\nA: 15\r\nA: 16\r\nA: 17\r\n"
                  "A: 18\r\nA: 19\r\n"),
         get_with("A: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\nA: 8\r\nA: 9\r\n"
                  "A: 10\r\nA: 11\r\nA: 12\r\nA: 13\r\nA: 14\r\nA: 15\r\nA: 16\r\nA: 17\r\n"
                  "A: 18\r\nA: 19\r\n")},
    };
}

std::vector<Taken> taken_framing() {
    const std::string hello = post_with("Content-Length: 5\r\n", "hello");
    const std::string hello_in_chunks = chunked("5\r\nhello\r\n0\r\n\r\n");
    return {
        {"a length", hello, hello},
        {"the same length twice",
         post_with("Content-Length: 5\r\nX-A: b\r\nContent-Length: 5\r\n", "hello"),
         post_with("X-A: b\r\nContent-Length: 5\r\n", "hello")},
        {"a list of the same length", post_with("Content-Length: 5, 5 ,5\r\n", "hello"), hello},
        {"a list and another field",
         post_with("Content-Length: 5, 5\r\nContent-Length: 5\r\n", "hello"), hello},
        {"a length with zeros before", post_with("Content-Length: 0005\r\n", "hello"), hello},
        {"a length in blanks", post_with("Content-Length:\t  5  \r\n", "hello"), hello},
        {"no length at all", post_with("", ""), post_with("", "")},
        {"a length of nothing", post_with("Content-Length: 0\r\n", ""),
         post_with("Content-Length: 0\r\n", "")},
        {"a GET with a body", "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello",
         "GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"},
        {"a body like a request",
         post_with("Content-Length: 33\r\n", "GET /smuggled HTTP/1.1\r\nHost: t\r\n"),
         post_with("Content-Length: 33\r\n", "GET /smuggled HTTP/1.1\r\nHost: t\r\n")},
        {"a length on 1.0", "POST / HTTP/1.0\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello", hello},
        {"chunked in capitals",
         post_with("Transfer-Encoding: Chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), hello_in_chunks},
        {"chunked in tabs",
         post_with("tRANSFER-eNCODING:\t chunked \t\r\n", "5\r\nhello\r\n0\r\n\r\n"),
         hello_in_chunks},
        {"several chunks", chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), hello_in_chunks},
        {"no chunks", chunked("0\r\n\r\n"), chunked("0\r\n\r\n")},
        {"many zeros", chunked("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"),
         hello_in_chunks},
        {"digits in both cases", chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
         chunked("14\r\n01234567890123456789\r\n0\r\n\r\n")},
        {"extensions", chunked("5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n"), hello_in_chunks},
        {"an extension like a chunk", chunked("5; 0\r\nhello\r\n0\r\n\r\n"), hello_in_chunks},
        {"chunks like a request", chunked("1a\r\nGET /smuggled HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"),
         chunked("1a\r\nGET /smuggled HTTP/1.1\r\n\r\n\r\n0\r\n\r\n")},
        {"trailers that may be", chunked("0\r\nX-Sum:  5\t\r\n\r\n"),
         chunked("0\r\nX-Sum: 5\r\n\r\n")},
        {"trailers that may not be",
         chunked("5\r\nhello\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n"
                 "Host: u\r\nAuthorization: a\r\nCookie: b\r\nX-Forwarded-For: 6.6.6.6\r\n"
                 "X_Forwarded_For: 6.6.6.6\r\nTrailer: X-A\r\nConnection: x\r\nUpgrade: h2c\r\n"
                 "Forwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nExpect: x\r\n\r\n"),
         hello_in_chunks},
    };
}

}  // namespace fairlead::scenarios::malformed_requests
