/// TLS of a client over a blocking socket, for odd questions beside a measurement. Nothing is
/// verified. Never on a loop's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace fairlead::net {

class BlockingTls {
  public:
    /// Shakes hands, and offers what connect_tls() does. The socket's own limits (SO_RCVTIMEO,
    /// SO_SNDTIMEO) bound every wait.
    /// @param descriptor  connected; stays the caller's, and outlives this
    static Result<BlockingTls> connect(int descriptor);
    ~BlockingTls();
    BlockingTls(BlockingTls&&) noexcept;
    BlockingTls& operator=(BlockingTls&&) noexcept;

    /// What was agreed on, as "TLSv1.3 TLS_AES_128_GCM_SHA256".
    std::string agreement() const;

    /// @return false when not all could be sent
    bool send(std::string_view bytes);
    /// What has come, at most `bytes_max`; empty at the end of the connection or of its limit.
    std::string read_some(std::size_t bytes_max);

  private:
    struct Native;
    explicit BlockingTls(std::unique_ptr<Native> native);
    std::unique_ptr<Native> native_;
};

}  // namespace fairlead::net
