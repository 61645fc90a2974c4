#include "conf/read_listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "conf/names.h"
#include "conf/patterns.h"
#include "conf/read_http2.h"
#include "conf/read_tls.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

void read_bind(Section& section, Listener& out) {
    const Value* value = section.get("bind");
    if (value == nullptr) {
        section.error(section.place(), fmt::format("{} has no \"bind\"", section.title()),
                      "write bind = \":8080\"");
        return;
    }
    if (value->is(Value::Kind::Integer)) {
        section.wrong_type(*value, "bind", "a string or a list of strings",
                           fmt::format("write \":{}\"", value->integer));
        return;
    }
    std::vector<Text> texts;
    if (!section.texts("bind", texts)) return;
    if (texts.empty()) {
        section.error(value->place, "\"bind\" is empty", "write \":8080\"");
    }
    for (Text& text : texts) {
        Result<BindAddress> address = BindAddress::parse(text.text);
        if (!address) {
            section.error(text.place, std::move(address.error().message),
                          std::move(address.error().hint));
            continue;
        }
        out.bind.push_back(
            Bind{*std::move(address), section.reading().document.locate(text.place)});
    }
}

void read_networks(Section& section, std::string_view key, std::vector<IpNetwork>& out) {
    std::vector<Text> texts;
    if (!section.texts(key, texts)) return;
    for (Text& text : texts) {
        if (text.text == "none" || text.text == "off") continue;
        Result<IpNetwork> network = IpNetwork::parse(text.text);
        if (!network) {
            section.error(text.place, std::move(network.error().message),
                          std::move(network.error().hint));
            continue;
        }
        out.push_back(*std::move(network));
    }
}

void read_upgrade(Section& section, Listener& out) {
    std::vector<Text> texts;
    if (!section.texts("upgrade", texts)) return;
    out.upgrade.clear();
    for (const Text& text : texts) {
        std::string protocol = to_lower(text.text);
        if (protocol == "none" || protocol == "off") continue;
        // h2c would let a client speak past every check made here.
        if (protocol == "h2c" || protocol.starts_with("http/") || protocol.starts_with("tls/")) {
            section.error(text.place,
                          fmt::format("\"{}\" cannot be allowed as an upgrade", text.text),
                          "it would take requests past the balancer's checks");
        } else if (!is_token(protocol)) {
            section.error(text.place,
                          fmt::format("\"{}\" is not the name of a protocol", text.text),
                          "as \"websocket\"");
        } else {
            out.upgrade.push_back(std::move(protocol));
        }
    }
}

void read_limits(Section& section, ListenerLimits& out) {
    constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
    section.size("headers", out.headers_bytes, {1024, kMiB});
    section.number("header_count", out.header_count, {1, 10'000});
    section.size("url", out.url_bytes, {64, kMiB});
    SizeRange body;
    body.none_allowed = true;
    section.size("body", out.body_bytes, body);
    section.number("requests_per_connection", out.requests_per_connection,
                   {1, 1'000'000'000, "none", kUnlimited});
    section.number("connections", out.connections, {1, 1'000'000'000, "none", kUnlimited});
    section.number("connections_per_ip", out.connections_per_ip,
                   {1, 1'000'000'000, "none", kUnlimited});
}

/// Rows of `allow` and `deny` that say nothing are mistakes: a client is denied when `deny` has it,
/// however exact a row of `allow` is.
void read_access(Section& section, Listener& out) {
    read_networks(section, "allow", out.allow);
    if (section.has("allow") && out.allow.empty()) {
        section.error(section.value_place("allow"), "\"allow\" lets nobody in",
                      "name networks, or leave it out to let everyone in");
    }
    read_networks(section, "deny", out.deny);
    const auto has_all_of = [&](std::string_view family) {
        const IpNetwork all = *IpNetwork::parse(family);
        return std::any_of(out.deny.begin(), out.deny.end(), [&](const IpNetwork& each) {
            return each.prefix_bits == all.prefix_bits && each.base == all.base;
        });
    };
    if (!has_all_of("0.0.0.0/0") || !has_all_of("::/0")) return;
    section.error(section.value_place("deny"), "\"deny\" has every address",
                  "write the networks that are let in as \"allow\", without \"deny\"");
}

void read_timeouts(Section& section, ListenerTimeouts& out) {
    constexpr std::chrono::milliseconds kMin{10};
    constexpr std::chrono::hours kDay{24};
    constexpr std::chrono::hours kMonth{24 * 31};
    section.duration("handshake", out.handshake, {kMin, kDay});
    // Without an end to it, one client's unfinished head would hold a connection for ever.
    section.duration("header", out.header, {kMin, kDay});
    section.duration("body_idle", out.body_idle, {kMin, kDay, true});
    section.duration("keepalive", out.keepalive, {kMin, kDay, true});
    section.duration("write_idle", out.write_idle, {kMin, kDay, true});
    section.size("min_rate", out.min_rate, {0, std::uint64_t{1} << 30U, true, 0});
    section.duration("tunnel_idle", out.tunnel_idle, {kMin, kMonth, true});
}

/// One row of `sni`. @return nothing when its name is none; reported.
std::optional<SniRoute> read_sni_row(const Section& section, const NamedText& row) {
    Result<HostPattern> pattern = parse_host_pattern(row.name.text);
    if (!pattern) {
        section.error(row.name.place, std::move(pattern.error().message),
                      "\"db.example.com\" or \"*.example.com\"");
        return std::nullopt;
    }
    if (pattern->name.starts_with('[') || IpAddress::parse(pattern->name)) {
        section.error(row.name.place,
                      fmt::format("\"{}\" never comes as a server name", row.name.text),
                      "clients send names, not addresses (RFC 6066)");
        return std::nullopt;
    }
    return SniRoute{std::move(pattern->name), pattern->wildcard, row.value.text,
                    section.reading().document.locate(row.name.place)};
}

void read_sni(Section& section, const Names& names, Listener& out) {
    std::vector<NamedText> rows;
    if (!section.named_texts("sni", rows)) return;
    const std::string title = fmt::format("[listener.{}.sni]", out.name);
    for (const NamedText& row : rows) {
        check_reference(section.reading(), row.value.place, title, "pool", row.value.text,
                        names.pools);
        if (std::optional<SniRoute> route = read_sni_row(section, row)) {
            out.sni.push_back(*std::move(route));
        }
    }
    // Exact names are looked up first, whatever the order in the file.
    const auto key = [](const SniRoute& route) { return std::tie(route.wildcard, route.name); };
    std::stable_sort(out.sni.begin(), out.sni.end(),
                     [&](const SniRoute& a, const SniRoute& b) { return key(a) < key(b); });
    for (std::size_t i = 1; i < out.sni.size(); ++i) {
        if (key(out.sni[i - 1]) != key(out.sni[i])) continue;
        const Location& where = out.sni[i].where;
        section.reading().error(
            where, fmt::format("\"{}\" is in \"sni\" twice", out.sni[i].text()),
            fmt::format("the first is in line {}, column {}", out.sni[i - 1].where.line,
                        out.sni[i - 1].where.column));
    }
}

/// Keys about requests, which a listener with mode "tcp" never sees.
void refuse_http_keys(Section& section, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
        if (!section.has(key)) continue;
        section.error(section.key_place(key),
                      fmt::format("\"{}\" has no effect with mode = \"tcp\"", key), "remove it");
    }
}

void check_tcp(Section& section) {
    refuse_http_keys(section, {"trusted_proxies", "upgrade", "via", "http", "h2"});
    if (section.has("pool") || section.has("sni")) return;
    section.error(section.place(),
                  fmt::format("{} has no \"pool\" and no \"sni\"", section.title()),
                  "write pool = \"NAME\": routes are for requests");
}

}  // namespace

void read_listener(Section& section, const Names& names, Listener& out) {
    out.where = section.where();
    section.choice("mode", out.mode, {{"http", Mode::Http}, {"tcp", Mode::Tcp}});
    const bool is_tcp = out.mode == Mode::Tcp;
    read_bind(section, out);
    if (section.text("pool", out.pool)) {
        check_reference(section, "pool", "pool", out.pool, names.pools);
    }
    read_sni(section, names, out);
    if (section.has("sni") && !is_tcp) {
        section.error(section.key_place("sni"), "\"sni\" needs mode = \"tcp\"",
                      "requests are told apart by [[route]] with host = \"NAME\"");
    }
    read_listener_tls(section, out.tls);
    read_http2(section, out);
    read_access(section, out);
    read_networks(section, "accept_proxy", out.accept_proxy);
    read_networks(section, "trusted_proxies", out.trusted_proxies);
    read_upgrade(section, out);
    section.choice("via", out.via,
                   {{"off", Via::Off},
                    {"request", Via::Request},
                    {"response", Via::Response},
                    {"both", Via::Both}});
    section.table("limits", [&](Section& limits) {
        read_limits(limits, out.limits);
        if (is_tcp) {
            refuse_http_keys(limits,
                             {"headers", "header_count", "url", "body", "requests_per_connection"});
        }
    });
    section.table("timeouts", [&](Section& timeouts) {
        read_timeouts(timeouts, out.timeouts);
        if (is_tcp) {
            refuse_http_keys(timeouts,
                             {"header", "body_idle", "keepalive", "write_idle", "min_rate"});
        }
    });
    if (is_tcp) check_tcp(section);
}

}  // namespace fairlead::conf
