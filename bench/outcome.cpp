#include "bench/outcome.h"

#include <numeric>

namespace fairlead::bench {

namespace {

constexpr std::array<std::string_view, kOutcomes> kWords{
    "ok",          "connect_refused", "connect_timeout", "tls",        "reset", "closed_mid_body",
    "bad_framing", "timeout",         "status_4xx",      "status_5xx",
};

}  // namespace

std::string_view outcome_word(Outcome outcome) { return kWords[static_cast<std::size_t>(outcome)]; }

Outcome outcome_of(int status) {
    if (status >= 500) return Outcome::Status5xx;
    return status >= 400 ? Outcome::Status4xx : Outcome::Ok;
}

std::uint64_t OutcomeCounts::total() const {
    return std::accumulate(by_outcome.begin(), by_outcome.end(), std::uint64_t{0});
}

void OutcomeCounts::add(const OutcomeCounts& other) {
    for (std::size_t i = 0; i < kOutcomes; ++i) by_outcome[i] += other.by_outcome[i];
}

}  // namespace fairlead::bench
