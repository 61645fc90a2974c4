#include "bench/peers/report.h"
#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

TEST_CASE("a comparison is written with every round's figures", "[bench][peers]") {
    const std::vector<Peer> peers{{&peer_rows()[0], "/bin/fairlead", "fairlead 1"},
                                  {&peer_rows()[2], "/sbin/nginx", "nginx 2"}};
    FigureTable table;
    table.scenario = "small";
    table.title = "small: a test";
    table.metrics = {Metric::Cpu};
    table.compared = Metric::Cpu;
    for (const double cpu : {12.0, 10.0}) {
        table.of("fairlead").add(Metric::Cpu, cpu);
        table.of("nginx").add(Metric::Cpu, cpu / 2);
    }
    table.of("fairlead").outcomes[Outcome::Ok] = 7;
    table.notes.emplace_back("a note");
    const std::deque<FigureTable> tables{table};
    PeersSettings settings;
    settings.rounds = 2;
    const Report report{"1",      {"2026-03-01T14:05:09Z", "here", "Linux 6", "a CPU", 2},
                        "pinned", settings,
                        false,    "",
                        peers,    tables};
    CHECK(report_json(report) == R"({
 "schema": "fairlead-bench/peers/1",
 "version": "1",
 "started": "2026-03-01T14:05:09Z",
 "host": "here",
 "kernel": "Linux 6",
 "cpu_model": "a CPU",
 "cpus": 2,
 "pinning": "pinned",
 "rounds": 2,
 "duration_seconds": 2.0,
 "interrupted": false,
 "failure": null,
 "peers": [
  {
   "name": "fairlead",
   "program": "/bin/fairlead",
   "version": "fairlead 1"
  },
  {
   "name": "nginx",
   "program": "/sbin/nginx",
   "version": "nginx 2"
  }
 ],
 "tables": [
  {
   "scenario": "small",
   "title": "small: a test",
   "peers": [
    {
     "name": "fairlead",
     "metrics": {
      "cpu_us_per_request": {
       "median": 11.0,
       "rounds": [
        12.0,
        10.0
       ]
      }
     },
     "outcomes": {
      "ok": 7,
      "connect_refused": 0,
      "connect_timeout": 0,
      "tls": 0,
      "reset": 0,
      "closed_mid_body": 0,
      "bad_framing": 0,
      "timeout": 0,
      "status_4xx": 0,
      "status_5xx": 0
     },
     "fairlead_to_it": null
    },
    {
     "name": "nginx",
     "metrics": {
      "cpu_us_per_request": {
       "median": 5.5,
       "rounds": [
        6.0,
        5.0
       ]
      }
     },
     "outcomes": {
      "ok": 0,
      "connect_refused": 0,
      "connect_timeout": 0,
      "tls": 0,
      "reset": 0,
      "closed_mid_body": 0,
      "bad_framing": 0,
      "timeout": 0,
      "status_4xx": 0,
      "status_5xx": 0
     },
     "fairlead_to_it": {
      "metric": "cpu_us_per_request",
      "ratio": 2.0,
      "low_95": null,
      "high_95": null
     }
    }
   ],
   "bars": [
    {
     "metric": "cpu_us_per_request",
     "against": "haproxy",
     "at_most": 0.88,
     "value": null,
     "verdict": "unknown"
    },
    {
     "metric": "cpu_us_per_request",
     "against": "nginx",
     "at_most": 1.02,
     "value": 2.0,
     "verdict": "missed"
    }
   ],
   "notes": [
    "a note"
   ]
  }
 ]
}
)");
}

TEST_CASE("an interval is written, and what ended a comparison", "[bench][peers]") {
    FigureTable table;
    table.compared = Metric::Cpu;
    for (int round = 0; round < 5; ++round) {
        table.of("fairlead").add(Metric::Cpu, 3);
        table.of("nginx").add(Metric::Cpu, 4);
    }
    const std::vector<Peer> peers;
    const std::deque<FigureTable> tables{table};
    const PeersSettings settings;
    const std::string json =
        report_json({"1", {}, "pinned", settings, true, "nginx ended", peers, tables});
    const auto has = [&json](const std::string& text) {
        INFO(json);
        CHECK(json.find(text) != std::string::npos);
    };
    has("\"interrupted\": true");
    has("\"failure\": \"nginx ended\"");
    has("\"low_95\": 0.75,\n      \"high_95\": 0.75\n");
}

}  // namespace
}  // namespace fairlead::bench::peers
