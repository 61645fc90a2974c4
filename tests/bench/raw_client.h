/// A blocking client that sends the bytes it is told and reads what comes, for tests of servers
/// that run on another thread. Every wait ends after ten seconds, as an answer that is too short.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/base/address.h"

namespace fairlead::bench {

struct RawResponse {
    int status = 0;
    std::string head;
    std::string body;  ///< chunks taken apart
    bool is_complete = false;

    /// Value of a field, empty when absent; the name as the origin spells it.
    std::string field(std::string_view name) const;
};

class RawClient {
  public:
    explicit RawClient(const SocketAddress& address);
    ~RawClient();
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    bool is_connected() const { return is_connected_; }
    void send(std::string_view bytes);
    /// Sends and reads one response.
    RawResponse ask(std::string_view request, bool is_head = false);
    RawResponse read_response(bool is_head = false);
    /// The next bytes, at most `bytes_max`; empty at the end of the connection.
    std::string read_some(std::size_t bytes_max);
    void shutdown_write();

    enum class Ending { Open, Closed, Reset };
    /// Waits for the connection's end; Open when more bytes came instead.
    Ending wait_for_end();

  private:
    bool fill();

    int fd_ = -1;
    bool is_connected_ = false;
    bool was_reset_ = false;
    std::string buffer_;
};

}  // namespace fairlead::bench
