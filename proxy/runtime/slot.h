/// One listener as its worker's connections know it, whatever it speaks. One that has left lives on
/// until its connections are gone; so does the old one when a reload changes the mode. Lives on its
/// worker's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "conf/model.h"
#include "proxy/l4/site.h"
#include "proxy/l7/site.h"
#include "proxy/net/tls_server.h"
#include "proxy/runtime/snapshot.h"

namespace fairlead::runtime {

struct Slot {
    Slot(std::string its_name, conf::Mode its_mode, std::shared_ptr<ListenerPresence> its_presence)
        : name(std::move(its_name)), mode(its_mode), presence(std::move(its_presence)) {
        presence->slots.fetch_add(1, std::memory_order_relaxed);
    }
    ~Slot() { presence->slots.fetch_sub(1, std::memory_order_relaxed); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    const std::string name;
    const conf::Mode mode;
    const std::shared_ptr<ListenerPresence> presence;
    l7::ListenerSlot http;                ///< used with Mode::Http
    l4::ListenerSlot tcp;                 ///< used with Mode::Tcp
    std::shared_ptr<net::TlsServer> tls;  ///< of its present configuration; null: in clear
    std::uint32_t stages = 0;             ///< connections before their first byte of protocol

    const conf::Listener& config() const {
        return mode == conf::Mode::Http ? http.entry->config : tcp.entry->config;
    }
    const connect::ListenerSeries& series() const {
        return mode == conf::Mode::Http ? http.entry->series : tcp.entry->series;
    }
    std::uint64_t left_with() const {
        return mode == conf::Mode::Http ? http.left_with : tcp.left_with;
    }
    bool has_left() const { return left_with() != 0; }
    void leave(std::uint64_t generation) { http.left_with = tcp.left_with = generation; }
    /// As many connections as `limits.connections` allows, over all workers.
    bool is_full() const { return presence->load.connections() >= config().limits.connections; }
    bool is_empty() const { return http.connections + tcp.connections + stages == 0; }
};

}  // namespace fairlead::runtime
