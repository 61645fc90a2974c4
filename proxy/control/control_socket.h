/// The control socket: where it is when nobody says, and how it is made so that nobody else gets
/// in. The commands look in the same place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/net/listener.h"

namespace fairlead::control {

/// What the default place depends on.
struct SocketSurroundings {
    std::string runtime_directory;  ///< RUNTIME_DIRECTORY, as a service manager sets it
    std::string xdg_runtime_dir;    ///< XDG_RUNTIME_DIR
    std::uint32_t uid = 0;          ///< effective
};
/// Of this process.
SocketSurroundings socket_surroundings();

/// $RUNTIME_DIRECTORY/admin.sock (the first folder of several), else /run/fairlead/admin.sock for
/// root, else $XDG_RUNTIME_DIR/fairlead/admin.sock. Empty when there is no such place.
std::string default_control_socket(const SocketSurroundings& surroundings);

/// Makes the last folder of the default place, 0700, when it is missing.
/// @return whether it was made
Result<bool> make_socket_folder(const std::string& path);

/// Binds and listens, mode 0600 from the first moment on.
Result<net::SocketSet> bind_control_socket(const std::string& path);

}  // namespace fairlead::control
