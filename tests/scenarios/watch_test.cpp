// `--watch`: a file whose content changes is loaded again, and nothing else is.
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

struct WatchedFile {
    std::string file(const PlainBackend& backend) const {
        return config({.backends = {backend.address()}});
    }
    std::string answer() const { return get(balancer.port(), "/").body; }
    bool comes_to_answer(const std::string& body) const {
        return eventually([&] { return answer() == body; });
    }
    double reloads(const std::string& result) const {
        return balancer.metric("fairlead_reloads_total{result=\"" + result + "\"}");
    }

    PlainBackend a{"a"};
    PlainBackend b{"b"};
    PlainBackend c{"c"};
    Balancer balancer{{.backends = {a.address()}, .arguments = {"--watch"}}};
};

}  // namespace

TEST_CASE("an editor's rename over the file is loaded, each time", "[scenarios][watch]") {
    const WatchedFile it;
    it.balancer.change_config(it.file(it.b));
    CHECK(it.comes_to_answer("b"));
    CHECK(it.balancer.wait_for_log("generation 2 is in force (file changed)"));
    it.balancer.change_config(it.file(it.c));
    CHECK(it.comes_to_answer("c"));
    CHECK(it.balancer.status("/config/last_reload/trigger") == "file changed");
}

TEST_CASE("a file that is touched or written anew with the same content is left alone",
          "[scenarios][watch]") {
    const WatchedFile it;
    std::filesystem::last_write_time(it.balancer.config_path(),
                                     std::filesystem::file_time_type::clock::now());
    it.balancer.change_config(it.file(it.a));
    std::ofstream(it.balancer.config_path()) << it.file(it.a);
    // The one after them is noticed, so they were looked at.
    it.balancer.change_config(it.file(it.b));
    CHECK(it.comes_to_answer("b"));
    CHECK(it.balancer.status("/generation") == "2");
    CHECK(it.reloads("unchanged") == 0);
    CHECK(it.reloads("applied") == 1);
}

TEST_CASE("a broken file is told once and left, its repair is loaded", "[scenarios][watch]") {
    const WatchedFile it;
    it.balancer.change_config("[listener.web]\nbind = 8080\n");
    REQUIRE(it.balancer.wait_for_log("not loaded (file changed)"));
    CHECK(it.answer() == "a");
    it.balancer.change_config(it.file(it.b));
    CHECK(it.comes_to_answer("b"));
    INFO(it.balancer.log());
    CHECK(it.reloads("refused") == 1);
}

TEST_CASE("a file that comes to an include folder is loaded, and so are its changes",
          "[scenarios][watch]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    const TemporaryDirectory folder;
    const std::string included = folder.path() + "/more.toml";
    const Balancer balancer{
        {.whole = "include = [\"" + folder.path() + "/*.toml\"]\n" +
                  config({.backends = {a.address()}, .process = "watch = true"})}};
    const std::uint16_t port = balancer.port();
    const auto more = [](const std::string& path, const std::string& backend) {
        return "[[route]]\npath = \"" + path + "\"\npool = \"more\"\n[pool.more]\nbackends = [\"" +
               backend + "\"]\n";
    };
    CHECK(get(port, "/new").body == "a");
    std::ofstream(included) << more("/new", b.address());
    CHECK(eventually([&] { return get(port, "/new").body == "b"; }));
    std::ofstream(included) << more("/other", b.address());
    CHECK(eventually([&] { return get(port, "/new").body == "a"; }));
    CHECK(get(port, "/other").body == "b");
    std::filesystem::remove(included);
    CHECK(eventually([&] { return get(port, "/other").body == "a"; }));
}

TEST_CASE("watching is turned on and off by the file itself", "[scenarios][watch]") {
    PlainBackend a{"a"};
    PlainBackend b{"b"};
    Balancer balancer{{.backends = {a.address()}}};
    const std::uint16_t port = balancer.port();
    balancer.change_config(config({.backends = {a.address()}, .process = "watch = true"}));
    REQUIRE(balancer.reload());
    balancer.change_config(config({.backends = {b.address()}}));
    CHECK(eventually([&] { return get(port, "/").body == "b"; }));
    CHECK(balancer.wait_for_log("generation 3 is in force (file changed)"));
    // Not watched any more: this one waits for HUP.
    balancer.change_config(config({.backends = {a.address()}}));
    REQUIRE(balancer.reload());
    CHECK(balancer.status("/config/last_reload/trigger") == "SIGHUP");
    CHECK(balancer.status("/generation") == "4");
}

}  // namespace fairlead::scenarios
