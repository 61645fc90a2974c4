#include "bench/origin_request.h"

#include "tests/support/catch.h"

namespace fairlead::bench {

using http::Method;
using std::chrono::milliseconds;
using Kind = OriginRequest::Kind;

namespace {

OriginRequest get(std::string_view target) {
    const auto request = parse_origin_request(Method::Get, target);
    REQUIRE(request);
    return *request;
}

std::string error_of(std::string_view target, Method method = Method::Get) {
    const auto request = parse_origin_request(method, target);
    REQUIRE(!request);
    return request.error().message + "; " + request.error().hint;
}

}  // namespace

TEST_CASE("a query says how the origin answers", "[bench][origin_request]") {
    const OriginRequest request = get("/?size=20k&delay=5ms&status=404&chunked=1&close=1&reset=1%");
    CHECK(request.kind == Kind::Work);
    CHECK(request.size == 20 * 1024);
    CHECK(request.delay == milliseconds(5));
    CHECK(request.status == 404);
    CHECK(request.is_chunked);
    CHECK(request.is_closing);
    CHECK(request.reset == 0.01);
    CHECK(request.fail == 0);
}

TEST_CASE("without a query the answer is a plain 200", "[bench][origin_request]") {
    const OriginRequest request = get("/some/path");
    CHECK(request.kind == Kind::Work);
    CHECK(request.size == std::nullopt);
    CHECK(request.delay == Duration::zero());
    CHECK(request.status == 200);
    CHECK_FALSE(request.is_chunked);
    CHECK_FALSE(request.is_closing);
}

TEST_CASE("sizes are bytes, powers of 1024 with k m g, or sizes with their units",
          "[bench][origin_request]") {
    CHECK(get("/?size=0").size == 0);
    CHECK(get("/?size=1000000").size == 1'000'000);
    CHECK(get("/?size=3M").size == 3 * 1024 * 1024);
    CHECK(get("/?size=2g").size == std::uint64_t{2} << 30);
    CHECK(get("/?size=16KiB").size == 16 * 1024);
    CHECK(get("/?size=10KB").size == 10'000);
}

TEST_CASE("with fail, status is what the failing share says", "[bench][origin_request]") {
    const OriginRequest request = get("/?status=503&fail=10%");
    CHECK(request.status == 200);
    CHECK(request.fail_status == 503);
    CHECK(request.fail == 0.1);
    CHECK(get("/?fail=10%").fail_status == 500);
    CHECK(get("/?status=503&fail=0%").status == 503);
}

TEST_CASE("a percent sign may come encoded", "[bench][origin_request]") {
    CHECK(get("/?fail=50%25").fail == 0.5);
}

TEST_CASE("parameters the origin does not know are ignored", "[bench][origin_request]") {
    CHECK(get("/?user=7&size=1&flag").size == 1);
}

TEST_CASE("healthz and stats are told from work by their path", "[bench][origin_request]") {
    CHECK(get("/healthz").kind == Kind::Health);
    CHECK(get("/healthz?x=1").kind == Kind::Health);
    CHECK(get("/stats").kind == Kind::Stats);
    CHECK(get("/statsx").kind == Kind::Work);
    CHECK(get("http://origin:80/stats").kind == Kind::Stats);
    CHECK(get("http://origin").kind == Kind::Work);
    CHECK(get("/?next=http://other/stats").kind == Kind::Work);
    const auto off = parse_origin_request(Method::Post, "/healthz?ok=0");
    REQUIRE(off);
    CHECK(off->kind == Kind::SetHealth);
    CHECK_FALSE(off->is_healthy);
}

TEST_CASE("a value that cannot be read is an error with the cure", "[bench][origin_request]") {
    CHECK(error_of("/?size=big") == "cannot read size=big; write size=20k, at most 1024g");
    CHECK(error_of("/?size=1025g") == "cannot read size=1025g; write size=20k, at most 1024g");
    CHECK(error_of("/?size=99999999999999999999g").find("cannot read") == 0);
    CHECK(error_of("/?delay=5") == "cannot read delay=5; write delay=5ms, at most 1h");
    CHECK(error_of("/?status=101") == "cannot read status=101; write status=503, from 200 to 599");
    CHECK(error_of("/?fail=1") == "cannot read fail=1; write fail=1%, from 0% to 100%");
    CHECK(error_of("/?reset=101%") == "cannot read reset=101%; write reset=1%, from 0% to 100%");
    CHECK(error_of("/?chunked=yes") == "cannot read chunked=yes; write chunked=1 or chunked=0");
    CHECK(error_of("/healthz", Method::Post) ==
          "POST /healthz says no state; write /healthz?ok=0 or ok=1");
}

}  // namespace fairlead::bench
