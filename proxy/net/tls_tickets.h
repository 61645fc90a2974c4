/// Session tickets of one TlsServer: keys derived from the process's secrets, so that a ticket made
/// for another listener, or before its client certificate settings changed, opens nothing here.
/// Private to proxy/net, because it shows OpenSSL. Lives on its worker's thread.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proxy/net/openssl.h"
#include "proxy/net/ticket_keys.h"

namespace fairlead::net {

class TlsTickets {
  public:
    static constexpr std::size_t kNameBytes = 16;
    static constexpr std::size_t kKeyBytes = 32;

    /// @param context  what tickets are bound to: equal for equal settings, on every worker and in
    ///                 every process
    TlsTickets(std::shared_ptr<TicketKeys> secrets, std::string context);

    /// OpenSSL's callback: sets up one ticket to be made, or opened.
    /// @return as SSL_CTX_set_tlsext_ticket_key_evp_cb says: 1 fine, 2 fine and due to be made
    /// anew,
    ///         0 unknown ticket, -1 failure
    int prepare(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                bool is_made);

    const std::string& context() const { return context_; }

  private:
    struct Keys {
        std::array<unsigned char, kNameBytes> name;
        std::array<unsigned char, kKeyBytes> cipher;
        std::array<unsigned char, kKeyBytes> mac;
    };
    void derive();
    static int set_up(const Keys& keys, const EVP_CIPHER* algorithm, unsigned char* iv,
                      EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool is_made);

    const std::shared_ptr<TicketKeys> secrets_;
    const std::string context_;
    /// Looked up once: asking the provider for each ticket costs more than the ticket.
    const CipherOwner algorithm_;
    std::vector<Keys> keys_;  ///< newest first
    std::uint64_t version_ = 0;
};

}  // namespace fairlead::net
