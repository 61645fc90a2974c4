#include "tests/scenarios/support/h2_backend.h"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace fairlead::scenarios {
namespace {

class H2Server final : private http::H2SessionObserver {
  public:
    H2Server(Peer& peer, H2Answers answers, const http::H2Settings& settings)
        : peer_(peer),
          answers_(std::move(answers)),
          session_(http::H2Session::Role::Server, settings, *this) {}

    void run() {
        while (true) {
            std::string out;
            session_.collect(out, std::string::npos);
            if (!out.empty() && !peer_.send(out)) return;
            if (is_closing_) return;
            std::string bytes = peer_.read_some();
            if (bytes.empty()) return;
            session_.feed(bytes, std::chrono::steady_clock::now());
        }
    }

  private:
    struct Running {
        http::H2Stream* stream;
        H2Request request;
    };

    void* on_h2_request(http::H2Stream& stream, const http::H2Head& head) override {
        running_.push_back(std::make_unique<Running>(Running{&stream, {}}));
        Running& running = *running_.back();
        running.request.head = head.text;
        if (answers_ == nullptr) session_.send_head(stream, "HTTP/1.1 200 OK\r\n\r\n", false);
        if (head.is_last) answer(running);
        return &running;
    }
    void on_h2_response(void*, const http::H2Head&) override {}
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override {
        auto& running = *static_cast<Running*>(user);
        if (answers_ == nullptr) {
            session_.consume(running.stream, payload.size());
            session_.send_data(*running.stream, {payload.data(), payload.size()}, is_last, {},
                               nullptr, 0);
            return;
        }
        running.request.body.append(payload.data(), payload.size());
        running.request.trailers = trailers;
        session_.consume(running.stream, payload.size());
        if (is_last) answer(running);
    }
    void on_h2_drained(void*) override {}
    void on_h2_closed(void* user, const http::H2StreamEnd&) override {
        static_cast<Running*>(user)->stream = nullptr;
    }
    void on_h2_goaway(http::H2Error) override {}
    void on_h2_pong() override {}

    void answer(Running& running) {
        if (answers_ == nullptr) {
            session_.send_data(*running.stream, {}, true, {}, nullptr, 0);
            return;
        }
        Message noted;
        const std::string& head = running.request.head;
        noted.head = head.substr(0, head.size() - 2);
        noted.body = running.request.body;
        noted.trailers = running.request.trailers;
        noted.is_whole = true;
        peer_.note(noted);
        const H2Reply reply = answers_(running.request);
        is_closing_ = reply.closes;
        if (reply.goes_away) session_.end();
        if (reply.resets) {
            session_.reset(*running.stream, reply.error);
            return;
        }
        if (reply.head.empty()) return;
        const bool has_body = !reply.body.empty() || !reply.trailers.empty();
        session_.send_head(*running.stream, reply.head, !has_body);
        if (has_body) {
            session_.send_data(*running.stream, reply.body, true, reply.trailers, nullptr, 0);
        }
    }

    Peer& peer_;
    const H2Answers answers_;  ///< null: an echo
    http::H2Session session_;
    std::vector<std::unique_ptr<Running>> running_;
    bool is_closing_ = false;
};

}  // namespace

std::string H2Request::target() const {
    const std::size_t begin = head.find(' ') + 1;
    return head.substr(begin, head.find(' ', begin) - begin);
}

std::string H2Request::field(std::string_view name_lower) const {
    const std::string line = "\r\n" + std::string(name_lower) + ": ";
    const std::size_t at = head.find(line);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + line.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

FakeBackend::Script echo_h2() {
    return [](Peer& peer) { H2Server(peer, nullptr, {}).run(); };
}

FakeBackend::Script serve_h2(H2Answers answers, http::H2Settings settings) {
    return [answers = std::move(answers), settings](Peer& peer) {
        H2Server(peer, answers, settings).run();
    };
}

}  // namespace fairlead::scenarios
