/// A DNS server of a test: what it says of a name is set by the test, and how badly it behaves.
/// Serves UDP and TCP on one free port of 127.0.0.1, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fairlead::test {

class DnsServer {
  public:
    enum class Mood : std::uint8_t {
        Good,
        Truncated,      ///< over UDP it only says that TCP has the answer
        ServerFailure,  ///< SERVFAIL
        NoSuchName,     ///< NXDOMAIN
        Silent,
        CutOff,  ///< an answer without its last byte
    };
    struct Service {
        std::uint16_t priority = 0;
        std::uint16_t weight = 0;
        std::uint16_t port = 0;
        std::string target;
    };

    DnsServer();
    ~DnsServer();
    DnsServer(const DnsServer&) = delete;
    DnsServer& operator=(const DnsServer&) = delete;

    std::uint16_t port() const { return port_; }
    /// IPv4 addresses of a name; with none it has no such records.
    void set(const std::string& name, std::vector<std::string> addresses, std::uint32_t ttl_s = 1);
    void set_v6(const std::string& name, std::vector<std::string> addresses);
    void set_services(const std::string& name, std::vector<Service> services);
    void set_mood(Mood mood) { mood_ = mood; }
    /// Of questions for AAAA alone.
    void set_v6_mood(Mood mood) { v6_mood_ = mood; }
    /// Questions so far.
    std::size_t asked() const { return asked_; }

  private:
    struct Entry {
        std::vector<std::string> records;  ///< the data of each, on the wire
        std::uint32_t ttl_s = 1;
    };
    void serve();
    void serve_udp();
    void serve_tcp();
    /// Empty: none.
    std::string answer(const std::string& question, bool is_udp);
    void put(const std::string& name, std::uint16_t type, Entry entry);

    std::mutex mutex_;
    std::map<std::pair<std::string, std::uint16_t>, Entry> entries_;
    std::atomic<Mood> mood_ = Mood::Good;
    std::atomic<Mood> v6_mood_ = Mood::Good;
    std::atomic<std::size_t> asked_ = 0;
    std::uint16_t port_ = 0;
    int udp_ = -1;
    int tcp_ = -1;
    int stop_[2] = {-1, -1};
    std::thread thread_;
};

/// A name as it stands on the wire, without compression.
std::string dns_name(const std::string& name);

}  // namespace fairlead::test
