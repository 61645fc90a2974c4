#include "proxy/control/control_socket.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace fairlead::control {
namespace {

constexpr unsigned kOwnerOnly = 0600;
constexpr mode_t kFolderMode = 0700;

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

}  // namespace

SocketSurroundings socket_surroundings() {
    return {variable("RUNTIME_DIRECTORY"), variable("XDG_RUNTIME_DIR"), ::geteuid()};
}

std::string default_control_socket(const SocketSurroundings& surroundings) {
    const std::string& given = surroundings.runtime_directory;
    if (given.starts_with('/')) return given.substr(0, given.find(':')) + "/admin.sock";
    if (surroundings.uid == 0) return "/run/fairlead/admin.sock";
    if (!surroundings.xdg_runtime_dir.starts_with('/')) return {};
    return surroundings.xdg_runtime_dir + "/fairlead/admin.sock";
}

Result<bool> make_socket_folder(const std::string& path) {
    // Only the last one: /run and $XDG_RUNTIME_DIR are the system's.
    const std::string folder = path.substr(0, path.rfind('/'));
    if (::mkdir(folder.c_str(), kFolderMode) == 0) return true;
    if (errno == EEXIST) return false;
    return fail(fmt::format("cannot make the folder {}: {}", folder, std::strerror(errno)),
                "name another place with [admin] socket");
}

Result<net::SocketSet> bind_control_socket(const std::string& path) {
    BindAddress bind;
    bind.address.unix_path = path;
    return net::SocketSet::bind(bind, 1, kOwnerOnly);
}

}  // namespace fairlead::control
