/// Where each key of a configuration is written: what `print` puts beside the values.
#pragma once

#include "conf/document.h"
#include "conf/model.h"

namespace fairlead::conf {

Origins find_origins(const Value& root);

}  // namespace fairlead::conf
