#include "proxy/control/changes.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/base/units.h"
#include "proxy/control/audit.h"
#include "proxy/control/change_request.h"
#include "proxy/control/status.h"

namespace fairlead::control {
namespace {

using nlohmann::ordered_json;

constexpr int kBadBody = 400;
constexpr int kUnusableFile = 422;

std::string text_of(const ordered_json& json) {
    return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ApiAnswer bad_body(const Error& error) { return problem(kBadBody, error.message, error.hint); }

ApiAnswer refused(const runtime::Refusal& refusal) {
    return problem(refusal.status, refusal.error, refusal.hint);
}

void audit_outcome(const std::string& who, const std::string& what,
                   const std::optional<runtime::Refusal>& refusal) {
    audit(who, what, refusal ? "refused: " + refusal->error : "done");
}

/// What is answered when a change of a backend is done: the backend as it is now.
ApiAnswer backend_answer(const Steered& steered, int status, std::string_view pool,
                         std::string_view backend) {
    std::optional<std::string> json =
        backend_json(steered.server, &steered.steering, pool, backend);
    if (!json) return problem(404, "the backend has gone meanwhile", "GET /api/v1/status shows it");
    return json_answer(status, *std::move(json));
}

std::string described(const runtime::BackendChange& change) {
    std::string text;
    if (change.state) text += fmt::format(" state={}", balancing::word(*change.state));
    if (change.weight) text += fmt::format(" weight={}", *change.weight);
    return text;
}

std::string described(const conf::Backend& backend) {
    const std::string most =
        backend.max_in_flight == kUnlimited ? "none" : std::to_string(backend.max_in_flight);
    return fmt::format(" address={} weight={} max_in_flight={} tier={}", backend.address.text(),
                       backend.weight, most, backend.tier);
}

ordered_json confirm_text(const std::optional<Duration>& confirm) {
    return confirm ? ordered_json(format_duration(*confirm)) : ordered_json(nullptr);
}

ApiAnswer reload_answer(const runtime::ReloadReport& report) {
    if (report.result == runtime::ReloadResult::Refused) {
        return json_answer(kUnusableFile, text_of({{"error", "the configuration was not loaded"},
                                                   {"hint", "see errors; what ran goes on"},
                                                   {"result", runtime::word(report.result)},
                                                   {"generation", report.generation},
                                                   {"errors", report.errors},
                                                   {"warnings", report.warnings}}));
    }
    return json_answer(200, text_of({{"result", runtime::word(report.result)},
                                     {"generation", report.generation},
                                     {"changes", report.changes},
                                     {"warnings", report.warnings},
                                     {"confirm", confirm_text(report.confirm)}}));
}

ApiAnswer plan_answer(const runtime::Steering::Preview& preview, bool may_see_lines) {
    if (!preview.errors.empty()) {
        return json_answer(
            kUnusableFile,
            text_of({{"error", "the configuration is not usable"},
                     {"hint", "mend what is listed in errors"},
                     {"errors",
                      may_see_lines ? preview.errors : without_quoted_lines(preview.errors)}}));
    }
    ordered_json changes = ordered_json::array();
    for (const conf::Change& change : preview.changes) changes.push_back(change.text());
    return json_answer(200, text_of({{"changes", std::move(changes)}, {"notes", preview.notes}}));
}

}  // namespace

void change_backend(const Steered& steered, const Place& place, std::string_view body,
                    std::string who, Reply reply) {
    const Result<runtime::BackendChange> change = read_backend_change(body);
    if (!change) return reply(bad_body(change.error()));
    std::string what = "backend " + place.pool + "/" + place.backend + described(*change);
    auto on_done = [steered, place, who, what = std::move(what),
                    reply = std::move(reply)](std::optional<runtime::Refusal> refusal) {
        audit_outcome(who, what, refusal);
        reply(refusal ? refused(*refusal)
                      : backend_answer(steered, 200, place.pool, place.backend));
    };
    steered.steering.change_backend(place.pool, place.backend, *change, who, std::move(on_done));
}

void add_backend(const Steered& steered, const Place& place, std::string_view body, std::string who,
                 Reply reply) {
    const conf::Pool* pool = steered.server.snapshot().model.pool(place.pool);
    const std::uint64_t most = pool == nullptr ? kUnlimited : pool->max_in_flight;
    Result<conf::Backend> backend = read_added_backend(body, most);
    if (!backend) return reply(bad_body(backend.error()));
    const std::string name = backend->name;
    std::string what = "add " + place.pool + "/" + name + described(*backend);
    auto on_done = [steered, pool_name = place.pool, name, who, what = std::move(what),
                    reply = std::move(reply)](std::optional<runtime::Refusal> refusal) {
        audit_outcome(who, what, refusal);
        reply(refusal ? refused(*refusal) : backend_answer(steered, 201, pool_name, name));
    };
    steered.steering.add_backend(place.pool, *std::move(backend), who, std::move(on_done));
}

void remove_backend(const Steered& steered, const Place& place, std::string_view body,
                    std::string who, Reply reply) {
    if (const Result<void> nothing = read_nothing(body); !nothing) {
        return reply(bad_body(nothing.error()));
    }
    std::string what = "remove " + place.pool + "/" + place.backend;
    auto on_done = [place, who, what = std::move(what),
                    reply = std::move(reply)](std::optional<runtime::Refusal> refusal) {
        audit_outcome(who, what, refusal);
        reply(refusal ? refused(*refusal)
                      : json_answer(200, text_of({{"removed", place.pool + "/" + place.backend}})));
    };
    steered.steering.remove_backend(place.pool, place.backend, who, std::move(on_done));
}

void reload(const Steered& steered, std::string_view body, std::string who, Reply reply) {
    const Result<std::optional<Duration>> confirm = read_reload(body);
    if (!confirm) return reply(bad_body(confirm.error()));
    if (steered.steering.path().empty()) {
        return reply(problem(409, "there is no configuration file to load again",
                             "this balancer was started from its command line: restart it"));
    }
    if (steered.server.is_stopping()) return reply(problem(503, "the process is stopping", ""));
    std::string what =
        *confirm ? "reload confirm=" + format_duration(**confirm) : std::string("reload");
    std::string trigger = "api by " + who;
    auto on_done = [who = std::move(who), what = std::move(what),
                    reply = std::move(reply)](const runtime::ReloadReport& report) {
        const bool is_refused = report.result == runtime::ReloadResult::Refused;
        audit(who, what,
              is_refused ? std::string("refused: the configuration was not loaded")
                         : fmt::format("done: {}, generation {}", runtime::word(report.result),
                                       report.generation));
        reply(reload_answer(report));
    };
    steered.steering.reload(std::move(trigger), *confirm, std::move(on_done));
}

void confirm(const Steered& steered, std::string_view body, const std::string& who,
             const Reply& reply) {
    if (const Result<void> nothing = read_nothing(body); !nothing) {
        return reply(bad_body(nothing.error()));
    }
    const std::optional<runtime::Refusal> refusal = steered.steering.confirm(who);
    audit_outcome(who, "confirm", refusal);
    reply(refusal
              ? refused(*refusal)
              : json_answer(200, text_of({{"confirmed", true},
                                          {"generation", steered.server.snapshot().generation}})));
}

void show_plan(runtime::Steering& steering, bool may_see_lines, Reply reply) {
    if (steering.path().empty()) {
        return reply(problem(409, "there is no configuration file to compare with",
                             "this balancer was started from its command line"));
    }
    steering.plan(
        [may_see_lines, reply = std::move(reply)](const runtime::Steering::Preview& preview) {
            reply(plan_answer(preview, may_see_lines));
        });
}

void show_plan_for(runtime::Steering& steering, std::string_view body, const Reply& reply) {
    const Result<conf::SettingList> wanted = read_plan(body);
    if (!wanted) return reply(bad_body(wanted.error()));
    reply(plan_answer(steering.plan_for(*wanted), true));
}

std::string without_quoted_lines(std::string_view rendered) {
    std::string out;
    while (!rendered.empty()) {
        const std::size_t end = rendered.find('\n');
        const std::string_view line = rendered.substr(0, end);
        // "   14 | policy = ..." is the file's, "      |          ^^^ did you mean" is ours.
        const std::size_t bar = line.find(" | ");
        const bool is_quoted =
            bar != std::string_view::npos && parse_number(trim(line.substr(0, bar))).has_value();
        if (!is_quoted) out.append(line).append("\n");
        rendered.remove_prefix(end == std::string_view::npos ? rendered.size() : end + 1);
    }
    return out;
}

}  // namespace fairlead::control
