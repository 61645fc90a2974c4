#include "bench/peers/options.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

using Names = std::vector<std::string>;

std::string complaint(const PeersTexts& texts) {
    const auto settings = read_peers_settings(texts);
    return settings ? "" : settings.error().render();
}

TEST_CASE("by default every scenario has five rounds of two seconds", "[bench][peers]") {
    const auto settings = read_peers_settings({});
    REQUIRE(settings);
    CHECK(settings->scenarios == Names{"small", "browser", "large", "large-tuned", "upload",
                                       "connect", "tcp", "tcp-large", "tcp-splice", "tcp-connect",
                                       "tls", "tls-connect", "tls-resume", "tls-large", "h2",
                                       "h2-backend", "rate", "idle", "instructions"});
    CHECK(settings->rounds == 5);
    CHECK(settings->duration == std::chrono::seconds(2));
    CHECK(settings->programs.empty());
    CHECK(settings->keep.empty());
}

TEST_CASE("chosen scenarios run in the order of their rows, each once", "[bench][peers]") {
    PeersTexts texts;
    texts.scenarios = "connect,small,connect";
    texts.rounds = "7";
    texts.duration = "500ms";
    texts.nginx = "/opt/nginx";
    texts.keep = "kept";
    texts.json = "a.json";
    texts.html = "a.html";
    const auto settings = read_peers_settings(texts);
    REQUIRE(settings);
    CHECK(settings->scenarios == Names{"small", "connect"});
    CHECK(settings->rounds == 7);
    CHECK(settings->duration == std::chrono::milliseconds(500));
    CHECK(settings->programs.at("nginx") == "/opt/nginx");
    CHECK(settings->keep == "kept");
    CHECK(settings->json == "a.json");
    CHECK(settings->html == "a.html");
}

TEST_CASE("a mistyped scenario is told with the nearest, or with all", "[bench][peers]") {
    PeersTexts texts;
    texts.scenarios = "small,conect";
    CHECK(complaint(texts) == "error: unknown scenario \"conect\"\n  did you mean \"connect\"?\n");
    texts.scenarios = "everything";
    CHECK(complaint(texts) ==
          "error: unknown scenario \"everything\"\n"
          "  there are small, browser, large, large-tuned, upload, connect, tcp, tcp-large, "
          "tcp-splice, tcp-connect, tls, tls-connect, tls-resume, tls-large, h2, h2-backend, rate, "
          "idle, "
          "instructions\n");
}

TEST_CASE("rounds and duration have bounds", "[bench][peers]") {
    for (const std::string rounds : {"0", "1001", "many", "-1"}) {
        PeersTexts texts;
        texts.rounds = rounds;
        CHECK(complaint(texts) ==
              "error: --rounds cannot be \"" + rounds + "\"\n  write a number from 1 to 1000\n");
    }
    for (const std::string duration : {"99ms", "2h", "none"}) {
        PeersTexts texts;
        texts.duration = duration;
        CHECK(complaint(texts) == "error: --duration cannot be \"" + duration +
                                      "\"\n  write a time from 100ms to 1h\n");
    }
    PeersTexts texts;
    texts.duration = "2";
    CHECK(complaint(texts) == "error: \"2\" needs a unit\n  write \"2s\"\n");
}

}  // namespace
}  // namespace fairlead::bench::peers
