#include "conf/read_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "conf/names.h"
#include "proxy/base/text.h"

namespace fairlead::conf {
namespace {

using Kind = Value::Kind;

/// "GET /healthz"
bool read_http(Section& section, const Value& value, std::string_view key, Check& out) {
    constexpr std::string_view kHint = "write \"GET /healthz\", \"tcp\" or \"tls\"";
    std::string text;
    if (!section.read_text(value, key, text)) return false;
    const std::size_t space = text.find(' ');
    if (text.starts_with('/')) {
        section.error(value.place, fmt::format("\"{}\" has no method", key),
                      fmt::format("write \"GET {}\"", text));
        return false;
    }
    if (space == std::string::npos) {
        section.error(value.place, fmt::format("\"{}\" is not a check", text), std::string{kHint});
        return false;
    }
    std::string method = text.substr(0, space);
    std::string path{trim(std::string_view{text}.substr(space))};
    const bool is_path = path.starts_with('/') && std::all_of(path.begin(), path.end(), [](char c) {
                             return c > ' ' && c < 0x7F && c != '#';
                         });
    if (!is_token(method) || method == "CONNECT" || !is_path) {
        section.error(value.place, fmt::format("\"{}\" is not a method and a path", text),
                      std::string{kHint});
        return false;
    }
    out.kind = CheckKind::Http;
    out.method = std::move(method);
    out.path = std::move(path);
    return true;
}

std::optional<int> status_number(std::string_view text) {
    const std::optional<std::uint64_t> number = parse_number(text);
    if (!number || *number < 100 || *number > 599) return std::nullopt;
    return static_cast<int>(*number);
}

/// "200", "200-399", "200,301-308"
bool append_statuses(std::string_view text, std::vector<StatusRange>& out) {
    const std::vector<std::string_view> pieces = split_list(text);
    for (const std::string_view piece : pieces) {
        const std::size_t dash = piece.find('-');
        const auto first = status_number(trim(piece.substr(0, dash)));
        const auto last =
            dash == std::string_view::npos ? first : status_number(trim(piece.substr(dash + 1)));
        if (!first || !last || *first > *last) return false;
        out.push_back(StatusRange{*first, *last});
    }
    return !pieces.empty();
}

void read_expect(Section& section, Check& out) {
    const Value* value = section.get("expect");
    if (value == nullptr) return;
    std::vector<StatusRange> ranges;
    const auto take = [&](const Value& item) {
        const std::string text =
            item.is(Kind::Integer) ? fmt::format("{}", item.integer) : item.text;
        if (!item.is(Kind::Integer) && !item.is(Kind::Text)) {
            section.wrong_type(item, "expect", "a string", "as \"200-399\"");
        } else if (!append_statuses(text, ranges)) {
            section.error(item.place, fmt::format("\"{}\" is not a list of statuses", text),
                          "as \"200-399\" or \"200,204\"");
        }
    };
    if (value->is(Kind::List)) {
        if (value->items.empty())
            section.error(value->place, "\"expect\" is empty", "as \"200-399\"");
        for (const Value& item : value->items) take(item);
    } else {
        take(*value);
    }
    if (!ranges.empty()) out.expect = std::move(ranges);
}

/// Keys of the other kind do nothing, so they are refused; inherited ones only wait.
void refuse_keys_of_other_kind(Section& section, CheckKind kind) {
    const auto refuse = [&](std::string_view key, std::string_view whose) {
        if (!section.has(key)) return;
        section.error(section.key_place(key), fmt::format("\"{}\" is for {} checks", key, whose),
                      kind == CheckKind::Http   ? "this is an http check"
                      : kind == CheckKind::Tcp  ? "this is a tcp check"
                      : kind == CheckKind::Grpc ? "this is a grpc check"
                                                : "this is a tls check");
    };
    if (kind != CheckKind::Http && kind != CheckKind::Grpc) refuse("host", "http");
    for (const std::string_view key : {"expect", "body"}) {
        if (kind != CheckKind::Http) refuse(key, "http");
    }
    for (const std::string_view key : {"send", "expect_bytes"}) {
        if (kind != CheckKind::Tcp) refuse(key, "tcp");
    }
}

void read_kind(Section& section, CheckDraft& draft) {
    bool is_tcp = false;
    bool is_tls = false;
    section.flag("tcp", is_tcp);
    section.flag("tls", is_tls);
    const Value* http = section.get("http");
    const bool is_grpc = section.has("grpc");
    if ((http != nullptr) + is_tcp + is_tls + is_grpc > 1) {
        section.error(section.key_place(is_grpc  ? "grpc"
                                        : is_tls ? "tls"
                                                 : "tcp"),
                      "a check is one of \"http\", \"tcp\", \"tls\" and \"grpc\"",
                      "remove the others");
    }
    if (section.text("grpc", draft.value.service)) {
        // As protobuf has it with one byte of length; names of services are far from it.
        constexpr std::size_t kServiceMax = 120;
        if (draft.value.service.size() > kServiceMax) {
            section.error(section.value_place("grpc"), "the name of the service is too long",
                          "at most 120 bytes");
        }
    }
    if (http != nullptr) {
        read_http(section, *http, "http", draft.value);
        draft.value.kind = CheckKind::Http;
    } else if (is_tcp || is_tls || is_grpc) {
        draft.value.kind = is_tcp ? CheckKind::Tcp : is_grpc ? CheckKind::Grpc : CheckKind::Tls;
    } else {
        return;
    }
    draft.is_on = true;
}

void read_host(Section& section, Check& out) {
    if (!section.text("host", out.host)) return;
    const bool is_good = std::all_of(out.host.begin(), out.host.end(), [](char c) {
        return c > ' ' && c < 0x7F && c != '/' && c != '@' && c != '?' && c != '#';
    });
    if (!is_good || out.host.empty()) {
        section.error(section.value_place("host"), fmt::format("\"{}\" is not a host", out.host),
                      "as \"app.internal\" or \"app.internal:8080\"");
    }
}

void read_times(Section& section, CheckDraft& draft) {
    constexpr std::chrono::milliseconds kMin{10};
    constexpr DurationRange kEvery{kMin, std::chrono::hours{24}};
    Check& out = draft.value;
    if (section.duration("every", out.every, kEvery)) {
        draft.every = Mark::of(section, "every", true);
    }
    if (section.duration("timeout", out.timeout, {kMin, std::chrono::hours{1}})) {
        draft.timeout = Mark::of(section, "timeout", true);
    }
    if (section.duration("every_changing", out.every_changing, kEvery)) {
        draft.every_changing = Mark::of(section, "every_changing", true);
    }
    section.duration("every_down", out.every_down, kEvery);
}

void read_long(Section& section, CheckDraft& draft, bool needs_kind) {
    Check& out = draft.value;
    read_kind(section, draft);
    read_host(section, out);
    read_expect(section, out);
    section.text("body", out.body);
    section.text("send", out.send);
    section.text("expect_bytes", out.expect_bytes);
    read_times(section, draft);
    section.number("rise", out.rise, {1, 100});
    section.number("fall", out.fall, {1, 100});
    section.choice("init", out.init,
                   {{"probe", CheckInit::Probe}, {"up", CheckInit::Up}, {"down", CheckInit::Down}});
    section.number("port", out.port, {0, 65535});
    if (draft.is_on) {
        refuse_keys_of_other_kind(section, out.kind);
    } else if (needs_kind) {
        section.error(section.place(),
                      "\"check\" says none of \"http\", \"tcp\", \"tls\" and \"grpc\"",
                      "write http = \"GET /healthz\", tcp = true, tls = true or grpc = \"\"");
    }
}

void read_short(Section& section, const Value& value, CheckDraft& draft) {
    if (value.is(Kind::Text) && (value.text == "off" || value.text == "none")) {
        draft.is_on = false;
        return;
    }
    draft.is_on = true;
    if (value.is(Kind::Text) && value.text == "tcp") {
        draft.value.kind = CheckKind::Tcp;
    } else if (value.is(Kind::Text) && value.text == "tls") {
        draft.value.kind = CheckKind::Tls;
    } else {
        read_http(section, value, "check", draft.value);
        draft.value.kind = CheckKind::Http;
    }
}

}  // namespace

void read_check(Section& section, CheckDraft& draft, bool needs_kind) {
    const bool is_written = section.table_or(
        "check", [&](Section& check) { read_long(check, draft, needs_kind); },
        [&](const Value& value) { read_short(section, value, draft); });
    if (is_written) {
        draft.value.where = section.reading().document.locate(section.value_place("check"));
    }
}

void settle_check(const Reading& reading, CheckDraft& draft) {
    check_order(reading, {"timeout", draft.value.timeout, draft.timeout},
                {"every", draft.value.every, draft.every}, false);
    // It is there to look faster while a state changes; the default never makes it slower.
    if (!draft.every_changing && draft.value.every < draft.value.every_changing) {
        draft.value.every_changing = draft.value.every;
    }
}

}  // namespace fairlead::conf
