// A slow reader on one side stops reading on the other: memory stays bounded.
#include <atomic>
#include <memory>

#include "tests/scenarios/support/scenario.h"

namespace fairlead::scenarios {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kBlocks = 1600;  // 100 MiB

}  // namespace

TEST_CASE("clients that read slowly do not make the process grow", "[scenarios][large]") {
    std::atomic<std::size_t> sent = 0;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBlocks * kBlock) +
                  "\r\n\r\n");
        const std::string block(kBlock, 'x');
        for (std::size_t number = 0; number < kBlocks && peer.send(block); ++number) {
            sent += block.size();
        }
        hold(peer);
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    std::vector<std::unique_ptr<Client>> clients;
    for (int number = 0; number < 8; ++number) {
        clients.push_back(std::make_unique<Client>(Client::with_small_buffer(balancer.port())));
        clients.back()->send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        CHECK(clients.back()->read_head().starts_with("HTTP/1.1 200"));
    }
    REQUIRE(comes_to_rest(sent));
    CHECK(sent < 8 * kBlocks * kBlock / 4);
    CHECK(balancer.memory_peak_kib() < 40 * 1024);
    // What is held goes on when it is read.
    const std::size_t before = sent;
    for (int reads = 0; reads < 400; ++reads) clients[0]->read_some();
    clients[0]->read_exactly(8 * 1024 * 1024);
    CHECK(eventually([&] { return sent > before; }));
    CHECK(balancer.memory_peak_kib() < 40 * 1024);
    CHECK(Client(balancer.admin_port()).get("/live").status() == 200);
}

TEST_CASE("a backend that reads slowly does not make the process grow", "[scenarios][large]") {
    Gate read_on;
    FakeBackend backend{[&](Peer& peer) {
        peer.read_head();
        read_on.wait();
        peer.forget_received();
        std::size_t left = kBlocks * kBlock;
        while (left > 0) {
            const std::size_t bytes = peer.read_some(left).size();
            if (bytes == 0) return;
            left -= bytes;
        }
        peer.send(ok("all read"));
    }};
    const Balancer balancer{{.backends = {backend.address()}}};
    Client client{balancer.port()};
    std::atomic<std::size_t> sent = 0;
    std::thread sender([&] {
        client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: " +
                    std::to_string(kBlocks * kBlock) + "\r\n\r\n");
        const std::string block(kBlock, 'x');
        for (std::size_t number = 0; number < kBlocks && client.send(block); ++number) {
            sent += block.size();
        }
    });
    CHECK(comes_to_rest(sent));
    CHECK(sent < kBlocks * kBlock / 2);
    CHECK(balancer.memory_peak_kib() < 40 * 1024);
    read_on.open();
    sender.join();
    CHECK(client.read_response().body == "all read");
    CHECK(balancer.memory_peak_kib() < 40 * 1024);
}

TEST_CASE("a client that stops reading is let go after write_idle", "[scenarios][timeouts]") {
    FakeBackend backend{[&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        while (peer.send(std::string(kBlock, 'x'))) {
        }
    }};
    const Balancer balancer{
        {.backends = {backend.address()}, .listener = "timeouts = { write_idle = \"1s\" }"}};
    Client client = Client::with_small_buffer(balancer.port());
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    const JsonText line = balancer.wait_for_access_log(1)[0];
    CHECK(line.at("/failure") == "client_timeout");
    CHECK(line.at("/status") == "200");
    client.read_to_end();
    CHECK(client.ending() == Ending::Reset);
}

}  // namespace fairlead::scenarios
