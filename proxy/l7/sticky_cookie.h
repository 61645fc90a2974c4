/// The sticky cookie in heads: read and taken out of requests, put into responses. Pure.
#pragma once

#include <string_view>

#include "balancing/sticky_table.h"
#include "conf/model.h"
#include "proxy/http/h1_writer.h"
#include "proxy/http/message.h"

namespace fairlead::l7 {

/// What a request's cookies say.
struct StickyClaim {
    balancing::Backend* backend = nullptr;  ///< of the first value that is somebody's
    bool is_sent = false;  ///< there is one of that name, good or not: backends do not get it
};
/// Reads the Cookie fields (RFC 6265 section 4.2) for cookies of this name. A value has to be a
/// token of the table as it is, without quotes: whatever else it is counts as none.
/// @param head  its fields are bounded by the listener's limits; nothing is allocated
StickyClaim read_sticky_cookie(const http::RequestHead& head, std::string_view name,
                               const balancing::StickyTable& table);
/// The Cookie fields without the cookies of this name; a field with nothing else is left out.
void write_other_cookies(const http::RequestHead& head, std::string_view name,
                         http::HeadWriter& writer);

/// A cookie to give to a client.
struct StickyOffer {
    const conf::Sticky* settings = nullptr;  ///< null: there is nothing to give
    std::string_view token;
    bool is_secure = false;  ///< the client came by TLS
};
void write_set_cookie(const StickyOffer& offer, http::HeadWriter& writer);

/// Its Cache-Control says `private` or `no-store`: nobody else gets to see it.
bool keeps_out_of_shared_caches(const http::ResponseHead& head);
/// Cache-Control as it came, with `private` and without `public`.
void write_private(const http::ResponseHead& head, http::HeadWriter& writer);

}  // namespace fairlead::l7
