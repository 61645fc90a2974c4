#include "conf/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "conf/read_rate.h"
#include "conf/read_retry.h"
#include "conf/read_route.h"
#include "conf/toml_text.h"
#include "proxy/base/hash.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

using Kind = SettingGroup::Kind;

/// Collects the settings of one section.
class Group {
  public:
    Group(Kind kind, std::string name) {
        group_.kind = kind;
        group_.name = std::move(name);
    }

    void add(std::string key, std::string value, bool is_secret = false,
             std::uint64_t content = 0) {
        group_.settings.push_back(Setting{std::move(key), std::move(value), is_secret, content});
    }
    /// For what cannot be written empty: absent means the same.
    void add_text(std::string key, const std::string& text) {
        if (!text.empty()) add(std::move(key), toml_text(text));
    }
    void add_texts(std::string key, const std::vector<std::string>& texts) {
        if (!texts.empty()) add(std::move(key), toml_texts(texts));
    }
    template <class Items>
    void add_each(std::string key, const Items& items) {
        add(std::move(key), toml_texts(texts_of(items)));
    }
    void add_field(std::string_view key, const std::string& name, std::string_view value) {
        add(fmt::format("{}.{}", key, toml_key(name)), toml_text(value), is_credential(name));
    }

    template <class Items>
    static std::vector<std::string> texts_of(const Items& items) {
        std::vector<std::string> texts;
        for (const auto& item : items) texts.push_back(item.text());
        return texts;
    }

    SettingGroup take() && { return std::move(group_); }

  private:
    SettingGroup group_;
};

template <class Enum, std::size_t Size>
std::string word(Enum value, const std::array<std::string_view, Size>& words) {
    return fmt::format("\"{}\"", words.at(static_cast<std::size_t>(value)));
}

constexpr std::array<std::string_view, 2> kModes{"http", "tcp"};
constexpr std::array<std::string_view, 4> kVias{"off", "request", "response", "both"};
constexpr std::array<std::string_view, 5> kLevels{"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> kFormats{"json", "common"};
constexpr std::array<std::string_view, 3> kQueries{"off", "redact", "on"};
constexpr std::array<std::string_view, 5> kHashKeys{"client_ip", "path", "header", "cookie",
                                                    "query"};
constexpr std::array<std::string_view, 3> kInits{"probe", "up", "down"};
constexpr std::array<std::string_view, 3> kSendProxies{"off", "v1", "v2"};
constexpr std::array<std::string_view, 2> kWhenAllDown{"try", "fail"};
constexpr std::array<std::string_view, 2> kTlsVersions{"1.2", "1.3"};
constexpr std::array<std::string_view, 3> kClientAuths{"off", "request", "require"};
constexpr std::array<std::string_view, 4> kSameSites{"lax", "strict", "none", "off"};

void add_limits(Group& group, const ListenerLimits& limits) {
    group.add("limits.headers", toml_size(limits.headers_bytes));
    group.add("limits.header_count", toml_number(limits.header_count));
    group.add("limits.url", toml_size(limits.url_bytes));
    group.add("limits.body", toml_size(limits.body_bytes));
    group.add("limits.requests_per_connection",
              toml_number(limits.requests_per_connection, "none", kUnlimited));
}

void add_connection_limits(Group& group, const ListenerLimits& limits) {
    group.add("limits.connections", toml_number(limits.connections, "none", kUnlimited));
    group.add("limits.connections_per_ip",
              toml_number(limits.connections_per_ip, "none", kUnlimited));
}

void add_timeouts(Group& group, const Listener& listener) {
    const ListenerTimeouts& timeouts = listener.timeouts;
    group.add("timeouts.handshake", toml_duration(timeouts.handshake));
    if (listener.mode == Mode::Http) {
        group.add("timeouts.header", toml_duration(timeouts.header));
        group.add("timeouts.body_idle", toml_duration(timeouts.body_idle));
        group.add("timeouts.keepalive", toml_duration(timeouts.keepalive));
        group.add("timeouts.write_idle", toml_duration(timeouts.write_idle));
        group.add("timeouts.min_rate",
                  timeouts.min_rate == 0 ? toml_text("none") : toml_size(timeouts.min_rate));
    }
    group.add("timeouts.tunnel_idle", toml_duration(timeouts.tunnel_idle));
}

/// A path that means the same wherever the setting is read.
std::string path_text(const FileContent& file) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::absolute(file.path, error);
    return toml_text(error ? file.path : path.string());
}

void mix(std::uint64_t& content, const std::shared_ptr<const FileContent>& file) {
    if (file != nullptr) content = hash_bytes(file->bytes, content + 1);
}

void add_file(Group& group, std::string key, const std::shared_ptr<const FileContent>& file) {
    if (file == nullptr) return;
    std::uint64_t content = 0;
    mix(content, file);
    group.add(std::move(key), path_text(*file), false, content);
}

void add_tls(Group& group, const std::optional<ListenerTls>& tls) {
    if (!tls) return;
    std::string rows;
    std::uint64_t content = 0;
    for (const CertificateFiles& each : tls->certificates) {
        if (!rows.empty()) rows += ", ";
        rows += fmt::format("{{ cert = {}", path_text(*each.cert));
        if (each.key != nullptr) rows += fmt::format(", key = {}", path_text(*each.key));
        if (each.ocsp != nullptr) rows += fmt::format(", ocsp = {}", path_text(*each.ocsp));
        rows += " }";
        for (const auto& file : {each.cert, each.key, each.ocsp}) mix(content, file);
    }
    group.add("tls.certificates", "[" + rows + "]", false, content);
    group.add("tls.min", word(tls->min, kTlsVersions));
    add_file(group, "tls.client_ca", tls->client_ca);
    group.add("tls.client_auth", word(tls->client_auth, kClientAuths));
}

void add_tls(Group& group, const std::optional<PoolTls>& tls) {
    if (!tls) return;
    group.add("tls.verify", toml_flag(tls->verify));
    add_file(group, "tls.ca", tls->ca);
    group.add_text("tls.sni", tls->sni);
    add_file(group, "tls.cert", tls->cert);
    add_file(group, "tls.key", tls->key);
}

void add_sticky(Group& group, const std::optional<Sticky>& sticky) {
    if (!sticky) return;
    group.add("sticky.cookie", toml_text(sticky->cookie));
    add_file(group, "sticky.key_file", sticky->key);
    group.add("sticky.http_only", toml_flag(sticky->http_only));
    group.add("sticky.secure", sticky->secure == CookieSecure::Auto
                                   ? toml_text("auto")
                                   : toml_flag(sticky->secure == CookieSecure::Always));
    group.add("sticky.same_site", word(sticky->same_site, kSameSites));
    group.add("sticky.max_age", toml_duration(sticky->max_age));
}

void add_retry(Group& group, const Retry& retry) {
    group.add("retry.attempts", toml_number(retry.attempts));
    group.add("retry.on", toml_list(retry_words(retry.on)));
    group.add("retry.budget", toml_percent(retry.budget));
    group.add("retry.per_try", toml_duration(retry.per_try));
    group.add("retry.non_idempotent", toml_flag(retry.non_idempotent));
}

void add_queue(Group& group, const Queue& queue) {
    group.add("queue.size", toml_number(queue.size));
    group.add("queue.wait", toml_duration(queue.wait));
}

void add_rate(Group& group, const std::optional<Rate>& rate) {
    if (!rate) return;
    group.add("rate.limit", toml_text(format_count_per({rate->requests, rate->period})));
    group.add("rate.burst", toml_number(rate->burst));
    group.add("rate.per", toml_text("client_ip"));
}

void add_passive(Group& group, const Passive& passive) {
    if (!passive.is_on) {
        group.add("passive", toml_text("off"));
        return;
    }
    group.add("passive.failures", toml_number(passive.failures));
    group.add("passive.over", toml_duration(passive.over));
    group.add("passive.ratio", toml_percent(passive.ratio));
    group.add("passive.min_requests", toml_number(passive.min_requests));
    group.add("passive.out", toml_duration(passive.out));
    group.add("passive.out_max", toml_duration(passive.out_max));
    group.add("passive.max_out", toml_percent(passive.max_out));
}

void add_rules(Group& group, const std::string& key, const HeaderRules& rules) {
    for (const HeaderField& field : rules.set) {
        group.add_field(key + ".set", field.name, field.value);
    }
    for (const HeaderField& field : rules.add) {
        group.add_field(key + ".add", field.name, field.value);
    }
    group.add_texts(key + ".remove", rules.remove);
}

void add_action(Group& group, const Route& route) {
    switch (route.action) {
        case Action::Pool:
            group.add("pool", toml_text(route.pool));
            return;
        case Action::Split:
            for (const SplitShare& share : route.split) {
                group.add(fmt::format("split.{}", toml_key(share.pool)), toml_number(share.weight));
            }
            return;
        case Action::Redirect:
            group.add("redirect", toml_text(route.redirect));
            group.add("status", toml_number(static_cast<std::uint64_t>(route.status)));
            return;
        case Action::Status:
            group.add("status", toml_number(static_cast<std::uint64_t>(route.status)));
            group.add_text("body", route.body);
            return;
    }
}

void add_hash(Group& group, const Hash& hash) {
    std::string key{kHashKeys.at(static_cast<std::size_t>(hash.key))};
    if (!hash.name.empty()) key += ":" + hash.name;
    group.add("hash.key", toml_text(key));
    group.add("hash.bound", toml_real(hash.bound));
}

std::string status_text(const std::vector<StatusRange>& ranges) {
    std::string out;
    for (const StatusRange& range : ranges) {
        if (!out.empty()) out += ',';
        out += range.first == range.last ? fmt::format("{}", range.first)
                                         : fmt::format("{}-{}", range.first, range.last);
    }
    return out;
}

void add_check(Group& group, const std::optional<Check>& check) {
    if (!check) {
        group.add("check", toml_text("off"));
        return;
    }
    if (check->kind == CheckKind::Http) {
        group.add("check.http", toml_text(check->method + " " + check->path));
        group.add_text("check.host", check->host);
        group.add("check.expect", toml_text(status_text(check->expect)));
        group.add_text("check.body", check->body);
    } else if (check->kind == CheckKind::Grpc) {
        group.add("check.grpc", toml_text(check->service));
        group.add_text("check.host", check->host);
    } else if (check->kind == CheckKind::Tls) {
        group.add("check.tls", toml_flag(true));
    } else {
        group.add("check.tcp", toml_flag(true));
        group.add_text("check.send", check->send);
        group.add_text("check.expect_bytes", check->expect_bytes);
    }
    group.add("check.every", toml_duration(check->every));
    group.add("check.timeout", toml_duration(check->timeout));
    group.add("check.rise", toml_number(check->rise));
    group.add("check.fall", toml_number(check->fall));
    group.add("check.every_changing", toml_duration(check->every_changing));
    group.add("check.every_down", toml_duration(check->every_down));
    group.add("check.init", word(check->init, kInits));
    group.add("check.port", toml_number(check->port));
}

void add_http2(Group& group, const Http2& h2) {
    group.add("h2.streams", toml_number(h2.streams));
    group.add("h2.resets",
              toml_text(h2.resets == kUnlimited
                            ? std::string("none")
                            : fmt::format("{}/{}", h2.resets, format_duration(h2.resets_over))));
    group.add("h2.window", toml_size(h2.window_bytes));
    group.add("h2.connection_window", toml_size(h2.connection_window_bytes));
}

std::string host_header_text(const Pool& pool) {
    switch (pool.host_header) {
        case HostHeader::Keep:
            return "keep";
        case HostHeader::Backend:
            return "backend";
        case HostHeader::Literal:
            return pool.host_literal;
    }
    return {};
}

std::string request_text(const Expectation& expectation) {
    const std::uint16_t usual = expectation.scheme == "https" ? 443 : 80;
    const std::string port =
        expectation.port == usual ? std::string{} : fmt::format(":{}", expectation.port);
    return fmt::format("{} {}://{}{}{}", expectation.method, expectation.scheme, expectation.host,
                       port, expectation.target);
}

}  // namespace

bool is_credential(std::string_view header) {
    const std::string name = to_lower(header);
    constexpr std::array<std::string_view, 5> kNames{"authorization", "proxy-authorization",
                                                     "cookie", "set-cookie", "x-api-key"};
    constexpr std::array<std::string_view, 4> kParts{"token", "secret", "password", "key"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
           std::any_of(kParts.begin(), kParts.end(),
                       [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

SettingGroup settings(const Process& process) {
    Group group{Kind::Process, "process"};
    group.add("workers", toml_number(process.workers, "auto", 0));
    group.add("max_connections", toml_number(process.max_connections, "auto", 0));
    group.add("stop.delay", toml_duration(process.stop.delay));
    group.add("stop.requests", toml_duration(process.stop.requests));
    group.add("stop.tunnels", toml_duration(process.stop.tunnels));
    group.add("drain.requests", toml_duration(process.drain.requests));
    group.add("drain.tunnels", toml_duration(process.drain.tunnels));
    group.add("watch", toml_flag(process.watch));
    group.add_text("state_file", process.state_file);
    group.add_text("user", process.user);
    return std::move(group).take();
}

SettingGroup settings(const Admin& admin) {
    Group group{Kind::Admin, "admin"};
    group.add("bind", toml_text(admin.bind.text()));
    group.add_text("socket", admin.socket);
    group.add_text("token_file", admin.token_file);
    group.add("hosts", toml_texts(admin.hosts));
    return std::move(group).take();
}

SettingGroup settings(const Log& log) {
    Group group{Kind::Log, "log"};
    group.add("level", word(log.level, kLevels));
    if (!log.access.enabled) {
        group.add("access", toml_text("off"));
        return std::move(group).take();
    }
    group.add("access.to", toml_text(log.access.to));
    group.add("access.format", word(log.access.format, kFormats));
    group.add("access.sample", toml_real(log.access.sample));
    group.add("access.query", word(log.access.query, kQueries));
    return std::move(group).take();
}

SettingGroup settings(const Listener& listener) {
    Group group{Kind::Listener, listener.name};
    std::vector<std::string> binds;
    for (const Bind& bind : listener.bind) binds.push_back(bind.address.text());
    group.add("bind", toml_texts(binds));
    group.add("mode", word(listener.mode, kModes));
    group.add_text("pool", listener.pool);
    for (const SniRoute& row : listener.sni) {
        group.add(fmt::format("sni.{}", toml_key(row.text())), toml_text(row.pool));
    }
    add_tls(group, listener.tls);
    if (listener.allow.empty()) {
        group.add("allow", toml_texts({"0.0.0.0/0", "::/0"}));
    } else {
        group.add_each("allow", listener.allow);
    }
    group.add_each("deny", listener.deny);
    group.add_each("accept_proxy", listener.accept_proxy);
    if (listener.mode == Mode::Http) {
        group.add_each("trusted_proxies", listener.trusted_proxies);
        group.add("upgrade", toml_texts(listener.upgrade));
        group.add("via", word(listener.via, kVias));
        group.add("http", toml_texts(listener.http));
        if (listener.takes_h2()) add_http2(group, listener.h2);
        add_limits(group, listener.limits);
    }
    add_connection_limits(group, listener.limits);
    add_timeouts(group, listener);
    return std::move(group).take();
}

SettingGroup settings(const Route& route) {
    Group group{Kind::Route, route.name};
    // A name made from the match is no word that could be written.
    if (route.name != name_from_match(route)) group.add_text("name", route.name);
    group.add_text("listener", route.listener);
    group.add_texts("host", Group::texts_of(route.host));
    group.add_texts("path", Group::texts_of(route.path));
    group.add_texts("method", route.method);
    for (const HeaderMatch& match : route.header) {
        group.add_field("header", match.name, match.value.value_or("*"));
    }
    add_action(group, route);
    add_rules(group, "request_headers", route.request_headers);
    add_rules(group, "response_headers", route.response_headers);
    if (route.timeouts.response) {
        group.add("timeouts.response", toml_duration(*route.timeouts.response));
    }
    if (route.timeouts.total) group.add("timeouts.total", toml_duration(*route.timeouts.total));
    if (route.retry) add_retry(group, *route.retry);
    if (route.queue) add_queue(group, *route.queue);
    add_rate(group, route.rate);
    return std::move(group).take();
}

SettingGroup settings(const Pool& pool) {
    Group group{Kind::Pool, pool.name};
    if (pool.dns) {
        group.add("dns.name", toml_text(pool.dns->text()));
        std::vector<std::string> servers;
        for (const HostPort& server : pool.dns->servers) servers.push_back(server.text());
        group.add_texts("dns.servers", servers);
    }
    group.add("policy", toml_text(pool.policy));
    if (pool.policy == "hash") add_hash(group, pool.hash);
    add_check(group, pool.check);
    add_retry(group, pool.retry);
    group.add("buffer.request", pool.buffer.request_bytes == 0
                                    ? toml_text("none")
                                    : toml_size(pool.buffer.request_bytes));
    group.add("buffer.response", toml_size(pool.buffer.response_bytes));
    add_queue(group, pool.queue);
    group.add("max_in_flight", toml_number(pool.max_in_flight, "none", kUnlimited));
    group.add("slow_start.over", toml_duration(pool.slow_start.over));
    group.add("slow_start.from", toml_percent(pool.slow_start.from));
    add_passive(group, pool.passive);
    group.add("keepalive.idle",
              pool.keepalive.learns ? toml_text("learn") : toml_duration(pool.keepalive.idle));
    group.add("keepalive.per_backend", toml_number(pool.keepalive.per_backend));
    group.add("keepalive.max_requests",
              toml_number(pool.keepalive.max_requests, "none", kUnlimited));
    group.add("keepalive.max_age", toml_duration(pool.keepalive.max_age));
    group.add("timeouts.connect", toml_duration(pool.timeouts.connect));
    group.add("timeouts.response", toml_duration(pool.timeouts.response));
    group.add("timeouts.idle", toml_duration(pool.timeouts.idle));
    group.add("timeouts.total", toml_duration(pool.timeouts.total));
    add_tls(group, pool.tls);
    add_sticky(group, pool.sticky);
    group.add("http", toml_text(pool.http == BackendHttp::V2 ? "2" : "1.1"));
    group.add("send_proxy", word(pool.send_proxy, kSendProxies));
    group.add("host_header", toml_text(host_header_text(pool)));
    group.add("when_all_down", word(pool.when_all_down, kWhenAllDown));
    return std::move(group).take();
}

SettingGroup settings(const Pool& pool, const Backend& backend) {
    Group group{Kind::Backend, backend.name};
    group.add("address", toml_text(backend.address.text()));
    group.add("name", toml_text(backend.name));
    group.add("weight", toml_number(backend.weight));
    // The pool's own shows there, once, and not as a change of each of its backends.
    if (backend.max_in_flight != pool.max_in_flight) {
        group.add("max_in_flight", toml_number(backend.max_in_flight, "none", kUnlimited));
    }
    group.add("tier", toml_number(backend.tier));
    SettingGroup out = std::move(group).take();
    out.pool = pool.name;
    return out;
}

SettingGroup settings(const Expectation& expectation) {
    Group group{Kind::Expect, request_text(expectation)};
    group.add_text("listener", expectation.listener);
    group.add("request", toml_text(request_text(expectation)));
    for (const HeaderField& field : expectation.header) {
        group.add_field("header", field.name, field.value);
    }
    if (expectation.pool) group.add("pool", toml_text(*expectation.pool));
    if (expectation.status) {
        group.add("status", toml_number(static_cast<std::uint64_t>(*expectation.status)));
    }
    if (expectation.redirect) group.add("redirect", toml_text(*expectation.redirect));
    return std::move(group).take();
}

SettingList settings(const Model& model) {
    SettingList list;
    list.push_back(settings(model.process));
    if (model.admin) list.push_back(settings(*model.admin));
    list.push_back(settings(model.log));
    for (const Listener& listener : model.listeners) list.push_back(settings(listener));
    for (const Route& route : model.routes) list.push_back(settings(route));
    for (const Pool& pool : model.pools) {
        list.push_back(settings(pool));
        for (const Backend& backend : pool.backends) list.push_back(settings(pool, backend));
    }
    for (const Expectation& expectation : model.expectations) {
        list.push_back(settings(expectation));
    }
    return list;
}

}  // namespace fairlead::conf
