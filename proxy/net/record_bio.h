/// Where OpenSSL reads and writes the records of one connection: bytes that somebody else has read,
/// and a buffer that somebody else sends. Private to proxy/net, because it shows OpenSSL.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace fairlead::net {

/// One object for both directions: a pair of memory BIOs costs 600 bytes more for each connection,
/// and a copy of everything. Its address is OpenSSL's.
class RecordBio {
  public:
    /// @param ssl    reads and writes here from now on; not used any more when this is gone
    /// @param out    where records are put; may be shared by many, outlives this
    /// @param owner  see owner_of()
    RecordBio(SSL& ssl, std::string& out, void* owner);
    RecordBio(const RecordBio&) = delete;
    RecordBio& operator=(const RecordBio&) = delete;

    /// Whose SSL object it is; for OpenSSL's callbacks. Costs no memory in the object.
    static void* owner_of(const SSL& ssl);

    /// Not taken by OpenSSL yet. Whoever sets it sees that the bytes stay.
    std::string_view input;

  private:
    static const BIO_METHOD* method();
    static int read(BIO* bio, char* out, std::size_t size, std::size_t* got);
    static int write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written);
    static long control(BIO* bio, int command, long number, void* pointer);

    std::string& out_;
    void* const owner_;
};

}  // namespace fairlead::net
