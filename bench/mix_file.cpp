#include "bench/mix_file.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "conf/file.h"
#include "conf/section.h"
#include "proxy/base/text.h"
#include "proxy/http/field.h"

namespace fairlead::bench {

namespace {

constexpr std::uint64_t kWeightMax = 1'000'000;
constexpr std::uint64_t kBodyMax = std::uint64_t{1} << 40;

/// What the generator says itself.
constexpr std::array<std::string_view, 4> kOwnFields{"Host", "Content-Length", "Transfer-Encoding",
                                                     "X-Bench-Id"};

void read_target(conf::Section& section, std::vector<MixTarget>& targets) {
    MixTarget target;
    std::string url;
    section.number("weight", target.weight, {1, kWeightMax});
    if (!section.text("url", url)) {
        if (!section.has("url")) {
            section.error(section.place(), "[[target]] has no \"url\"",
                          "write url = \"http://127.0.0.1:8080\"");
        }
        return;
    }
    auto parsed = parse_target_url(url);
    if (!parsed) {
        section.error(section.value_place("url"), std::move(parsed.error().message),
                      std::move(parsed.error().hint));
        return;
    }
    if (parsed->path != "/") {
        section.error(section.value_place("url"), "a target's url has no path here",
                      fmt::format("write path = \"{}\" in a [[request]]", parsed->path));
        return;
    }
    target.url = std::move(*parsed);
    targets.push_back(std::move(target));
}

void read_path(conf::Section& section, std::string& out) {
    if (!section.text("path", out)) return;
    const auto url = parse_target_url("http://localhost" + out);
    if (out.empty() || out.front() != '/' || !url) {
        section.error(section.value_place("path"), "\"path\" must begin with \"/\"",
                      "as \"/search?q=1\", without spaces");
        return;
    }
    out = url->path;
}

void read_request(conf::Section& section, std::vector<RequestShape>& requests) {
    RequestShape shape;
    section.number("weight", shape.weight, {1, kWeightMax});
    read_path(section, shape.path);
    if (section.text("method", shape.method) && !is_sendable_method(shape.method)) {
        section.error(section.value_place("method"), "\"method\" is not for this",
                      "write method = \"POST\"");
    }
    section.size("body_size", shape.body_bytes, {0, kBodyMax});
    std::vector<conf::NamedText> fields;
    section.named_texts("header", fields);
    for (const conf::NamedText& field : fields) {
        auto checked = check_field(field.name.text, field.value.text);
        if (checked) {
            shape.fields.push_back(std::move(*checked));
        } else {
            section.error(field.name.place, std::move(checked.error().message),
                          std::move(checked.error().hint));
        }
    }
    requests.push_back(std::move(shape));
}

}  // namespace

bool is_sendable_method(std::string_view method) {
    return http::is_token(method) && method != "CONNECT";
}

Result<std::string> check_field(std::string_view name, std::string_view value) {
    if (!http::is_token(name) || !http::is_field_value(value)) {
        return fail(fmt::format("\"{}: {}\" is not a header field", name, value),
                    "write it as \"X-Canary: 1\"");
    }
    for (const std::string_view own : kOwnFields) {
        if (!iequals(name, own)) continue;
        return fail(fmt::format("{} is written by the generator itself", own),
                    own == "Host"         ? "the URL says the host"
                    : own == "X-Bench-Id" ? "turn it off with --no-ids"
                                          : "give the length of a body with --body-size");
    }
    return fmt::format("{}: {}", name, value);
}

Many<MixFile> parse_mix(std::string_view text, const std::string& file) {
    auto document = conf::Document::parse(text, file);
    if (!document) return tl::unexpected(std::vector<Error>{std::move(document).error()});
    MixFile mix;
    std::vector<Error> errors;
    std::vector<Error> warnings;
    const conf::Reading reading{*document, errors, warnings};
    conf::Section top(reading, document->root(), {}, "", "");
    top.repeated("target", [&](conf::Section& each) { read_target(each, mix.targets); });
    top.repeated("request", [&](conf::Section& each) { read_request(each, mix.requests); });
    top.finish();
    if (errors.empty() && mix.targets.empty() && mix.requests.empty()) {
        Error error;
        error.message = fmt::format("{} names no target and no request", file);
        error.hint = "write at least one [[target]] with url, or one [[request]] with path";
        errors.push_back(std::move(error));
    }
    if (errors.empty()) return mix;
    conf::sort_by_place(errors);
    return tl::unexpected(std::move(errors));
}

Many<MixFile> read_mix(const std::string& path) {
    const auto bytes = conf::read_bytes(path, "give the file with --mix FILE");
    if (!bytes) return tl::unexpected(std::vector<Error>{bytes.error()});
    return parse_mix(*bytes, path);
}

}  // namespace fairlead::bench
