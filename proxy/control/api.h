/// The admin endpoint's resources: which path answers what, and to whom (docs/steering.md). No
/// sockets here. Main thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/control/access.h"
#include "proxy/control/answer.h"
#include "proxy/control/audit.h"
#include "proxy/control/resource.h"
#include "proxy/control/token_file.h"
#include "proxy/http/message.h"
#include "proxy/net/descriptor.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/steering.h"

namespace fairlead::control {

struct ApiRequest {
    http::Method method = http::Method::Get;
    std::string_view method_name;
    std::string_view path;   ///< normalised, without query
    std::string_view query;  ///< without "?"
    Claims claims;
};

class Api {
  public:
    /// @param steering  null: what runs cannot be changed, only looked at
    Api(runtime::Server& server, runtime::Steering* steering);

    /// Who goes on with a connection on which another process asks for the listening sockets: the
    /// 101 has been sent. Without one, such requests are refused.
    using OnTakeover = std::function<void(net::Descriptor, std::string_view already_read)>;
    void set_on_takeover(OnTakeover on_takeover) { on_takeover_ = std::move(on_takeover); }
    const OnTakeover& on_takeover() const { return on_takeover_; }
    /// Why the sockets cannot be asked for now: the process stops, another one is taking over, or a
    /// reload waits to be confirmed and may go back, of which the next process would not know.
    std::optional<ApiAnswer> takeover_refusal() const;

    /// Whom to believe from now on.
    void set_rules(std::vector<std::string> hosts, std::string token_file);

    /// What can be said before there is a body, and without reading one: who may not, what does not
    /// exist. Nothing when the request may go on to answer().
    std::optional<ApiAnswer> refusal(const Caller& caller, const ApiRequest& request, Time now);
    /// @param reply  called once, now or later; what was begun goes on when nobody hears it
    void answer(const Caller& caller, const ApiRequest& request, std::string_view body, Time now,
                Reply reply);

  private:
    AccessRules rules_for(const Claims& claims);
    std::optional<ApiAnswer> denied(const Caller& caller, const ApiRequest& request, Need need,
                                    Time now);
    ApiAnswer look(const Caller& caller, const ApiRequest& request, const Place& place, Time now);
    void change(const Caller& caller, const Place& place, http::Method method,
                std::string_view body, Reply reply);

    runtime::Server& server_;
    runtime::Steering* const steering_;
    OnTakeover on_takeover_;
    std::vector<std::string> hosts_;
    TokenFile token_file_;
    DeniedAttempts denied_;
};

}  // namespace fairlead::control
