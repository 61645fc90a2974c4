#include "proxy/control/answer.h"

#include <utility>

#include "proxy/control/json_value.h"

namespace fairlead::control {

ApiAnswer json_answer(int status, std::string json) {
    ApiAnswer answer;
    answer.status = status;
    answer.content_type = "application/json";
    answer.body = std::move(json) + "\n";
    return answer;
}

ApiAnswer problem(int status, std::string_view error, std::string_view hint) {
    return json_answer(status,
                       "{\"error\":" + json_text(error) + ",\"hint\":" + json_text(hint) + "}");
}

ApiAnswer text_answer(int status, std::string_view text) {
    ApiAnswer answer;
    answer.status = status;
    answer.body = text;
    return answer;
}

}  // namespace fairlead::control
