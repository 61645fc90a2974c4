// `http = "2"` of a pool, and what goes with it.
#include <string>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

Pool pool_of(std::string_view lines) { return test::pool_of(lines); }
std::string error_of(std::string_view lines) { return test::only_error(test::with_pool(lines)); }

}  // namespace

TEST_CASE("backends speak HTTP/1.1, or HTTP/2 where it is said", "[conf][http2]") {
    CHECK(pool_of("").http == BackendHttp::V1_1);
    CHECK(pool_of("http = \"1.1\"").http == BackendHttp::V1_1);
    CHECK(pool_of("http = \"2\"").http == BackendHttp::V2);
    CHECK(error_of("http = \"3\"") == "unknown http \"3\" in [pool.app] | one of 1.1, 2");
}

TEST_CASE("a PROXY header is for one client's connection", "[conf][http2]") {
    CHECK(error_of("http = \"2\"\nsend_proxy = \"v2\"") ==
          "[pool.app] has http = \"2\" and \"send_proxy\" | remove one: a header names one client, "
          "and many share a connection");
}

TEST_CASE("a grpc check names a service, and needs HTTP/2", "[conf][http2]") {
    const Pool pool = pool_of("http = \"2\"\ncheck = { grpc = \"my.Service\", host = \"h\" }");
    CHECK(pool.check->kind == CheckKind::Grpc);
    CHECK(pool.check->service == "my.Service");
    CHECK(pool.check->host == "h");
    CHECK(pool_of("http = \"2\"\ncheck = { grpc = \"\" }").check->service.empty());
    CHECK(error_of("check = { grpc = \"\" }") ==
          "a grpc check needs HTTP/2 | add http = \"2\" to the pool");
    CHECK(error_of("http = \"2\"\ncheck = { grpc = \"" + std::string(121, 's') + "\" }") ==
          "the name of the service is too long | at most 120 bytes");
    CHECK(error_of("http = \"2\"\ncheck = { grpc = \"\", expect = \"200\" }") ==
          "\"expect\" is for http checks | this is a grpc check");
}

TEST_CASE("a pool that listeners of bytes use speaks no HTTP/2", "[conf][http2]") {
    CHECK(test::only_error("[listener.pg]\nbind = \":1\"\nmode = \"tcp\"\npool = \"pg\"\n"
                           "[pool.pg]\nbackends = [\"127.0.0.1:2\"]\nhttp = \"2\"\n") ==
          "[pool.pg] has http = \"2\", and [listener.pg] sends it bytes | give the listener a pool "
          "of its own");
}

TEST_CASE("a call may be repeated when its service is not there", "[conf][http2]") {
    CHECK(!pool_of("").retry.on.grpc_unavailable);
    CHECK(pool_of("retry = { on = [\"grpc_unavailable\"] }").retry.on.grpc_unavailable);
}
