#include "proxy/l7/retry.h"

#include <string>

#include "tests/support/catch.h"

using namespace fairlead;
using namespace fairlead::l7;
using http::Method;

namespace {

conf::Retry everything() {
    conf::Retry rules;
    rules.on = {true, true, true, true, true, true, true, true, true};
    return rules;
}

/// "same", "other" or "no"; "+try" when it counts as one, "+budget" when it needs the budget.
std::string text(const RetryAnswer& answer) {
    if (answer.place == RetryPlace::Nowhere) return "no";
    std::string said = answer.place == RetryPlace::SameBackend ? "same" : "other";
    if (answer.counts_as_try) said += "+try";
    if (answer.needs_budget) said += "+budget";
    return said;
}

constexpr Method kMethods[] = {Method::Get,    Method::Head,    Method::Post,  Method::Put,
                               Method::Delete, Method::Options, Method::Trace, Method::Connect,
                               Method::Patch,  Method::Other};

bool is_safe(Method method) {
    return method == Method::Get || method == Method::Head || method == Method::Options;
}

}  // namespace

TEST_CASE("what was never sent may be repeated by any method, what was sent by few",
          "[l7][retry]") {
    const conf::Retry rules = everything();
    for (const FailureRow& each : failures()) {
        if (each.failure == Failure::None) continue;
        for (const Method method : kMethods) {
            for (const bool nothing_written : {false, true}) {
                RetryQuestion question;
                question.failure = each.failure;
                question.method = method;
                question.nothing_written = nothing_written;
                std::string expected = "no";
                switch (each.retry) {
                    case RetryClass::Never:
                        break;
                    case RetryClass::Connect:
                        expected = "other+try";
                        break;
                    case RetryClass::Stale:
                        if (nothing_written || http::is_idempotent(method)) expected = "same";
                        break;
                    case RetryClass::Reset:
                    case RetryClass::Timeout:
                        if (is_safe(method)) expected = "other+try+budget";
                        if (nothing_written) expected = "other+try";
                        break;
                }
                INFO(each.word << " method " << static_cast<int>(method) << " nothing_written "
                               << nothing_written);
                CHECK(text(decide_retry(question, rules)) == expected);

                question.is_request_held = false;
                CHECK(text(decide_retry(question, rules)) == "no");
                question.is_request_held = true;
                question.has_response_begun = true;
                CHECK(text(decide_retry(question, rules)) == "no");
            }
        }
    }
}

TEST_CASE("each failure falls under the word of retry.on that the manual names", "[l7][retry]") {
    const auto answer = [](Failure failure, conf::RetryOn on) {
        conf::Retry rules;
        rules.on = on;
        RetryQuestion question;
        question.failure = failure;
        return text(decide_retry(question, rules));
    };
    conf::RetryOn on = conf::RetryOn::nothing();
    CHECK(answer(Failure::ConnectRefused, on) == "no");
    on.connect = true;
    CHECK(answer(Failure::ConnectRefused, on) == "other+try");
    CHECK(answer(Failure::ConnectTimeout, on) == "other+try");
    CHECK(answer(Failure::ConnectUnreachable, on) == "other+try");
    CHECK(answer(Failure::StaleConnection, on) == "no");
    CHECK(answer(Failure::NoDescriptors, on) == "no");
    on = conf::RetryOn::nothing();
    on.stale = true;
    CHECK(answer(Failure::StaleConnection, on) == "same");
    CHECK(answer(Failure::BackendClosed, on) == "no");
    on = conf::RetryOn::nothing();
    on.reset = true;
    CHECK(answer(Failure::BackendReset, on) == "other+try+budget");
    CHECK(answer(Failure::BackendClosed, on) == "other+try+budget");
    CHECK(answer(Failure::BackendTimeout, on) == "no");
    CHECK(answer(Failure::BackendBadResponse, on) == "no");
    on = conf::RetryOn::nothing();
    on.timeout = true;
    CHECK(answer(Failure::BackendTimeout, on) == "other+try+budget");
    CHECK(answer(Failure::TotalTimeout, on) == "no");
}

TEST_CASE("tries are used up, except by stale connections", "[l7][retry]") {
    conf::Retry rules = everything();
    rules.attempts = 2;
    RetryQuestion question;
    question.failure = Failure::ConnectRefused;
    question.tries_used = 1;
    CHECK(text(decide_retry(question, rules)) == "other+try");
    question.tries_used = 2;
    CHECK(text(decide_retry(question, rules)) == "no");
    question.failure = Failure::BackendReset;
    CHECK(text(decide_retry(question, rules)) == "no");
    question.failure = Failure::StaleConnection;
    CHECK(text(decide_retry(question, rules)) == "same");
    question.failure = Failure::None;
    question.status = 503;
    CHECK(text(decide_retry(question, rules)) == "no");
}

TEST_CASE("a backend's own answer is retried for its status, and for requests that only read",
          "[l7][retry]") {
    const auto answer = [](int status, Method method, const conf::Retry& rules) {
        RetryQuestion question;
        question.status = status;
        question.method = method;
        return text(decide_retry(question, rules));
    };
    const conf::Retry all = everything();
    for (const int status : {429, 500, 502, 503, 504}) {
        CHECK(answer(status, Method::Get, all) == "other+try+budget");
        CHECK(answer(status, Method::Put, all) == "no");
        CHECK(answer(status, Method::Post, all) == "no");
    }
    for (const int status : {200, 400, 404, 501, 505}) {
        CHECK(answer(status, Method::Get, all) == "no");
    }
    const conf::Retry usual;
    CHECK(answer(503, Method::Get, usual) == "other+try+budget");
    CHECK(answer(502, Method::Get, usual) == "no");
}

TEST_CASE("a 503 that says when to come back is passed on", "[l7][retry]") {
    RetryQuestion question;
    question.has_retry_after = true;
    question.status = 503;
    CHECK(text(decide_retry(question, everything())) == "no");
    question.status = 429;
    CHECK(text(decide_retry(question, everything())) == "other+try+budget");
}

TEST_CASE("non_idempotent lets every method be repeated", "[l7][retry]") {
    conf::Retry rules = everything();
    rules.non_idempotent = true;
    RetryQuestion question;
    question.method = Method::Post;
    question.failure = Failure::BackendReset;
    CHECK(text(decide_retry(question, rules)) == "other+try+budget");
    question.failure = Failure::StaleConnection;
    CHECK(text(decide_retry(question, rules)) == "same");
    question.failure = Failure::None;
    question.status = 503;
    CHECK(text(decide_retry(question, rules)) == "other+try+budget");
    question.failure = Failure::BackendBadResponse;
    CHECK(text(decide_retry(question, rules)) == "no");
}

TEST_CASE("a retry is counted under its reason", "[l7][retry]") {
    const auto reason = [](Failure failure) {
        RetryQuestion question;
        question.failure = failure;
        question.status = 503;
        return decide_retry(question, everything()).reason;
    };
    CHECK(reason(Failure::ConnectTimeout) == connect::RetryReason::Connect);
    CHECK(reason(Failure::StaleConnection) == connect::RetryReason::Stale);
    CHECK(reason(Failure::BackendClosed) == connect::RetryReason::Reset);
    CHECK(reason(Failure::BackendTimeout) == connect::RetryReason::Timeout);
    CHECK(reason(Failure::None) == connect::RetryReason::Status);
}
