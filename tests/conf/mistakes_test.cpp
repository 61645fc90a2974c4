#include <fstream>
#include <sstream>
#include <string>

#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

std::string content(const std::string& name) {
    std::ifstream file{std::string{FAIRLEAD_SOURCE_DIR} + "/tests/conf/" + name};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("every mistake of a file is reported at once, with place, line and cure", "[conf]") {
    const LoadResult result = load_text(content("mistakes.toml"), "mistakes.toml", test::options());
    CHECK(result.errors.size() == 66);
    CHECK(render(result.errors) == content("mistakes.txt"));
}

TEST_CASE("the two errors of the manual look as the manual shows them", "[conf]") {
    const std::string errors = test::errors_of(R"([listener.web]
bind = ":80"
pool = "api"

[pool.api]
backends = ["127.0.0.1:1"]
retrys = { attempts = 2 }
check = { http = "GET /", every = 2 }
)");
    CHECK(errors == R"(f.toml:7:1: error: unknown key "retrys" in [pool.api]
    7 | retrys = { attempts = 2 }
      | ^^^^^^ did you mean "retry"?
f.toml:8:35: error: "every" needs a unit
    8 | check = { http = "GET /", every = 2 }
      |                                   ^ write "2s"
)");
}

TEST_CASE("errors are counted in words that fit the number", "[conf]") {
    CHECK(count_text(1, "error") == "1 error");
    CHECK(count_text(2, "error") == "2 errors");
    CHECK(count_text(0, "warning") == "0 warnings");
}

TEST_CASE("a file that cannot be read is one error with its name", "[conf]") {
    const LoadResult result = load_file("/nonexistent/fairlead.toml", test::options());
    CHECK(render(result.errors) ==
          "error: cannot read /nonexistent/fairlead.toml: No such file or directory\n"
          "  give the file with -c FILE\n");
    CHECK_FALSE(load_file("/", test::options()).ok());
}

TEST_CASE("a warning is printed like an error and does not keep a file from loading", "[conf]") {
    const std::string text = test::with("[pool.spare]\nbackends = [\"127.0.0.1:9\"]\n");
    CHECK(test::load(text).ok());
    CHECK(test::warnings_of(text) == R"(f.toml:6:7: warning: nothing uses [pool.spare]
    6 | [pool.spare]
      |       ^^^^^ name it in a listener or a route
)");
}
