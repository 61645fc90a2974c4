/// Which route takes a request: file order, first match wins. Pure; built from
/// the configuration, used by every worker and by `[[expect]]`.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "conf/model.h"
#include "proxy/http/message.h"

namespace fairlead::l7 {

/// What routes look at.
struct RouteQuery {
    std::string_view host;        ///< without port, as received
    std::string_view route_path;  ///< normalised, repeated slashes taken as one
    std::string_view method;
    const http::RequestHead* head = nullptr;  ///< for header matches
};

class Router {
  public:
    /// @param model  outlives the router
    Router(const conf::Model& model, std::string_view listener);

    /// @return index into model.routes; nothing when no route takes it (then the listener's pool
    /// does)
    std::optional<std::size_t> find(const RouteQuery& query) const;
    bool is_empty() const { return candidates_.empty(); }

  private:
    struct Candidate {
        std::size_t index;
        const conf::Route* route;
    };
    std::vector<Candidate> candidates_;
};

/// One label in front of the pattern's name for "*.x"; any case, a trailing dot does not matter.
bool matches(const conf::HostPattern& pattern, std::string_view host);
bool matches(const conf::PathPattern& pattern, std::string_view route_path);

}  // namespace fairlead::l7
