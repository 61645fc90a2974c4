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
    table.notes.emplace_back("a note");
    const std::deque<FigureTable> tables{table};
    const Report report{"1",      {"2026-03-01T14:05:09Z", "here", "Linux 6", "a CPU", 2},
                        "pinned", "2 rounds",
                        false,    peers,
                        tables};
    CHECK(report_json(report) == R"({
 "schema": "fairlead-bench/peers/1",
 "version": "1",
 "time": "2026-03-01T14:05:09Z",
 "host": "here",
 "kernel": "Linux 6",
 "cpu": "a CPU",
 "cpus": 2,
 "pinning": "pinned",
 "rounds": "2 rounds",
 "interrupted": false,
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
     }
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
     "fairlead_to_it": {
      "metric": "cpu_us_per_request",
      "ratio": 2.0
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

}  // namespace
}  // namespace fairlead::bench::peers
