#include "bench/peers/found_peers.h"

#include "tests/bench/peers/test_folder.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

namespace fs = std::filesystem;

fs::path add_program(const TestFolder& folder, const std::string& name,
                     const std::string& version) {
    fs::path file = folder.write(name, "#!/bin/sh\necho \"" + version + " $1\"\necho more\n");
    fs::permissions(file, fs::perms::owner_all);
    return file;
}

struct Found : TestFolder {
    fs::path bench = add_program(*this, "bin/fairlead-bench", "fairlead-bench 1");
};

TEST_CASE("programs are found with the first line of their version", "[bench][peers]") {
    const Found test;
    const fs::path fairlead = add_program(test, "bin/fairlead", "fairlead 1");
    const fs::path nginx = add_program(test, "my-nginx", "nginx 2");
    const fs::path haproxy = add_program(test, "path/haproxy", "HAProxy 3");
    PeersSettings settings;
    settings.programs["nginx"] = nginx.string();
    const auto found = find_peers(settings, test.bench, (test.path() / "path").string());
    REQUIRE(found);
    REQUIRE(found->peers.size() == 4);
    CHECK(found->missing.empty());
    CHECK(found->peers[0].name() == "fairlead");
    CHECK(found->peers[0].program == fairlead);
    CHECK(found->peers[0].version == "fairlead 1 --version");
    CHECK(found->peers[1].program == haproxy);
    CHECK(found->peers[1].version == "HAProxy 3 -v");
    CHECK(found->peers[2].program == nginx);
    CHECK(found->peers[3].name() == "floor");
    CHECK(found->peers[3].program == test.bench);
}

TEST_CASE("without fairlead there is nothing to compare", "[bench][peers]") {
    const Found test;
    const auto found = find_peers({}, test.bench, "");
    REQUIRE_FALSE(found);
    CHECK(found.error().render() ==
          "error: there is no fairlead beside this program or on PATH\n"
          "  build or install it, or name it with --fairlead PATH\n");
}

TEST_CASE("a program that was named must be one", "[bench][peers]") {
    const Found test;
    add_program(test, "bin/fairlead", "fairlead 1");
    PeersSettings settings;
    settings.programs["haproxy"] = "/no/such/haproxy";
    const auto found = find_peers(settings, test.bench, "");
    REQUIRE_FALSE(found);
    CHECK(found.error().render() ==
          "error: --haproxy /no/such/haproxy is no program that can be run\n"
          "  give the path of its executable file\n");
}

}  // namespace
}  // namespace fairlead::bench::peers
