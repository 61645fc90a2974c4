#include "proxy/runtime/user_needs.h"

#include <string>
#include <utility>

namespace fairlead::runtime {
namespace {

UserNeed path_need(UserNeed::Kind kind, std::string path, std::string what, Location where) {
    UserNeed need;
    need.kind = kind;
    need.path = std::move(path);
    need.what = std::move(what);
    need.where = std::move(where);
    return need;
}

UserNeed bind_need(const BindAddress& address, std::string what, const Location& where) {
    UserNeed need;
    need.kind = UserNeed::Kind::Bind;
    need.address = address;
    need.what = std::move(what);
    need.where = where;
    return need;
}

}  // namespace

std::vector<UserNeed> user_needs(const conf::Model& model) {
    using Kind = UserNeed::Kind;
    std::vector<UserNeed> needs;
    const Location& user = model.process.user_where;
    for (const std::string& file : model.files) {
        needs.push_back(path_need(Kind::Read, file, "the configuration", user));
    }
    if (!model.process.state_file.empty()) {
        needs.push_back(
            path_need(Kind::WriteFolder, model.process.state_file, "the state file", user));
    }
    const conf::AccessLog& access = model.log.access;
    if (access.enabled && access.to != "stdout" && access.to != "stderr") {
        needs.push_back(path_need(Kind::WriteFolder, access.to, "the access log", user));
    }
    for (const conf::Listener& listener : model.listeners) {
        for (const conf::Bind& bind : listener.bind) {
            needs.push_back(
                bind_need(bind.address, "[listener." + listener.name + "]", bind.where));
        }
    }
    if (model.admin) {
        if (!model.admin->token_file.empty()) {
            needs.push_back(path_need(Kind::Read, model.admin->token_file, "the token file",
                                      model.admin->token_file_where));
        }
        if (!model.admin->socket.empty()) {
            BindAddress address;
            address.address.unix_path = model.admin->socket;
            needs.push_back(bind_need(address, "the control socket", model.admin->socket_where));
        }
    }
    return needs;
}

}  // namespace fairlead::runtime
