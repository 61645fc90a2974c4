#include "tests/chaos/scene.h"

#include <signal.h>

#include <algorithm>

#include "tests/scenarios/support/scrape.h"

namespace fairlead::chaos {
namespace {

using scenarios::eventually;
using scenarios::Message;

FakeBackend::Script well_script() {
    return scenarios::serve([](const Message& request) {
        const bool is_large = request.target().find("download") != std::string::npos;
        return scenarios::ok(std::string(is_large ? 300'000 : 100, 'w'));
    });
}

}  // namespace

Scene::Scene(unsigned workers) : well_(well_script()), workers_(workers) {
    certificates_.mint("site.pem", {{"site.example"}});
    for (const Fault& fault : faults()) {
        const bool is_backend = fault.place == Fault::Place::Backend;
        faulty_.push_back(is_backend ? std::make_unique<FakeBackend>(fault.script) : nullptr);
    }
    balancer_ = std::make_unique<scenarios::Balancer>(scenarios::Setup{.whole = config(0)});
    scenarios::get(balancer_->port(), "/well/warm");
    sockets_ = balancer_->sockets();
}

std::string Scene::config(int turn) const {
    std::string text = "[process]\nworkers = " + std::to_string(workers_) +
                       "\n[admin]\nbind = \"127.0.0.1:0\"\n"
                       "[listener.web]\nbind = \"127.0.0.1:0\"\nhttp = [\"h2\", \"http/1.1\"]\n"
                       "[listener.secure]\nbind = \"127.0.0.1:0\"\n" +
                       scenarios::listener_tls(certificates_.path("site.pem"));
    const auto pool = [&](const std::string& name, const Fault& fault,
                          const std::string& backends) {
        text += "[[route]]\npath = \"/" + name + "/*\"\npool = \"" + name + "\"\n[pool." + name +
                "]\nbackends = [" + backends + "]\npolicy = \"first\"\n" + std::string(fault.pool) +
                "passive = \"off\"\nbuffer = { request = \"64KiB\", response = \"64KiB\" }\n"
                "timeouts = { connect = \"250ms\", response = \"250ms\", idle = \"250ms\" }\n"
                "retry = { attempts = 1, on = [\"connect\", \"stale\", \"reset\", \"timeout\"], "
                "budget = \"none\" }\nkeepalive = { idle = \"4s\", "
                "max_age = \"" +
                std::to_string(1000 + turn) + "s\" }\n";
    };
    const std::string well = ", \"" + well_.address() + "\"";
    for (std::size_t index = 0; index < faults().size(); ++index) {
        const Fault& fault = faults()[index];
        const std::string address = fault.place == Fault::Place::Refusing ? refusing_.address()
                                    : fault.place == Fault::Place::Silent
                                        ? silent_.address()
                                        : faulty_[index]->address();
        const std::string name(fault.name);
        pool(name, fault, "\"" + address + "\"");
        // A pool speaks TLS to all of its backends or to none.
        if (fault.pool.empty()) pool(name + "-pair", fault, "\"" + address + "\"" + well);
    }
    return text;
}

void Scene::reload() {
    balancer_->change_config(config(++turn_));
    balancer_->signal(SIGHUP);
}

std::size_t Scene::executions(std::string_view path) const {
    std::size_t count = 0;
    const auto add = [&](const FakeBackend& backend) {
        for (const Message& each : backend.requests()) count += each.target() == path ? 1 : 0;
    };
    add(well_);
    for (const auto& each : faulty_) {
        if (each != nullptr) add(*each);
    }
    return count;
}

scenarios::JsonText Scene::line(const std::string& path) const {
    scenarios::JsonText found{""};
    const bool is_there = eventually([&] {
        for (const scenarios::JsonText& each : balancer_->access_log()) {
            const bool is_it = each.text().find("\"" + path + "\"") != std::string::npos;
            if (is_it) found = each;
        }
        return !found.text().empty();
    });
    if (!is_there) FAIL("no line of the access log for " << path);
    return found;
}

bool Scene::is_quiet() const {
    const scenarios::Scrape now{balancer_->admin("/metrics").body};
    for (const Fault& fault : faults()) {
        for (const std::string& pool :
             {std::string(fault.name), std::string(fault.name) + "-pair"}) {
            if (now.sum("fairlead_backend_in_flight{pool=\"" + pool + "\"") != 0) return false;
            if (now.sum("fairlead_queue_length{pool=\"" + pool + "\"") != 0) return false;
        }
    }
    return now.sum("fairlead_connections{") == 0 && now.sum("fairlead_snapshots") == 1;
}

std::string Scene::left_over() {
    if (!eventually([&] { return is_quiet(); })) {
        return "connections, requests or snapshots:\n" + balancer_->admin("/metrics").body;
    }
    // Unused connections to backends are bounded otherwise.
    const auto idle = [&] {
        const scenarios::Scrape now{balancer_->admin("/metrics").body};
        return static_cast<std::size_t>(now.sum("fairlead_backend_connections{"));
    };
    if (!eventually([&] { return balancer_->sockets() <= sockets_ + idle(); })) {
        return std::to_string(balancer_->sockets()) + " sockets, " + std::to_string(sockets_) +
               " at the start and " + std::to_string(idle()) + " unused connections";
    }
    return {};
}

}  // namespace fairlead::chaos
