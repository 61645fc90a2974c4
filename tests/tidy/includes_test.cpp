#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/tidy/files.h"
#include "tests/tidy/include_rules.h"

namespace fairlead::tidy {
namespace {

using Wrong = std::vector<std::string>;

/// What is wrong with one file of this one line.
Wrong wrong(const std::string& path, const std::string& line) {
    return wrong_includes({{path, line + "\n"}});
}

TEST_CASE("every include of the project points down", "[tidy][includes]") {
    const std::vector<File> sources =
        files(FAIRLEAD_SOURCE_DIR, {"proxy", "balancing", "health", "conf", "bench", "tests"},
              {".h", ".cpp"});
    REQUIRE(sources.size() > 20);
    for (const std::string& line : wrong_includes(sources)) {
        INFO(line);
        CHECK(false);
    }
}

TEST_CASE("an include that points down is fine", "[tidy][includes]") {
    CHECK(wrong("proxy/l7/exchange.cpp", "#include \"balancing/pool.h\"").empty());
    CHECK(wrong("conf/load.cpp", "#include \"conf/model.h\"").empty());
    CHECK(wrong("health/tcp_probe.cpp", "#include \"proxy/connect/connector.h\"").empty());
    CHECK(wrong("proxy/main.cpp", "#include \"proxy/cli/commands.h\"").empty());
    CHECK(wrong("proxy/cli/demo.cpp", "#include \"bench/origin.h\"").empty());
    CHECK(wrong("tests/l7/retry_test.cpp", "#include \"proxy/runtime/server.h\"").empty());
}

TEST_CASE("an include that points up is told with file, line and what is allowed",
          "[tidy][includes]") {
    CHECK(wrong_includes({{"proxy/net/loop.cpp",
                           "#include <vector>\n\n#include \"proxy/http/message.h\"\n"}}) ==
          Wrong{"proxy/net/loop.cpp:3: proxy/net must not include proxy/http/message.h (it may "
                "use: proxy/base)"});
    CHECK(wrong("proxy/base/text.h", "#include \"conf/model.h\"") ==
          Wrong{"proxy/base/text.h:1: proxy/base must not include conf/model.h (it may use: "
                "nothing)"});
}

TEST_CASE("an include that points sideways without an arrow is wrong", "[tidy][includes]") {
    CHECK(wrong("proxy/l7/tunnel.cpp", "#include \"proxy/l4/relay.h\"").size() == 1);
    CHECK(wrong("proxy/connect/connector.cpp", "#include \"health/probe.h\"").size() == 1);
    CHECK(wrong("balancing/pool.cpp", "#include \"proxy/net/loop.h\"").size() == 1);
    CHECK(wrong("bench/origin.cpp", "#include \"balancing/pool.h\"").size() == 1);
    CHECK(wrong("proxy/cli/run.cpp", "#include \"bench/origin.h\"").size() == 1);
    CHECK(wrong("proxy/runtime/server.cpp", "#include \"proxy/control/api.h\"").size() == 1);
    CHECK(wrong("proxy/main.cpp", "#include \"proxy/runtime/server.h\"").size() == 1);
}

TEST_CASE("the product does not include its tests", "[tidy][includes]") {
    CHECK(wrong("conf/load.cpp", "#include \"tests/support/fake_clock.h\"").size() == 1);
    CHECK(wrong("bench/origin.cpp", "#include \"tests/support/catch.h\"").size() == 1);
}

TEST_CASE("an include is written from the root", "[tidy][includes]") {
    CHECK(wrong("balancing/pool.cpp", "#include \"backend.h\"") ==
          Wrong{"balancing/pool.cpp:1: include \"backend.h\" from the root"});
    CHECK(wrong("balancing/pool.cpp", "#include \"../conf/model.h\"").size() == 1);
}

TEST_CASE("a library's header stays in its folder", "[tidy][includes]") {
    CHECK(wrong("proxy/net/handle.h", "#include <uv.h>").empty());
    CHECK(wrong("proxy/l7/exchange.cpp", "#include <uv.h>") ==
          Wrong{"proxy/l7/exchange.cpp:1: <uv.h> may be included in proxy/net only"});
    CHECK(wrong("proxy/telemetry/log.cpp", "#include <spdlog/logger.h>").empty());
    CHECK(wrong("proxy/telemetry/log.h", "#include <spdlog/logger.h>") ==
          Wrong{"proxy/telemetry/log.h:1: <spdlog/logger.h> may be included in a .cpp only"});
    CHECK(wrong("balancing/pool.h", "#include <fmt/format.h>").empty());
    CHECK(wrong("tests/control/api_test.cpp", "#include <nlohmann/json.hpp>").empty());
    CHECK(wrong("tests/fuzz/x_fuzzer.cpp", "#include <nlohmann/json.hpp>").empty());
    CHECK(wrong("tests/base/text_test.cpp", "#include <catch2/catch.hpp>").size() == 1);
}

TEST_CASE("the headers of the language and the system are free", "[tidy][includes]") {
    for (const std::string header :
         {"vector", "cstdint", "unistd.h", "sys/socket.h", "netinet/tcp.h", "time.h"}) {
        CHECK(wrong("proxy/net/loop.cpp", "#include <" + header + ">").empty());
    }
    CHECK(wrong("proxy/net/loop.cpp", "#include <boost/asio.hpp>") ==
          Wrong{"proxy/net/loop.cpp:1: <boost/asio.hpp> is of a library that is not in the table"});
    CHECK(wrong("proxy/net/loop.cpp", "#include <json.hpp>").size() == 1);
}

TEST_CASE("a parser's header is in so many files and no more", "[tidy][includes]") {
    const std::string line = "#include <llhttp.h>\n";
    CHECK(wrong_includes({{"proxy/http/h1_parser.cpp", line + line}}).empty());
    CHECK(wrong_includes({{"proxy/http/h1_parser.cpp", line}, {"proxy/http/other.cpp", line}}) ==
          Wrong{"proxy/http/other.cpp:1: <llhttp.h> may be included in 1 file(s) only, as in "
                "proxy/http/h1_parser.cpp"});
    const std::string toml = "#include <toml++/toml.h>\n";
    CHECK(wrong_includes({{"conf/a.cpp", toml}, {"conf/b.cpp", toml}}).empty());
    CHECK(
        wrong_includes({{"conf/a.cpp", toml}, {"conf/b.cpp", toml}, {"conf/c.cpp", toml}}).size() ==
        1);
}

TEST_CASE("a new folder must get a row", "[tidy][includes]") {
    CHECK(wrong("cache/store.cpp", "int x;") ==
          Wrong{"cache/store.cpp:1: the folder is not in the table of "
                "tests/tidy/include_rules.cpp"});
    CHECK(wrong("proxy/l7/x.cpp", "#include \"cache/store.h\"").size() == 1);
}

TEST_CASE("an include is found however it is spaced, and only there", "[tidy][includes]") {
    CHECK(wrong("proxy/base/x.h", "  #  include   \"conf/model.h\"  // why").size() == 1);
    CHECK(wrong("proxy/base/x.h", "// #include \"conf/model.h\"").empty());
    CHECK(wrong("proxy/base/x.h", "const char* x = \"#include\";").empty());
    CHECK(wrong_includes({{"proxy/base/x.h", "#include \"conf/model.h\""}}).size() == 1);
}

}  // namespace
}  // namespace fairlead::tidy
