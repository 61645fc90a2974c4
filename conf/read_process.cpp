#include "conf/read_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "conf/patterns.h"

namespace fairlead::conf {
namespace {

/// For stop and drain: how long what runs may go on.
constexpr DurationRange kWait{Duration{0}, std::chrono::hours{24}, true};
constexpr std::size_t kSocketPathMax = 107;  ///< bytes: sockaddr_un has 108 with the final NUL

void read_stop(Section& section, Stop& out) {
    section.duration("delay", out.delay, {Duration{0}, std::chrono::hours{1}});
    section.duration("requests", out.requests, kWait);
    section.duration("tunnels", out.tunnels, kWait);
}

void read_drain(Section& section, Drain& out) {
    section.duration("requests", out.requests, kWait);
    section.duration("tunnels", out.tunnels, kWait);
}

/// A path: not empty, no control bytes. @return whether `out` was written.
bool read_path(Section& section, std::string_view key, std::string_view example, std::string& out) {
    std::string path;
    if (!section.text(key, path)) return false;
    const bool is_good = !path.empty() && std::all_of(path.begin(), path.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
    });
    if (!is_good) {
        section.error(section.value_place(key), fmt::format("\"{}\" is not a path", key),
                      fmt::format("as \"{}\"", example));
        return false;
    }
    out = std::move(path);
    return true;
}

void read_user(Section& section, Process& out) {
    std::string user;
    if (!section.text("user", user)) return;
    out.user_where = section.reading().document.locate(section.value_place("user"));
    const bool is_good = !user.empty() && user.size() <= 32 && user.front() != '-' &&
                         std::all_of(user.begin(), user.end(), [](char c) {
                             return c > ' ' && c < 0x7F && c != ':' && c != '/';
                         });
    if (!is_good) {
        section.error(section.value_place("user"),
                      fmt::format("\"{}\" is not the name of a user", user),
                      "as \"fairlead\"; leave it out to stay");
        return;
    }
    out.user = std::move(user);
}

void read_socket(Section& section, Admin& out) {
    std::string path;
    if (!read_path(section, "socket", "/run/fairlead/admin.sock", path)) return;
    const Place place = section.value_place("socket");
    if (!path.starts_with('/')) {
        // Commands look for it from wherever they are started.
        section.error(place, "\"socket\" must be an absolute path",
                      "as \"/run/fairlead/admin.sock\"");
    } else if (path.size() > kSocketPathMax) {
        section.error(place,
                      fmt::format("the path of a socket has at most {} bytes", kSocketPathMax),
                      "choose a shorter one");
    } else {
        out.socket = std::move(path);
        out.socket_where = section.reading().document.locate(place);
    }
}

void read_hosts(Section& section, Admin& out) {
    std::vector<Text> texts;
    if (!section.texts("hosts", texts)) return;
    for (const Text& text : texts) {
        Result<HostPattern> host = parse_host_pattern(text.text);
        if (!host) {
            section.error(text.place, std::move(host.error().message), "as \"lb1.internal\"");
        } else if (host->wildcard) {
            section.error(text.place, "\"hosts\" takes no pattern", "write each name");
        } else {
            out.hosts.push_back(std::move(host->name));
        }
    }
}

/// @return false when what is written is no address
bool read_bind(Section& section, Admin& out) {
    std::string bind = "127.0.0.1:9900";
    const bool is_written = section.has("bind");
    out.where = section.reading().document.locate(section.value_place("bind"));
    if (!section.text("bind", bind) && is_written) return false;
    Result<BindAddress> address = BindAddress::parse(bind);
    if (!address) {
        section.error(section.value_place("bind"), std::move(address.error().message),
                      std::move(address.error().hint));
        return false;
    }
    out.bind = *std::move(address);
    return true;
}

bool is_local(const BindAddress& bind) {
    return bind.address.is_unix() || (!bind.any && bind.address.ip.is_loopback());
}

void read_access(Section& section, AccessLog& out) {
    if (section.text("to", out.to)) {
        const Place place = section.value_place("to");
        out.to_where = section.reading().document.locate(place);
        if (out.to.empty()) {
            section.error(place, "\"to\" is empty", "write \"stdout\" or the path of a file");
        }
    }
    section.choice("format", out.format,
                   {{"json", AccessFormat::Json}, {"common", AccessFormat::Common}});
    section.real("sample", out.sample, {0.0, 1.0});
    section.choice(
        "query", out.query,
        {{"off", AccessQuery::Off}, {"redact", AccessQuery::Redact}, {"on", AccessQuery::On}});
}

}  // namespace

void read_process(Section& section, Process& out) {
    out.where = section.where();
    section.number("workers", out.workers, {1, 1024, "auto", 0});
    section.number("max_connections", out.max_connections, {1, 100'000'000, "auto", 0});
    section.table_or(
        "stop", [&](Section& stop) { read_stop(stop, out.stop); },
        [&](const Value& value) {
            // One duration: so long for everything that still runs.
            if (section.read_duration(value, "stop", out.stop.requests, kWait)) {
                out.stop.tunnels = out.stop.requests;
            }
        });
    section.table_or(
        "drain", [&](Section& drain) { read_drain(drain, out.drain); },
        [&](const Value& value) {
            if (section.read_duration(value, "drain", out.drain.requests, kWait)) {
                out.drain.tunnels = out.drain.requests;
            }
        });
    section.flag("watch", out.watch);
    read_path(section, "state_file", "/var/lib/fairlead/state.json", out.state_file);
    read_user(section, out);
}

bool read_admin(Section& section, Admin& out) {
    read_socket(section, out);
    const bool has_token_file =
        read_path(section, "token_file", "/etc/fairlead/admin.token", out.token_file);
    if (has_token_file) {
        out.token_file_where = section.reading().document.locate(section.value_place("token_file"));
    }
    read_hosts(section, out);
    if (!read_bind(section, out)) return false;
    if (!is_local(out.bind) && !section.has("token_file")) {
        section.error(section.value_place("bind"),
                      fmt::format("the admin endpoint at {} can be reached from other machines and "
                                  "has no \"token_file\"",
                                  out.bind.text()),
                      "write token_file = \"/etc/fairlead/admin.token\", or bind = "
                      "\"127.0.0.1:9900\"");
        return false;
    }
    return true;
}

void read_log(Section& section, Log& out) {
    out.where = section.where();
    section.choice("level", out.level,
                   {{"trace", LogLevel::Trace},
                    {"debug", LogLevel::Debug},
                    {"info", LogLevel::Info},
                    {"warn", LogLevel::Warn},
                    {"error", LogLevel::Error}});
    section.table_or(
        "access", [&](Section& access) { read_access(access, out.access); },
        [&](const Value& value) {
            std::string to;
            if (!section.read_text(value, "access", to)) return;
            if (to == "off" || to == "none") {
                out.access.enabled = false;
            } else if (to.empty()) {
                section.error(value.place, "\"access\" is empty",
                              "write \"off\", \"stdout\" or the path of a file");
            } else {
                out.access.to = std::move(to);
                out.access.to_where = section.reading().document.locate(value.place);
            }
        });
}

}  // namespace fairlead::conf
