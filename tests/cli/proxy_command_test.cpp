#include "proxy/cli/proxy_command.h"

#include "conf/load.h"
#include "tests/support/catch.h"

using namespace fairlead;
using cli::proxy_config;

TEST_CASE("the arguments become the configuration a file would have", "[cli][proxy]") {
    CHECK(proxy_config({":8080", {"127.0.0.1:3001", "b:3002"}, "random", "GET /healthz"}) ==
          "[listener.proxy]\nbind = \":8080\"\npool = \"backends\"\n\n"
          "[pool.backends]\nbackends = [\"127.0.0.1:3001\", \"b:3002\"]\n"
          "policy = \"random\"\ncheck = \"GET /healthz\"\n");
    CHECK(proxy_config({":80", {"a:1"}, "", ""}) ==
          "[listener.proxy]\nbind = \":80\"\npool = \"backends\"\n\n"
          "[pool.backends]\nbackends = [\"a:1\"]\n");
}

TEST_CASE("what is typed stays text, whatever it looks like", "[cli][proxy]") {
    const auto loaded = conf::load_text(
        proxy_config({":8080", {"127.0.0.1:1"}, "", "GET /$HOME/${HOME}?a\"b\\"}), "command line");
    INFO(render(loaded.errors));
    REQUIRE(loaded.model.pools.size() == 1);
    REQUIRE(loaded.model.pools[0].check);
    CHECK(loaded.model.pools[0].check->path == "/$HOME/${HOME}?a\"b\\");
}
