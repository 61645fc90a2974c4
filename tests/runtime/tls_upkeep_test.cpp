// What a server does for TLS from time to time.
#include <chrono>
#include <memory>
#include <string>

#include "proxy/net/timer_wheel.h"
#include "proxy/runtime/load_model.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/state_file.h"
#include "proxy/runtime/state_keeper.h"
#include "tests/net/sockets.h"
#include "tests/net/turn.h"

using namespace fairlead;
using namespace fairlead::runtime;
using namespace std::chrono_literals;
using net::test::turn_until;

namespace {

/// Later than the next upkeep.
constexpr Duration kUpkeep = 11min;

struct Running {
    explicit Running(std::chrono::hours age) {
        const conf::LoadResult loaded = load_model_text(
            "[log]\naccess = \"off\"\n[process]\nworkers = 1\n"
            "[listener.web]\nbind = \"127.0.0.1:0\"\npool = \"app\"\n"
            "[pool.app]\nbackends = \"127.0.0.1:1\"\n",
            "edge.toml");
        REQUIRE(loaded.ok());
        tickets = std::make_shared<net::TicketKeys>(SystemClock{}.wall() - age);
        auto made = Server::make(loop, prepare(loaded.model, nullptr, {tickets, 0}));
        REQUIRE(made);
        server = std::move(*made);
    }
    void start() {
        REQUIRE(server->start());
        REQUIRE(turn_until(loop, [&] { return server->is_ready(); }));
    }
    void upkeep() { loop.timers().advance(loop.now() + kUpkeep); }

    net::Loop loop;
    std::shared_ptr<net::TicketKeys> tickets;
    std::unique_ptr<Server> server;
};

}  // namespace

TEST_CASE("a secret that is due is replaced at start, and that is told", "[runtime][tls]") {
    Running running(9h);
    int calls = 0;
    running.server->on_tickets_changed([&] { ++calls; });
    running.start();
    REQUIRE(turn_until(running.loop, [&] { return calls > 0; }));
    CHECK(running.tickets->secrets().size() == 2);
    running.upkeep();
    CHECK(calls == 1);
}

TEST_CASE("secrets that go on are not told of", "[runtime][tls]") {
    Running running(1h);
    int calls = 0;
    running.server->on_tickets_changed([&] { ++calls; });
    running.start();
    running.upkeep();
    CHECK(calls == 0);
    CHECK(running.tickets->secrets().size() == 1);
}

TEST_CASE("secrets that rotate while nothing else changes are written to the state file",
          "[runtime][tls]") {
    net::test::TemporaryFolder folder;
    const std::string path = folder.file("state.json");
    Running running(9h);
    StateKeeper keeper(running.loop, path, [&] {
        SavedState state;
        state.ticket_secrets = running.tickets->secrets();
        return state;
    });
    running.server->on_tickets_changed([&] { keeper.note_changed(); });
    running.start();
    CHECK(turn_until(running.loop, [&] {
        const auto loaded = load_state(path);
        return loaded && loaded->state && loaded->state->ticket_secrets.size() == 2;
    }));
}
