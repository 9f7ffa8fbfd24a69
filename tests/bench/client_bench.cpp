// What berthd adds to what a client container asks for, against the bare thing in the same run.
//   client_bench self ADDRESS [ROUNDS]
//       Self.Describe of the socket at ADDRESS, against a server of sd-bus's own that gives the same answer
//   client_bench grant ADDRESS CLIENT KIND NODE GROUP [ROUNDS]
//       Client.Grant and Revoke of KIND over the bus at ADDRESS, until the answer, against a mount of NODE and a line
//       in GROUP/devices.allow (its unmount, and devices.deny); GROUP "-": against the mount alone. And against a call
//       that does nothing
//   client_bench adopted ADDRESS SEAT STATE COUNT
//       waits on the bus at ADDRESS until a berthd that starts has SEAT in that state and so many clients running;
//       prints "listening" first, then when that was: CLOCK_MONOTONIC, in milliseconds
// The first two print p50 and p99 of both in microseconds, and their ratios. tests/bench/clients runs it where it
// belongs.

#include "base/unique_fd.hpp"
#include "bus/sd_bus.hpp"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace berth;
using bus::check;
using Clock = std::chrono::steady_clock;
using Times = std::vector<double>; ///< microseconds

constexpr const char* self_path = "/org/berth/Berth1/self";
constexpr const char* self_interface = "org.berth.Berth1.Self";
constexpr const char* client_interface = "org.berth.Berth1.Client";
constexpr const char* manager_path = "/org/berth/Berth1";
constexpr const char* service = "org.berth.Berth1";

int check_call(int result, const char* what) {
    return check(result < 0 ? -errno : result, what);
}

void timed(Times& times, const std::function<void()>& action) {
    const auto begin = Clock::now();
    action();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
}

double share(Times& times, double part) {
    std::ranges::sort(times);
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
}

void tell(const char* what, Times& berth, Times& bare) {
    const double berth_half = share(berth, 0.5);
    const double bare_half = share(bare, 0.5);
    const double berth_most = share(berth, 0.99);
    const double bare_most = share(bare, 0.99);
    std::printf("%s: berth p50 %.0f p99 %.0f us, bare p50 %.0f p99 %.0f us, ratio p50 %.2f p99 %.2f (%zu rounds)\n",
                what, berth_half, berth_most, bare_half, bare_most, berth_half / bare_half, berth_most / bare_most,
                berth.size());
}

bus::OwnedBus direct(const std::function<int(sd_bus*)>& with) {
    sd_bus* raw = nullptr;
    check(sd_bus_new(&raw), "sd_bus_new");
    bus::OwnedBus made{raw};
    check(with(raw), "a connection");
    check(sd_bus_start(raw), "sd_bus_start");
    return made;
}

bus::OwnedMessage call(sd_bus* bus, sd_bus_message* message) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message* reply = nullptr;
    const int result = sd_bus_call(bus, message, 60'000'000, &error, &reply);
    const std::string said = error.message == nullptr ? "" : error.message;
    sd_bus_error_free(&error);
    check(result, said.c_str());
    return bus::OwnedMessage{reply};
}

bus::OwnedMessage describe(sd_bus* bus) {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_call(bus, &raw, nullptr, self_path, self_interface, "Describe"), "a call");
    const bus::OwnedMessage message{raw};
    return call(bus, raw);
}

int answer_as_berthd(sd_bus_message* question, void* stored, sd_bus_error*) {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_return(question, &raw), "an answer");
    const bus::OwnedMessage answer{raw};
    auto* const as = static_cast<sd_bus_message*>(stored);
    check(sd_bus_message_rewind(as, 1), "an answer");
    check(sd_bus_message_copy(raw, as, 1), "an answer");
    return sd_bus_send(nullptr, raw, nullptr);
}

/// Serves `socket` until the other side is gone.
[[noreturn]] void serve(int socket, sd_bus_message* answer) {
    const sd_bus_vtable table[] = {SD_BUS_VTABLE_START(0),
                                   SD_BUS_METHOD("Describe", "", "a{sv}", answer_as_berthd, SD_BUS_VTABLE_UNPRIVILEGED),
                                   SD_BUS_VTABLE_END};
    const bus::OwnedBus server = direct([&](sd_bus* raw) {
        sd_id128_t id{};
        check(sd_id128_randomize(&id), "an id");
        check(sd_bus_set_fd(raw, socket, socket), "a socket");
        return sd_bus_set_server(raw, 1, id);
    });
    sd_bus_slot* slot = nullptr;
    check(sd_bus_add_object_vtable(server.get(), &slot, self_path, self_interface, table, answer), "an object");
    for (;;) {
        const int done = sd_bus_process(server.get(), nullptr);
        if (done < 0 || (done == 0 && sd_bus_wait(server.get(), UINT64_MAX) < 0)) {
            ::_exit(0);
        }
    }
}

int measure_self(const std::string& address, int rounds) {
    const auto berthd = direct([&](sd_bus* raw) { return sd_bus_set_address(raw, address.c_str()); });
    const auto answer = describe(berthd.get());
    std::array<int, 2> ends{};
    check_call(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), "socketpair");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        serve(ends[1], answer.get());
    }
    ::close(ends[1]);
    const auto bare = direct([&](sd_bus* raw) { return sd_bus_set_fd(raw, ends[0], ends[0]); });
    Times by_berthd;
    Times by_bare;
    for (int round = 0; round < rounds; ++round) { // in turn, so that both meet the same load
        timed(by_berthd, [&] { describe(berthd.get()); });
        timed(by_bare, [&] { describe(bare.get()); });
    }
    tell("Self.Describe", by_berthd, by_bare);
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
    return 0;
}

/// A node that is mounted over a file of a mount namespace of its own, and its line in a group of cgroup v1.
class BareGrant {
  public:
    BareGrant(std::string node, std::string group) : node_{std::move(node)}, group_{std::move(group)} {
        check_call(::unshare(CLONE_NEWNS), "unshare");
        check_call(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "a private mount namespace");
        check_call(::mount("bench", "/mnt", "tmpfs", 0, nullptr), "a tmpfs");
        UniqueFd{check_call(::open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600), target)};

        struct stat facts {};

        check_call(::stat(node_.c_str(), &facts), node_.c_str());
        rule_ = "c " + std::to_string(major(facts.st_rdev)) + ":" + std::to_string(minor(facts.st_rdev)) + " rw";
    }

    void give() const {
        const UniqueFd tree{check_call(
            static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, node_.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)),
            "open_tree")};
        check_call(
            static_cast<int>(::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)),
            "move_mount");
        say("devices.allow");
    }

    void take() const {
        say("devices.deny");
        check_call(::umount2(target, MNT_DETACH), "umount2");
    }

  private:
    static constexpr const char* target = "/mnt/node";

    void say(const char* file) const {
        if (group_ == "-") {
            return;
        }
        const std::string path = group_ + "/" + file;
        const UniqueFd open{check_call(::open(path.c_str(), O_WRONLY | O_CLOEXEC), path.c_str())};
        check_call(static_cast<int>(::write(open.get(), rule_.data(), rule_.size())), path.c_str());
    }

    std::string node_;
    std::string group_;
    std::string rule_;
};

class Grants {
  public:
    Grants(const std::string& address, const std::string& client, std::string kind) : kind_{std::move(kind)} {
        sd_bus* raw = nullptr;
        check(sd_bus_new(&raw), "sd_bus_new");
        bus_.reset(raw);
        check(sd_bus_set_address(raw, address.c_str()), "an address");
        check(sd_bus_set_bus_client(raw, 1), "a bus");
        check(sd_bus_start(raw), "sd_bus_start");
        sd_bus_message* question = nullptr;
        check(sd_bus_message_new_method_call(raw, &question, service, manager_path, "org.berth.Berth1.Manager",
                                             "GetClient"),
              "GetClient");
        const bus::OwnedMessage owned{question};
        check(sd_bus_message_append(question, "s", client.c_str()), "GetClient");
        const auto answer = call(raw, question);
        const char* path = nullptr;
        check(sd_bus_message_read(answer.get(), "o", &path), "GetClient");
        path_ = path;
    }

    /// What a call to berthd over this bus costs by itself: no right is asked for, nothing is done.
    void ping() {
        sd_bus_message* raw = nullptr;
        check(sd_bus_message_new_method_call(bus_.get(), &raw, service, path_.c_str(), "org.freedesktop.DBus.Peer",
                                             "Ping"),
              "Ping");
        const bus::OwnedMessage question{raw};
        call(bus_.get(), raw);
    }

    void give() { ask("Grant", true); }

    void take() { ask("Revoke", false); }

  private:
    void ask(const char* member, bool with_options) {
        sd_bus_message* raw = nullptr;
        check(sd_bus_message_new_method_call(bus_.get(), &raw, service, path_.c_str(), client_interface, member),
              member);
        const bus::OwnedMessage question{raw};
        check(sd_bus_message_append(raw, "as", 1, kind_.c_str()), member);
        if (with_options) {
            check(sd_bus_message_append(raw, "a{sv}", 0), member);
        }
        call(bus_.get(), raw);
    }

    bus::OwnedBus bus_;
    std::string kind_;
    std::string path_;
};

int measure_grant(char** argv, int rounds) {
    Grants by_berth{argv[2], argv[3], argv[4]};
    const BareGrant by_hand{argv[5], argv[6]};
    Times given;
    Times taken;
    Times bare_given;
    Times bare_taken;
    Times pinged;
    for (int round = 0; round < rounds; ++round) {
        timed(pinged, [&] { by_berth.ping(); });
        timed(given, [&] { by_berth.give(); });
        timed(taken, [&] { by_berth.take(); });
        timed(bare_given, [&] { by_hand.give(); });
        timed(bare_taken, [&] { by_hand.take(); });
    }
    tell("Grant", given, bare_given);
    tell("Revoke", taken, bare_taken);
    tell("Grant against a Ping of berthd", given, pinged);
    return 0;
}

/// A string property; "" where it cannot be read. Nobody is started to answer.
std::string property(sd_bus* bus, const std::string& path, const std::string& interface, const char* name) {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_call(bus, &raw, service, path.c_str(), "org.freedesktop.DBus.Properties", "Get"),
          "a call");
    const bus::OwnedMessage question{raw};
    check(sd_bus_message_set_auto_start(raw, 0), "a call");
    check(sd_bus_message_append(raw, "ss", interface.c_str(), name), "a call");
    sd_bus_message* reply = nullptr;
    if (sd_bus_call(bus, raw, 0, nullptr, &reply) < 0) {
        return {};
    }
    const bus::OwnedMessage answer{reply};
    const char* text = nullptr;
    return sd_bus_message_read(reply, "v", "s", &text) < 0 ? std::string{} : std::string{text};
}

std::vector<std::string> clients_of(sd_bus* bus) {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_call(bus, &raw, service, manager_path, "org.freedesktop.DBus.Properties", "Get"),
          "a call");
    const bus::OwnedMessage question{raw};
    check(sd_bus_message_set_auto_start(raw, 0), "a call");
    check(sd_bus_message_append(raw, "ss", "org.berth.Berth1.Manager", "Clients"), "a call");
    sd_bus_message* reply = nullptr;
    if (sd_bus_call(bus, raw, 0, nullptr, &reply) < 0) {
        return {};
    }
    const bus::OwnedMessage answer{reply};
    std::vector<std::string> paths;
    check(sd_bus_message_enter_container(reply, 'v', "ao"), "Clients");
    check(sd_bus_message_enter_container(reply, 'a', "o"), "Clients");
    for (const char* path = nullptr; sd_bus_message_read(reply, "o", &path) > 0;) {
        paths.emplace_back(path);
    }
    return paths;
}

std::string path_of_seat(const char* name) {
    char* path = nullptr;
    check(sd_bus_path_encode("/org/berth/Berth1/seats", name, &path), "a seat's path");
    const std::string result{path};
    std::free(path); // NOLINT(cppcoreguidelines-no-malloc): sd_bus_path_encode(3)'s
    return result;
}

/// `seat`: the object.
bool has_them(sd_bus* bus, const std::string& seat, const std::string& state, std::size_t count) {
    if (property(bus, seat, "org.berth.Berth1.Seat", "State") != state) {
        return false;
    }
    const std::vector<std::string> clients = clients_of(bus);
    return clients.size() == count && std::ranges::all_of(clients, [&](const std::string& path) {
               return property(bus, path, client_interface, "State") == "running";
           });
}

int wait_for_adoption(char** argv) {
    const bus::OwnedBus bus = direct([&](sd_bus* raw) {
        check(sd_bus_set_bus_client(raw, 1), "a client of a bus");
        return sd_bus_set_address(raw, argv[2]);
    });
    const auto ignore = [](sd_bus_message*, void*, sd_bus_error*) { return 0; };
    for (const char* rule :
         {"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.berth.Berth1'",
          "type='signal',sender='org.berth.Berth1'"}) {
        check(sd_bus_add_match(bus.get(), nullptr, rule, ignore, nullptr), "a match");
    }
    const std::string seat = path_of_seat(argv[3]);
    std::puts("listening");
    std::fflush(stdout);
    while (!has_them(bus.get(), seat, argv[4], static_cast<std::size_t>(std::atoi(argv[5])))) {
        while (check(sd_bus_process(bus.get(), nullptr), "the bus") > 0) {
        }
        check(sd_bus_wait(bus.get(), UINT64_MAX), "the bus");
    }
    std::printf("%.3f\n", std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    try {
        if (what == "self" && argc >= 3) {
            return measure_self(argv[2], argc > 3 ? std::atoi(argv[3]) : 2000);
        }
        if (what == "grant" && argc >= 7) {
            return measure_grant(argv, argc > 7 ? std::atoi(argv[7]) : 300);
        }
        if (what == "adopted" && argc == 6) {
            return wait_for_adoption(argv);
        }
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "client_bench: %s\n", failure.what());
        return 1;
    }
    std::fprintf(stderr, "usage: client_bench self ADDRESS [ROUNDS] | grant ADDRESS CLIENT KIND NODE GROUP [ROUNDS] | "
                         "adopted ADDRESS SEAT STATE COUNT\n");
    return 2;
}
