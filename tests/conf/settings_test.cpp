#include "conf/settings.h"

#include <algorithm>
#include <string>
#include <vector>

#include "conf/keys.h"
#include "conf/toml_text.h"
#include "tests/conf/full_model.h"
#include "tests/conf/loading.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::conf;

namespace {

Model full_model() {
    LoadResult result = test::load(test::kFull);
    CHECK(render(result.errors) == "");
    return std::move(result.model);
}

/// The lines of a group, as `KEY = VALUE`.
std::vector<std::string> lines(const SettingGroup& group) {
    std::vector<std::string> out;
    for (const Setting& setting : group.settings)
        out.push_back(setting.key + " = " + setting.value);
    return out;
}

/// As conf::keys() names it.
std::string section(SettingGroup::Kind kind) {
    switch (kind) {
        case SettingGroup::Kind::Process:
            return "process";
        case SettingGroup::Kind::Admin:
            return "admin";
        case SettingGroup::Kind::Log:
            return "log";
        case SettingGroup::Kind::Listener:
            return "listener";
        case SettingGroup::Kind::Route:
            return "route";
        case SettingGroup::Kind::Pool:
            return "pool";
        case SettingGroup::Kind::Backend:
            return "pool.backends";
        case SettingGroup::Kind::Expect:
            return "expect";
    }
    return "";
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("every key there is appears among the settings of a full model", "[conf][settings]") {
    std::vector<std::string> found;
    for (const SettingGroup& group : settings(full_model())) {
        for (const Setting& setting : group.settings) {
            found.push_back(section(group.kind) + "." + setting.key);
        }
    }
    // A table is there by what is in it, a row of a list in the list's value.
    const std::string kRows = "listener.tls.certificates";
    const auto has = [&](const std::string& key) {
        return std::any_of(found.begin(), found.end(), [&](const std::string& other) {
            return other == key || other.starts_with(key + ".") ||
                   (other == kRows && key.starts_with(kRows + "."));
        });
    };
    for (const std::string& key : keys()) {
        INFO(key);
        CHECK(has(key));
    }
}

TEST_CASE("what is not written is there with its default", "[conf][settings]") {
    const Model model = test::load(test::with("[admin]\n")).model;
    CHECK(lines(settings(model.process)) ==
          Lines{"workers = \"auto\"", "max_connections = \"auto\"", "stop.delay = \"0s\"",
                "stop.requests = \"25s\"", "stop.tunnels = \"25s\"", "drain.requests = \"30s\"",
                "drain.tunnels = \"5m\"", "watch = false"});
    CHECK(lines(settings(*model.admin)) == Lines{"bind = \"127.0.0.1:9900\"", "hosts = []"});
    CHECK(lines(settings(model.log)) == Lines{"level = \"info\"", "access.to = \"stdout\"",
                                              "access.format = \"json\"", "access.sample = 1.0",
                                              "access.query = \"redact\""});
    CHECK(lines(settings(model.listeners[0])) == Lines{"bind = \":8080\"",
                                                       "mode = \"http\"",
                                                       "pool = \"app\"",
                                                       "allow = [\"0.0.0.0/0\", \"::/0\"]",
                                                       "deny = []",
                                                       "accept_proxy = []",
                                                       "trusted_proxies = []",
                                                       "upgrade = \"websocket\"",
                                                       "via = \"response\"",
                                                       "http = \"http/1.1\"",
                                                       "limits.headers = \"32KiB\"",
                                                       "limits.header_count = 100",
                                                       "limits.url = \"8KiB\"",
                                                       "limits.body = \"none\"",
                                                       "limits.requests_per_connection = 10000",
                                                       "limits.connections = \"none\"",
                                                       "limits.connections_per_ip = \"none\"",
                                                       "timeouts.handshake = \"10s\"",
                                                       "timeouts.header = \"10s\"",
                                                       "timeouts.body_idle = \"30s\"",
                                                       "timeouts.keepalive = \"1m15s\"",
                                                       "timeouts.write_idle = \"30s\"",
                                                       "timeouts.min_rate = \"500B\"",
                                                       "timeouts.tunnel_idle = \"1h\""});
    CHECK(lines(settings(model.pools[0])) ==
          Lines{"policy = \"least_connections\"",
                "check = \"off\"",
                "retry.attempts = 2",
                "retry.on = [\"connect\", \"stale\", \"reset\", \"503\"]",
                "retry.budget = \"20%\"",
                "retry.per_try = \"none\"",
                "retry.non_idempotent = false",
                "buffer.request = \"64KiB\"",
                "buffer.response = \"256KiB\"",
                "queue.size = 1000",
                "queue.wait = \"5s\"",
                "max_in_flight = \"none\"",
                "slow_start.over = \"10s\"",
                "slow_start.from = \"10%\"",
                "passive.failures = 5",
                "passive.over = \"1s\"",
                "passive.ratio = \"20%\"",
                "passive.min_requests = 50",
                "passive.out = \"10s\"",
                "passive.out_max = \"5m\"",
                "passive.max_out = \"50%\"",
                "keepalive.idle = \"learn\"",
                "keepalive.per_backend = 256",
                "keepalive.max_requests = 10000",
                "keepalive.max_age = \"1h\"",
                "timeouts.connect = \"2s\"",
                "timeouts.response = \"1m\"",
                "timeouts.idle = \"1m\"",
                "timeouts.total = \"none\"",
                "http = \"1.1\"",
                "send_proxy = \"off\"",
                "host_header = \"keep\"",
                "when_all_down = \"try\""});
    CHECK(lines(settings(model.pools[0], model.pools[0].backends[0])) ==
          Lines{"address = \"127.0.0.1:3001\"", "name = \"127.0.0.1:3001\"", "weight = 1",
                "tier = 0"});
}

TEST_CASE("a listener of layer 4 has no settings about requests", "[conf][settings]") {
    CHECK(lines(settings(full_model().listeners[1])) ==
          Lines{"bind = \":5432\"", "mode = \"tcp\"", "pool = \"pg\"",
                "sni.\"db.example.com\" = \"app\"", "sni.\"*.example.com\" = \"pg\"",
                "allow = [\"0.0.0.0/0\", \"::/0\"]", "deny = []", "accept_proxy = []",
                "limits.connections = 10", "limits.connections_per_ip = \"none\"",
                "timeouts.handshake = \"1.5s\"", "timeouts.tunnel_idle = \"1d\""});
}

TEST_CASE("a route shows what it says itself, secrets marked", "[conf][settings]") {
    const SettingGroup route = settings(full_model().routes[0]);
    CHECK(route.name == "api");
    CHECK(lines(route) == Lines{"name = \"api\"",
                                "listener = \"web\"",
                                "host = [\"api.example.com\", \"*.example.org\"]",
                                "path = \"/v1/*\"",
                                "method = [\"GET\", \"POST\"]",
                                "header.X-Canary = \"1\"",
                                "header.\"X|Any\" = \"*\"",
                                "header.Cookie = \"session=1\"",
                                "pool = \"api\"",
                                R"(request_headers.set.X-Env = "a \"quoted\" $$tate\\")",
                                "request_headers.set.Authorization = \"Bearer abc\"",
                                "request_headers.add.X-B = \"2\"",
                                "request_headers.remove = \"X-Debug\"",
                                "response_headers.set.Set-Cookie = \"a=b\"",
                                "response_headers.add.X-D = \"ä\"",
                                "response_headers.remove = [\"Server\", \"X-E\"]",
                                "timeouts.response = \"10s\"",
                                "timeouts.total = \"20s\"",
                                "retry.attempts = 1",
                                "retry.on = [\"timeout\", \"504\"]",
                                "retry.budget = \"12.5%\"",
                                "retry.per_try = \"3s\"",
                                "retry.non_idempotent = true",
                                "queue.size = 5",
                                "queue.wait = \"1s\"",
                                "rate.limit = \"50/2s\"",
                                "rate.burst = 7",
                                "rate.per = \"client_ip\""});
    Lines secret;
    for (const Setting& setting : route.settings) {
        if (setting.is_secret) secret.push_back(setting.key);
    }
    CHECK(secret == Lines{"header.Cookie", "request_headers.set.Authorization",
                          "response_headers.set.Set-Cookie"});
    CHECK(lines(settings(full_model().routes[1])) ==
          Lines{"host = \"old.example.com\"", "redirect = \"https://www.example.com{uri}\"",
                "status = 308"});
}

TEST_CASE("headers that carry credentials are known by name", "[conf][settings]") {
    for (const std::string_view name :
         {"Authorization", "proxy-authorization", "Cookie", "SET-COOKIE", "X-Api-Key",
          "X-Auth-Token", "Client-Secret", "X-Password", "Apikey"}) {
        INFO(name);
        CHECK(is_credential(name));
    }
    for (const std::string_view name : {"X-Env", "Host", "Cookie2", "Author"}) {
        INFO(name);
        CHECK_FALSE(is_credential(name));
    }
}

TEST_CASE("values read back as what they were", "[conf][settings]") {
    CHECK(toml_text("a\"b\\c\n\r\t\x01\x7F") == R"("a\"b\\c\n\r\t\u0001\u007F")");
    CHECK(toml_text("${HOME} $") == "\"$${HOME} $$\"");
    CHECK(toml_text("ä\xFF\xC2\x9B") == "\"ä\\uFFFD\\u009B\"");
    CHECK(toml_key("X-Env") == "X-Env");
    CHECK(toml_key("a.b") == "\"a.b\"");
    CHECK(toml_key("a$") == "\"a$\"");
    CHECK(toml_texts({}) == "[]");
    CHECK(toml_percent(0.07) == "\"7%\"");
    CHECK(toml_percent(0.123456789) == "\"12.3456789%\"");
    CHECK(toml_percent(1.0) == "\"100%\"");
    CHECK(toml_real(1.0) == "1.0");
    CHECK(toml_real(1.25) == "1.25");
    CHECK(toml_real(0.1) == "0.1");
}
