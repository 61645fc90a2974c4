#include "proxy/runtime/farewell.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

using fairlead::runtime::looks_plain;
using fairlead::runtime::LooksPlain;

TEST_CASE("a client that begins with a method speaks plain HTTP", "[runtime][tls]") {
    for (const std::string_view first : {"GET / HTTP/1.1\r\n", "G /", "HEAD ", "M-SEARCH *",
                                         "PRI * HTTP/2.0\r\n\r\n", "get / HTTP/1.0\r\n"}) {
        INFO(first);
        CHECK(looks_plain(first) == LooksPlain::Yes);
    }
}

TEST_CASE("it may take more than one byte to tell", "[runtime][tls]") {
    const std::string_view request = "OPTIONS * HTTP/1.1\r\n";
    for (std::size_t size = 0; size < 8; ++size) {
        CHECK(looks_plain(request.substr(0, size)) == LooksPlain::Maybe);
    }
    CHECK(looks_plain(request.substr(0, 8)) == LooksPlain::Yes);
    CHECK(looks_plain(std::string(32, 'A')) == LooksPlain::Maybe);
    CHECK(looks_plain(std::string(33, 'A')) == LooksPlain::No);
}

TEST_CASE("nothing else is taken for it", "[runtime][tls]") {
    for (const std::string_view first :
         {std::string_view("\x16\x03\x01\x02\x00\x01"), std::string_view("\x80\x2e\x01"),
          std::string_view(" GET"), std::string_view("\r\nGET / HTTP/1.1"),
          std::string_view("SSH-2.0-OpenSSH_9.2\r\n"), std::string_view("GET\t/"),
          std::string_view("\0", 1)}) {
        CHECK(looks_plain(first) == LooksPlain::No);
    }
}
