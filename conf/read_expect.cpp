#include "conf/read_expect.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "conf/names.h"
#include "conf/patterns.h"

namespace fairlead::conf {
namespace {

void read_request(Section& section, Expectation& out) {
    std::string request;
    if (!section.text("request", request)) {
        if (!section.has("request")) {
            section.error(section.place(), "[[expect]] has no \"request\"",
                          "write request = \"GET http://example.com/\"");
        }
        return;
    }
    out.where = section.reading().document.locate(section.value_place("request"));
    Result<Expectation> parsed = parse_expect_request(request);
    if (!parsed) {
        section.error(section.value_place("request"), std::move(parsed.error().message),
                      std::move(parsed.error().hint));
        return;
    }
    out.method = std::move(parsed->method);
    out.scheme = std::move(parsed->scheme);
    out.host = std::move(parsed->host);
    out.port = parsed->port;
    out.target = std::move(parsed->target);
}

void read_header(Section& section, Expectation& out) {
    std::vector<NamedText> fields;
    section.named_texts("header", fields);
    for (NamedText& field : fields) {
        if (!is_token(field.name.text) || !is_field_value(field.value.text)) {
            section.error(field.name.place,
                          fmt::format("\"{}\" is not a header field", field.name.text),
                          "as X-Canary = \"1\"");
            continue;
        }
        out.header.push_back({std::move(field.name.text), std::move(field.value.text)});
    }
}

void read_outcome(Section& section, const Names& names, Expectation& out) {
    std::string text;
    int status = 0;
    if (section.text("pool", text)) {
        check_reference(section, "pool", "pool", text, names.pools);
        out.pool = text;
    }
    if (section.number("status", status, {100, 599})) out.status = status;
    if (section.text("redirect", text)) out.redirect = text;

    const bool has_own_answer = section.has("status") || section.has("redirect");
    if (section.has("pool") && has_own_answer) {
        section.error(section.key_place("pool"),
                      "a request goes to a \"pool\" or is answered here, not both",
                      "remove one of them");
    } else if (!section.has("pool") && !has_own_answer) {
        section.error(section.place(), "[[expect]] does not say what it expects",
                      "write pool = \"NAME\", status = 404 or redirect = \"URL\"");
    }
    for (const std::string_view key : {"pool", "redirect", "status"}) {
        if (!section.has(key)) continue;
        out.outcome_where = section.reading().document.locate(section.value_place(key));
        break;
    }
}

}  // namespace

void read_expect(Section& section, const Names& names, Expectation& out) {
    out.where = section.where();
    read_http_listener(section, names, out.listener);
    read_request(section, out);
    read_header(section, out);
    read_outcome(section, names, out);
}

}  // namespace fairlead::conf
