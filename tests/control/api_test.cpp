#include "proxy/control/api.h"

#include <memory>
#include <string>

#include "conf/load.h"
#include "proxy/net/loop.h"
#include "tests/net/turn.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::control;

namespace {

BindAddress bind_of(std::string_view text) { return BindAddress::parse(text).value(); }

struct Running {
    explicit Running(bool is_started = true) {
        conf::LoadResult loaded = conf::load_text(
            "[process]\nworkers = 1\n[log]\naccess = \"off\"\n"
            "[listener.web]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n"
            "[pool.app]\nbackends = [\"127.0.0.1:1\"]\n",
            "f.toml");
        INFO(render(loaded.errors));
        REQUIRE(loaded.ok());
        server =
            runtime::Server::make(loop, runtime::prepare(std::move(loaded.model), nullptr)).value();
        if (!is_started) return;
        REQUIRE(server->start());
        for (int turn = 0; turn < 1'000'000 && !server->is_ready(); ++turn) loop.run_once(false);
        REQUIRE(server->is_ready());
    }
    ApiAnswer ask(std::string_view path, std::string_view query = {},
                  http::Method method = http::Method::Get,
                  std::string_view host = "127.0.0.1:9900") {
        Api api(*server, nullptr);
        const Caller caller{false, {}, "127.0.0.1:4711", bind_of("127.0.0.1:9900")};
        Claims claims;
        claims.host = host;
        const ApiRequest request{method, "METHOD", path, query, claims};
        if (auto refusal = api.refusal(caller, request, loop.now())) return *std::move(refusal);
        std::optional<ApiAnswer> given;
        api.answer(caller, request, {}, loop.now(),
                   [&](ApiAnswer answer) { given = std::move(answer); });
        REQUIRE(given);
        return *std::move(given);
    }

    net::Loop loop;
    std::unique_ptr<runtime::Server> server;
};

}  // namespace

TEST_CASE("readiness is that of the process and of a pool", "[control][api]") {
    Running running;
    CHECK(running.ask("/ready").status == 200);
    CHECK(running.ask("/ready").body == "ready\n");
    CHECK(running.ask("/ready", "pool=app").status == 200);
    CHECK(running.ask("/ready", "pool=other").status == 404);
    CHECK(running.ask("/ready", "other").status == 400);
    const auto& pool = running.server->snapshot().pools.front();
    pool->backends.front()->backend->set_state(balancing::State::Down, running.loop.now());
    CHECK(running.ask("/ready", "pool=app").status == 503);
    CHECK(running.ask("/ready").status == 200);

    bool has_stopped = false;
    running.server->stop([&] { has_stopped = true; });
    CHECK(running.ask("/ready").status == 503);
    CHECK(running.ask("/ready").body == "stopping\n");
    CHECK(running.ask("/live").status == 200);
    CHECK(net::test::turn_until(running.loop, [&] { return has_stopped; }));
}

TEST_CASE("a process that does not serve yet is live and not ready", "[control][api]") {
    Running running(false);
    CHECK(running.ask("/live").status == 200);
    CHECK(running.ask("/ready").status == 503);
    CHECK(running.ask("/ready").body == "not ready yet\n");
}

TEST_CASE("a page that points its name here learns nothing, a probe may use any name",
          "[control][api]") {
    Running running;
    for (const std::string_view path : {"/", "/api/v1/status", "/api/v1/pools/app", "/nothing"}) {
        const ApiAnswer refused = running.ask(path, {}, http::Method::Get, "evil.example");
        CHECK(refused.status == 403);
        CHECK(refused.body ==
              "{\"error\":\"this Host is not accepted here\",\"hint\":\"use the address the "
              "endpoint is bound to, or localhost, or list the name in [admin] hosts\"}\n");
    }
    for (const std::string_view path : {"/live", "/ready", "/metrics"}) {
        CHECK(running.ask(path, {}, http::Method::Get, "lb.example").status == 200);
    }
}

TEST_CASE("the endpoint is for reading", "[control][api]") {
    Running running;
    for (const http::Method method : {http::Method::Post, http::Method::Put, http::Method::Delete,
                                      http::Method::Patch, http::Method::Options}) {
        const ApiAnswer refused = running.ask("/api/v1/status", {}, method);
        CHECK(refused.status == 405);
        CHECK(refused.allow == "GET, HEAD");
        CHECK(refused.content_type == "application/json");
    }
    CHECK(running.ask("/api/v1/status", {}, http::Method::Head).status == 200);
}

TEST_CASE("what does not exist is said in JSON", "[control][api]") {
    Running running;
    const ApiAnswer nothing = running.ask("/nothing");
    CHECK(nothing.status == 404);
    CHECK(nothing.content_type == "application/json");
    CHECK(nothing.body.starts_with("{\"error\":\"no such resource\",\"hint\":\""));
    CHECK(running.ask("/api/v1/pools/other").body ==
          "{\"error\":\"no such pool\",\"hint\":\"GET /api/v1/status lists the pools\"}\n");
}

TEST_CASE("status, pool, page and metrics tell of the same backend", "[control][api]") {
    Running running;
    const ApiAnswer status = running.ask("/api/v1/status");
    CHECK(status.content_type == "application/json");
    CHECK(status.body.find("\"name\": \"127.0.0.1:1\"") != std::string::npos);
    CHECK(status.body.find("\"state\": \"unknown\"") != std::string::npos);
    CHECK(status.body.find("\"ready\": true") != std::string::npos);
    CHECK(running.ask("/api/v1/pools/app").body.find("\"name\": \"127.0.0.1:1\"") !=
          std::string::npos);
    const ApiAnswer page = running.ask("/");
    CHECK(page.content_type == "text/html; charset=utf-8");
    CHECK(page.body.find("<td class=\"unknown\">unknown</td>") != std::string::npos);
    const ApiAnswer metrics = running.ask("/metrics");
    REQUIRE(metrics.listing != nullptr);
    std::string text;
    for (std::string piece; metrics.listing->next(piece);) text += piece;
    CHECK(text.find("fairlead_backend_up{pool=\"app\",backend=\"127.0.0.1:1\"} 0") !=
          std::string::npos);
}
