#include "proxy/runtime/expectations.h"

#include <string>

#include "conf/expect.h"
#include "proxy/http/h1_parser.h"
#include "proxy/http/target.h"
#include "proxy/l7/local_reply.h"
#include "proxy/l7/router.h"

namespace fairlead::runtime {
namespace {

/// The request as a client would send it: it takes the same way as real ones.
std::string request_bytes(const conf::ExpectRequest& request) {
    std::string bytes;
    bytes.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
    bytes.append(request.host).append("\r\n");
    for (const conf::HeaderField& field : request.header) {
        bytes.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    return bytes.append("\r\n");
}

conf::Outcome refusal(const http::HeadError& error) {
    conf::Outcome outcome;
    outcome.status = error.status;
    return outcome;
}

conf::Outcome route(const conf::Model& model, const conf::ExpectRequest& request) {
    const std::string bytes = request_bytes(request);
    http::RequestHead head;
    http::RequestParser parser;
    const conf::ListenerLimits& limits = request.listener.limits;
    parser.start(head, {limits.headers_bytes, limits.header_count, limits.url_bytes});
    const http::ParseResult parsed = parser.feed(bytes);
    if (parsed.status != http::ParseStatus::Complete) return refusal(parsed.error);
    http::Target target;
    std::string storage;
    const http::HeadError error =
        http::parse_target(head.method, head.text(head.target), storage, target);
    if (error.failure != Failure::None) return refusal(error);

    const l7::Router router(model, request.listener.name);
    const auto found = router.find({request.host, target.route_path, head.method_name(), &head});
    conf::Outcome outcome;
    if (!found) {
        if (request.listener.pool.empty()) {
            outcome.status = row(Failure::NoRoute).status;
        } else {
            outcome.pool = request.listener.pool;
        }
        return outcome;
    }
    const conf::Route& taken = model.routes[*found];
    outcome.route = taken.name;
    switch (taken.action) {
        case conf::Action::Pool:
            outcome.pool = taken.pool;
            break;
        case conf::Action::Split:
            for (const conf::SplitShare& share : taken.split) {
                if (share.weight > 0) outcome.shares.push_back(share.pool);
            }
            break;
        case conf::Action::Redirect:
            outcome.status = taken.status;
            outcome.redirect =
                l7::redirect_location(taken, request.scheme == "https", request.host, target);
            break;
        case conf::Action::Status:
            outcome.status = taken.status;
            break;
    }
    return outcome;
}

}  // namespace

std::vector<Error> run_expectations(const conf::Model& model) {
    return conf::check_expectations(
        model, [&](const conf::ExpectRequest& request) { return route(model, request); });
}

}  // namespace fairlead::runtime
