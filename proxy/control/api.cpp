#include "proxy/control/api.h"

#include <unistd.h>

#include <utility>

#include "proxy/control/changes.h"
#include "proxy/control/status.h"

namespace fairlead::control {
namespace {

ApiAnswer no_pool() { return problem(404, "no such pool", "GET /api/v1/status lists the pools"); }

ApiAnswer ready(const runtime::Server& server, std::string_view query) {
    if (!server.is_ready()) {
        return text_answer(503, server.is_stopping() ? "stopping\n" : "not ready yet\n");
    }
    if (query.empty()) return text_answer(200, "ready\n");
    if (!query.starts_with("pool=")) {
        return problem(400, "unknown parameter", "use /ready or /ready?pool=NAME");
    }
    const std::string_view name = query.substr(5);
    if (const runtime::SnapshotPool* const pool = server.snapshot().pool(name)) {
        return pool->shared->has_usable() ? text_answer(200, "ready\n")
                                          : text_answer(503, "no usable backend\n");
    }
    return no_pool();
}

ApiAnswer listing(runtime::Server& server) {
    ApiAnswer answer;
    answer.content_type = telemetry::kPrometheusContentType;
    answer.listing = std::make_unique<telemetry::Rendering>(server.registry());
    return answer;
}

ApiAnswer page(const runtime::Server& server, Time now) {
    ApiAnswer answer;
    answer.content_type = "text/html; charset=utf-8";
    answer.body = status_page(server, now);
    return answer;
}

ApiAnswer nothing_here() {
    return problem(404, "no such resource",
                   "there are /, /live, /ready, /metrics, and below /api/v1: /status, "
                   "/pools/NAME, /pools/NAME/backends, /pools/NAME/backends/NAME, /reload, "
                   "/confirm and /plan");
}

ApiAnswer wrong_method(Resource resource) {
    const std::string_view allowed = allowed_methods(resource);
    ApiAnswer refused = problem(405, "method not allowed", "use " + std::string(allowed));
    refused.allow = allowed;
    return refused;
}

Need need_of(Resource resource, http::Method method) {
    if (!is_reading(method)) return Need::Change;
    switch (resource) {
        case Resource::Live:
        case Resource::Ready:
        case Resource::Metrics:
            return Need::Nothing;
        default:
            return Need::Read;
    }
}

}  // namespace

Api::Api(runtime::Server& server, runtime::Steering* steering)
    : server_(server), steering_(steering), token_file_("") {}

void Api::set_rules(std::vector<std::string> hosts, std::string token_file) {
    hosts_ = std::move(hosts);
    token_file_ = TokenFile(std::move(token_file));
}

AccessRules Api::rules_for(const Claims& claims) {
    AccessRules rules;
    rules.own_uid = ::geteuid();
    rules.hosts = hosts_;
    rules.has_token_file = token_file_.exists();
    // The file is read only for those who bring something to compare with it.
    if (!claims.authorization.empty()) {
        rules.token = token_file_.token();
    } else if (rules.has_token_file) {
        rules.token = std::string_view();
    }
    return rules;
}

std::optional<ApiAnswer> Api::denied(const Caller& caller, const ApiRequest& request, Need need,
                                     Time now) {
    const AccessRules rules = rules_for(request.claims);
    const std::optional<Denial> denial = check_access(rules, caller, request.claims, need);
    if (!denial) return std::nullopt;
    if (need == Need::Change) {
        denied_.report(now, caller.peer.empty() ? caller.who() : caller.peer,
                       std::string(request.method_name) + " " + std::string(request.path),
                       denial->error);
    }
    return problem(denial->status, denial->error, denial->hint);
}

std::optional<ApiAnswer> Api::takeover_refusal() const {
    if (server_.is_stopping()) {
        return problem(503, "the running process is stopping",
                       "start the next one without --takeover when it has ended");
    }
    if (steering_ == nullptr) return std::nullopt;
    if (!steering_->held().empty()) {
        return problem(409, "not now: " + steering_->held(), "try again in a moment");
    }
    if (steering_->confirm_left()) {
        return problem(409, "a reload waits to be confirmed",
                       "fairlead confirm, or wait until it has gone back");
    }
    return std::nullopt;
}

std::optional<ApiAnswer> Api::refusal(const Caller& caller, const ApiRequest& request, Time now) {
    const Place place = find_place(request.path);
    const Need need = need_of(place.resource, request.method);
    // Who may not even read learns nothing of what there is.
    const Need at_first = need == Need::Nothing ? Need::Nothing : Need::Read;
    if (auto refused = denied(caller, request, at_first, now)) return refused;
    if (place.resource == Resource::None) return nothing_here();
    if (!is_allowed(place.resource, request.method)) return wrong_method(place.resource);
    if (need != Need::Change) return std::nullopt;
    if (auto refused = denied(caller, request, need, now)) return refused;
    if (steering_ != nullptr) return std::nullopt;
    return problem(403, "this balancer cannot be changed while it runs", "restart it otherwise");
}

void Api::answer(const Caller& caller, const ApiRequest& request, std::string_view body, Time now,
                 Reply reply) {
    const Place place = find_place(request.path);
    if (!is_reading(request.method)) {
        return change(caller, place, request.method, body, std::move(reply));
    }
    if (place.resource == Resource::Plan && steering_ != nullptr) {
        const bool sees_lines = may_change(rules_for(request.claims), caller, request.claims);
        return show_plan(*steering_, sees_lines, std::move(reply));
    }
    reply(look(caller, request, place, now));
}

ApiAnswer Api::look(const Caller& caller, const ApiRequest& request, const Place& place, Time now) {
    switch (place.resource) {
        case Resource::Page:
            return page(server_, now);
        case Resource::Live:
            return text_answer(200, "live\n");
        case Resource::Ready:
            return ready(server_, request.query);
        case Resource::Metrics:
            return listing(server_);
        case Resource::Status: {
            const bool sees_lines = may_change(rules_for(request.claims), caller, request.claims);
            return json_answer(200, status_json(server_, steering_, now, sees_lines));
        }
        case Resource::Pool: {
            std::optional<std::string> json = pool_json(server_, steering_, place.pool);
            return json ? json_answer(200, *std::move(json)) : no_pool();
        }
        default:
            return nothing_here();
    }
}

void Api::change(const Caller& caller, const Place& place, http::Method method,
                 std::string_view body, Reply reply) {
    const Steered steered{server_, *steering_};
    switch (place.resource) {
        case Resource::Backends:
            return add_backend(steered, place, body, caller.who(), std::move(reply));
        case Resource::Backend:
            if (method == http::Method::Delete) {
                return remove_backend(steered, place, body, caller.who(), std::move(reply));
            }
            return change_backend(steered, place, body, caller.who(), std::move(reply));
        case Resource::Reload:
            return reload(steered, body, caller.who(), std::move(reply));
        case Resource::Confirm:
            return confirm(steered, body, caller.who(), reply);
        case Resource::Plan:
            return show_plan_for(*steering_, body, reply);
        case Resource::Takeover:
            return reply(problem(426, "this needs an upgrade to fairlead-takeover",
                                 "fairlead run --takeover asks for it, on the control socket"));
        default:
            return reply(nothing_here());
    }
}

}  // namespace fairlead::control
