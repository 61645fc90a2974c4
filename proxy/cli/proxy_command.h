/// `fairlead proxy LISTEN BACKEND...`: a balancer without a file.
#pragma once

#include <string>
#include <vector>

namespace fairlead::cli {

struct ProxyArguments {
    std::string listen;
    std::vector<std::string> backends;
    std::string policy;  ///< empty: the default
    std::string check;   ///< empty: none
};

/// The same configuration as a file would have it.
std::string proxy_config(const ProxyArguments& arguments);

/// @return the exit code
int serve_arguments(const ProxyArguments& arguments);

}  // namespace fairlead::cli
