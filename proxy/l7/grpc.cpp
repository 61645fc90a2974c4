#include "proxy/l7/grpc.h"

#include "proxy/http/field.h"

namespace fairlead::l7 {
namespace {

constexpr std::string_view kStatus = "grpc-status";
constexpr std::string_view kUnavailable = "14";

}  // namespace

bool is_grpc_unavailable(const http::ResponseHead& head, bool is_whole) {
    if (!is_whole || head.status != 200) return false;
    const http::Field* const status = head.find(kStatus);
    return status != nullptr && head.value(*status) == kUnavailable;
}

bool says_grpc_unavailable(std::string_view trailers) {
    return http::line_value(trailers, kStatus) == kUnavailable;
}

}  // namespace fairlead::l7
