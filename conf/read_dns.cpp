#include "conf/read_dns.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

constexpr std::string_view kNameHint =
    R"(write "app.internal:8000", or a service as "_http._tcp.app.internal")";
constexpr std::uint16_t kDnsPort = 53;

/// "_http._tcp.app.internal" (RFC 2782).
bool is_service_name(std::string_view text) {
    const std::size_t second = text.find("._");
    return text.starts_with('_') && second != std::string_view::npos && second > 1 &&
           text.find('.', second + 2) != std::string_view::npos && is_host_name(text);
}

void read_name(const Section& section, const Value& value, std::string_view key, Dns& out) {
    std::string text;
    if (!section.read_text(value, key, text)) return;
    if (is_service_name(text)) {
        out.name = std::move(text);
        return;
    }
    Result<HostPort> parsed = HostPort::parse(text);
    if (parsed && parsed->is_name()) {
        out.name = std::move(parsed->host);
        out.port = parsed->port;
    } else if (parsed) {
        section.error(value.place, fmt::format("\"{}\" needs no DNS", text),
                      fmt::format("write backends = [\"{}\"]", text));
    } else {
        section.error(value.place, fmt::format("\"{}\" is no name with a port", text),
                      std::string{kNameHint});
    }
}

void read_server(const Section& section, const Value& value, Dns& out) {
    std::string text;
    if (!section.read_text(value, "servers", text)) return;
    HostPort server;
    if (auto ip = IpAddress::parse(text)) {
        server = {ip->text(), kDnsPort, {}};
    } else if (auto parsed = HostPort::parse(text);
               parsed && !parsed->is_name() && !parsed->is_unix()) {
        server = *std::move(parsed);
    } else {
        section.error(value.place, fmt::format("\"{}\" is not the address of a DNS server", text),
                      R"(write "10.0.0.2" or "10.0.0.2:5353")");
        return;
    }
    if (std::find(out.servers.begin(), out.servers.end(), server) == out.servers.end()) {
        out.servers.push_back(std::move(server));
    }
}

void read_servers(Section& section, Dns& out) {
    section.list(
        "servers",
        [&](Section& wrong) {
            section.error(wrong.place(), "a DNS server is a string", R"(write "10.0.0.2")");
        },
        [&](const Value& value) { read_server(section, value, out); });
}

}  // namespace

void read_dns(Section& section, std::optional<Dns>& out) {
    Dns read;
    section.table_or(
        "dns",
        [&](Section& dns) {
            read.where = dns.where();
            if (const Value* const name = dns.get("name")) {
                read_name(dns, *name, "name", read);
            } else {
                dns.error(dns.place(), "\"dns\" has no \"name\"", std::string{kNameHint});
            }
            read_servers(dns, read);
        },
        [&](const Value& value) {
            read.where = section.reading().document.locate(value.place);
            if (value.is(Kind::Text)) {
                read_name(section, value, "dns", read);
            } else {
                section.wrong_type(value, "dns", "a name with its port, or a table",
                                   std::string{kNameHint});
            }
        });
    if (section.has("dns")) out = std::move(read);
}

}  // namespace fairlead::conf
