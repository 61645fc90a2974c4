#include "bench/peers/program_path.h"

#include "tests/bench/peers/test_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

fs::path add_program(const TestFolder& folder, const std::string& name) {
    fs::path file = folder.write(name, "#!/bin/sh\n");
    fs::permissions(file, fs::perms::owner_all);
    return file;
}

TEST_CASE("a program is found in the first folder that has it", "[bench][peers]") {
    const TestFolder folder;
    folder.write("a/tool", "not executable");
    const fs::path expected = add_program(folder, "b/tool");
    add_program(folder, "c/tool");
    const std::string root = folder.path().string();
    CHECK(find_on_path("tool", root + "/none:" + root + "/a:" + root + "/b:" + root + "/c") ==
          expected);
    CHECK_FALSE(find_on_path("no-such-tool", root + "/a"));
}

TEST_CASE("the balancer of an installed fairlead-bench stands beside it", "[bench][peers]") {
    const TestFolder folder;
    const fs::path expected = add_program(folder, "bin/fairlead");
    CHECK(find_fairlead(folder.path() / "bin/fairlead-bench", "") == expected);
}

TEST_CASE("the balancer of a build tree is in its folder proxy", "[bench][peers]") {
    const TestFolder folder;
    const fs::path expected = add_program(folder, "proxy/fairlead");
    folder.write("bench/fairlead-bench", "");
    CHECK(find_fairlead(folder.path() / "bench/fairlead-bench", "") == expected);
}

TEST_CASE("any other balancer is the one on PATH", "[bench][peers]") {
    const TestFolder folder;
    const fs::path expected = add_program(folder, "path/fairlead");
    CHECK(find_fairlead(folder.path() / "bin/fairlead-bench", (folder.path() / "path").string()) ==
          expected);
    CHECK_FALSE(find_fairlead(folder.path() / "bin/fairlead-bench", ""));
}

TEST_CASE("this program knows its own file", "[bench][peers]") {
    CHECK(own_path().filename() == "peers_test");
}

}  // namespace
}  // namespace fairlead::bench::peers
