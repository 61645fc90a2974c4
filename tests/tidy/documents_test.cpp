// The reader of documents, on small strings. What it says of the real ones: documentation_test.cpp.
#include "tests/tidy/documents.h"

#include <set>
#include <string>

#include "tests/support/catch.h"

namespace fairlead::tidy {
namespace {

using Names = std::set<std::string>;

TEST_CASE("a name counts as documented in backticks only", "[tidy][documents]") {
    CHECK(code_spans("a `b` and `c d`, e\n```\n`f`\n```\n`g`") == Names{"b", "c d", "g"});
    CHECK(code_spans("an open ` backtick").empty());
}

TEST_CASE("a row is known by the code in its first cell", "[tidy][documents]") {
    const auto found =
        rows("| key | is |\n|---|---|\n| `a.b` | `c` |\n| `d`, `e` | f |\ntext `g`\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "a.b");
    CHECK(found[0].line == "| `a.b` | `c` |");
}

TEST_CASE("paths are found in code and in links", "[tidy][documents]") {
    CHECK(paths("see `proxy/net/loop.h`, `http/1.1`, proxy/base and [x](../examples/a.toml#b)",
                "docs/x.md") == Names{"proxy/net/loop.h", "examples/a.toml"});
    CHECK(paths("```\nsh tests/run.sh -R x\n./packaging/a.sh;\n```", "README.md") ==
          Names{"tests/run.sh", "packaging/a.sh"});
    CHECK(paths("[a](https://x.org/docs/b) `conf/*.cpp` `tests/<name>/x` `build/dev`", "a.md")
              .empty());
    CHECK(paths("[next](metrics.md)", "docs/x.md") == Names{"docs/metrics.md"});
}

TEST_CASE("a path may leave out the ending of a source file", "[tidy][documents]") {
    CHECK(exists(FAIRLEAD_SOURCE_DIR, "tests/tidy/documents_test.cpp"));
    CHECK(exists(FAIRLEAD_SOURCE_DIR, "tests/tidy/documents"));
    CHECK(exists(FAIRLEAD_SOURCE_DIR, "tests/tidy/"));
    CHECK_FALSE(exists(FAIRLEAD_SOURCE_DIR, "tests/tidy/nothing"));
}

TEST_CASE("commands are what follows the program's name in code", "[tidy][documents]") {
    CHECK(commands("`fairlead run -c x` fairlead check\n```\n$ build/release/proxy/fairlead demo\n"
                   "fairlead --version\nfairlead-bench origin\n```",
                   "fairlead") == Names{"run", "demo"});
    CHECK(commands("`fairlead-bench origin`", "fairlead-bench") == Names{"origin"});
}

TEST_CASE("subcommands are what the command line is told of", "[tidy][documents]") {
    CHECK(
        subcommands("app.add_subcommand(\"run\", \"serve\");\nx->add_subcommand(\n    \"check\"") ==
        Names{"run", "check"});
    CHECK(subcommands("add_subcommand(name)").empty());
}

}  // namespace
}  // namespace fairlead::tidy
