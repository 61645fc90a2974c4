#include "conf/read_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "conf/names.h"
#include "conf/patterns.h"
#include "conf/read_rate.h"
#include "conf/read_retry.h"
#include "conf/read_split.h"
#include "conf/settings.h"
#include "proxy/base/hash.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

template <class Pattern>
void read_patterns(Section& section, std::string_view key,
                   Result<Pattern> (*parse)(std::string_view), std::vector<Pattern>& out) {
    std::vector<Text> texts;
    if (!section.texts(key, texts)) return;
    if (texts.empty()) {
        section.error(section.value_place(key), fmt::format("\"{}\" is empty", key),
                      "leave it out to match everything");
    }
    for (const Text& text : texts) {
        Result<Pattern> pattern = parse(text.text);
        if (pattern) {
            out.push_back(*std::move(pattern));
        } else {
            section.error(text.place, std::move(pattern.error().message),
                          std::move(pattern.error().hint));
        }
    }
}

void read_methods(Section& section, Route& out) {
    constexpr std::array<std::string_view, 8> kUsual{"GET",    "HEAD",    "POST",  "PUT",
                                                     "DELETE", "OPTIONS", "PATCH", "TRACE"};
    std::vector<Text> texts;
    if (!section.texts("method", texts)) return;
    if (texts.empty()) {
        section.error(section.value_place("method"), "\"method\" is empty",
                      "leave it out to match everything");
    }
    for (Text& text : texts) {
        const auto usual = std::find_if(kUsual.begin(), kUsual.end(), [&](std::string_view method) {
            return iequals(method, text.text);
        });
        if (!is_token(text.text)) {
            section.error(text.place, fmt::format("\"{}\" is not a method", text.text),
                          "as \"GET\"");
        } else if (usual != kUsual.end() && *usual != text.text) {
            section.error(text.place, fmt::format("the method \"{}\" never comes", text.text),
                          fmt::format("write \"{}\": methods keep their case", *usual));
        } else {
            out.method.push_back(std::move(text.text));
        }
    }
}

bool check_field(const Section& section, const NamedText& field) {
    if (!is_token(field.name.text)) {
        section.error(field.name.place, fmt::format("\"{}\" is not a header name", field.name.text),
                      "letters, digits and \"-\"");
        return false;
    }
    if (!is_field_value(field.value.text)) {
        section.error(field.value.place,
                      fmt::format("the value of \"{}\" has characters that no header may have",
                                  field.name.text),
                      "no line ends, control characters or spaces around it");
        return false;
    }
    return true;
}

void read_header_match(Section& section, Route& out) {
    std::vector<NamedText> fields;
    section.named_texts("header", fields);
    for (NamedText& field : fields) {
        if (!check_field(section, field)) continue;
        HeaderMatch match;
        match.name = std::move(field.name.text);
        if (field.value.text != "*") match.value = std::move(field.value.text);
        out.header.push_back(std::move(match));
    }
}

/// Fields the balancer makes itself; a rule would break the framing or be overwritten.
bool check_rule_name(const Section& section, const Text& name) {
    constexpr std::array<std::string_view, 8> kOurs{
        "connection", "content-length",    "keep-alive", "te",
        "trailer",    "transfer-encoding", "upgrade",    "proxy-connection"};
    if (!is_token(name.text)) {
        section.error(name.place, fmt::format("\"{}\" is not a header name", name.text),
                      "letters, digits and \"-\"");
        return false;
    }
    const std::string lower = to_lower(name.text);
    if (std::find(kOurs.begin(), kOurs.end(), lower) != kOurs.end()) {
        section.error(name.place, fmt::format("no rule can change \"{}\"", name.text),
                      "the balancer makes it for each connection");
        return false;
    }
    return true;
}

void read_rules(Section& section, std::string_view key, HeaderRules& out) {
    section.table(key, [&](Section& rules) {
        const auto read_fields = [&](std::string_view kind, std::vector<HeaderField>& fields) {
            std::vector<NamedText> texts;
            rules.named_texts(kind, texts);
            for (NamedText& text : texts) {
                if (!check_rule_name(rules, text.name) || !check_field(rules, text)) continue;
                if (key == "request_headers" && iequals(text.name.text, "host")) {
                    rules.error(text.name.place, "no rule can change \"Host\"",
                                "write host_header in the pool");
                    continue;
                }
                fields.push_back({std::move(text.name.text), std::move(text.value.text)});
            }
        };
        read_fields("set", out.set);
        read_fields("add", out.add);
        std::vector<Text> names;
        rules.texts("remove", names);
        for (Text& name : names) {
            if (key == "request_headers" && iequals(name.text, "host")) {
                rules.error(name.place, "no rule can remove \"Host\"", "every request has one");
            } else if (check_rule_name(rules, name)) {
                out.remove.push_back(std::move(name.text));
            }
        }
    });
}

/// Reads pool, split, redirect, status and body, of which a route has one action.
void read_action(Section& section, const Names& names, Route& out) {
    const bool has_split = section.has("split");
    const bool has_pool = section.has("pool") || has_split;
    const std::string_view pool_key = section.has("pool") ? "pool" : "split";
    const bool has_redirect = section.has("redirect");
    const bool has_status = section.has("status");

    if (section.text("pool", out.pool)) {
        check_reference(section, "pool", "pool", out.pool, names.pools);
    }
    read_split(section, names, out);
    if (section.text("redirect", out.redirect)) {
        Result<std::vector<RedirectPiece>> pieces = parse_redirect(out.redirect);
        if (pieces) {
            out.redirect_pieces = *std::move(pieces);
        } else {
            section.error(section.value_place("redirect"), std::move(pieces.error().message),
                          std::move(pieces.error().hint));
        }
    }
    out.status = has_redirect ? 302 : 0;
    section.number("status", out.status,
                   has_redirect ? NumberRange{300, 399} : NumberRange{200, 599});
    section.text("body", out.body);

    if (has_pool && (has_redirect || has_status)) {
        section.error(section.key_place(has_redirect ? "redirect" : "status"),
                      fmt::format("a route has one action, this one has \"{}\" and \"{}\"",
                                  pool_key, has_redirect ? "redirect" : "status"),
                      "remove one of them");
    } else if (has_split && section.has("pool")) {
        section.error(section.key_place("split"),
                      "a route has one action, this one has \"pool\" and \"split\"",
                      "remove one of them");
    } else if (!has_pool && !has_redirect && !has_status) {
        section.error(section.place(), "this route has no action",
                      "write pool = \"NAME\", split = { POOL = 95, OTHER = 5 }, redirect = \"URL\" "
                      "or status = 404");
    }
    out.action = has_split      ? Action::Split
                 : has_pool     ? Action::Pool
                 : has_redirect ? Action::Redirect
                                : Action::Status;

    const auto refuse_body = [&](std::string message) {
        section.error(section.key_place("body"), std::move(message), "remove \"body\"");
    };
    if (!section.has("body")) return;
    if (has_pool || has_redirect || !has_status) {
        refuse_body("\"body\" goes with \"status\" alone");
    } else if (out.status == 204 || out.status == 205 || out.status == 304) {
        refuse_body(fmt::format("an answer with status {} has no body", out.status));
    }
}

void read_timeouts(Section& section, const PoolDraft* pool, Route& out) {
    constexpr DurationRange kRange{std::chrono::milliseconds{1}, std::chrono::hours{24 * 31}, true};
    std::optional<Mark> response_mark;
    std::optional<Mark> total_mark;
    section.table("timeouts", [&](Section& timeouts) {
        Duration time{};
        if (timeouts.duration("response", time, kRange)) {
            out.timeouts.response = time;
            response_mark = Mark::of(timeouts, "response", true);
        }
        if (timeouts.duration("total", time, kRange)) {
            out.timeouts.total = time;
            total_mark = Mark::of(timeouts, "total", true);
        }
    });
    Duration total =
        out.timeouts.total.value_or(pool != nullptr ? pool->pool.timeouts.total : kForever);
    // What only the pool says gives way to the route's total: the earlier of the two ends it.
    if (!out.timeouts.response) return;
    check_order(section.reading(), {"response", *out.timeouts.response, response_mark},
                {"total", total, total_mark}, true);
}

void read_retry_and_queue(Section& section, const PoolDraft* pool, Route& out) {
    const PoolDraft inherited = pool != nullptr ? pool->inherited() : PoolDraft{};
    RetryDraft retry = inherited.retry;
    if (read_retry(section, retry)) {
        Duration total = out.timeouts.total.value_or(inherited.pool.timeouts.total);
        check_order(section.reading(), {"per_try", retry.value.per_try, retry.per_try},
                    {"total", total, std::nullopt}, false);
        out.retry = retry.effective();
    }
    QueueDraft queue = inherited.queue;
    if (read_queue(section, queue)) out.queue = queue.effective();
}

/// Without a pool there is nothing to wait for, to send or to try again.
void refuse_pool_keys(Section& section, const Route& route) {
    if (route.action == Action::Pool) return;
    if (route.action == Action::Split) {
        for (const std::string_view key : {"retry", "queue"}) {
            if (!section.has(key)) continue;
            section.error(section.key_place(key),
                          fmt::format("\"{}\" has no effect with \"split\"", key),
                          "write it in the pools: each keeps its own");
        }
        return;
    }
    for (const std::string_view key : {"request_headers", "timeouts", "retry", "queue"}) {
        if (!section.has(key)) continue;
        section.error(section.key_place(key),
                      fmt::format("\"{}\" has no effect without \"pool\"", key), "remove it");
    }
}

}  // namespace

void check_reference(const Reading& reading, Place place, std::string_view title,
                     std::string_view noun, std::string_view name,
                     std::span<const std::string_view> known) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    if (name.empty()) {
        reading.error(place, fmt::format("the name of the {} is empty in {}", noun, title),
                      fmt::format("write the NAME of a [{}.NAME]", noun));
        return;
    }
    std::string hint = fmt::format("write a [{}.{}] section", noun, name);
    if (const auto nearest = closest_match(name, known)) {
        hint = fmt::format("did you mean \"{}\"?", *nearest);
    }
    reading.error(place, fmt::format("unknown {} \"{}\" in {}", noun, name, title),
                  std::move(hint));
}

void check_reference(Section& section, std::string_view key, std::string_view noun,
                     std::string_view name, std::span<const std::string_view> known) {
    check_reference(section.reading(), section.value_place(key), section.title(), noun, name,
                    known);
}

void read_http_listener(Section& section, const Names& names, std::string& out) {
    if (!section.text("listener", out)) return;
    check_reference(section, "listener", "listener", out, names.listeners);
    const auto& tcp = names.tcp_listeners;
    if (std::find(tcp.begin(), tcp.end(), out) == tcp.end()) return;
    section.error(section.value_place("listener"),
                  fmt::format("[listener.{}] has mode \"tcp\", so no request comes to it", out),
                  "name one with mode = \"http\", or use \"pool\" and \"sni\" of the listener");
}

void read_route(Section& section, const Names& names,
                const std::function<const PoolDraft*(std::string_view)>& pool_draft, Route& out) {
    out.where = section.where();
    if (section.text("name", out.name)) {
        check_name(section.reading(), section.value_place("name"), "route", out.name);
    }
    read_http_listener(section, names, out.listener);
    read_patterns(section, "host", &parse_host_pattern, out.host);
    read_patterns(section, "path", &parse_path_pattern, out.path);
    read_methods(section, out);
    read_header_match(section, out);
    read_action(section, names, out);
    read_rules(section, "request_headers", out.request_headers);
    read_rules(section, "response_headers", out.response_headers);
    const PoolDraft* pool = pool_draft(out.pool);
    read_timeouts(section, pool, out);
    read_retry_and_queue(section, pool, out);
    refuse_pool_keys(section, out);
    read_rate(section, out);
    if (out.name.empty()) out.name = name_from_match(out);
}

std::string name_from_match(const Route& route) {
    std::vector<std::string> words;
    const auto add = [&](const auto& items, const auto& text) {
        std::vector<std::string> texts;
        for (const auto& item : items) texts.push_back(text(item));
        if (!texts.empty()) words.push_back(fmt::format("{}", fmt::join(texts, ",")));
    };
    if (!route.listener.empty()) words.push_back(route.listener);
    add(route.host, [](const HostPattern& host) { return host.text(); });
    add(route.path, [](const PathPattern& path) { return path.text(); });
    add(route.method, [](const std::string& method) { return method; });
    add(route.header, [](const HeaderMatch& header) {
        const std::string value = header.value.value_or("*");
        // Names go to logs and metrics. What is no secret any more still tells two routes apart.
        const bool is_secret = header.value && is_credential(header.name);
        return fmt::format(
            "{}={}", header.name,
            is_secret ? fmt::format("#{:06x}", hash_bytes(value) & 0xFFFFFFU) : value);
    });
    return words.empty() ? "*" : fmt::format("{}", fmt::join(words, " "));
}

}  // namespace fairlead::conf
