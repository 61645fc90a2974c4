#include <nlohmann/json.hpp>

#include "bench/peers/bars.h"
#include "bench/peers/ratio.h"
#include "bench/peers/report.h"

namespace fairlead::bench::peers {
namespace {

using Json = nlohmann::ordered_json;

Json outcomes_json(const OutcomeCounts& outcomes) {
    Json json = Json::object();
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        json[std::string(outcome_word(static_cast<Outcome>(i)))] = outcomes.by_outcome[i];
    }
    return json;
}

Json figures_json(const FigureTable& table, const PeerFigures& figures) {
    Json json{{"name", figures.peer}};
    Json& metrics = json["metrics"] = Json::object();
    for (const Series& series : figures.series) {
        metrics[std::string(metric_row(series.metric).word)] = {{"median", median(series.rounds)},
                                                                {"rounds", series.rounds}};
    }
    json["outcomes"] = outcomes_json(figures.outcomes);
    Json& ratio = json["fairlead_to_it"];  // null where there is none
    if (!table.compared) return json;
    if (const auto found = ratio_to(table, figures, *table.compared)) {
        const auto& interval = found->interval;
        ratio = {{"metric", metric_row(*table.compared).word},
                 {"ratio", found->value},
                 {"low_95", interval ? Json(interval->low) : Json()},
                 {"high_95", interval ? Json(interval->high) : Json()}};
    }
    return json;
}

Json verdict_json(const Verdict& verdict) {
    Json json{{"metric", metric_row(verdict.bar.metric).word},
              {"against", verdict.bar.peer.empty() ? Json() : Json(verdict.bar.peer)},
              {"at_most", verdict.bar.at_most},
              {"value", verdict.value ? Json(*verdict.value) : Json()}};
    json["verdict"] = !verdict.value ? "unknown" : verdict.is_met() ? "met" : "missed";
    return json;
}

}  // namespace

std::string report_json(const Report& report) {
    Json json{{"schema", "fairlead-bench/peers/1"},
              {"version", report.version},
              {"started", report.machine.time},
              {"host", report.machine.host},
              {"kernel", report.machine.kernel},
              {"cpu_model", report.machine.cpu},
              {"cpus", report.machine.cpus},
              {"pinning", report.pinning},
              {"rounds", report.settings.rounds},
              {"duration_seconds", std::chrono::duration<double>(report.settings.duration).count()},
              {"interrupted", report.is_interrupted},
              {"failure", report.failure.empty() ? Json() : Json(report.failure)}};
    Json& peers = json["peers"] = Json::array();
    for (const Peer& peer : report.peers) {
        peers.push_back(
            {{"name", peer.name()}, {"program", peer.program.string()}, {"version", peer.version}});
    }
    Json& tables = json["tables"] = Json::array();
    for (const FigureTable& table : report.tables) {
        Json each{{"scenario", table.scenario}, {"title", table.title}};
        Json& figures = each["peers"] = Json::array();
        for (const PeerFigures& peer : table.peers) figures.push_back(figures_json(table, peer));
        Json& bars = each["bars"] = Json::array();
        for (const Verdict& verdict : judge(table)) bars.push_back(verdict_json(verdict));
        each["notes"] = table.notes;
        tables.push_back(std::move(each));
    }
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace fairlead::bench::peers
