/// What every connection and exchange of one worker uses: its loop, randomness, log, buffers that
/// are free between two calls, and finished exchanges waiting for their next use. Lives on one
/// thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/base/random.h"
#include "proxy/http/h1_writer.h"
#include "proxy/net/loop.h"
#include "proxy/telemetry/access_log.h"

namespace fairlead::l7 {

class ClientConnection;
class Exchange;
class H2ClientConnection;

class ClientConnectionOwner {
  public:
    /// It has ended: retire it.
    virtual void on_client_closed(ClientConnection& connection) = 0;
    virtual void on_client_closed(H2ClientConnection& connection) = 0;
    /// It ends by a fault of the client, and no request runs on it whose log line could say so.
    virtual void on_client_failed(const H2ClientConnection& connection, Failure failure) = 0;

  protected:
    ~ClientConnectionOwner() = default;
};

class Context {
  public:
    Context(net::Loop& its_loop, unsigned its_worker, ClientConnectionOwner& its_clients,
            telemetry::AccessWriter& its_access_log, std::string its_instance, Random its_random);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    net::Loop& loop;
    const unsigned worker;
    ClientConnectionOwner& clients;       ///< of all client connections
    telemetry::AccessWriter* access_log;  ///< a reload may change it
    /// Names this process in CDN-Loop (RFC 8586), so that our own requests are known when they
    /// come back.
    const std::string instance;
    Random random;
    /// An outgoing head is made here and written before anyone else can use it.
    http::HeadBuffer head_buffer;
    /// Stopping: responses say `Connection: close`, idle clients are gone.
    bool is_draining = false;
    /// Exchanges and tunnels under way, for a stop that waits for them.
    std::size_t exchanges_running = 0;
    std::size_t tunnels_running = 0;

    /// Lines from now on go there; what was gathered for the old one is handed over.
    void set_access_log(telemetry::AccessWriter& writer);

    /// An exchange as new; give it back with recycle.
    std::unique_ptr<Exchange> take_exchange();
    /// After this turn of the loop it may be taken again.
    void recycle(std::unique_ptr<Exchange> exchange);

    /// make_own_lines() of a port; made anew only when another one was asked for before.
    const std::string& own_lines(std::uint16_t local_port, bool is_secure);

    /// 32 hex digits into `out`.
    void make_request_id(char* out) { write_hex_id(random, out); }
    /// The wall clock, read once per turn of the loop.
    WallTime wall();

  private:
    std::vector<std::unique_ptr<Exchange>> free_;
    std::string own_lines_;
    std::uint16_t own_lines_port_ = 0;
    bool own_lines_are_secure_ = false;
    Time wall_read_at_{};
    WallTime wall_{};
};

}  // namespace fairlead::l7
