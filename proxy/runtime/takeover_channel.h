/// One end of a takeover's connection: messages in frames (four bytes of length, the most
/// significant first, then JSON), descriptors beside them. Never blocks but in wait(). One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/runtime/takeover_message.h"

namespace fairlead::runtime {

/// The other end of a unix socket, as the kernel knows it.
struct SocketPeer {
    uid_t uid = 0;
    int pid = 0;
};
std::optional<SocketPeer> socket_peer(int descriptor);

class TakeoverChannel {
  public:
    /// With one message; the kernel takes 253.
    static constexpr std::size_t kDescriptorsPerMessage = 250;

    /// @param already_read  of the connection, behind the head of the request or response
    explicit TakeoverChannel(net::Descriptor connection, std::string_view already_read = {});

    int descriptor() const { return connection_.get(); }

    /// Queues it. Descriptors are duplicated, so that their owner may close its own.
    Result<void> put(const TakeoverMessage& message, const std::vector<int>& descriptors = {});
    bool has_output() const { return !output_.empty(); }
    /// Sends what the kernel takes now. @return an error when the other end is gone
    Result<void> flush();

    /// The next whole message of what has come by now; nothing: wait for more. An error is the end
    /// of the connection: closed by the other end (is_closed() tells), or not understood.
    Result<std::optional<TakeoverMessage>> take();
    bool is_closed() const { return is_closed_; }
    /// The next `count` of the descriptors that came; an error when fewer did.
    Result<std::vector<net::Descriptor>> take_descriptors(std::size_t count);

    /// Blocks until something can be read (or written, when there is output), at most until `end`.
    Result<void> wait(Time end);

  private:
    struct Output {
        std::string bytes;
        std::size_t sent = 0;
        std::vector<net::Descriptor> descriptors;  // go with the first byte
    };
    Result<bool> receive(std::size_t most);
    std::optional<std::string> next_frame(std::string& wrong);

    net::Descriptor connection_;
    std::deque<Output> output_;
    std::string input_;
    std::deque<net::Descriptor> descriptors_;
    bool is_closed_ = false;
};

}  // namespace fairlead::runtime
