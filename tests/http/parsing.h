/// Feeds heads to the parsers in pieces, for tests.
#pragma once

#include <cstddef>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/h1_parser.h"

namespace fairlead::http {

/// All that a parser says of some bytes, in a form that can be compared and printed.
struct Outcome {
    ParseStatus status = ParseStatus::NeedMore;
    std::size_t consumed = 0;  ///< not told when refused
    Failure failure = Failure::None;
    int answer = 0;
    std::string reason{};
    bool operator==(const Outcome&) const = default;
};

/// A head accepted with that many bytes consumed.
inline Outcome complete(std::size_t consumed) {
    Outcome outcome;
    outcome.status = ParseStatus::Complete;
    outcome.consumed = consumed;
    return outcome;
}

inline std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << "status " << static_cast<int>(outcome.status) << ", consumed " << outcome.consumed
               << ", answer " << outcome.answer << " (" << outcome.reason << ")";
}

/// Lengths of reads: whole, byte by byte, or cut by a seeded generator.
class Cuts {
  public:
    static Cuts whole() { return Cuts(static_cast<std::size_t>(-1)); }
    static Cuts every(std::size_t bytes) { return Cuts(bytes); }
    static Cuts random(unsigned seed) {
        Cuts cuts(0);
        cuts.random_.seed(seed);
        return cuts;
    }
    std::size_t next(std::size_t left) {
        const std::size_t wanted =
            fixed_ != 0 ? fixed_ : std::uniform_int_distribution<std::size_t>(1, 24)(random_);
        return wanted < left ? wanted : left;
    }

  private:
    explicit Cuts(std::size_t fixed) : fixed_(fixed) {}
    std::size_t fixed_;
    std::mt19937 random_;
};

template <class Parser>
Outcome feed_all(Parser& parser, std::string_view bytes, Cuts cuts) {
    Outcome outcome;
    while (!bytes.empty()) {
        const std::size_t length = cuts.next(bytes.size());
        // A copy of just these bytes, so that a sanitizer sees a look beyond them.
        const std::vector<char> piece(bytes.begin(),
                                      bytes.begin() + static_cast<std::ptrdiff_t>(length));
        const ParseResult result = parser.feed(piece);
        outcome.status = result.status;
        outcome.consumed += result.consumed;
        if (result.status == ParseStatus::Refused) {
            return {result.status, 0, result.error.failure, result.error.status,
                    std::string(result.error.reason)};
        }
        if (result.status == ParseStatus::Complete) return outcome;
        bytes.remove_prefix(length);
    }
    return outcome;
}

inline Outcome parse_request(std::string_view bytes, RequestHead& head, Cuts cuts = Cuts::whole(),
                             const HeadLimits& limits = {}) {
    RequestParser parser;
    parser.start(head, limits);
    return feed_all(parser, bytes, cuts);
}

inline Outcome parse_response(std::string_view bytes, ResponseHead& head,
                              Method request_method = Method::Get, Cuts cuts = Cuts::whole(),
                              const HeadLimits& limits = {}) {
    ResponseParser parser;
    parser.start(head, request_method, limits);
    return feed_all(parser, bytes, cuts);
}

/// The fields as `Name=value`, for one comparison.
inline std::vector<std::string> fields_of(const HeadBase& head) {
    std::vector<std::string> out;
    for (const Field& field : head.fields) {
        out.push_back(std::string(head.name(field)) + "=" + std::string(head.value(field)));
    }
    return out;
}

}  // namespace fairlead::http
