#include "health/h2_http_probe.h"

#include <string>
#include <utility>

namespace fairlead::health {

H2HttpProbe::H2HttpProbe(net::Loop& loop, const conf::Check& check, ProbeTarget target)
    : HttpProbe(loop, check, std::move(target)), conversation_(*this) {}

void H2HttpProbe::on_open() {
    begin_answer();
    send(conversation_.begin(request(), {}, this->target().tls == nullptr ? "http" : "https"));
}

void H2HttpProbe::on_bytes(std::span<char> bytes) {
    const std::string out = conversation_.hear(bytes, now());
    if (!out.empty() && is_under_way()) send(out);
}

void H2HttpProbe::on_end() {
    conversation_.end();
    fail("closed without a response");
}

void H2HttpProbe::on_answer(std::string_view head, bool is_last) {
    std::string text(head);
    HttpProbe::on_bytes(text);
    if (is_last && is_under_way()) HttpProbe::on_end();
    if (!is_under_way()) conversation_.end();
}

void H2HttpProbe::on_answer_body(std::span<char> payload, bool is_last, std::string_view) {
    if (!payload.empty()) HttpProbe::on_bytes(payload);
    if (is_last && is_under_way()) HttpProbe::on_end();
    if (!is_under_way()) conversation_.end();
}

void H2HttpProbe::on_no_answer(std::string reason) { fail(std::move(reason)); }

}  // namespace fairlead::health
