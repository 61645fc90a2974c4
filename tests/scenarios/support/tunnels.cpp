#include "tests/scenarios/support/tunnels.h"

#include <poll.h>

#include "tests/support/catch.h"

namespace fairlead::scenarios {

void echo_for_good(Peer& peer) {
    peer.read_request();
    peer.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    while (true) {
        const Ending ending = peer.wait_for_ending();
        if (ending == Ending::Open) continue;
        if (ending != Ending::Bytes || !peer.send(peer.read_some())) return;
    }
}

Tunnels::Tunnels(std::uint16_t port, std::string_view path, std::size_t count) {
    std::string upgrade = "GET ";
    upgrade.append(path).append(
        " HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    for (std::size_t index = 0; index < count; ++index) {
        clients_.push_back(std::make_unique<Client>(port));
        REQUIRE(clients_.back()->ask(upgrade).status() == 101);
    }
    thread_ = std::thread([this] { talk(); });
}

Tunnels::Tunnels(std::uint16_t port, std::size_t count) {
    for (std::size_t index = 0; index < count; ++index) {
        clients_.push_back(std::make_unique<Client>(port));
        REQUIRE(exchange(*clients_.back()));  // its backend is there
    }
    thread_ = std::thread([this] { talk(); });
}

Tunnels::~Tunnels() { close(); }

bool Tunnels::exchange(Client& client) {
    if (!client.send("e") || client.read_exactly(1) != "e") return false;
    ++echoes_;
    return true;
}

void Tunnels::talk() {
    while (!is_stopping_) {
        for (const auto& client : clients_) {
            if (is_stopping_) break;
            if (!exchange(*client)) {
                ++broken_;
                return;
            }
            ::poll(nullptr, 0, 2);  // now and then: five a second of each of 200 at most
        }
    }
}

std::size_t Tunnels::close() {
    is_stopping_ = true;
    if (!thread_.joinable()) return broken_;
    thread_.join();
    broken_ = 0;
    for (const auto& client : clients_) {
        if (!exchange(*client)) ++broken_;
    }
    clients_.clear();
    return broken_;
}

}  // namespace fairlead::scenarios
