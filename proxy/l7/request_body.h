/// The body of a request on its way through: taken out of its framing, held from its first byte
/// while it may have to be sent again, and handed to the attempt that is running. Bounded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proxy/http/body_decoder.h"

namespace fairlead::l7 {

class RequestBody {
  public:
    /// @param held_max   bytes kept for another attempt (`buffer.request`)
    /// @param bytes_max  beyond it the request is refused (`limits.body`)
    void start(http::BodyLength length, std::uint64_t held_max, std::uint64_t bytes_max);

    /// Takes bytes from the client: the decoded ones are in `payload` of the result and, while they
    /// fit, held. More than held_max bytes are held only while nothing has been sent of them
    /// (at most one read more than the bound; the caller stops reading at is_full()).
    http::BodyPart receive(std::span<char> bytes);
    /// The client's protocol says that this was all.
    /// @param trailers  whole lines that may be forwarded
    /// @return it is complete, as far as a length was said
    bool end(std::string_view trailers);
    /// Keeps decoded bytes that no attempt could take yet, and those that may be sent again.
    void hold(std::string_view payload);

    bool is_complete() const { return decoder_.is_done(); }
    bool is_empty() const { return length_.kind == http::BodyLength::Kind::None; }
    http::BodyLength length() const { return length_; }
    std::uint64_t received_bytes() const { return decoder_.decoded_bytes(); }
    std::string_view trailers() const {
        return trailers_.empty() ? std::string_view(decoder_.trailers()) : trailers_;
    }

    /// Every byte received so far is still here, so that an attempt can start from the beginning.
    bool is_replayable() const { return !is_dropped_; }
    std::string_view held() const { return held_; }
    /// As much is held as may be: reading waits until an attempt takes it.
    bool is_full() const { return held_.size() >= held_max_; }
    /// An attempt has sent what is held and more is coming than may be kept: no other attempt can
    /// start over from here on.
    void drop_if_full();
    void drop();

  private:
    http::BodyDecoder decoder_;
    http::BodyLength length_{};
    std::uint64_t held_max_ = 0;
    std::string held_;
    std::string trailers_;  ///< of end()
    bool is_dropped_ = false;
};

}  // namespace fairlead::l7
