#include "bench/executions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/plain_client.h"

namespace fairlead::bench {

namespace {

using nlohmann::json;

constexpr Duration kAnswerTime = std::chrono::seconds(2);
constexpr std::size_t kListedMax = 20;
/// A balancer is asked until so many answers in a row came from origins that are known already.
constexpr int kKnownInRow = 8;
constexpr int kAsksMax = 200;

std::optional<std::uint64_t> count_in(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    return found->get<std::uint64_t>();
}

std::vector<std::string> ids_in(const json& object) {
    std::vector<std::string> ids;
    const auto list = object.find("duplicates");
    if (list == object.end() || !list->is_array()) return ids;
    for (const json& each : *list) {
        // The origin lists {id, times}; an id alone is understood too.
        const json* id = &each;
        if (each.is_object()) {
            const auto member = each.find("id");
            if (member == each.end()) continue;
            id = &*member;
        }
        if (id->is_string() && ids.size() < kListedMax) ids.push_back(id->get<std::string>());
    }
    return ids;
}

std::uint64_t since(std::uint64_t now, std::uint64_t before) {
    return now > before ? now - before : 0;  // the origin may have been restarted
}

}  // namespace

ExecutionCheck::ExecutionCheck(const std::vector<Target>& targets, std::string id_series)
    : targets_(targets), id_series_(std::move(id_series)), before_(survey()) {}

std::optional<ExecutionCheck::Counts> ExecutionCheck::ask(const Target& target) const {
    // The question is asked in clear, by HTTP/1.1; who does not speak that does not tell.
    if (target.protocol == Protocol::Tcp || target.is_tls) return std::nullopt;
    const auto answer =
        fetch(target.address, target.host, "/stats?series=" + id_series_, kAnswerTime);
    if (!answer || answer->status != 200) return std::nullopt;
    const json stats = json::parse(answer->body, nullptr, false);
    if (!stats.is_object()) return std::nullopt;
    const auto series = stats.find("series");
    const json& from = series != stats.end() && series->is_object() ? *series : stats;
    const auto requests = count_in(from, "requests");
    const auto unique_ids = count_in(from, "unique_ids");
    const auto duplicates = count_in(from, "duplicate_count");
    if (!requests || !unique_ids || !duplicates) return std::nullopt;
    // An origin that has counted too much to know all of this series.
    if (const auto complete = from.find("is_complete"); complete != from.end()) {
        if (complete->is_boolean() && !complete->get<bool>()) return std::nullopt;
    }
    Counts counts{{}, *requests, *unique_ids, *duplicates, ids_in(from)};
    if (const auto log = stats.find("log"); log != stats.end() && log->is_string()) {
        counts.log = log->get<std::string>();
    }
    return counts;
}

std::optional<ExecutionCheck::Survey> ExecutionCheck::survey() const {
    Survey found;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        int known = 0;
        for (int asks = 0; known < kKnownInRow && asks < kAsksMax; ++asks) {
            auto counts = ask(targets_[i]);
            if (!counts) return std::nullopt;
            const bool tells_log = !counts->log.empty();
            std::string log = tells_log ? counts->log : "target " + std::to_string(i);
            known = found.contains(log) ? known + 1 : 0;
            found.insert_or_assign(std::move(log), std::move(*counts));
            if (!tells_log) break;
        }
    }
    return found;
}

std::optional<Executions> ExecutionCheck::finish(std::uint64_t sent,
                                                 std::uint64_t broken_off) const {
    // What did not tell before the run is no origin, whatever it says now.
    if (!before_) return std::nullopt;
    const auto now = survey();
    if (!now) return std::nullopt;
    Executions out;
    out.sent = sent;
    std::uint64_t unique_ids = 0;
    for (const auto& [log, counts] : *now) {
        const auto found = before_->find(log);
        const Counts before = found == before_->end() ? Counts{} : found->second;
        out.executed += since(counts.requests, before.requests);
        unique_ids += since(counts.unique_ids, before.unique_ids);
        out.duplicated += since(counts.duplicate_count, before.duplicate_count);
        for (const std::string& id : counts.duplicates) {
            if (id.starts_with(id_series_)) out.duplicated_ids.push_back(id);
        }
    }
    out.lost = since(sent, unique_ids + broken_off);
    return out;
}

}  // namespace fairlead::bench
