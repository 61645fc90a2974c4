#include "proxy/connect/idle_lesson.h"

#include "tests/support/catch.h"

using namespace fairlead;
using namespace std::chrono_literals;
using connect::IdleLesson;
using Source = IdleLesson::Source;

namespace {

const Time kStart{1h};

}  // namespace

TEST_CASE("before anything is known an unused connection is kept for 4 s", "[connect][learn]") {
    const IdleLesson lesson;
    CHECK(lesson.limit() == 4s);
    CHECK(word(lesson.source()) == "default");
}

TEST_CASE("what a backend says holds, less a second", "[connect][learn]") {
    IdleLesson lesson;
    lesson.on_told(5s);
    CHECK(lesson.limit() == 4s);
    lesson.on_told(1s);
    CHECK(lesson.limit() == 500ms);
    lesson.on_told(999'999s);
    CHECK(lesson.limit() == 60s);
    CHECK(word(lesson.source()) == "told");
    lesson.on_told(0s);
    CHECK(lesson.limit() == 60s);
    CHECK_FALSE(lesson.begin_watch(kStart));  // there is nothing to find out
}

TEST_CASE("two closes at the same age teach the time, one alone does not", "[connect][learn]") {
    IdleLesson lesson;
    lesson.on_closed(15s, kStart);
    CHECK(lesson.begin_watch(kStart + 20s));
    lesson.on_watch_ended(false);
    CHECK(lesson.limit() == 4s);
    lesson.on_closed(15100ms, kStart + 35s);
    CHECK(lesson.begin_watch(kStart + 40s));
    CHECK(lesson.limit() == 12s);  // 80 % of the shorter
    CHECK(word(lesson.source()) == "learned");
}

TEST_CASE("closes at one moment are one observation", "[connect][learn]") {
    IdleLesson lesson;
    for (int index = 0; index < 10; ++index) lesson.on_closed(2s, kStart + index * 10ms);
    CHECK(lesson.begin_watch(kStart + 5s));
    lesson.on_watch_ended(false);
    CHECK(lesson.limit() == 4s);
    for (int index = 0; index < 10; ++index) lesson.on_closed(2s, kStart + 10s + index * 10ms);
    CHECK(lesson.begin_watch(kStart + 20s));
    CHECK(lesson.limit() == 1600ms);
}

TEST_CASE("a restart closes connections of any age, and teaches nothing", "[connect][learn]") {
    IdleLesson lesson;
    for (int restart = 0; restart < 5; ++restart) {
        for (const Duration age : {200ms, 1500ms, 3900ms}) {
            lesson.on_closed(age, kStart + restart * 60s);
        }
    }
    CHECK(lesson.begin_watch(kStart + 1h));
    CHECK(lesson.limit() == 4s);
    CHECK(lesson.source() == Source::Default);
}

TEST_CASE("a backend that closes at random teaches nothing", "[connect][learn]") {
    IdleLesson lesson;
    Time now = kStart;
    for (const Duration age : {300ms, 2000ms, 900ms, 3500ms, 1400ms, 2700ms}) {
        lesson.on_closed(age, now += 10s);
    }
    CHECK(lesson.begin_watch(now + 10s));
    CHECK(lesson.limit() == 4s);
}

TEST_CASE("the learned time stays between 1 s and 60 s", "[connect][learn]") {
    IdleLesson lesson;
    for (int index = 0; index < 3; ++index) lesson.on_closed(300ms, kStart + index * 10s);
    CHECK(lesson.limit() == 1s);
    IdleLesson patient;
    CHECK(patient.begin_watch(kStart));
    CHECK_FALSE(patient.begin_watch(kStart));  // one at a time
    patient.on_watch_ended(true);
    CHECK(patient.limit() == 60s);
    CHECK(patient.source() == Source::Learned);
}

TEST_CASE("a backend that changes its time is learned anew", "[connect][learn]") {
    IdleLesson lesson;
    for (int index = 0; index < 3; ++index) lesson.on_closed(20s, kStart + index * 30s);
    CHECK(lesson.limit() == 16s);
    for (int index = 0; index < 3; ++index) lesson.on_closed(5s, kStart + 10min + index * 30s);
    CHECK(lesson.limit() == 4s);
}
