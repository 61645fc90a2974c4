#include "conf/read_process.h"

#include <string>
#include <utility>

namespace fairlead::conf {
namespace {

constexpr DurationRange kStopWait{Duration{0}, std::chrono::hours{24}, true};

void read_stop(Section& section, Stop& out) {
    section.duration("delay", out.delay, {Duration{0}, std::chrono::hours{1}});
    section.duration("requests", out.requests, kStopWait);
    section.duration("tunnels", out.tunnels, kStopWait);
}

void read_access(Section& section, AccessLog& out) {
    if (section.text("to", out.to) && out.to.empty()) {
        section.error(section.value_place("to"), "\"to\" is empty",
                      "write \"stdout\" or the path of a file");
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
            if (section.read_duration(value, "stop", out.stop.requests, kStopWait)) {
                out.stop.tunnels = out.stop.requests;
            }
        });
}

bool read_admin(Section& section, Admin& out) {
    out.where = section.where();
    std::string bind;
    if (!section.text("bind", bind)) {
        if (!section.has("bind")) {
            section.error(section.place(), "[admin] has no \"bind\"",
                          "write bind = \"127.0.0.1:9900\"");
        }
        return false;
    }
    const Place place = section.value_place("bind");
    out.where = section.reading().document.locate(place);
    Result<BindAddress> address = BindAddress::parse(bind);
    if (!address) {
        section.error(place, std::move(address.error().message), std::move(address.error().hint));
        return false;
    }
    const bool is_local =
        address->address.is_unix() || (!address->any && address->address.ip.is_loopback());
    if (!is_local) {
        section.error(place, "the admin endpoint can only be bound to a loopback address",
                      "write \"127.0.0.1:PORT\"; there is no token yet that would protect it "
                      "from the network");
        return false;
    }
    out.bind = *std::move(address);
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
            }
        });
}

}  // namespace fairlead::conf
