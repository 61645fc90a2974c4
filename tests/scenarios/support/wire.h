/// One end of a connection in the hands of a test: blocking, with a deadline on every wait, so that
/// a proxy that says nothing fails a test instead of hanging it. Used by clients and by what a fake
/// backend accepts. Not thread-safe, except for interrupt().
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/scenarios/support/message.h"

namespace fairlead::scenarios {

/// How long a test waits for something that must happen.
inline constexpr std::chrono::milliseconds kPatience{10'000};

/// How a connection stands.
enum class Ending {
    Open,    ///< nothing came for the time waited
    Bytes,   ///< there is more to read
    Closed,  ///< FIN
    Reset,
};

class Wire {
  public:
    /// Takes over a connected socket.
    explicit Wire(int descriptor) : descriptor_(descriptor) {}
    ~Wire();
    Wire(Wire&& other) noexcept;
    Wire& operator=(Wire&&) = delete;
    Wire(const Wire&) = delete;

    /// @return false when the other end has gone or takes nothing for kPatience
    bool send(std::string_view bytes);
    /// FIN; reading goes on.
    void close_writing();
    void close();
    /// RST instead of FIN.
    void reset();
    /// From any thread: whatever waits on this wire ends.
    void interrupt();

    Message read_request();
    /// @param to_head  the answer to HEAD: no body follows whatever its fields say
    Message read_response(bool to_head = false);
    /// Only the head, up to and with the empty line; empty when none came.
    std::string read_head();
    /// As many bytes, or fewer when the connection ends before.
    std::string read_exactly(std::size_t bytes);
    /// At least one byte, at most so many; empty at the end.
    std::string read_some(std::size_t bytes_max = 64 * 1024);
    /// Everything until the other end closes.
    std::string read_to_end();
    /// Waits for something to come. Leaves what came to be read.
    Ending wait_for_ending(std::chrono::milliseconds patience = kPatience);
    /// How the last read ended.
    Ending ending() const { return ending_; }
    /// All bytes read so far.
    const std::string& received() const { return received_; }
    /// The next reads keep nothing in received(): for bodies of many megabytes.
    void forget_received() { keeps_received_ = false; }

    int descriptor() const { return descriptor_; }

  private:
    bool fill(std::chrono::milliseconds patience = kPatience);
    Message read_message(bool is_request, bool to_head);
    bool read_chunks(Message& message);
    std::string read_line();

    std::atomic<int> descriptor_;
    std::string buffer_;
    std::string received_;
    Ending ending_ = Ending::Open;
    bool keeps_received_ = true;
};

}  // namespace fairlead::scenarios
