#include "bench/http1_load.h"

namespace fairlead::bench {

void Http1Load::begin_request(bool is_last) {
    PreparedRequest& request = lane_.draw();
    method_ = request.method();
    has_head_ = false;
    parser_.start(head_, method_, http::HeadLimits{});
    write(request.head(lane_.next_id(), is_last), request.body_bytes());
}

void Http1Load::on_bytes(std::span<char> bytes) {
    lane_.count_received_bytes(bytes.size());
    if (!is_busy()) {
        drop_stream();  // nobody asked for anything
        return;
    }
    if (has_head_ || read_head(bytes)) read_body(bytes);
}

/// @return whether the body is next; `bytes` are then what follows the head
bool Http1Load::read_head(std::span<char>& bytes) {
    while (true) {
        const http::ParseResult parsed = parser_.feed(bytes);
        if (parsed.status == http::ParseStatus::NeedMore) return false;
        if (parsed.status == http::ParseStatus::Refused || head_.status == 101) {
            end(Outcome::BadFraming);  // a 101 answers nothing that was asked for
            return false;
        }
        bytes = bytes.subspan(parsed.consumed);
        if (head_.status >= 200) break;
        parser_.start(head_, method_, http::HeadLimits{});  // 1xx: the answer follows
        if (bytes.empty()) return false;
    }
    has_head_ = true;
    decoder_.start(head_.body);
    return true;
}

void Http1Load::read_body(std::span<char> bytes) {
    while (!decoder_.is_done()) {
        if (bytes.empty()) return;
        const http::BodyPart part = decoder_.decode(bytes);
        if (part.is_refused) {
            end(Outcome::BadFraming);
            return;
        }
        bytes = bytes.subspan(part.consumed);
    }
    if (!bytes.empty()) {
        end(Outcome::BadFraming);  // bytes behind the response belong to no request
        return;
    }
    complete_response();
}

void Http1Load::complete_response() { complete(outcome_of(head_.status), head_.keep_alive); }

void Http1Load::on_end() {
    if (!is_busy()) {
        drop_stream();
    } else if (has_head_ && decoder_.end_of_input()) {
        head_.keep_alive = false;
        complete_response();
    } else {
        end(Outcome::ClosedMidBody);
    }
}

}  // namespace fairlead::bench
