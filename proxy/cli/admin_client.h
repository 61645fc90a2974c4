/// Asks the running balancer: one blocking request on a connection of its own, within a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/base/clock.h"
#include "proxy/base/result.h"
#include "proxy/control/json_value.h"

namespace fairlead::cli {

/// What the balancer answered.
struct AdminReply {
    int status = 0;
    std::string body;
    control::JsonValue json;  ///< of the body; Null when it is none

    bool is_fine() const { return status >= 200 && status < 300; }
    /// The API's error and hint, of a reply that is not fine.
    Error error() const;
};

class AdminClient {
  public:
    /// @param token  sent with each request
    AdminClient(HostPort where, std::optional<std::string> token)
        : where_(std::move(where)), token_(std::move(token)) {}

    /// @param path      with names already encoded, see encode_name
    /// @param patience  for everything together
    /// @return the reply, or why the balancer could not be asked, with the cure
    Result<AdminReply> ask(std::string_view method, std::string_view path,
                           std::string_view body = {},
                           Duration patience = std::chrono::seconds{10}) const;

    const HostPort& where() const { return where_; }

  private:
    std::string request(std::string_view method, std::string_view path,
                        std::string_view body) const;

    HostPort where_;
    std::optional<std::string> token_;
};

/// A name as a part of a path: "unix:%2Frun%2Fapp.sock".
std::string encode_name(std::string_view name);

}  // namespace fairlead::cli
