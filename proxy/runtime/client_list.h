/// Client connections of one kind, owned: in any order, added and taken out at once. The kind has a
/// member `position` for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/runtime/listener_load.h"

namespace fairlead::runtime {

template <class Client>
class ClientList {
  public:
    /// @param hold  counts it as long as it is here
    Client& add(std::unique_ptr<Client> client, ClientHold hold) {
        client->position = static_cast<std::uint32_t>(clients_.size());
        clients_.push_back({std::move(client), std::move(hold)});
        return *clients_.back().client;
    }
    /// It becomes something else, and is counted as that.
    ClientHold take_hold(const Client& client) { return std::move(clients_[client.position].hold); }
    std::unique_ptr<Client> take(Client& client) {
        const std::uint32_t position = client.position;
        std::unique_ptr<Client> taken = std::move(clients_[position].client);
        if (position + 1 != clients_.size()) {
            clients_[position] = std::move(clients_.back());
            clients_[position].client->position = position;
        }
        clients_.pop_back();
        return taken;
    }
    /// Each that is there now is met once; the call may take it out, which moves the last one into
    /// its place: hence from the end.
    void for_each(auto&& call) {
        for (std::size_t index = clients_.size(); index-- > 0;) call(*clients_[index].client);
    }
    bool is_empty() const { return clients_.empty(); }
    void clear() { clients_.clear(); }

  private:
    struct Entry {
        std::unique_ptr<Client> client;
        ClientHold hold;
    };
    std::vector<Entry> clients_;
};

}  // namespace fairlead::runtime
