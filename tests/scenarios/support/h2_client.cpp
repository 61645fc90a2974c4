#include "tests/scenarios/support/h2_client.h"

#include <chrono>

#include "proxy/base/text.h"

namespace fairlead::scenarios {
namespace {

http::H2Settings with_scheme(http::H2Settings settings) {
    settings.scheme = "http";
    return settings;
}

}  // namespace

int H2Answer::status() const {
    return heads.empty() || heads.back().size() < 12 ? 0 : std::stoi(heads.back().substr(9, 3));
}

std::string H2Answer::field(std::string_view name) const {
    if (heads.empty()) return {};
    const std::string line = "\r\n" + std::string(name) + ": ";
    const std::size_t at = heads.back().find(line);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + line.size();
    return heads.back().substr(begin, heads.back().find("\r\n", begin) - begin);
}

H2Client::H2Client(std::uint16_t port, const http::H2Settings& settings)
    : wire_(port), session_(http::H2Session::Role::Client, with_scheme(settings), *this) {}

H2Answer& H2Client::ask(std::string_view method, std::string_view target, std::string_view fields,
                        bool is_last) {
    answers_.push_back(std::make_unique<H2Answer>());
    H2Answer& answer = *answers_.back();
    std::string head(method);
    head.append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
    head.append(fields).append("\r\n");
    answer.stream = session_.send_request(&answer, head, is_last);
    if (answer.stream == nullptr) answer.is_closed = true;
    return answer;
}

void H2Client::send_data(H2Answer& answer, std::string_view payload, bool is_last,
                         std::string_view trailers) {
    if (answer.stream == nullptr) return;
    session_.send_data(*answer.stream, payload, is_last, trailers, nullptr, 0);
}

void H2Client::flush() {
    std::string out;
    session_.collect(out, std::string::npos);
    session_.tell_drained();
    if (!out.empty()) wire_.send(out);
}

void H2Client::send_raw(std::string_view bytes) {
    flush();
    wire_.send(bytes);
}

/// @return false when the connection has ended, or nothing came for a moment
bool H2Client::turn() {
    flush();
    if (has_ended_) return false;
    const Ending ending = wire_.wait_for_ending(std::chrono::milliseconds{50});
    if (ending == Ending::Open) return true;
    std::string bytes = ending == Ending::Bytes ? wire_.read_some() : std::string();
    if (bytes.empty()) {
        has_ended_ = true;
        return false;
    }
    session_.feed(bytes, std::chrono::steady_clock::now());
    return true;
}

bool H2Client::wait_for(const std::function<bool()>& is_so) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!is_so()) {
        if (!turn()) return is_so();
        if (std::chrono::steady_clock::now() >= until) return false;
    }
    return true;
}

bool H2Client::wait(H2Answer& answer) {
    wait_for([&] { return answer.is_closed || answer.is_whole; });
    return answer.is_whole;
}

H2Answer& H2Client::get(std::string_view target, std::string_view fields) {
    H2Answer& answer = ask("GET", target, fields);
    wait(answer);
    return answer;
}

void H2Client::on_h2_response(void* user, const http::H2Head& head) {
    auto& answer = *static_cast<H2Answer*>(user);
    answer.heads.emplace_back(head.text);
    answer.is_whole = head.is_last;
}

void H2Client::on_h2_data(void* user, std::span<char> payload, bool is_last,
                          std::string_view trailers) {
    auto& answer = *static_cast<H2Answer*>(user);
    answer.body.append(payload.data(), payload.size());
    answer.trailers = trailers;
    answer.is_whole = is_last;
    if (consumes) session_.consume(answer.stream, payload.size());
}

void H2Client::on_h2_closed(void* user, const http::H2StreamEnd& end) {
    auto& answer = *static_cast<H2Answer*>(user);
    answer.stream = nullptr;
    answer.end = end;
    answer.is_closed = true;
}

void H2Client::on_h2_goaway(http::H2Error error) {
    ++goaways_;
    goaway_error_ = error;
}

}  // namespace fairlead::scenarios
