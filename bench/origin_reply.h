/// One answer of the test origin on its way out: a head, then a text or a generated body of any
/// size, written piece by piece as fast as the client reads and never held as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/net/stream.h"

namespace fairlead::bench {

/// What the first lines of an answer say.
struct OriginReplyHead {
    int status = 200;
    unsigned minor = 1;    ///< of the request: HTTP/1.0 gets no chunks
    bool is_head = false;  ///< answer to HEAD: the fields of a body without the body
    bool is_chunked = false;
    bool keep_alive = true;
    std::string_view content_type = "text/plain";
    std::string_view fields{};  ///< further fields as `Name: value\r\n` lines
};

class OriginReply {
  public:
    enum class Progress : std::uint8_t {
        Done,     ///< everything is handed to the stream
        Blocked,  ///< the client reads slowly: go on when the stream has drained
        Yielded,  ///< enough for this turn of the loop: go on in a later one
        Broken,   ///< the connection is gone
    };

    /// A generated body up to this size leaves in one piece with its head.
    static constexpr std::uint64_t kRepeatableBytesMax = 1024;

    /// Starts an answer with `text` as its body.
    void start(const OriginReplyHead& head, std::string_view text);
    /// Starts an answer with `bytes` of body_pattern() as its body.
    void start_pattern(const OriginReplyHead& head, std::uint64_t bytes);
    /// Can this answer be sent once more? True of a small one that needs no further pieces; it is
    /// then kept in memory, at most kRepeatableBytesMax of body.
    bool is_repeatable() const { return is_whole_; }
    /// Starts the same answer again, with a new date.
    void repeat();
    /// Writes what can be written now.
    Progress send(net::Stream& stream);
    /// The end of the body is the end of the connection (chunked asked for by an HTTP/1.0 client).
    bool ends_with_connection() const { return framing_ == Framing::UntilClose; }

  private:
    enum class Framing : std::uint8_t { None, Length, Chunked, UntilClose };
    void write_head(const OriginReplyHead& head, std::uint64_t bytes);
    bool send_piece(net::Stream& stream, std::uint64_t bytes);

    std::string head_;             ///< with a text's or a small generated body behind it
    std::size_t date_offset_ = 0;  ///< of the Date field's value in head_
    bool is_head_written_ = true;
    bool is_whole_ = false;  ///< head_ is all there is
    Framing framing_ = Framing::None;
    std::uint64_t offset_ = 0;
    std::uint64_t bytes_ = 0;  ///< of generated body
    bool is_ended_ = false;    ///< the last chunk is written
};

}  // namespace fairlead::bench
