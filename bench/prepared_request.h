/// A request made ready once and sent many times: only the digits of its id change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load_run.h"
#include "proxy/http/message.h"

namespace fairlead::bench {

class PreparedRequest {
  public:
    /// @param id_series  before the number in X-Bench-Id; empty: no such field
    PreparedRequest(const RequestShape& shape, std::string_view host, std::string_view id_series);

    /// The head with `number` in its id. Valid until the next call.
    /// @param is_last  of its connection: `Connection: close` is said
    std::string_view head(std::uint64_t number, bool is_last);
    /// Of the generated body behind the head (body_pattern() from offset 0).
    std::uint64_t body_bytes() const { return body_bytes_; }
    http::Method method() const { return method_; }

  private:
    struct Head {
        std::string bytes;
        std::size_t number_at = 0;  // of the id, the end of the head follows; 0: no id
    };
    Head make_head(const RequestShape& shape, std::string_view host, std::string_view id_series,
                   bool is_last) const;

    http::Method method_;
    std::uint64_t body_bytes_;
    Head kept_;
    Head last_;
};

/// The requests of one target, drawn by weight.
class RequestMix {
  public:
    /// @param shapes  not empty
    RequestMix(const std::vector<RequestShape>& shapes, std::string_view host,
               std::string_view id_series);

    /// @param random  any number
    PreparedRequest& draw(std::uint64_t random);
    bool is_single() const { return requests_.size() == 1; }

  private:
    std::vector<PreparedRequest> requests_;
    std::vector<std::uint64_t> weights_up_to_;  // running sums
};

}  // namespace fairlead::bench
