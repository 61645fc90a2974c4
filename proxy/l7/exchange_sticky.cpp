// Sticky pools: back to the backend that a client's cookie names, and the cookie for those without.
#include <algorithm>

#include "proxy/base/text.h"
#include "proxy/l7/exchange.h"

namespace fairlead::l7 {

/// A client that has a place in one of the pools of a split stays in that pool. One that was given
/// the weight 0 is being emptied.
RouteEntry& Exchange::choose_share(RouteEntry& route) {
    if (!route.split || head_.find(http::FieldId::Cookie) == nullptr) return route.next();
    for (std::size_t index = 0; index < route.shares.size(); ++index) {
        RouteEntry& share = route.shares[index];
        if (share.pool == nullptr || share.pool->sticky == nullptr ||
            route.config->split[index].weight == 0) {
            continue;
        }
        const StickyClaim claim =
            read_sticky_cookie(head_, share.pool->config.sticky->cookie, *share.pool->sticky);
        if (claim.backend != nullptr &&
            !share.pool->pool.is_out(*claim.backend, context_.loop.now())) {
            return share;
        }
    }
    return route.next();
}

/// The client's own backend, as long as it is one to come back to and has not failed this request;
/// else whom the policy chooses.
balancing::Picked Exchange::choose_backend() {
    const Time now = context_.loop.now();
    const std::span<const balancing::Backend* const> tried(tried_.data(), tried_count_);
    const bool is_tried = std::find(tried.begin(), tried.end(), claim_.backend) != tried.end();
    if (claim_.backend != nullptr && !is_tried) {
        balancing::Picked own;
        switch (pool_->pool.stay(*claim_.backend, now, own.lease)) {
            case balancing::Pool::Stay::Taken:
                return own;
            case balancing::Pool::Stay::Busy:
                break;  // somebody else for this once, and the cookie stays
            case balancing::Pool::Stay::Out:
                claim_.backend = nullptr;
                break;
        }
    }
    return pool_->pool.pick(hash_key_, tried, now);
}

/// For a client without a cookie, with a bad one, or whose backend is out.
StickyOffer Exchange::sticky_offer() const {
    if (pool_->sticky == nullptr) return {};
    balancing::Backend* const own = claim_.backend;
    const bool is_home =
        own != nullptr && (own == answered_by_ || !pool_->pool.is_out(*own, context_.loop.now()));
    if (is_home) return {};
    bool is_secure = !tls_version_.empty();
    if (const http::Field* const told = head_.find(http::FieldId::XForwardedProto);
        is_trusted_ && told != nullptr) {
        is_secure = iequals(head_.value(*told), "https");
    }
    return {&*pool_->config.sticky, pool_->sticky->token(*answered_by_), is_secure};
}

}  // namespace fairlead::l7
