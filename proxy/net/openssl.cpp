#include "proxy/net/openssl.h"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "proxy/base/text.h"

namespace fairlead::net {
namespace {

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

}  // namespace

std::string take_openssl_error(std::string_view otherwise) {
    const unsigned long code = ERR_peek_error();
    std::string text(otherwise);
    if (code != 0) {
        if (const char* const reason = ERR_reason_error_string(code)) text = reason;
    }
    ERR_clear_error();
    return text;
}

BioOwner memory_bio(std::string_view text) {
    return BioOwner(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

WallTime wall_time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return WallTime(std::chrono::seconds(::timegm(&parts)));
}

std::string day_of(WallTime time) {
    const std::time_t seconds =
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(seconds));
}

std::vector<std::string> names_of(const X509& certificate) {
    std::vector<std::string> names;
    auto* const alternatives = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
        const GENERAL_NAME* const each = sk_GENERAL_NAME_value(alternatives, i);
        if (each->type == GEN_DNS) {
            names.push_back(to_lower(bytes_of(each->d.dNSName)));
        } else if (each->type == GEN_IPADD) {
            const std::string_view address = bytes_of(each->d.iPAddress);
            char text[INET6_ADDRSTRLEN];
            const int family = address.size() == 4 ? AF_INET : AF_INET6;
            if ((address.size() == 4 || address.size() == 16) &&
                inet_ntop(family, address.data(), text, sizeof text) != nullptr) {
                names.emplace_back(text);
            }
        }
    }
    GENERAL_NAMES_free(alternatives);
    if (!names.empty()) return names;
    const X509_NAME* const subject = X509_get_subject_name(&certificate);
    const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (place >= 0) {
        names.push_back(
            to_lower(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)))));
    }
    return names;
}

}  // namespace fairlead::net
