#include "health/grpc_probe.h"

#include "tests/support/catch.h"

using namespace fairlead::health;

TEST_CASE("a grpc check asks for one service, or for the whole server", "[health][grpc]") {
    CHECK(grpc_health_request("") == std::string(5, '\0'));
    CHECK(grpc_health_request("abc") == std::string("\0\0\0\0\5\x0A\3abc", 10));
}

TEST_CASE("a health status is read from its frame, and nothing else is", "[health][grpc]") {
    const auto status = [](std::string_view message) {
        std::string framed(5, '\0');
        framed[4] = static_cast<char>(message.size());
        return grpc_health_status(framed.append(message));
    };
    CHECK(status("") == "UNKNOWN");
    CHECK(status(std::string_view("\x08\0", 2)) == "UNKNOWN");
    CHECK(status("\x08\1") == "SERVING");
    CHECK(status("\x08\2") == "NOT_SERVING");
    CHECK(status("\x08\3") == "SERVICE_UNKNOWN");
    CHECK(status("\x08\4").empty());
    CHECK(status("\x08").empty());
    CHECK(status("\x10\1").empty());
    CHECK(status("\x08\1\1").empty());
    CHECK(grpc_health_status("").empty());
    CHECK(grpc_health_status(std::string_view("\0\0\0\0", 4)).empty());
    CHECK(grpc_health_status(std::string_view("\1\0\0\0\2\x08\1", 7)).empty());  // compressed
    CHECK(grpc_health_status(std::string_view("\0\0\0\0\3\x08\1", 7)).empty());
    CHECK(grpc_health_status(std::string_view("\0\1\0\0\2\x08\1", 7)).empty());
}
