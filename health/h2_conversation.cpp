#include "health/h2_conversation.h"

#include <fmt/format.h>

#include <utility>

namespace fairlead::health {

std::string H2Conversation::begin(std::string_view head, std::string_view body,
                                  std::string_view scheme) {
    http::H2Settings settings;
    settings.scheme = scheme;
    http::H2SessionObserver& observer = *this;
    session_ = std::make_unique<http::H2Session>(http::H2Session::Role::Client, settings, observer);
    is_over_ = false;
    stream_ = session_->send_request(this, head, body.empty());
    if (!body.empty()) session_->send_data(*stream_, body, true, {}, nullptr, 0);
    std::string out;
    session_->collect(out, std::string::npos);
    return out;
}

std::string H2Conversation::hear(std::span<char> bytes, Time now) {
    if (is_over_) return {};
    session_->feed(bytes, now);
    std::string out;
    session_->collect(out, std::string::npos);
    if (session_->failure() != Failure::None) {
        fail(fmt::format("bad response: {}", session_->reason()));
    }
    return out;
}

void H2Conversation::fail(std::string reason) {
    if (std::exchange(is_over_, true)) return;
    listener_.on_no_answer(std::move(reason));
}

void H2Conversation::on_h2_response(void*, const http::H2Head& head) {
    if (is_over_) return;
    if (head.error.failure != Failure::None) {
        fail(fmt::format("bad response: {}", head.error.reason));
        return;
    }
    listener_.on_answer(head.text, head.is_last);
}

void H2Conversation::on_h2_data(void*, std::span<char> payload, bool is_last,
                                std::string_view trailers) {
    session_->consume(stream_, payload.size());
    if (!is_over_) listener_.on_answer_body(payload, is_last, trailers);
}

void H2Conversation::on_h2_closed(void*, const http::H2StreamEnd& end) {
    stream_ = nullptr;
    if (end.error == http::H2Error::NoError && !end.is_by_peer) return;
    fail(fmt::format("the stream was reset: {}", name(end.error)));
}

void H2Conversation::on_h2_goaway(http::H2Error error) {
    if (error != http::H2Error::NoError) fail(fmt::format("GOAWAY: {}", name(error)));
}

}  // namespace fairlead::health
