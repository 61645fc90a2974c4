/// Both ends of an HTTP/2 connection in memory, each keeping what it hears.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/http/h2_session.h"

namespace fairlead::http {

/// One stream as one end sees it.
struct HeardStream {
    H2Stream* stream = nullptr;  ///< null once it is closed
    std::vector<std::string> heads;
    std::string protocol;
    std::string body;
    std::string trailers;
    HeadError error;
    H2StreamEnd end;
    bool is_last = false;
    bool is_drained = false;
    bool is_closed = false;
};

class H2End final : private H2SessionObserver {
  public:
    explicit H2End(H2Session::Role role, const H2Settings& settings = {})
        : session(role, settings, *this) {}

    /// The stream's number among those of this end, in order.
    HeardStream& at(std::size_t index) { return *streams.at(index); }
    HeardStream& request(std::string_view head, bool is_last) {
        streams.push_back(std::make_unique<HeardStream>());
        streams.back()->stream = session.send_request(streams.back().get(), head, is_last);
        return *streams.back();
    }
    std::string output(std::size_t bytes_max = std::string::npos) {
        std::string out;
        session.collect(out, bytes_max);
        session.tell_drained();
        return out;
    }

    bool consumes = true;  ///< acknowledges payload at once
    bool refuses = false;  ///< takes no requests
    std::vector<std::unique_ptr<HeardStream>> streams;
    std::size_t pongs = 0;
    std::size_t goaways = 0;
    H2Session session;

  private:
    void* on_h2_request(H2Stream& stream, const H2Head& head) override {
        if (refuses) return nullptr;
        streams.push_back(std::make_unique<HeardStream>());
        HeardStream& heard = *streams.back();
        heard.stream = &stream;
        heard.heads.emplace_back(head.text);
        heard.protocol = head.protocol;
        heard.error = head.error;
        heard.is_last = head.is_last;
        return &heard;
    }
    void on_h2_response(void* user, const H2Head& head) override {
        auto& heard = *static_cast<HeardStream*>(user);
        heard.heads.emplace_back(head.text);
        heard.error = head.error;
        heard.is_last = head.is_last;
    }
    void on_h2_data(void* user, std::span<char> payload, bool is_last,
                    std::string_view trailers) override {
        auto& heard = *static_cast<HeardStream*>(user);
        heard.body.append(payload.data(), payload.size());
        heard.trailers = trailers;
        heard.is_last = is_last;
        if (consumes) session.consume(heard.stream, payload.size());
    }
    void on_h2_drained(void* user) override { static_cast<HeardStream*>(user)->is_drained = true; }
    void on_h2_closed(void* user, const H2StreamEnd& end) override {
        auto& heard = *static_cast<HeardStream*>(user);
        heard.stream = nullptr;
        heard.is_closed = true;
        heard.end = end;
    }
    void on_h2_goaway(H2Error) override { ++goaways; }
    void on_h2_pong() override { ++pongs; }
};

struct H2Pair {
    explicit H2Pair(const H2Settings& of_server = {}, H2Settings of_client = {})
        : client(H2Session::Role::Client, with_scheme(of_client)),
          server(H2Session::Role::Server, of_server) {}

    static H2Settings with_scheme(H2Settings settings) {
        settings.scheme = "https";
        return settings;
    }
    /// Until neither has anything to say. Reads are cut into pieces of `step` bytes.
    void talk(std::size_t step = std::string::npos) {
        while (true) {
            const std::string to_server = client.output();
            const std::string to_client = server.output();
            if (to_server.empty() && to_client.empty()) return;
            feed(server, to_server, step);
            feed(client, to_client, step);
        }
    }
    void feed(H2End& end, std::string bytes, std::size_t step = std::string::npos) {
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t length = std::min(step, bytes.size() - at);
            end.session.feed({bytes.data() + at, length}, now);
            at += length;
        }
    }

    Time now{std::chrono::hours{1}};
    H2End client;
    H2End server;
};

}  // namespace fairlead::http
