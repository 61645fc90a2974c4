// When real traffic takes a backend out, and how it comes back: simulated, under a fake clock.
#include "balancing/ejection.h"

#include <map>
#include <optional>

#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::balancing;

namespace {

using Step = Ejection::Step;

/// A pool under steady traffic in which each backend fails as a test says.
class Crowd {
  public:
    /// What becomes of a request: nothing is an answer.
    using Outcome = std::function<std::optional<Fault>(Random&)>;

    explicit Crowd(std::size_t backends, PoolSettings settings = {}, double per_second = 1000,
                   std::uint64_t seed = 1)
        : pool("round_robin", backends_numbered(backends), std::move(settings)),
          ejection(pool.shared),
          gap_(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / per_second))),
          random_(seed) {}

    void let(std::string_view name, Outcome outcome) { outcomes_[std::string(name)] = outcome; }
    void fail(std::string_view name, Fault fault = Fault::Answer) {
        let(name, [fault](Random&) { return std::optional(fault); });
    }
    void fail_part(std::string_view name, double part) {
        let(name, [part](Random& random) {
            return random.unit() < part ? std::optional(Fault::Answer) : std::nullopt;
        });
    }
    void mend(std::string_view name) { outcomes_.erase(std::string(name)); }

    void run_for(Duration duration) {
        const Time end = pool.now + duration;
        for (; pool.now < end; pool.now += gap_) {
            while (pool.now >= next_look_) {
                for (Ejection::Event& event : ejection.step(next_look_)) {
                    events.push_back(std::move(event));
                    event_times.push_back(next_look_);
                }
                next_look_ += kEjectionLook;
            }
            Lease lease = pool.pick();
            if (!lease) continue;
            Backend& backend = lease.backend();
            ++served[backend.name()];
            const auto found = outcomes_.find(backend.name());
            const auto fault = found == outcomes_.end() ? std::nullopt : found->second(random_);
            if (fault) {
                backend.note_fault(*fault, pool.now);
            } else {
                backend.note_answered();
            }
        }
    }
    /// @return how long it took
    template <class Condition>
    Duration run_until(Condition condition, Duration most = 10s) {
        const Time began = pool.now;
        while (!condition() && pool.now - began < most) run_for(50ms);
        return pool.now - began;
    }
    State state(std::string_view name) { return pool.backend(name).state(); }
    bool is_out(std::string_view name) { return state(name) == State::Ejected; }
    std::size_t out() const {
        std::size_t count = 0;
        for (const auto& each : pool.shared->backends()) count += each->state() == State::Ejected;
        return count;
    }

    TestPool pool;
    Ejection ejection;
    std::vector<Ejection::Event> events;
    std::vector<Time> event_times;
    std::map<std::string, int> served;

  private:
    std::map<std::string, Outcome, std::less<>> outcomes_;
    const Duration gap_;
    Time next_look_{1h};
    Random random_;
};

PoolSettings with(EjectionSettings ejection) {
    PoolSettings settings;
    settings.ejection = ejection;
    return settings;
}

}  // namespace

TEST_CASE("five failures in a row, a second apart at least, take a backend out",
          "[balancing][ejection]") {
    Crowd crowd{3};
    crowd.run_for(5s);
    crowd.fail("b0");
    const Duration took = crowd.run_until([&] { return crowd.is_out("b0"); });
    CHECK(took >= 1s);
    CHECK(took <= 1500ms);
    REQUIRE(crowd.events.size() == 1);
    CHECK(crowd.events[0].backend->name() == "b0");
    CHECK(crowd.events[0].verdict.cause == Ejection::Cause::Row);
    CHECK(crowd.events[0].verdict.last == Fault::Answer);
    CHECK(crowd.events[0].verdict.failures >= 5);
    CHECK(crowd.state("b1") == State::Up);
    const int before = crowd.served["b0"];
    crowd.run_for(5s);
    CHECK(crowd.served["b0"] == before);
}

TEST_CASE("a fault of all that is over takes nobody out, however unevenly they are asked then",
          "[balancing][ejection]") {
    Crowd crowd{4};
    crowd.run_for(5s);
    for (const auto* name : {"b0", "b1", "b2", "b3"}) crowd.fail(name);
    crowd.run_for(5s);
    CHECK(crowd.out() == 0);
    for (const auto* name : {"b0", "b1", "b2", "b3"}) crowd.mend(name);
    // Two of them get next to nothing for a while: what is known of them is old.
    crowd.pool.backend("b0").set_weight(0);
    crowd.pool.backend("b1").set_weight(0);
    crowd.run_for(1s);
    crowd.pool.backend("b0").set_weight(1);
    crowd.pool.backend("b1").set_weight(1);
    crowd.run_for(5s);
    CHECK(crowd.events.empty());
}

TEST_CASE("a burst of failures within a second is a moment's, and ejects nobody",
          "[balancing][ejection]") {
    Crowd crowd{3, with({.ratio = std::numeric_limits<double>::infinity()})};
    crowd.run_for(5s);
    for (int i = 0; i < 20; ++i) crowd.pool.backend("b0").note_fault(Fault::Answer, crowd.pool.now);
    crowd.run_for(500ms);  // in which it answers
    crowd.run_for(5s);
    CHECK(crowd.events.empty());
    SECTION("also when nothing more is asked of it") {
        Backend& backend = crowd.pool.backend("b1");
        crowd.let("b1", [](Random&) { return std::nullopt; });
        crowd.pool.set("b1", State::Down);
        crowd.run_for(100ms);
        for (int i = 0; i < 20; ++i) backend.note_fault(Fault::Answer, crowd.pool.now);
        crowd.pool.set("b1", State::Up);
        backend.set_weight(0);
        crowd.run_for(5s);
        CHECK(crowd.events.empty());
    }
}

TEST_CASE("an answer in between ends the row", "[balancing][ejection]") {
    Crowd crowd{3, with({.ratio = std::numeric_limits<double>::infinity()}), 30};
    int count = 0;
    crowd.let("b0", [&](Random&) {
        return ++count % 5 == 0 ? std::nullopt : std::optional(Fault::Answer);
    });
    crowd.run_for(60s);
    CHECK(crowd.events.empty());
}

TEST_CASE("a backend that fails three of ten requests is out within two seconds",
          "[balancing][ejection]") {
    const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    Crowd crowd{4, {}, 2000, seed};
    crowd.run_for(20s);
    crowd.fail_part("b2", 0.3);
    CHECK(crowd.run_until([&] { return crowd.is_out("b2"); }) <= 2s);
    REQUIRE(crowd.events.size() == 1);
    const Ejection::Verdict& verdict = crowd.events[0].verdict;
    CHECK(verdict.cause == Ejection::Cause::Ratio);
    CHECK(verdict.requests >= 50);
    CHECK(verdict.failures * 5 >= verdict.requests);
    CHECK(verdict.others < 0.01);
}

TEST_CASE("what fails on all alike ejects nobody", "[balancing][ejection]") {
    const double part = GENERATE(0.05, 0.1, 0.2, 0.25, 0.5, 0.9, 1.0);
    const std::size_t backends = GENERATE(2u, 3u, 10u);
    Crowd crowd{backends, {}, 1000};
    for (std::size_t i = 0; i < backends; ++i) {
        crowd.fail_part("b" + std::to_string(i), part);
    }
    crowd.run_for(120s);
    CHECK(crowd.events.size() == 0);
}

TEST_CASE("no more than `max_out` of the pool are out, the rest serves", "[balancing][ejection]") {
    struct Row {
        std::size_t backends;
        double max_out;
        std::size_t most;
    };
    const Row row =
        GENERATE(Row{1, 0.5, 0}, Row{2, 0.5, 1}, Row{3, 0.5, 1}, Row{4, 0.5, 2}, Row{5, 0.5, 2},
                 Row{10, 0.3, 3}, Row{10, 0.29, 2}, Row{2, 0.01, 1}, Row{4, 1.0, 3});
    Crowd crowd{row.backends, with({.max_out = row.max_out})};
    crowd.run_for(5s);
    // The last one is well: somebody must do better.
    for (std::size_t i = 0; i + 1 < row.backends; ++i) crowd.fail("b" + std::to_string(i));
    if (row.backends == 1) crowd.fail("b0");
    std::size_t most = 0;
    for (int i = 0; i < 40; ++i) {
        crowd.run_for(250ms);
        most = std::max(most, crowd.out());
    }
    CHECK(most == row.most);
}

TEST_CASE("those that are down by their checks count as out", "[balancing][ejection]") {
    Crowd crowd{4};
    crowd.run_for(5s);
    crowd.pool.set("b0", State::Down);
    crowd.pool.set("b1", State::Down);
    crowd.fail("b2");
    crowd.run_for(5s);
    CHECK(crowd.events.empty());
}

TEST_CASE("backends that cannot be connected to go, however many, while one is left that works",
          "[balancing][ejection]") {
    Crowd crowd{6};
    crowd.run_for(5s);
    for (const char* name : {"b0", "b1", "b2", "b3", "b4"}) crowd.fail(name, Fault::Connect);
    crowd.run_for(5s);
    CHECK(crowd.out() == 5);
    CHECK(crowd.state("b5") == State::Up);
    const int before = crowd.served["b5"];
    crowd.run_for(1s);
    CHECK(crowd.served["b5"] - before >= 990);
}

TEST_CASE("when nobody in use does better, those that are out come back", "[balancing][ejection]") {
    Crowd crowd{3};
    crowd.run_for(5s);
    crowd.fail("b0", Fault::Connect);
    crowd.run_for(3s);
    crowd.fail("b1", Fault::Connect);
    crowd.run_for(3s);
    CHECK(crowd.out() == 2);
    crowd.fail("b2", Fault::Connect);
    CHECK(crowd.run_until([&] { return crowd.out() == 0; }) <= 1500ms);
    CHECK(crowd.events.back().step == Step::NobodyIsBetter);
    const std::size_t events = crowd.events.size();
    crowd.run_for(60s);  // and all stay: no coming and going
    CHECK(crowd.events.size() == events);
}

TEST_CASE("each time it is out for longer, and a while in use makes that forgotten",
          "[balancing][ejection]") {
    Crowd crowd{3, with({.out = 2s, .out_max = 5s})};
    crowd.run_for(5s);
    crowd.fail("b0");
    crowd.run_for(40s);
    std::vector<Duration> outs;
    for (std::size_t i = 0; i + 1 < crowd.events.size(); ++i) {
        if (crowd.events[i].step != Step::Ejected) continue;
        CHECK(crowd.events[i].verdict.times == outs.size() + 1);
        outs.push_back(crowd.event_times[i + 1] - crowd.event_times[i]);
    }
    REQUIRE(outs.size() >= 4);
    CHECK(outs[0] == 2s);
    CHECK(outs[1] == 4s);
    CHECK(outs[2] == 5s);
    CHECK(outs[3] == 5s);

    crowd.mend("b0");
    crowd.run_for(200s);
    crowd.fail("b0");
    crowd.run_until([&] { return crowd.is_out("b0"); });
    CHECK(crowd.events.back().verdict.times == 1);
}

TEST_CASE("it comes back through slow start, with checks and without", "[balancing][ejection]") {
    const bool has_checks = GENERATE(true, false);
    PoolSettings settings;
    settings.has_checks = has_checks;
    Crowd crowd{4, settings};
    const State settled = has_checks ? State::Up : State::Unknown;
    for (const auto& backend : crowd.pool.shared->backends()) {
        backend->set_state(settled, crowd.pool.now);
    }
    crowd.run_for(5s);
    crowd.fail("b0");
    crowd.run_until([&] { return crowd.is_out("b0"); });
    crowd.mend("b0");
    CHECK(crowd.run_until([&] { return !crowd.is_out("b0"); }, 20s) <= 10300ms);
    CHECK(crowd.events.back().step == Step::TimeIsUp);
    CHECK(crowd.state("b0") == State::Rising);
    crowd.served.clear();
    crowd.run_for(1s);
    CHECK(crowd.served["b0"] < 100);  // of 1000, with a fair share of 250
    CHECK(crowd.served["b0"] > 10);
    crowd.run_for(10s);
    crowd.pool.shared->tick(crowd.pool.now);
    CHECK(crowd.state("b0") == settled);
    crowd.served.clear();
    crowd.run_for(1s);
    CHECK(crowd.served["b0"] >= 240);
    CHECK(crowd.served["b0"] <= 260);
}

TEST_CASE("clients that leave unanswered count half, and show a black hole",
          "[balancing][ejection]") {
    Crowd crowd{3, {}, 30};
    crowd.run_for(5s);
    Backend& hole = crowd.pool.backend("b0");
    crowd.let("b0", [](Random&) { return std::optional(Fault::Left); });
    crowd.run_until([&] { return crowd.is_out("b0"); });
    REQUIRE(crowd.is_out("b0"));
    CHECK(crowd.events[0].verdict.last == Fault::Left);
    CHECK(hole.evidence().failed() >= 10);
}

TEST_CASE("checks that pass bring back who could not be reached, not who answers badly",
          "[balancing][ejection]") {
    const Fault fault = GENERATE(Fault::Connect, Fault::Silent, Fault::Broken, Fault::Answer);
    Crowd crowd{3};
    crowd.run_for(5s);
    crowd.fail("b0", fault);
    crowd.run_until([&] { return crowd.is_out("b0"); });
    const auto event = crowd.ejection.note_checks_pass(crowd.pool.backend("b0"), crowd.pool.now);
    const bool is_about_reaching = fault == Fault::Connect || fault == Fault::Silent;
    CHECK(event.has_value() == is_about_reaching);
    CHECK(crowd.is_out("b0") != is_about_reaching);
    // Once they have found it down and well again, it is as good as new.
    if (!is_about_reaching) {
        CHECK(crowd.ejection.note_recovered(crowd.pool.backend("b0"), crowd.pool.now));
        CHECK_FALSE(crowd.is_out("b0"));
    }
}

TEST_CASE("checks that fail go before an ejection, people before both", "[balancing][ejection]") {
    Crowd crowd{3};
    crowd.run_for(5s);
    crowd.fail("b0");
    crowd.run_until([&] { return crowd.is_out("b0"); });
    Backend& backend = crowd.pool.backend("b0");
    backend.set_state(State::Down, crowd.pool.now);
    CHECK(backend.state() == State::Down);
    backend.set_admin(AdminState::Drain, crowd.pool.now);
    CHECK(backend.state() == State::Draining);
    backend.set_admin(AdminState::Ready, crowd.pool.now);
    crowd.run_for(11s);  // its time out is over
    CHECK(backend.state() == State::Down);
    CHECK_FALSE(backend.is_ejected());
}

TEST_CASE("a reload keeps who is out, `off` brings it back", "[balancing][ejection]") {
    Crowd crowd{3};
    crowd.run_for(5s);
    crowd.fail("b0");
    crowd.run_until([&] { return crowd.is_out("b0"); });
    const bool is_on = GENERATE(true, false);
    PoolSettings settings = crowd.pool.shared->settings();
    settings.ejection.is_on = is_on;
    const auto next = SharedPool::make("app", settings, backends_numbered(4), 1, &crowd.pool.waker,
                                       crowd.pool.shared.get());
    crowd.ejection.apply(next);
    next->commit();
    const auto events = crowd.ejection.step(crowd.pool.now + kEjectionLook);
    CHECK(crowd.is_out("b0") == is_on);
    CHECK(events.size() == (is_on ? 0 : 1));
    if (!is_on) CHECK(events[0].step == Step::SwitchedOff);
    CHECK((crowd.ejection.verdict(*next->find("b0")) != nullptr) == is_on);
}
