#include "proxy/cli/reload_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "conf/load.h"
#include "conf/settings.h"
#include "proxy/cli/load_config.h"
#include "proxy/control/change_request.h"

namespace fairlead::cli {
namespace {

constexpr int kRefused = 1;
constexpr int kBadUsage = 2;
/// More than the balancer itself takes until it says that it takes longer.
constexpr Duration kReloadPatience = std::chrono::seconds{150};

int tell(const Error& error, int code) {
    std::fputs(error.render().c_str(), stderr);
    return code;
}

std::string lines(const control::JsonValue& list, std::string_view before = {}) {
    std::string text;
    for (const control::JsonValue& each : list.list) {
        text.append(before).append(each.text).append("\n");
    }
    return text;
}

void print_warnings(const control::JsonValue& warnings) {
    for (const control::JsonValue& each : warnings.list) {
        std::fputs(each.text.c_str(), stderr);
        if (!each.text.ends_with('\n')) std::fputs("\n", stderr);
    }
}

/// Errors of the file as `check` prints them; anything else as it was said.
int tell_refusal(const AdminReply& reply) {
    print_warnings(reply.json.at("warnings"));
    const std::string& errors = reply.json.at("errors").text;
    if (errors.empty()) return tell(reply.error(), kRefused);
    std::fputs(errors.c_str(), stderr);
    if (reply.json.find("generation") != nullptr) {
        const std::string summary = refused_summary(errors, reply.json.at("generation").number());
        std::fputs((summary + "\n").c_str(), stderr);
    }
    return kRefused;
}

std::string reload_text(const control::JsonValue& json) {
    const std::uint64_t generation = json.at("generation").number();
    if (json.at("result").text == "unchanged") {
        return fmt::format("no difference: generation {} goes on\n", generation);
    }
    std::string text = lines(json.at("changes"));
    text += fmt::format("generation {} is in force\n", generation);
    if (const std::string& time = json.at("confirm").text; !time.empty()) {
        text += "it goes back in " + time + " unless confirmed: fairlead confirm\n";
    }
    return text;
}

}  // namespace

std::string refused_summary(std::string_view rendered_errors, std::uint64_t generation) {
    std::size_t count = 0;
    while (!rendered_errors.empty()) {
        const std::string_view line = rendered_errors.substr(0, rendered_errors.find('\n'));
        // "file:14:10: error: ..." or "error: ..."; quoted lines of the file begin with a space.
        if (!line.starts_with(' ') &&
            (line.starts_with("error: ") || line.find(": error: ") != std::string_view::npos)) {
            ++count;
        }
        rendered_errors.remove_prefix(std::min(line.size() + 1, rendered_errors.size()));
    }
    return fmt::format("{}; the running configuration (generation {}) is unchanged",
                       conf::count_text(count, "error"), generation);
}

int reload(const AdminClient& client, const std::string& confirm) {
    std::string body = "{}";
    if (!confirm.empty()) {
        const Result<Duration> time = control::read_confirm(confirm);
        if (!time)
            return tell({"--confirm: " + time.error().message, time.error().hint, {}}, kBadUsage);
        body = "{\"confirm\":" + control::json_text(confirm) + "}";
    }
    const Result<AdminReply> reply = client.ask("POST", "/api/v1/reload", body, kReloadPatience);
    if (!reply) return tell(reply.error(), kRefused);
    if (!reply->is_fine()) return tell_refusal(*reply);
    print_warnings(reply->json.at("warnings"));
    std::fputs(reload_text(reply->json).c_str(), stdout);
    return 0;
}

int confirm_reload(const AdminClient& client) {
    const Result<AdminReply> reply = client.ask("POST", "/api/v1/confirm", "{}");
    if (!reply) return tell(reply.error(), kRefused);
    if (!reply->is_fine()) return tell(reply->error(), kRefused);
    std::fputs(
        fmt::format("confirmed: generation {} stays\n", reply->json.at("generation").number())
            .c_str(),
        stdout);
    return 0;
}

int show_difference(const AdminClient& client, const std::string& path) {
    const std::optional<conf::Model> model = load_config_file(path, "the file is not usable");
    if (!model) return kBadUsage;
    const std::string body = control::settings_json(conf::settings(*model));
    const Result<AdminReply> reply = client.ask("POST", "/api/v1/plan", body);
    if (!reply) return tell(reply.error(), kRefused);
    if (!reply->is_fine()) return tell_refusal(*reply);
    const control::JsonValue& changes = reply->json.at("changes");
    std::string text = changes.list.empty() ? std::string("no difference\n") : lines(changes);
    text += lines(reply->json.at("notes"), "note: ");
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace fairlead::cli
