/// What the API changes: from a body to a call of runtime::Steering, its outcome to an answer, one
/// audit line for each. Main thread.
#pragma once

#include <string>
#include <string_view>

#include "proxy/control/answer.h"
#include "proxy/control/resource.h"
#include "proxy/runtime/server.h"
#include "proxy/runtime/steering.h"

namespace fairlead::control {

/// Both outlive every change that is under way.
struct Steered {
    runtime::Server& server;
    runtime::Steering& steering;
};

void change_backend(const Steered& steered, const Place& place, std::string_view body,
                    std::string who, Reply reply);
void add_backend(const Steered& steered, const Place& place, std::string_view body, std::string who,
                 Reply reply);
void remove_backend(const Steered& steered, const Place& place, std::string_view body,
                    std::string who, Reply reply);
void reload(const Steered& steered, std::string_view body, std::string who, Reply reply);
void confirm(const Steered& steered, std::string_view body, const std::string& who,
             const Reply& reply);

/// `GET /api/v1/plan`
/// @param may_see_lines  errors quote the lines of the file
void show_plan(runtime::Steering& steering, bool may_see_lines, Reply reply);
/// `POST /api/v1/plan`
void show_plan_for(runtime::Steering& steering, std::string_view body, const Reply& reply);

/// Rendered errors without the lines of the file they quote: for those who may only look.
std::string without_quoted_lines(std::string_view rendered);

}  // namespace fairlead::control
