/// The addresses the balancer listens on, over reloads: an address that stays keeps its sockets,
/// and with them the clients that wait in the kernel. Main's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/base/result.h"
#include "proxy/net/listener.h"
#include "proxy/runtime/inherited_sockets.h"

namespace fairlead::runtime {

/// One address of a listener.
struct Binding {
    std::uint64_t id = 0;  ///< never used again in this process
    std::string listener;
    BindAddress wanted;                       ///< as configured; the port may be 0
    BindAddress address;                      ///< as bound, with the real port
    std::shared_ptr<net::SocketSet> sockets;  ///< null once the listeners are closed
};

/// In the order of the configuration.
using Bindings = std::vector<Binding>;

/// Binds what `model` has and `before` has not; sockets of the rest are shared with `before`.
/// @param inherited  sockets that are open already, taken where the address is the same; may be
///                   null
/// @return the bindings of `model`, or everything that is in the way; `before` serves on then
Many<Bindings> bind_listeners(const conf::Model& model, const Bindings& before, unsigned workers,
                              InheritedSockets* inherited = nullptr);

}  // namespace fairlead::runtime
