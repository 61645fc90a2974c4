#include "conf/expect.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace fairlead::conf {
namespace {

/// Listeners speak plain HTTP, so only "http" fits, and then the port decides.
const Listener* listener_for(const Model& model, const Expectation& expectation) {
    if (!expectation.listener.empty()) return model.listener(expectation.listener);
    const Listener* first = nullptr;
    for (const Listener& listener : model.listeners) {
        if (listener.mode != Mode::Http) continue;
        if (first == nullptr) first = &listener;
        if (expectation.scheme == "http") {
            const bool fits =
                std::any_of(listener.bind.begin(), listener.bind.end(), [&](const Bind& bind) {
                    const SocketAddress& address = bind.address.address;
                    return !address.is_unix() && address.port == expectation.port;
                });
            if (fits) return &listener;
        }
    }
    return first;
}

std::string describe(const Outcome& outcome) {
    if (outcome.pool) return fmt::format("goes to pool \"{}\"", *outcome.pool);
    if (!outcome.shares.empty()) {
        return fmt::format("goes to one of the pools \"{}\"", fmt::join(outcome.shares, "\", \""));
    }
    if (outcome.redirect) {
        return fmt::format("is redirected to \"{}\" with status {}", *outcome.redirect,
                           outcome.status.value_or(302));
    }
    return fmt::format("is answered with status {}", outcome.status.value_or(404));
}

std::string describe(const Expectation& expectation) {
    if (expectation.pool) return fmt::format("not to pool \"{}\"", *expectation.pool);
    const std::string status =
        expectation.status ? fmt::format("with status {}", *expectation.status) : std::string{};
    if (!expectation.redirect) return "not " + status;
    return fmt::format("not redirected to \"{}\"{}{}", *expectation.redirect,
                       status.empty() ? "" : " ", status);
}

bool is_met(const Expectation& expectation, const Outcome& outcome) {
    if (expectation.pool && expectation.pool != outcome.pool &&
        std::find(outcome.shares.begin(), outcome.shares.end(), *expectation.pool) ==
            outcome.shares.end()) {
        return false;
    }
    if (expectation.status && expectation.status != outcome.status) return false;
    if (expectation.redirect && expectation.redirect != outcome.redirect) return false;
    return true;
}

std::string cause(const Outcome& outcome, const Listener& listener) {
    if (!outcome.route.empty()) return fmt::format("the route \"{}\" takes it", outcome.route);
    if (outcome.pool)
        return fmt::format("no route takes it; [listener.{}] sends it there", listener.name);
    return fmt::format("no route of [listener.{}] takes it", listener.name);
}

}  // namespace

std::vector<Error> check_expectations(const Model& model, const RouteRequest& route) {
    std::vector<Error> errors;
    for (const Expectation& expectation : model.expectations) {
        const Listener* listener = listener_for(model, expectation);
        if (listener == nullptr) continue;  // without one, loading has failed
        const Outcome outcome =
            route(ExpectRequest{*listener, expectation.method, expectation.scheme, expectation.host,
                                expectation.port, expectation.target, expectation.header});
        if (is_met(expectation, outcome)) continue;
        errors.push_back(Error{fmt::format("{} {}://{}{} {}, {}", expectation.method,
                                           expectation.scheme, expectation.host, expectation.target,
                                           describe(outcome), describe(expectation)),
                               cause(outcome, *listener), expectation.outcome_where});
    }
    return errors;
}

}  // namespace fairlead::conf
