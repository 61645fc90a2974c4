/// What can be done of a change before it touches anything: the settings and their differences, and
/// names to addresses. Takes its time (DNS), so it runs on a thread of its own while serving goes
/// on; at start it runs on main's.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "conf/model.h"
#include "conf/plan.h"
#include "conf/settings.h"
#include "proxy/base/address.h"
#include "proxy/base/result.h"
#include "proxy/net/ticket_keys.h"
#include "proxy/net/tls_client.h"
#include "proxy/net/tls_server.h"
#include "proxy/runtime/tls_material.h"

namespace fairlead::runtime {

/// Where the backends with names are, by HostPort::text().
using AddressBook = std::unordered_map<std::string, Result<std::vector<SocketAddress>>>;

/// What making TLS needs beside a model.
struct TlsMaking {
    std::shared_ptr<net::TicketKeys> tickets;  ///< null: the process has none yet
    unsigned workers = 0;                      ///< 0: as many as the model wants
    /// Of the load that brought the model; null: everything is parsed here.
    std::shared_ptr<TlsMaterial> material = nullptr;
};

/// Empty: in clear. The same objects as long as nothing of `tls` has changed.
struct PoolTls {
    std::vector<std::shared_ptr<net::TlsClient>> of_workers;
    std::shared_ptr<net::TlsClient> of_checks;  ///< every handshake a whole one; main's
};

struct Prepared {
    conf::Model model;  ///< loaded without errors, overrides laid over
    std::shared_ptr<const conf::SettingList> settings;
    std::vector<conf::Change> changes;  ///< from what runs; everything is Added at start
    AddressBook addresses;
    // ---- of those whose TLS is new or has changed, by name; made here because it takes its time
    std::unordered_map<std::string, std::vector<std::shared_ptr<net::TlsServer>>> listener_tls;
    std::unordered_map<std::string, PoolTls> pool_tls;
    std::shared_ptr<net::TicketKeys> tickets;
    /// Of the sticky cookies of pools without a key of their own; empty: the process has none yet.
    std::string sticky_key{};
    std::vector<Error> errors;  ///< of TLS; nothing of it may be used then
};

/// @param running  the settings in force; null at start
Prepared prepare(conf::Model model, const conf::SettingList* running, TlsMaking making = {});

}  // namespace fairlead::runtime
