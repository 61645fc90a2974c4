#include "proxy/cli/backend_commands.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "proxy/base/text.h"

namespace fairlead::cli {
namespace {

constexpr int kRefused = 1;
constexpr int kBadUsage = 2;
/// A backend's name may have to be resolved.
constexpr Duration kPatience = std::chrono::seconds{30};

int tell(const Error& error, int code) {
    std::fputs(error.render().c_str(), stderr);
    return code;
}

std::string pool_path(std::string_view pool) {
    return "/api/v1/pools/" + encode_name(pool) + "/backends";
}

std::string backend_path(const BackendName& name) {
    return pool_path(name.pool) + "/" + encode_name(name.backend);
}

/// @param said  made from the reply when it is fine
template <class Said>
int finish(const Result<AdminReply>& reply, Said said) {
    if (!reply) return tell(reply.error(), kRefused);
    if (!reply->is_fine()) return tell(reply->error(), kRefused);
    std::fputs((said(reply->json) + "\n").c_str(), stdout);
    return 0;
}

/// "app/b1: draining, weight 2, 3 in flight"
std::string described(const BackendName& name, const control::JsonValue& backend) {
    return fmt::format("{}/{}: {}, weight {}, {} in flight", name.pool, name.backend,
                       backend.at("state").text, backend.at("weight").number(),
                       backend.at("in_flight").number());
}

int change(const AdminClient& client, std::string_view text, const std::string& body) {
    const Result<BackendName> name = parse_backend_name(text);
    if (!name) return tell(name.error(), kBadUsage);
    return finish(client.ask("PATCH", backend_path(*name), body, kPatience),
                  [&](const control::JsonValue& json) { return described(*name, json); });
}

/// A number, or one word that stands for one, as JSON.
Result<std::string> number_or(std::string_view option, std::string_view text,
                              std::string_view word) {
    if (!word.empty() && text == word) return control::json_text(word);
    if (const auto number = parse_number(text)) return std::to_string(*number);
    return fail(fmt::format("{}: \"{}\" is no number", option, text),
                word.empty() ? std::string() : fmt::format("a whole number, or \"{}\"", word));
}

}  // namespace

Result<BackendName> parse_backend_name(std::string_view text) {
    const std::size_t slash = text.find('/');
    const bool is_whole = slash != std::string_view::npos && slash > 0 && slash + 1 < text.size();
    if (!is_whole) {
        return fail(fmt::format("\"{}\" does not name a backend", text),
                    "write POOL/BACKEND, as app/127.0.0.1:3001; fairlead status lists them");
    }
    return BackendName{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

Result<std::string> added_backend_json(const AddedBackend& added) {
    std::string body = "{\"address\":" + control::json_text(added.address);
    if (!added.name.empty()) body += ",\"name\":" + control::json_text(added.name);
    struct Option {
        std::string_view option, field, text, word;
    };
    for (const Option& each :
         {Option{"--weight", "weight", added.weight, ""},
          Option{"--max-in-flight", "max_in_flight", added.max_in_flight, "none"},
          Option{"--tier", "tier", added.tier, "backup"}}) {
        if (each.text.empty()) continue;
        const Result<std::string> value = number_or(each.option, each.text, each.word);
        if (!value) return value;
        body += fmt::format(",\"{}\":{}", each.field, *value);
    }
    return body + "}";
}

int set_backend_state(const AdminClient& client, std::string_view name, std::string_view state) {
    return change(client, name, "{\"state\":" + control::json_text(state) + "}");
}

int set_backend_weight(const AdminClient& client, std::string_view name, std::string_view weight) {
    const std::optional<std::uint64_t> number = parse_number(weight);
    if (!number || *number > 65535) {
        return tell({fmt::format("\"{}\" is no weight", weight),
                     "a whole number from 0 to 65535; 0 takes no new requests",
                     {}},
                    kBadUsage);
    }
    return change(client, name, fmt::format("{{\"weight\":{}}}", *number));
}

int add_backend(const AdminClient& client, const AddedBackend& added) {
    const Result<std::string> body = added_backend_json(added);
    if (!body) return tell(body.error(), kBadUsage);
    return finish(client.ask("POST", pool_path(added.pool), *body, kPatience),
                  [&](const control::JsonValue& json) {
                      return "added " + described({added.pool, json.at("name").text}, json);
                  });
}

int remove_backend(const AdminClient& client, std::string_view text) {
    const Result<BackendName> name = parse_backend_name(text);
    if (!name) return tell(name.error(), kBadUsage);
    return finish(
        client.ask("DELETE", backend_path(*name), {}, kPatience), [&](const control::JsonValue&) {
            return fmt::format("{}/{}: removed, what it has may finish", name->pool, name->backend);
        });
}

}  // namespace fairlead::cli
