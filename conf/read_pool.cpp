#include "conf/read_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "conf/names.h"
#include "conf/read_backend.h"
#include "conf/read_check.h"
#include "conf/read_dns.h"
#include "conf/read_retry.h"
#include "conf/read_sticky.h"
#include "conf/read_tls.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

bool is_off(const Value& value) {
    return value.is(Kind::Text) && (value.text == "off" || value.text == "none");
}

void read_policy(Section& section, std::span<const std::string_view> policies, Pool& out) {
    std::string policy;
    if (!section.text("policy", policy)) return;
    const bool is_known = std::find(policies.begin(), policies.end(), policy) != policies.end();
    if (!policies.empty() && !is_known) {
        section.unknown_word(section.value_place("policy"), "policy", policy, policies);
        return;
    }
    out.policy = std::move(policy);
}

/// "client_ip", "path", "header:NAME", "cookie:NAME", "query:NAME"
void read_hash_key(Section& section, const Value& value, PoolDraft& draft) {
    Hash& out = draft.pool.hash;
    std::string text;
    if (!section.read_text(value, "key", text)) return;
    const std::size_t colon = text.find(':');
    const std::string_view kind = std::string_view{text}.substr(0, colon);
    const std::string_view name =
        colon == std::string::npos ? std::string_view{} : std::string_view{text}.substr(colon + 1);
    constexpr std::string_view kForms[] = {"client_ip", "path", "header:NAME", "cookie:NAME",
                                           "query:NAME"};
    constexpr std::pair<std::string_view, HashKey> kKinds[] = {{"client_ip", HashKey::ClientIp},
                                                               {"path", HashKey::Path},
                                                               {"header", HashKey::Header},
                                                               {"cookie", HashKey::Cookie},
                                                               {"query", HashKey::Query}};
    for (const auto& [word, key] : kKinds) {
        if (word != kind) continue;
        const bool needs_name = key != HashKey::ClientIp && key != HashKey::Path;
        const bool name_is_good = key == HashKey::Query ? !name.empty() : is_token(name);
        if (needs_name ? !name_is_good : colon != std::string::npos) break;
        out.key = key;
        out.name = std::string{name};
        draft.hash_key = Mark{value.place, false};
        return;
    }
    section.error(value.place, fmt::format("\"{}\" is not a hash key", text),
                  fmt::format("one of {}", fmt::join(kForms, ", ")));
}

void read_hash(Section& section, PoolDraft& draft) {
    section.table_or(
        "hash",
        [&](Section& hash) {
            if (const Value* key = hash.get("key")) read_hash_key(hash, *key, draft);
            hash.real("bound", draft.pool.hash.bound, {1.0, 100.0, true});
        },
        [&](const Value& value) { read_hash_key(section, value, draft); });
}

void read_buffer(Section& section, Buffer& out) {
    constexpr std::uint64_t kMax = std::uint64_t{64} << 20U;
    constexpr SizeRange kRequest{0, kMax, true, 0};
    constexpr SizeRange kResponse{4096, kMax};
    section.table_or(
        "buffer",
        [&](Section& buffer) {
            buffer.size("request", out.request_bytes, kRequest);
            buffer.size("response", out.response_bytes, kResponse);
        },
        [&](const Value& value) {
            // "off" can only mean the request: nothing flows back without a buffer.
            if (is_off(value)) {
                out.request_bytes = 0;
            } else if (section.read_size(value, "buffer", out.response_bytes, kResponse)) {
                out.request_bytes = out.response_bytes;
            }
        });
}

void read_slow_start(Section& section, SlowStart& out) {
    constexpr DurationRange kOver{Duration{0}, std::chrono::hours{1}, true, Duration{0}};
    section.table_or(
        "slow_start",
        [&](Section& slow_start) {
            slow_start.duration("over", out.over, kOver);
            slow_start.percent("from", out.from, {0.01, 1.0});
        },
        [&](const Value& value) { section.read_duration(value, "slow_start", out.over, kOver); });
}

void read_passive(Section& section, Passive& out) {
    constexpr std::chrono::milliseconds kMin{1};
    constexpr std::chrono::hours kMax{24};
    section.table_or(
        "passive",
        [&](Section& passive) {
            passive.number("failures", out.failures, {1, 1000});
            passive.duration("over", out.over, {Duration{0}, std::chrono::seconds{10}});
            passive.percent("ratio", out.ratio, {0.01, 1.0, true});
            passive.number("min_requests", out.min_requests, {1, 100'000});
            passive.duration("out", out.out, {kMin, kMax});
            passive.duration("out_max", out.out_max, {kMin, kMax});
            passive.percent("max_out", out.max_out, {0.01, 1.0});
            out.is_on = true;
            if (out.out_max >= out.out) return;
            if (passive.has("out_max")) {
                passive.error(
                    passive.value_place("out_max"), "\"out_max\" is below \"out\"",
                    fmt::format("write out_max = \"{}\", or more", format_duration(out.out)));
            }
            out.out_max = out.out;
        },
        [&](const Value& value) {
            if (is_off(value)) {
                out.is_on = false;
            } else {
                section.wrong_type(value, "passive", "a table or \"off\"",
                                   "write passive = { failures = 5 }");
            }
        });
}

void read_idle(const Section& section, const Value& value, std::string_view key, Keepalive& out) {
    if (value.is(Kind::Text) && value.text == "learn") {
        out.learns = true;
        return;
    }
    out.learns = false;
    if (value.is(Kind::Text) && value.text == "off") {
        out.idle = Duration{0};
    } else if (value.is(Kind::Text) &&
               value.text.find_first_of("0123456789") == std::string::npos &&
               value.text != "none") {
        section.error(value.place, fmt::format("\"{}\" is not a duration", value.text),
                      "write \"learn\", or a number and a unit, as \"4s\"");
    } else {
        section.read_duration(value, key, out.idle, {Duration{0}, std::chrono::hours{24}, true});
    }
}

void read_keepalive(Section& section, Keepalive& out) {
    section.table_or(
        "keepalive",
        [&](Section& keepalive) {
            if (const Value* idle = keepalive.get("idle")) read_idle(keepalive, *idle, "idle", out);
            keepalive.number("per_backend", out.per_backend, {0, 1'000'000});
            keepalive.number("max_requests", out.max_requests,
                             {1, 1'000'000'000, "none", kUnlimited});
            keepalive.duration("max_age", out.max_age,
                               {std::chrono::seconds{1}, std::chrono::hours{24 * 31}, true});
        },
        [&](const Value& value) { read_idle(section, value, "keepalive", out); });
}

void read_timeouts(Section& section, PoolDraft& draft) {
    constexpr std::chrono::milliseconds kMin{1};
    constexpr DurationRange kEndless{kMin, std::chrono::hours{24 * 31}, true};
    PoolTimeouts& out = draft.pool.timeouts;
    section.table("timeouts", [&](Section& timeouts) {
        // A connect that never gives up would keep a retry from happening.
        if (timeouts.duration("connect", out.connect, {kMin, std::chrono::hours{1}})) {
            draft.connect = Mark::of(timeouts, "connect", true);
        }
        if (timeouts.duration("response", out.response, kEndless)) {
            draft.response = Mark::of(timeouts, "response", true);
        }
        timeouts.duration("idle", out.idle, kEndless);
        if (timeouts.duration("total", out.total, kEndless)) {
            draft.total = Mark::of(timeouts, "total", true);
        }
    });
}

void read_host_header(Section& section, Pool& out) {
    std::string text;
    if (!section.text("host_header", text)) return;
    if (text == "keep") {
        out.host_header = HostHeader::Keep;
    } else if (text == "backend") {
        out.host_header = HostHeader::Backend;
    } else {
        const bool is_host = std::all_of(text.begin(), text.end(), [](char c) {
            return c > ' ' && c < 0x7F &&
                   std::string_view{"/@?#\\\""}.find(c) == std::string_view::npos;
        });
        if (text.empty() || !is_host) {
            section.error(section.value_place("host_header"),
                          fmt::format("\"{}\" is not a host", text),
                          "\"keep\", \"backend\" or a host such as \"app.internal\"");
            return;
        }
        out.host_header = HostHeader::Literal;
        out.host_literal = std::move(text);
    }
}

/// Everything but the backends.
void read_settings(Section& section, std::span<const std::string_view> policies, PoolDraft& draft,
                   bool is_pool) {
    Pool& out = draft.pool;
    read_policy(section, policies, out);
    read_hash(section, draft);
    read_check(section, draft.check, is_pool);
    read_retry(section, draft.retry);
    read_buffer(section, out.buffer);
    read_queue(section, draft.queue);
    section.number("max_in_flight", out.max_in_flight, {1, 1'000'000, "none", kUnlimited});
    read_slow_start(section, out.slow_start);
    read_passive(section, out.passive);
    read_keepalive(section, out.keepalive);
    read_timeouts(section, draft);
    read_host_header(section, out);
    read_pool_tls(section, out.tls);
    read_sticky(section, out.sticky);
    section.choice("http", out.http, {{"1.1", BackendHttp::V1_1}, {"2", BackendHttp::V2}});
    section.choice("send_proxy", out.send_proxy,
                   {{"off", SendProxy::Off}, {"v1", SendProxy::V1}, {"v2", SendProxy::V2}});
    if (section.choice("when_all_down", out.when_all_down,
                       {{"try", WhenAllDown::Try}, {"fail", WhenAllDown::Fail}})) {
        draft.has_when_all_down = true;
    }
}

/// Compares times, in place: built-in defaults give way to what is written.
void settle(const Reading& reading, PoolDraft& draft) {
    PoolTimeouts& timeouts = draft.pool.timeouts;
    const MarkedTime total{"total", timeouts.total, draft.total};
    check_order(reading, {"connect", timeouts.connect, draft.connect}, total, true);
    check_order(reading, {"response", timeouts.response, draft.response}, total, true);
    check_order(reading, {"per_try", draft.retry.value.per_try, draft.retry.per_try}, total, false);
    settle_check(reading, draft.check);
}

void check_hash(Section& section, const Pool& pool) {
    if (!section.has("hash") || pool.policy == "hash") return;
    section.error(section.key_place("hash"),
                  fmt::format("\"hash\" has no effect with the policy \"{}\"", pool.policy),
                  "write policy = \"hash\", or remove it");
}

/// A unix socket has no name that a certificate could be for, and backends by DNS have addresses.
void settle_tls_names(const Section& section, Pool& pool) {
    if (!pool.tls || !pool.tls->verify || !pool.tls->sni.empty()) return;
    if (pool.dns && pool.dns->is_service()) {
        section.reading().error(
            pool.dns->where,
            fmt::format("the backends of {} have no name to verify", pool.dns->name),
            "write tls = { sni = \"app.internal\" }, or { verify = false }");
    } else if (pool.dns) {
        pool.tls->sni = pool.dns->name;
    }
    for (const Backend& backend : pool.backends) {
        if (!backend.address.is_unix()) continue;
        section.reading().error(backend.where,
                                fmt::format("{} has no name to verify", backend.address.text()),
                                "write tls = { sni = \"app.internal\" }, or { verify = false }");
    }
}

/// A connection that names one client cannot be shared by others.
void check_http2(const Section& section, const PoolDraft& draft) {
    const Pool& pool = draft.pool;
    const Check& check = draft.check.value;
    if (draft.check.is_on && check.kind == CheckKind::Grpc && pool.http != BackendHttp::V2) {
        section.reading().error(check.where, "a grpc check needs HTTP/2",
                                "add http = \"2\" to the pool");
    }
    if (pool.http != BackendHttp::V2 || pool.send_proxy == SendProxy::Off) return;
    section.reading().error(section.where(),
                            fmt::format("[pool.{}] has http = \"2\" and \"send_proxy\"", pool.name),
                            "remove one: a header names one client, and many share a connection");
}

/// A full queue needs a backend that can be full.
void check_queue(Section& section, const PoolDraft& draft) {
    const Pool& pool = draft.pool;
    if (!section.has("queue") || draft.queue.effective().size == 0) return;
    const bool has_limit =
        (pool.dns && pool.max_in_flight != kUnlimited) ||
        std::any_of(pool.backends.begin(), pool.backends.end(),
                    [](const Backend& backend) { return backend.max_in_flight != kUnlimited; });
    if (has_limit || (pool.backends.empty() && !pool.dns)) return;
    section.reading().warning(section.key_place("queue"),
                              fmt::format("\"queue\" is never used in {}: \"max_in_flight\" is "
                                          "none",
                                          section.title()),
                              "set max_in_flight = 64, or remove \"queue\"");
}

}  // namespace

void read_pool_defaults(Section& section, std::span<const std::string_view> policies,
                        PoolDraft& draft) {
    read_settings(section, policies, draft, false);
    PoolDraft trial = draft;  // what gives way here may be put right by a pool
    settle(section.reading(), trial);
}

void read_pool(Section& section, std::span<const std::string_view> policies, PoolDraft& draft) {
    draft.pool.where = section.where();
    read_settings(section, policies, draft, true);
    read_dns(section, draft.pool.dns);
    read_backends(section, draft.pool);
    settle(section.reading(), draft);
    settle_tls_names(section, draft.pool);
    check_http2(section, draft);
    check_hash(section, draft.pool);
    check_queue(section, draft);
}

}  // namespace fairlead::conf
