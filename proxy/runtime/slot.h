/// One listener as its worker's connections know it, whatever it speaks. One that has left lives on
/// until its connections are gone; so does the old one when a reload changes the mode. Lives on its
/// worker's thread.
#pragma once

#include <cstdint>
#include <string>

#include "conf/model.h"
#include "proxy/l4/site.h"
#include "proxy/l7/site.h"

namespace fairlead::runtime {

struct Slot {
    std::string name;
    conf::Mode mode = conf::Mode::Http;
    l7::ListenerSlot http;       ///< used with Mode::Http
    l4::ListenerSlot tcp;        ///< used with Mode::Tcp
    std::uint32_t prefaces = 0;  ///< connections whose PROXY header is still being read

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
    bool is_empty() const { return http.connections + tcp.connections + prefaces == 0; }
};

}  // namespace fairlead::runtime
