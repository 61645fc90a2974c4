#include "proxy/base/failure.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace fairlead {
namespace {

TEST_CASE("the failure table has a row for every failure, in order", "[base][failure]") {
    REQUIRE(failures().size() == kFailureCount);
    for (std::size_t i = 0; i < kFailureCount; ++i) {
        CHECK(static_cast<std::size_t>(failures()[i].failure) == i);
        CHECK(&row(static_cast<Failure>(i)) == &failures()[i]);
    }
}

TEST_CASE("a failure's word is unique and leads back to it", "[base][failure]") {
    std::set<std::string_view> words;
    for (const FailureRow& failure : failures()) {
        CHECK(words.insert(failure.word).second);
        CHECK(failure_from_word(failure.word) == failure.failure);
        CHECK(std::all_of(failure.word.begin(), failure.word.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        }));
    }
    CHECK_FALSE(failure_from_word("").has_value());
    CHECK_FALSE(failure_from_word("NONE").has_value());
}

TEST_CASE("a failure's status is what clients were promised", "[base][failure]") {
    const std::map<std::string_view, int> promised{
        {"none", 0},
        {"client_closed", 499},
        {"client_timeout", 408},
        {"client_bad_request", 400},
        {"header_too_large", 431},
        {"uri_too_long", 414},
        {"body_too_large", 413},
        {"rate_limited", 429},
        {"denied", 403},
        {"too_many_connections", 429},
        {"proxy_header_bad", 400},
        {"tls_hello_bad", 400},
        {"tls_client_failed", 400},
        {"misdirected", 421},
        {"h2_protocol", 400},
        {"h2_resets", 400},
        {"h2_continuation", 400},
        {"h2_empty_frames", 400},
        {"h2_control_frames", 400},
        {"h2_window_stall", 408},
        {"no_route", 404},
        {"no_backend", 503},
        {"queue_full", 503},
        {"queue_timeout", 503},
        {"connect_refused", 502},
        {"connect_timeout", 504},
        {"connect_unreachable", 502},
        {"connect_no_ports", 503},
        {"no_descriptors", 503},
        {"tls_failed", 502},
        {"backend_closed", 502},
        {"backend_reset", 502},
        {"backend_timeout", 504},
        {"backend_bad_response", 502},
        {"backend_down", 502},
        {"stale_connection", 502},
        {"stream_refused", 502},
        {"grpc_unavailable", 503},
        {"total_timeout", 504},
        {"drained", 503},
        {"loop_detected", 508},
        {"internal", 500},
    };
    std::map<std::string_view, int> actual;
    for (const FailureRow& failure : failures()) actual[failure.word] = failure.status;
    CHECK(actual == promised);
}

TEST_CASE("only failures on the way to or at a backend are retried", "[base][failure]") {
    std::map<RetryClass, std::vector<std::string_view>> by_class;
    for (const FailureRow& failure : failures()) by_class[failure.retry].push_back(failure.word);
    CHECK(by_class[RetryClass::Connect] ==
          std::vector<std::string_view>{"connect_refused", "connect_timeout", "connect_unreachable",
                                        "connect_no_ports", "tls_failed", "stream_refused"});
    CHECK(by_class[RetryClass::Stale] == std::vector<std::string_view>{"stale_connection"});
    CHECK(by_class[RetryClass::Reset] ==
          std::vector<std::string_view>{"backend_closed", "backend_reset", "backend_down"});
    CHECK(by_class[RetryClass::Timeout] == std::vector<std::string_view>{"backend_timeout"});
}

TEST_CASE("a failure of the client is a 4xx, any other a 5xx", "[base][failure]") {
    for (const FailureRow& failure : failures()) {
        CAPTURE(failure.word);
        CHECK(!failure.meaning.empty());
        CHECK(failure.meaning.back() == '.');
        if (failure.failure == Failure::None) {
            CHECK(failure.side == Side::None);
        } else {
            CHECK(failure.status / 100 == (failure.side == Side::Client ? 4 : 5));
        }
    }
}

}  // namespace
}  // namespace fairlead
