#include "balancing/queue.h"

#include <memory>

#include "tests/balancing/test_pool.h"
#include "tests/support/catch.h"

namespace fairlead::balancing {
namespace {

struct Request final : Waiter {
    Request(std::string name, names& log) : name_(std::move(name)), log_(log) {}
    void on_turn(Picked picked) noexcept override {
        log_.push_back(
            name_ + ":" +
            (picked.lease ? picked.lease.backend().name() : std::string{word(picked.failure)}));
        lease = std::move(picked.lease);
    }
    bool is_gone() const noexcept override { return gone; }

    bool gone = false;
    Lease lease;

  private:
    const std::string name_;
    names& log_;
};

PoolSettings with_queue(std::uint32_t size) {
    PoolSettings settings;
    settings.queue.size = size;
    return settings;
}

TEST_CASE("waiters are served in the order they came", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 2)}};
    Lease first = pool.pick();
    Lease second = pool.pick();
    names log;
    Request one{"one", log};
    Request two{"two", log};
    Request three{"three", log};
    for (Request* request : {&one, &two, &three}) {
        CHECK(pool.name() == "wait");
        REQUIRE(pool.pool.enqueue(*request, 0, {}, pool.now));
    }
    CHECK(pool.waker.woken.empty());
    CHECK(pool.shared->waiting() == 3);

    first.release();
    CHECK(pool.waker.woken == std::vector<unsigned>{0});
    CHECK(log.empty());
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"one:a"});

    second.release();
    one.lease.release();
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"one:a", "two:a", "three:a"});
    CHECK(pool.shared->waiting() == 0);
}

TEST_CASE("who comes later does not pass those who wait", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}};
    Lease lease = pool.pick();
    names log;
    Request one{"one", log};
    REQUIRE(pool.pool.enqueue(one, 0, {}, pool.now));
    lease.release();
    CHECK(pool.name() == "wait");
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"one:a"});
}

TEST_CASE("a full queue drops a client that left before it refuses one", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}, with_queue(2)};
    const Lease lease = pool.pick();
    names log;
    Request one{"one", log};
    Request two{"two", log};
    Request three{"three", log};
    REQUIRE(pool.pool.enqueue(one, 0, {}, pool.now));
    REQUIRE(pool.pool.enqueue(two, 0, {}, pool.now));
    CHECK(pool.name() == "queue_full");
    CHECK_FALSE(pool.pool.enqueue(three, 0, {}, pool.now));
    CHECK(log.empty());

    two.gone = true;
    CHECK(pool.name() == "wait");
    CHECK(log == names{"two:client_closed"});
    REQUIRE(pool.pool.enqueue(three, 0, {}, pool.now));
    CHECK(pool.shared->waiting() == 2);
    pool.pool.remove(one);
    pool.pool.remove(three);
}

TEST_CASE("a client that left gets no turn", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}};
    Lease lease = pool.pick();
    names log;
    Request one{"one", log};
    Request two{"two", log};
    REQUIRE(pool.pool.enqueue(one, 0, {}, pool.now));
    REQUIRE(pool.pool.enqueue(two, 0, {}, pool.now));
    one.gone = true;
    lease.release();
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"one:client_closed", "two:a"});
}

TEST_CASE("a queue of size 0 lets nobody wait", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}, with_queue(0)};
    const Lease lease = pool.pick();
    CHECK(pool.name() == "queue_full");
}

TEST_CASE("a waiter whose time has passed leaves without a turn", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}};
    Lease lease = pool.pick();
    names log;
    Request one{"one", log};
    REQUIRE(pool.pool.enqueue(one, 0, {}, pool.now));
    {
        Request destroyed{"destroyed", log};
        REQUIRE(pool.pool.enqueue(destroyed, 0, {}, pool.now));
        CHECK(pool.pool.queue().size() == 2);
    }
    pool.pool.remove(one);
    pool.pool.remove(one);
    CHECK_FALSE(one.is_waiting());
    CHECK(pool.shared->waiting() == 0);
    lease.release();
    CHECK(pool.waker.woken.empty());
    pool.pool.serve_waiters(pool.now);
    CHECK(log.empty());
}

TEST_CASE("a lease that comes free between pick and enqueue wakes the new waiter",
          "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}};
    Lease lease = pool.pick();
    CHECK(pool.name() == "wait");
    lease.release();
    CHECK(pool.waker.woken.empty());
    names log;
    Request one{"one", log};
    REQUIRE(pool.pool.enqueue(one, 0, {}, pool.now));
    CHECK(pool.waker.woken == std::vector<unsigned>{0});
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"one:a"});
}

TEST_CASE("waiters hear at once when nothing is usable any more", "[balancing][queue]") {
    PoolSettings settings;
    settings.when_all_down = WhenAllDown::Fail;
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}, settings};
    const Lease lease = pool.pick();
    names log;
    Request one{"one", log};
    REQUIRE(pool.pool.enqueue(one, 0, {}, pool.now));
    pool.set("a", State::Down);
    CHECK(pool.waker.woken == std::vector<unsigned>{0});
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"one:no_backend"});
}

TEST_CASE("a retry waits for a backend it has not tried and holds up nobody else",
          "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1), backend_named("b", 1, 0, 1)}};
    const std::vector<const Backend*> tried{&pool.backend("a")};
    Lease b = pool.pick(0, tried);
    Lease a = pool.pick();
    names log;
    Request retry{"retry", log};
    Request other{"other", log};
    REQUIRE(pool.pool.enqueue(retry, 0, tried, pool.now));
    REQUIRE(pool.pool.enqueue(other, 0, {}, pool.now));
    a.release();
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"other:a"});
    b.release();
    pool.pool.serve_waiters(pool.now);
    CHECK(log == names{"other:a", "retry:b"});
}

TEST_CASE("a freed lease serves a waiter of another worker, and turns go around",
          "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1)}, {}, 3};
    Pool second{pool.shared, 1, 8};
    Pool third{pool.shared, 2, 9};
    Lease lease = pool.pick();
    names log;
    Request one{"one", log};
    Request two{"two", log};
    CHECK(second.pick(0, {}, pool.now).wait);
    REQUIRE(second.enqueue(one, 0, {}, pool.now));
    CHECK(third.pick(0, {}, pool.now).wait);
    REQUIRE(third.enqueue(two, 0, {}, pool.now));

    lease.release();
    REQUIRE(pool.waker.woken.size() == 1);
    CHECK(pool.name() == "wait");
    // the one that is woken finds its waiter gone, and hands the turn on to the other
    const unsigned woken = pool.waker.woken.front();
    Pool& woken_pool = woken == 1 ? second : third;
    woken_pool.remove(woken == 1 ? one : two);
    woken_pool.serve_waiters(pool.now);
    REQUIRE(pool.waker.woken.size() == 2);
    CHECK(pool.waker.woken[1] == 3 - woken);
    (woken == 1 ? third : second).serve_waiters(pool.now);
    CHECK(log == names{woken == 1 ? "two:a" : "one:a"});
}

TEST_CASE("turns that nobody can use stop going around", "[balancing][queue]") {
    TestPool pool{"round_robin", {backend_named("a", 1, 0, 1), backend_named("b", 1, 0, 1)}, {}, 2};
    Pool second{pool.shared, 1, 8};
    const std::vector<const Backend*> tried{&pool.backend("a")};
    Lease b = pool.pick(0, tried);
    Lease a = pool.pick();
    names log;
    Request one{"one", log};
    Request two{"two", log};
    REQUIRE(pool.pool.enqueue(one, 0, tried, pool.now));
    CHECK(second.pick(0, tried, pool.now).wait);
    REQUIRE(second.enqueue(two, 0, tried, pool.now));
    CHECK(pool.waker.woken.empty());
    a.release();
    std::size_t served = 0;
    for (; served < pool.waker.woken.size() && served < 100; ++served) {
        (pool.waker.woken[served] == 0 ? pool.pool : second).serve_waiters(pool.now);
    }
    CHECK(served <= 3);
    CHECK(log.empty());
    pool.pool.remove(one);
    second.remove(two);
}

}  // namespace
}  // namespace fairlead::balancing
