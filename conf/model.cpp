#include "conf/model.h"

namespace fairlead::conf {

const Listener* Model::listener(std::string_view name) const {
    for (const Listener& listener : listeners) {
        if (listener.name == name) return &listener;
    }
    return nullptr;
}

const Pool* Model::pool(std::string_view name) const {
    for (const Pool& pool : pools) {
        if (pool.name == name) return &pool;
    }
    return nullptr;
}

}  // namespace fairlead::conf
