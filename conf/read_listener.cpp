#include "conf/read_listener.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "conf/names.h"
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

void read_trusted_proxies(Section& section, Listener& out) {
    std::vector<Text> texts;
    if (!section.texts("trusted_proxies", texts)) return;
    for (Text& text : texts) {
        if (text.text == "none" || text.text == "off") continue;
        Result<IpNetwork> network = IpNetwork::parse(text.text);
        if (!network) {
            section.error(text.place, std::move(network.error().message),
                          std::move(network.error().hint));
            continue;
        }
        out.trusted_proxies.push_back(*std::move(network));
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

}  // namespace

void read_listener(Section& section, Listener& out) {
    out.where = section.where();
    read_bind(section, out);
    section.choice("mode", out.mode, {{"http", Mode::Http}});
    section.text("pool", out.pool);
    read_trusted_proxies(section, out);
    read_upgrade(section, out);
    section.choice("via", out.via,
                   {{"off", Via::Off},
                    {"request", Via::Request},
                    {"response", Via::Response},
                    {"both", Via::Both}});
    section.table("limits", [&](Section& limits) { read_limits(limits, out.limits); });
    section.table("timeouts", [&](Section& timeouts) { read_timeouts(timeouts, out.timeouts); });
}

}  // namespace fairlead::conf
