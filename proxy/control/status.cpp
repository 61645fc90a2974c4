#include "proxy/control/status.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "proxy/base/units.h"
#include "proxy/base/version.h"
#include "proxy/control/changes.h"
#include "proxy/control/time_text.h"

namespace fairlead::control {
namespace {

using nlohmann::ordered_json;

std::uint64_t value_of(const telemetry::Counter* counter) {
    return counter == nullptr ? 0 : counter->value();
}

/// Gauges of whole things.
std::int64_t whole(const telemetry::Gauge& gauge) {
    return static_cast<std::int64_t>(gauge.value());
}

ordered_json class_counts(const connect::ClassCounters& counters) {
    static constexpr const char* kClasses[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    ordered_json json = ordered_json::object();
    for (std::size_t index = 1; index < counters.size(); ++index) {
        if (const std::uint64_t count = value_of(counters[index]); count > 0) {
            json[kClasses[index]] = count;
        }
    }
    return json;
}

ordered_json failure_counts(const connect::FailureCounters& counters) {
    ordered_json json = ordered_json::object();
    for (const FailureRow& each : failures()) {
        const std::uint64_t count = value_of(counters[static_cast<std::size_t>(each.failure)]);
        if (count > 0) json[std::string(each.word)] = count;
    }
    return json;
}

std::string dumped(const ordered_json& json) {
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

/// What people have changed of a backend; null when nothing.
ordered_json override_status(const runtime::Steering& steering, std::string_view pool,
                             std::string_view backend) {
    const runtime::Overrides& overrides = steering.overrides();
    const bool is_added = std::any_of(
        overrides.added.begin(), overrides.added.end(),
        [&](const auto& each) { return each.pool == pool && each.backend.name == backend; });
    const runtime::BackendOverride* const found = overrides.find(pool, backend);
    if (found == nullptr && !is_added) return nullptr;
    ordered_json json = ordered_json::object();
    if (found != nullptr && found->state != balancing::AdminState::Ready) {
        json["state"] = balancing::word(found->state);
    }
    if (found != nullptr && found->weight) {
        json["weight"] = found->weight->weight;
        json["file_weight"] = found->weight->file_weight;
    }
    if (is_added) json["added"] = true;
    return json.empty() ? ordered_json(nullptr) : json;
}

ordered_json backend_status(const runtime::Server& server, const runtime::Steering* steering,
                            const runtime::SnapshotPool& pool, const connect::SharedBackend& each) {
    const balancing::Backend& backend = *each.backend;
    const health::Health health = server.monitor().health(*pool.shared, backend);
    ordered_json checks = ordered_json::object();
    if (pool.config->check) {
        checks["passed"] = health.passed;
        checks["failed"] = health.failed;
        if (health.last_at) checks["last"] = time_text(*health.last_at);
        if (health.last) {
            checks["last_result"] = health::word(health.last->outcome);
            const std::chrono::duration<double, std::milli> took = health.last->took;
            checks["last_ms"] = std::round(took.count() * 1000) / 1000;
        }
    }
    ordered_json json{
        {"name", backend.name()},
        {"address", backend.address().text()},
        {"state", balancing::word(health.state)},
        {"reason", health.reason},
        {"since", time_text(health.since)},
        {"in_flight", backend.in_flight()},
        {"tunnels", backend.tunnels()},
        {"weight", backend.weight()},
        {"tier", backend.tier()},
        {"checks", checks},
        {"counters",
         {{"requests", class_counts(each.series->requests)},
          {"failures", failure_counts(each.series->failures)},
          {"connects_ok", value_of(each.series->connects_ok)},
          {"connects_failed", value_of(each.series->connects_failed)}}},
        {"connections",
         {{"active", whole(*each.series->connections_active)},
          {"idle", each.endpoint->idle_connections.load(std::memory_order_relaxed)}}},
    };
    if (pool.config->keepalive.learns) {
        const connect::IdleLesson& lesson = each.endpoint->lesson;
        json["connections"]["idle_limit"] = format_duration(lesson.limit());
        json["connections"]["idle_limit_from"] = connect::word(lesson.source());
    }
    if (steering != nullptr) {
        ordered_json changed = override_status(*steering, pool.config->name, backend.name());
        if (!changed.is_null()) json["override"] = std::move(changed);
    }
    return json;
}

ordered_json dns_status(const conf::Pool& pool, const runtime::Steering* steering) {
    ordered_json json{{"name", pool.dns->text()}};
    const runtime::DnsMembership* const known =
        steering == nullptr ? nullptr : runtime::find(steering->dns(), pool);
    if (known == nullptr) return json;
    json["members"] = known->places().size();
    if (!known->error().empty()) json["error"] = known->error();
    return json;
}

ordered_json pool_status(const runtime::Server& server, const runtime::Steering* steering,
                         const runtime::SnapshotPool& pool) {
    ordered_json backends = ordered_json::array();
    for (const auto& each : pool.backends) {
        backends.push_back(backend_status(server, steering, pool, *each));
    }
    ordered_json json{
        {"name", pool.config->name},
        {"policy", pool.config->policy},
        {"usable", pool.shared->has_usable()},
        {"queue_length", pool.shared->waiting()},
    };
    if (pool.config->dns) json["dns"] = dns_status(*pool.config, steering);
    json["backends"] = std::move(backends);
    return json;
}

ordered_json certificate_status(const runtime::SnapshotListener& listener) {
    ordered_json certificates = ordered_json::array();
    for (const auto& each : listener.tls.front()->settings().certificates) {
        certificates.push_back({{"path", each->path()},
                                {"names", each->names()},
                                {"key", each->key_type()},
                                {"expires", time_text(each->not_after())}});
    }
    return certificates;
}

ordered_json listener_status(const runtime::Server& server, std::size_t index) {
    const runtime::SnapshotListener& listener = server.snapshot().listeners[index];
    ordered_json bind = ordered_json::array();
    for (const auto& binding : server.bindings()) {
        if (binding.listener == listener.config->name) bind.push_back(binding.address.text());
    }
    ordered_json json{
        {"name", listener.config->name},
        {"bind", std::move(bind)},
        {"mode", listener.config->mode == conf::Mode::Http ? "http" : "tcp"},
        {"pool", listener.config->pool},
        {"connections", whole(*listener.series.connections)},
        {"connections_total", value_of(listener.series.connections_total)},
    };
    if (!listener.tls.empty()) json["certificates"] = certificate_status(listener);
    return json;
}

ordered_json last_reload_status(const runtime::ReloadReport& report, bool may_see_errors) {
    return {
        {"result", runtime::word(report.result)},
        {"when", time_text(report.when)},
        {"trigger", report.trigger},
        {"errors", may_see_errors ? report.errors : without_quoted_lines(report.errors)},
        {"changes", report.changes},
    };
}

ordered_json config_status(const runtime::Steering& steering, std::uint64_t generation,
                           bool may_see_errors) {
    ordered_json json{{"file", steering.path()}, {"generation", generation}};
    const std::optional<runtime::ReloadReport>& last = steering.last_reload();
    json["last_reload"] = last ? last_reload_status(*last, may_see_errors) : ordered_json(nullptr);
    json["file_differs"] = steering.file_differs();
    const std::optional<Duration> left = steering.confirm_left();
    json["confirm_left"] =
        left ? ordered_json(format_duration(std::chrono::ceil<std::chrono::seconds>(*left)))
             : ordered_json(nullptr);
    return json;
}

void append_html(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
}

void append_cell(std::string& out, std::string_view text) {
    out += "<td>";
    append_html(out, text);
    out += "</td>";
}

constexpr std::string_view kPageHead =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta http-equiv=\"refresh\" content=\"2\"><title>Fairlead</title><style>"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color:#1b1f24;background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}"
    "th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid #d8dee4}"
    "th{font-weight:600}.up,.rising{color:#116329}.down,.ejected{color:#a40e26;font-weight:600}"
    ".unknown,.draining,.maintenance{color:#7d4e00}code{font-size:.95em}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}"
    "th,td{border-color:#30363d}.up,.rising{color:#56d364}.down,.ejected{color:#ff7b72}"
    ".unknown,.draining,.maintenance{color:#e3b341}}</style></head><body>";

}  // namespace

std::string status_json(const runtime::Server& server, const runtime::Steering* steering, Time now,
                        bool may_see_errors) {
    const runtime::Snapshot& snapshot = server.snapshot();
    ordered_json json;
    json["version"] = version();
    json["generation"] = snapshot.generation;
    json["uptime"] =
        std::chrono::duration_cast<std::chrono::seconds>(now - server.started()).count();
    json["started"] = time_text(server.started_wall());
    json["ready"] = server.is_ready();
    json["workers"] = server.workers();
    json["connections"] = server.cap().count();
    json["max_connections"] = server.cap().most();
    if (steering != nullptr) {
        json["config"] = config_status(*steering, snapshot.generation, may_see_errors);
    }
    json["listeners"] = ordered_json::array();
    for (std::size_t index = 0; index < snapshot.listeners.size(); ++index) {
        json["listeners"].push_back(listener_status(server, index));
    }
    json["pools"] = ordered_json::array();
    for (const auto& pool : snapshot.pools) {
        json["pools"].push_back(pool_status(server, steering, *pool));
    }
    return dumped(json);
}

std::optional<std::string> pool_json(const runtime::Server& server,
                                     const runtime::Steering* steering, std::string_view name) {
    const runtime::SnapshotPool* const pool = server.snapshot().pool(name);
    if (pool == nullptr) return std::nullopt;
    return dumped(pool_status(server, steering, *pool));
}

std::optional<std::string> backend_json(const runtime::Server& server,
                                        const runtime::Steering* steering,
                                        std::string_view pool_name, std::string_view name) {
    const runtime::SnapshotPool* const pool = server.snapshot().pool(pool_name);
    if (pool == nullptr) return std::nullopt;
    for (const auto& each : pool->backends) {
        if (each->backend->name() == name) {
            return dumped(backend_status(server, steering, *pool, *each));
        }
    }
    return std::nullopt;
}

std::string status_page(const runtime::Server& server, Time now) {
    const runtime::Snapshot& snapshot = server.snapshot();
    std::string page(kPageHead);
    page += "<h1>Fairlead ";
    append_html(page, version());
    page +=
        "</h1><p>up for " +
        format_duration(std::chrono::duration_cast<std::chrono::seconds>(now - server.started()));
    page += ", " + std::to_string(server.cap().count()) + " client connections, " +
            std::to_string(server.workers()) + " workers, generation " +
            std::to_string(snapshot.generation) + (server.is_ready() ? ", ready" : ", not ready");
    page +=
        ". More: <a href=\"/api/v1/status\">status as JSON</a>, <a href=\"/metrics\">metrics</a>"
        ".</p>";
    page += "<h2>Listeners</h2><table><tr><th>name</th><th>address</th><th>connections</th></tr>";
    for (const runtime::SnapshotListener& listener : snapshot.listeners) {
        for (const auto& binding : server.bindings()) {
            if (binding.listener != listener.config->name) continue;
            page += "<tr>";
            append_cell(page, listener.config->name);
            append_cell(page, binding.address.text());
            append_cell(page, std::to_string(whole(*listener.series.connections)));
            page += "</tr>";
        }
    }
    page += "</table>";
    for (const auto& shown : snapshot.pools) {
        const runtime::SnapshotPool& pool = *shown;
        page += "<h2>Pool ";
        append_html(page, pool.config->name);
        page +=
            "</h2><table><tr><th>backend</th><th>address</th><th>state</th><th>reason</th>"
            "<th>since</th><th>in flight</th><th>weight</th><th>tier</th></tr>";
        for (const auto& each : pool.backends) {
            const balancing::Backend& backend = *each->backend;
            const health::Health health = server.monitor().health(*pool.shared, backend);
            const std::string state(balancing::word(health.state));
            page += "<tr>";
            append_cell(page, backend.name());
            append_cell(page, backend.address().text());
            page += "<td class=\"" + state + "\">" + state + "</td>";
            append_cell(page, health.reason);
            append_cell(page, time_text(health.since));
            append_cell(page, std::to_string(backend.in_flight()));
            append_cell(page, std::to_string(backend.weight()));
            append_cell(page, std::to_string(backend.tier()));
            page += "</tr>";
        }
        page += "</table>";
    }
    page += "</body></html>\n";
    return page;
}

}  // namespace fairlead::control
