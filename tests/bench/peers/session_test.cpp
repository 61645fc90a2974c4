#include "bench/peers/session.h"

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

using notes = std::vector<std::string>;

TEST_CASE("tables that are not whole say how far they got", "[bench][peers]") {
    const std::atomic<bool> stop{false};
    Session session({}, stop);
    FigureTable& whole = session.add_table({"small", "small", {}});
    whole.of("fairlead").add(Metric::Cpu, 1);
    FigureTable& part = session.add_table({"large", "large", {}});
    for (int turn = 0; turn < 2; ++turn) part.of("fairlead").add(Metric::Cpu, 1);
    part.of("nginx").add(Metric::Cpu, 1);
    FigureTable& none = session.add_table({"rate", "rate", {}});
    session.note_unfinished(1, "interrupted");
    CHECK(whole.notes.empty());
    CHECK(part.notes == notes{"interrupted after turns: fairlead 2, nginx 1"});
    CHECK(none.notes == notes{"interrupted before a turn ended"});
}

}  // namespace
}  // namespace fairlead::bench::peers
