#pragma once

#include "ports/client_ports.hpp"
#include "ports/foreign_ports.hpp"

#include <algorithm>
#include <fcntl.h>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// In-memory ports of clients, for tests of effects. Each keeps what was asked of it; answers are set by the test.
namespace berth::test {

struct FakeDoors final : ports::ClientDoors {
    Result<std::string> open(const model::ClientId& client, const std::vector<std::string>& wanted) override {
        calls.push_back("open " + client.value);
        folders = wanted;
        return open_answer;
    }

    Result<std::string> adopt(const model::ClientId& client) override {
        calls.push_back("adopt " + client.value);
        return open_answer;
    }

    Result<void> show(const model::ClientId&, const model::DoorItem& item) override {
        calls.push_back("show " + item.name);
        if (item.name == refused) {
            return Error{ErrorCode::failed, item.name + " is a link"};
        }
        items[item.name] = item;
        return {};
    }

    Result<void> hide(const model::ClientId&, const std::string& name) override {
        calls.push_back("hide " + name);
        if (name == stuck) {
            return Error{ErrorCode::failed, name + " is busy"};
        }
        items.erase(name);
        return {};
    }

    bool is_current(const model::ClientId&, const model::DoorItem& item) override {
        const auto shown = items.find(item.name);
        return shown != items.end() && shown->second == item && item.name != renewed;
    }

    Result<void> close(const model::ClientId& client) override {
        calls.push_back("close " + client.value);
        items.clear();
        return {};
    }

    std::vector<model::ClientId> left() override { return left_behind; }

    std::vector<std::string> calls;
    std::vector<std::string> folders;
    std::map<std::string, model::DoorItem> items; ///< what is shown
    std::string refused;                          ///< the item that cannot be shown
    std::string stuck;                            ///< the item that cannot be hidden
    std::string renewed;                          ///< the item that the desktop has made anew since it was shown
    Result<std::string> open_answer{std::string{"/door"}};
    std::vector<model::ClientId> left_behind;
};

struct FakeDeviceRules final : ports::DeviceRules {
    void allow(const ports::DeviceHolder& who, const std::vector<std::string>& nodes, Done<void> done) override {
        holder = who;
        for (const std::string& node : nodes) {
            calls.push_back("allow " + node);
        }
        done(allow_answer);
    }

    void forbid(const ports::DeviceHolder& who, const std::vector<std::string>& nodes, Done<void> done) override {
        holder = who;
        for (const std::string& node : nodes) {
            calls.push_back("forbid " + node);
        }
        done(forbid_answer);
    }

    std::vector<std::string> calls;
    ports::DeviceHolder holder; ///< of the last call
    Result<void> allow_answer;
    Result<void> forbid_answer;
};

struct FakeSeatShares final : ports::SeatShares {
    model::SeatShares find(const model::Seat&, const Kinds& kinds) override {
        asked = kinds;
        return shares;
    }

    model::SeatShares look(const model::Seat&) override {
        model::SeatShares found = shares;
        found.shm.clear();
        return found;
    }

    model::SeatShares shares;
    Kinds asked; ///< by the last call
};

struct FakeClientSockets final : ports::ClientSockets {
    Result<void> listen(const model::Client&, const std::string& path) override {
        listening.push_back(path);
        return listen_answer;
    }

    void update(const model::Client& client) override { updated.push_back(client.id.value); }

    bool reply(const model::Reply& reply) override {
        replies.push_back(reply);
        return takes_replies;
    }

    void close(const model::ClientId& client) override { closed.push_back(client.value); }

    void hand_over(model::CallToken token, UniqueFd descriptor) override { opened[token] = std::move(descriptor); }

    bool watch(const std::string& bus_name, std::function<void()> gone) override {
        if (bus_name.starts_with(':')) {
            return false;
        }
        watched[bus_name] = std::move(gone);
        return true;
    }

    std::map<model::CallToken, UniqueFd> opened;
    std::map<std::string, std::function<void()>> watched;
    std::vector<std::string> listening;
    std::vector<std::string> updated;
    std::vector<std::string> closed;
    std::vector<model::Reply> replies;
    bool takes_replies{false};
    Result<void> listen_answer;
};

/// Opens /dev/null for whatever it is asked, and says what that was.
struct FakeOpens final : ports::SeatOpens {
    Result<UniqueFd> node(const model::DoorItem& item) override { return open("node " + item.root + "/" + item.path); }

    Result<UniqueFd> connection(const model::DoorItem& item, std::uint32_t uid, std::uint32_t gid) override {
        return open("connection " + item.root + "/" + item.path + " as " + std::to_string(uid) + ":" +
                    std::to_string(gid));
    }

    Result<UniqueFd> ipc_namespace(pid_t init, const std::string& container) override {
        return open("ipc of " + std::to_string(init) + " in " + container);
    }

    Result<UniqueFd> open(const std::string& call) {
        calls.push_back(call);
        if (!answer) {
            return answer.error();
        }
        return UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    }

    std::vector<std::string> calls;
    Result<void> answer;
};

struct FakeLeaseTimers final : ports::LeaseTimers {
    void arm(const model::ClientId& client, model::Microseconds at,
             std::function<void(model::Microseconds)> fired) override {
        armed[client] = {at, std::move(fired)};
    }

    void clear(const model::ClientId& client) override { armed.erase(client); }

    std::map<model::ClientId, std::pair<model::Microseconds, std::function<void(model::Microseconds)>>> armed;
};

struct FakeCallerWatch final : ports::CallerWatch {
    void watch(const std::string& bus_name, std::function<void()> gone) override {
        watched[bus_name] = std::move(gone);
    }

    std::map<std::string, std::function<void()>> watched;
};

struct FakeSocketWatch final : ports::SocketWatch {
    void watch(const model::Seat& seat, std::function<void()> renewed) override {
        watched[seat.name] = std::move(renewed);
    }

    void forget(const model::SeatName& seat) override { watched.erase(seat); }

    std::map<model::SeatName, std::function<void()>> watched;
};

struct FakeCallerStreams final : ports::CallerStreams {
    Result<ports::Stdio> take(model::CallToken token) override {
        const auto known = std::find(waiting.begin(), waiting.end(), token);
        if (known == waiting.end()) {
            return Error{ErrorCode::invalid_argument, "the call passed no standard streams"};
        }
        waiting.erase(known);
        return ports::Stdio{};
    }

    void drop(model::CallToken token) override { dropped.push_back(token); }

    std::vector<model::CallToken> waiting;
    std::vector<model::CallToken> dropped;
};

struct FakeRelays final : ports::StreamRelays {
    void relay(const std::string& name, ports::StreamConnection connection, ports::Stdio, Done<void> done) override {
        running[name] = std::move(done);
        framed[name] = connection.framed;
        connections[name] = std::move(connection);
    }

    /// The container's side of that one has ended, or it could not be carried.
    void finish(const std::string& name, Result<void> result = {}) {
        connections.erase(name);
        const auto done = running.extract(name);
        done.mapped()(std::move(result));
    }

    void end(const std::string& name) override { ended.push_back(name); }

    std::map<std::string, Done<void>> running;
    std::map<std::string, ports::StreamConnection> connections;
    std::map<std::string, bool> framed;
    std::vector<std::string> ended;
};

struct FakeDeviceNews final : ports::DeviceNews {
    void follow(const model::ClientId& client, pid_t init, const std::string& door,
                const std::vector<std::string>& devices) override {
        calls.push_back("follow " + client.value + " " + std::to_string(init) + " " + door + listed(devices));
    }

    void tell(const model::ClientId& client, const std::vector<std::string>& devices) override {
        calls.push_back("tell " + client.value + listed(devices));
    }

    void forget(const model::ClientId& client) override { calls.push_back("forget " + client.value); }

    static std::string listed(const std::vector<std::string>& devices) {
        std::string list;
        for (const std::string& device : devices) {
            list += " " + device;
        }
        return list;
    }

    std::vector<std::string> calls;
};

struct FakeBusFilters final : ports::BusFilters {
    void start(const model::ClientId& client, const model::BusFilter& filter, const std::string& path,
               Done<void> done) override {
        std::string call = "start " + path;
        for (const std::string& name : filter.names) {
            call += " " + name;
        }
        calls.push_back(call);
        running.erase(client);
        if (answer) {
            running[client] = filter;
        }
        done(std::exchange(answer, {}));
    }

    void stop(const model::ClientId& client, const std::string& path) override {
        calls.push_back("stop " + path);
        running.erase(client);
    }

    std::vector<std::string> calls;
    std::map<model::ClientId, model::BusFilter> running;
    Result<void> answer; ///< of the next start
};

struct FakeLoopbackPorts final : ports::LoopbackPorts {
    void open(const model::ClientId& client, pid_t init, const model::LoopbackPort& port, Done<void> done) override {
        calls.push_back("open " + std::to_string(port.port) + " in " + std::to_string(init));
        if (on_open) {
            on_open();
        }
        if (port.port == refused) {
            done(Error{ErrorCode::failed, "port " + std::to_string(port.port) + " is in use"});
            return;
        }
        listening[client][port.port] = port;
        done({});
    }

    Result<model::CookieFile> cookie(const model::ClientId& client) override {
        if (no_cookie) {
            return Error{ErrorCode::failed, "no room for a cookie"};
        }
        return model::CookieFile{"/ports/" + client.value, "cookie", "a sound cookie"};
    }

    void close(const model::ClientId& client, std::uint16_t port) override {
        calls.push_back("close " + std::to_string(port));
        listening[client].erase(port);
    }

    void close_all(const model::ClientId& client) override { listening.erase(client); }

    std::vector<std::string> calls;
    std::map<model::ClientId, std::map<std::uint16_t, model::LoopbackPort>> listening;
    std::function<void()> on_open;
    std::uint16_t refused{0};
    bool no_cookie{false};
};

struct FakeForeignMounts final : ports::ForeignMounts {
    void mount(pid_t init, const std::vector<Wanted>& wanted, Done<std::vector<model::ForeignMount>> done) override {
        inits.push_back(init);
        std::vector<model::ForeignMount> made;
        for (const Wanted& one : wanted) {
            if (!one.if_empty || !occupied) {
                made.push_back({one.target, made.size() + 10, 1});
                there[one.target] = one.source;
            }
        }
        done(refuses.empty() ? Result<std::vector<model::ForeignMount>>{made} : Error{ErrorCode::failed, refuses});
    }

    void unmount(pid_t init, const std::vector<model::ForeignMount>& mounts, Done<void> done) override {
        inits.push_back(init);
        for (const model::ForeignMount& mount : mounts) {
            there.erase(mount.path);
        }
        done({});
    }

    std::map<std::string, std::string> there; ///< what is seen in the container, by path
    std::vector<pid_t> inits;
    std::string refuses;
    bool occupied{false}; ///< the container has something at each of its own paths
};

} // namespace berth::test
