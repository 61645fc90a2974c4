#include "proxy/http/message.h"

#include "proxy/base/text.h"

namespace fairlead::http {

bool is_idempotent(Method method) {
    switch (method) {
        case Method::Get:
        case Method::Head:
        case Method::Put:
        case Method::Delete:
        case Method::Options:
        case Method::Trace:
            return true;
        case Method::Post:
        case Method::Connect:
        case Method::Patch:
        case Method::Other:
            return false;
    }
    return false;
}

const Field* HeadBase::search(FieldId id) const {
    for (const Field& field : fields) {
        if (field.id == id) return &field;
    }
    return nullptr;
}

const Field* HeadBase::find(std::string_view wanted) const {
    for (const Field& field : fields) {
        if (iequals(name(field), wanted)) return &field;
    }
    return nullptr;
}

void HeadBase::clear() {
    bytes.clear();
    fields.clear();
    present = 0;
    minor = 1;
    body = {};
    keep_alive = true;
    has_upgrade = false;
}

}  // namespace fairlead::http
