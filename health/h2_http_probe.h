/// An http check of a backend that speaks HTTP/2: the same question, judged by the same rules.
#pragma once

#include "health/h2_conversation.h"
#include "health/http_probe.h"

namespace fairlead::health {

class H2HttpProbe final : public HttpProbe, private H2Listener {
  public:
    H2HttpProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target);

  private:
    void on_open() override;
    void on_bytes(std::span<char> bytes) override;
    void on_end() override;
    void on_answer(std::string_view head, bool is_last) override;
    void on_answer_body(std::span<char> payload, bool is_last, std::string_view trailers) override;
    void on_no_answer(std::string reason) override;

    H2Conversation conversation_;
};

}  // namespace fairlead::health
