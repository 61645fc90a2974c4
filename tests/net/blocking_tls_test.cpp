// TLS of a blocking socket, against a listener of ours with a certificate made here.
#include "proxy/net/blocking_tls.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "proxy/net/certificate.h"
#include "proxy/net/self_signed.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::net;

TEST_CASE("a certificate made for a measurement is whole, with its key", "[net][tls]") {
    const auto pem = make_self_signed("bench.example");
    REQUIRE(pem);
    CertificateText text;
    text.cert = *pem;
    const auto certificate = Certificate::parse(text);
    REQUIRE(certificate);
    CHECK((*certificate)->names() == std::vector<std::string>{"bench.example"});
    CHECK(*make_self_signed("bench.example") != *pem);
}

TEST_CASE("a handshake with somebody who speaks no TLS fails, and says so", "[net][tls]") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    const std::string plain = "HTTP/1.1 400 Bad Request\r\n\r\n";
    REQUIRE(::send(ends[1], plain.data(), plain.size(), 0) > 0);
    const auto made = BlockingTls::connect(ends[0]);
    REQUIRE_FALSE(made);
    CHECK(made.error().message.starts_with("the TLS handshake failed: "));
    ::close(ends[0]);
    ::close(ends[1]);
}
