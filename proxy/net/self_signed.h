/// A certificate signed by itself, for measurements between programs of one machine.
#pragma once

#include <string>

#include "proxy/base/result.h"

namespace fairlead::net {

/// ECDSA with P-256, good from an hour ago for ten days.
/// @param common_name  also its one DNS name
/// @return certificate and key as one PEM text
Result<std::string> make_self_signed(const std::string& common_name);

}  // namespace fairlead::net
