#include "proxy/net/port_owner.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

namespace fairlead::net {
namespace {

constexpr unsigned kListening = 0x0A;  // TCP_LISTEN in /proc/net/tcp

std::optional<unsigned> parse_hex(std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return {};
    return value;
}

/// "0100007F" or four of those: 32-bit words in the byte order of the machine.
std::optional<IpAddress> parse_proc_address(std::string_view hex) {
    if (hex.size() != 8 && hex.size() != 32) return {};
    IpAddress ip;
    if (hex.size() == 8) ip.bytes[10] = ip.bytes[11] = 0xFF;
    std::size_t at = hex.size() == 8 ? 12 : 0;
    for (; !hex.empty(); hex.remove_prefix(8), at += 4) {
        const std::optional<unsigned> word = parse_hex(hex.substr(0, 8));
        if (!word) return {};
        std::memcpy(ip.bytes.data() + at, &*word, 4);
    }
    return ip;
}

bool is_any(const IpAddress& ip) {
    const std::size_t from = ip.is_v4() ? 12 : 0;
    return std::all_of(ip.bytes.begin() + static_cast<std::ptrdiff_t>(from), ip.bytes.end(),
                       [](std::uint8_t byte) { return byte == 0; });
}

/// The socket numbers of listeners in the way of `address`.
std::vector<std::string> listening_sockets(const BindAddress& address, const char* table) {
    std::vector<std::string> inodes;
    std::ifstream lines{table};
    std::string line;
    while (std::getline(lines, line)) {
        // sl local_address remote_address st queues timer retransmits uid timeout inode ...
        std::istringstream fields{line};
        std::array<std::string, 10> field;
        for (std::string& each : field) fields >> each;
        const std::size_t colon = field[1].find(':');
        if (colon == std::string::npos || parse_hex(field[3]) != kListening) continue;
        if (parse_hex(std::string_view(field[1]).substr(colon + 1)) != address.address.port) {
            continue;
        }
        const std::optional<IpAddress> ip =
            parse_proc_address(std::string_view(field[1]).substr(0, colon));
        if (!ip) continue;
        if (address.any || is_any(address.address.ip) || is_any(*ip) || *ip == address.address.ip) {
            inodes.push_back(field[9]);
        }
    }
    return inodes;
}

struct CloseFolder {
    void operator()(DIR* folder) const { closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

bool holds_one_of(const std::string& descriptors, const std::vector<std::string>& links) {
    const Folder folder{opendir(descriptors.c_str())};
    if (folder == nullptr) return false;
    while (const dirent* entry = readdir(folder.get())) {
        std::array<char, 64> target{};
        const std::string path = descriptors + "/" + entry->d_name;
        const ssize_t length = readlink(path.c_str(), target.data(), target.size());
        if (length <= 0) continue;
        const std::string_view link{target.data(), static_cast<std::size_t>(length)};
        if (std::find(links.begin(), links.end(), link) != links.end()) return true;
    }
    return false;
}

}  // namespace

std::optional<PortOwner> find_port_owner(const BindAddress& address) {
    std::vector<std::string> links;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        for (const std::string& inode : listening_sockets(address, table)) {
            links.push_back(fmt::format("socket:[{}]", inode));
        }
    }
    if (links.empty()) return {};
    const Folder processes{opendir("/proc")};
    if (processes == nullptr) return {};
    while (const dirent* entry = readdir(processes.get())) {
        const int pid = std::atoi(entry->d_name);
        if (pid <= 0 || !holds_one_of(fmt::format("/proc/{}/fd", pid), links)) continue;
        PortOwner owner{{}, pid};
        std::ifstream name{fmt::format("/proc/{}/comm", pid)};
        std::getline(name, owner.program);
        return owner;
    }
    return {};
}

}  // namespace fairlead::net
