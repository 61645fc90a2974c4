#include "proxy/control/api.h"

#include <nlohmann/json.hpp>

#include "proxy/base/text.h"
#include "proxy/control/status.h"
#include "proxy/http/target.h"

namespace fairlead::control {
namespace {

constexpr std::string_view kJson = "application/json";

ApiAnswer problem(int status, std::string_view error, std::string_view hint) {
    ApiAnswer answer;
    answer.status = status;
    answer.content_type = kJson;
    answer.body = nlohmann::ordered_json{{"error", error}, {"hint", hint}}.dump(
                      -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                  "\n";
    return answer;
}

ApiAnswer text(int status, std::string body) {
    ApiAnswer answer;
    answer.status = status;
    answer.body = std::move(body);
    return answer;
}

ApiAnswer ready(const runtime::Server& server, std::string_view query) {
    if (!server.is_ready()) {
        return text(503, server.is_stopping() ? "stopping\n" : "not ready yet\n");
    }
    if (query.empty()) return text(200, "ready\n");
    if (!query.starts_with("pool=")) {
        return problem(400, "unknown parameter", "use /ready or /ready?pool=NAME");
    }
    const std::string_view name = query.substr(5);
    if (const runtime::SnapshotPool* const pool = server.snapshot().pool(name)) {
        return pool->shared->has_usable() ? text(200, "ready\n") : text(503, "no usable backend\n");
    }
    return problem(404, "no such pool", "GET /api/v1/status lists the pools");
}

ApiAnswer pool(const runtime::Server& server, std::string_view name) {
    std::optional<std::string> body = pool_json(server, name);
    if (!body) return problem(404, "no such pool", "GET /api/v1/status lists the pools");
    ApiAnswer answer;
    answer.content_type = kJson;
    answer.body = std::move(*body);
    return answer;
}

}  // namespace

bool is_accepted_host(std::string_view host, const BindAddress& bind) {
    http::HostAndPort parts;
    if (!http::parse_host(host, parts)) return false;
    std::string_view name = parts.host;
    if (http::host_equals(name, "localhost")) return true;
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    // An address cannot be made to point elsewhere, a name can.
    const Result<IpAddress> address = IpAddress::parse(name);
    return address && (address->is_loopback() || *address == bind.address.ip);
}

ApiAnswer answer(runtime::Server& server, const BindAddress& bind, const ApiRequest& request,
                 Time now) {
    if (request.method != http::Method::Get && request.method != http::Method::Head) {
        ApiAnswer refused =
            problem(405, "method not allowed", "this endpoint is for reading: use GET");
        refused.allow = "GET, HEAD";
        return refused;
    }
    // Probes and scrapers come under any name.
    if (request.path == "/live") return text(200, "live\n");
    if (request.path == "/ready") return ready(server, request.query);
    if (request.path == "/metrics") {
        ApiAnswer listing;
        listing.content_type = telemetry::kPrometheusContentType;
        listing.listing = std::make_unique<telemetry::Rendering>(server.registry());
        return listing;
    }
    if (!is_accepted_host(request.host, bind)) {
        return problem(403, "this Host is not accepted here",
                       "use the address the endpoint is bound to, or localhost");
    }
    if (request.path == "/") {
        ApiAnswer page;
        page.content_type = "text/html; charset=utf-8";
        page.body = status_page(server, now);
        return page;
    }
    if (request.path == "/api/v1/status") {
        ApiAnswer status;
        status.content_type = kJson;
        status.body = status_json(server, now);
        return status;
    }
    static constexpr std::string_view kPools = "/api/v1/pools/";
    if (request.path.starts_with(kPools)) return pool(server, request.path.substr(kPools.size()));
    return problem(404, "no such resource",
                   "there are /, /live, /ready, /metrics, /api/v1/status and /api/v1/pools/NAME");
}

}  // namespace fairlead::control
