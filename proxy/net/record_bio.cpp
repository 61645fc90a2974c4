#include "proxy/net/record_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace fairlead::net {

RecordBio::RecordBio(SSL& ssl, std::string& out, void* owner) : out_(out), owner_(owner) {
    BIO* const bio = BIO_new(method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(&ssl, bio, bio);
}

void* RecordBio::owner_of(const SSL& ssl) {
    return static_cast<RecordBio*>(BIO_get_data(SSL_get_rbio(&ssl)))->owner_;
}

const BIO_METHOD* RecordBio::method() {
    static BIO_METHOD* const made = [] {
        BIO_METHOD* const fresh =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
        BIO_meth_set_read_ex(fresh, &RecordBio::read);
        BIO_meth_set_write_ex(fresh, &RecordBio::write);
        BIO_meth_set_ctrl(fresh, &RecordBio::control);
        return fresh;
    }();
    return made;
}

int RecordBio::read(BIO* bio, char* out, std::size_t size, std::size_t* got) {
    auto* const self = static_cast<RecordBio*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    *got = std::min(size, self->input.size());
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(out, self->input.data(), *got);
    self->input.remove_prefix(*got);
    return 1;
}

int RecordBio::write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
    auto* const self = static_cast<RecordBio*>(BIO_get_data(bio));
    self->out_.append(bytes, size);
    *written = size;
    return 1;
}

long RecordBio::control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace fairlead::net
