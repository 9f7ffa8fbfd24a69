// Filters before a real session bus: dbus-daemon, xdg-dbus-proxy, and services that own names.

#include "linux/bus_filters.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <unistd.h>

namespace berth::os {
namespace {

using testing::HasSubstr;

constexpr uid_t no_user = 65534;
const model::ClientId the_client{"vlc"};

/// A child that is killed and reaped with this object.
class ReadyChild {
  public:
    /// Runs `body` in a child; returns when that has written a byte to the descriptor that it is given.
    explicit ReadyChild(const std::function<void(int)>& body) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(ends[0]);
            body(ends[1]);
            ::_exit(1);
        }
        ::close(ends[1]);
        char byte = 0;
        is_ready_ = ::read(ends[0], &byte, 1) == 1;
        ::close(ends[0]);
    }

    ReadyChild(const ReadyChild&) = delete;
    ReadyChild& operator=(const ReadyChild&) = delete;

    ~ReadyChild() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] bool is_ready() const { return is_ready_; }

  private:
    pid_t pid_{0};
    bool is_ready_{false};
};

struct CloseBus {
    void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};

using OpenBus = std::unique_ptr<sd_bus, CloseBus>;

OpenBus open_bus(const std::string& socket) {
    sd_bus* bus = nullptr;
    sd_bus_new(&bus);
    OpenBus made{bus};
    sd_bus_set_address(bus, ("unix:path=" + socket).c_str());
    sd_bus_set_bus_client(bus, 1);
    return sd_bus_start(bus) >= 0 ? std::move(made) : nullptr;
}

/// How libdbus, as `who`, gets a ping of the name answered at `socket`: "", or what it complains of.
std::string ping_name(uid_t who, const std::string& socket, const std::string& name) {
    std::string command = "dbus-send --bus=unix:path=" + socket +
                          " --print-reply --reply-timeout=10000 --dest=" + name +
                          " / org.freedesktop.DBus.Peer.Ping 2>&1 >/dev/null";
    if (::geteuid() == 0) {
        command =
            "setpriv --clear-groups --reuid=" + std::to_string(who) + " --regid=" + std::to_string(who) + " " + command;
    }
    std::string said;
    if (FILE* const program = ::popen(command.c_str(), "r")) { // NOLINT(cert-env33-c): a test
        std::array<char, 512> piece{};
        for (std::size_t size = 0; (size = std::fread(piece.data(), 1, piece.size(), program)) != 0;) {
            said.append(piece.data(), size);
        }
        const int status = ::pclose(program);
        EXPECT_EQ(status == 0, said.empty()) << said;
    }
    return said;
}

/// A client that is on its way in: the bus was asked who it is, and answered.
class BusCaller {
  public:
    BusCaller(const std::string& socket, uid_t who) : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        std::string hello{"\0AUTH EXTERNAL ", 15};
        for (const char digit : std::to_string(who)) {
            hello.append("3").append(1, digit);
        }
        hello += "\r\n";
        EXPECT_EQ(::send(socket_.get(), hello.data(), hello.size(), MSG_NOSIGNAL), static_cast<ssize_t>(hello.size()));
    }

    /// What comes next; empty at the end.
    std::string hears() {
        std::array<char, 256> bytes{};
        const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        return size > 0 ? std::string{bytes.data(), static_cast<std::size_t>(size)} : std::string{};
    }

  private:
    UniqueFd socket_;
};

void become_user(uid_t who) {
    if (::geteuid() == 0) {
        [[maybe_unused]] const int group = ::setgid(who);
        [[maybe_unused]] const int user = ::setuid(who);
    }
}

void own_names_for_ever(const std::string& socket, int ready) {
    const OpenBus bus = open_bus(socket);
    for (const char* name : {"org.berth.Good", "org.berth.all.One", "org.berth.Bad"}) {
        if (!bus || sd_bus_request_name(bus.get(), name, 0) < 0) {
            return;
        }
    }
    [[maybe_unused]] const ssize_t told = ::write(ready, "x", 1);
    for (;;) {
        if (sd_bus_process(bus.get(), nullptr) == 0) {
            sd_bus_wait(bus.get(), UINT64_MAX);
        }
    }
}

/// A desktop's session bus as a user of its own, whose names others own, and a door.
class BusFiltersTest : public test::IoTest {
  protected:
    void SetUp() override {
        for (const char* program :
             {"/usr/bin/xdg-dbus-proxy", "/usr/bin/dbus-daemon", "/usr/bin/dbus-send", "/usr/bin/setpriv"}) {
            if (::access(program, X_OK) != 0) {
                GTEST_SKIP() << program << " is not installed";
            }
        }
        who = ::geteuid() == 0 ? no_user : ::geteuid();
        ::chmod(scratch.path().c_str(), 0755);
        runtime = scratch.path() + "/runtime";
        door = scratch.path() + "/door";
        ::mkdir(runtime.c_str(), 0755);
        ::mkdir(door.c_str(), 0755);
        [[maybe_unused]] const int owned = ::chown(runtime.c_str(), who, who);
        path = door + "/session/bus";
        test::write_file(scratch.path() + "/bus.conf",
                         "<busconfig><type>session</type><listen>unix:path=" + runtime +
                             "/bus</listen><auth>EXTERNAL</auth><policy context='default'>"
                             "<allow send_destination='*'/><allow receive_sender='*'/><allow own='*'/>"
                             "</policy></busconfig>");
        const std::string config = "--config-file=" + scratch.path() + "/bus.conf";
        daemon = std::make_unique<ReadyChild>([&](int ready) {
            become_user(who);
            ::execl("/usr/bin/dbus-daemon", "dbus-daemon", config.c_str(), "--nofork",
                    ("--print-pid=" + std::to_string(ready)).c_str(), nullptr);
        });
        ASSERT_TRUE(daemon->is_ready());
        owner = std::make_unique<ReadyChild>([&](int ready) {
            become_user(who);
            own_names_for_ever(runtime + "/bus", ready);
        });
        ASSERT_TRUE(owner->is_ready());
    }

    void TearDown() override {
        BusFilters{io}.stop(the_client, path);
        run_ready();
    }

    model::BusFilter filter(std::vector<std::string> names) { return {runtime, "bus", std::move(names), who, who}; }

    Result<void> start(BusFilters& filters, const model::BusFilter& wanted) {
        std::optional<Result<void>> ended;
        filters.start(the_client, wanted, path, [&ended](Result<void> result) { ended = std::move(result); });
        EXPECT_FALSE(ended) << "the completion was called from inside the call";
        EXPECT_TRUE(run_until([&ended] { return ended.has_value(); }));
        return ended ? *ended : Result<void>{Error{ErrorCode::failed, "it never ended"}};
    }

    std::string ping_through(const std::string& name) { return ping_name(who, path, name); }

    /// The process that listens at `path`; 0: none does.
    pid_t listener() const {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        ucred peer{};
        socklen_t length = sizeof peer;
        if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length);
        }
        ::close(socket);
        return peer.pid;
    }

    test::ScratchFolder scratch;
    std::string runtime;
    std::string door;
    std::string path;
    uid_t who{0};
    std::unique_ptr<ReadyChild> daemon;
    std::unique_ptr<ReadyChild> owner;
};

TEST_F(BusFiltersTest, ANameThatIsGrantedAnswersAndOneThatIsNotIsRefused) {
    BusFilters filters{io};
    const auto started = start(filters, filter({"org.berth.Good"}));
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(ping_through("org.berth.Good"), "");
    EXPECT_THAT(ping_through("org.berth.Bad"), HasSubstr("org.freedesktop.DBus.Error."));
    EXPECT_EQ(ping_name(who, runtime + "/bus", "org.berth.Bad"), "") << "it is there, on the bus itself";
}

TEST_F(BusFiltersTest, LetsInNobodyWhoSaysThatHeIsAnotherThanTheDesktopsUser) {
    BusFilters filters{io};
    ASSERT_TRUE(start(filters, filter({"org.berth.Good"})));
    EXPECT_THAT(BusCaller(path, who).hears(), testing::StartsWith("OK"));
    EXPECT_THAT(BusCaller(path, who + 1).hears(), testing::StartsWith("REJECTED"));
}

TEST_F(BusFiltersTest, ANameWithAStarTakesInAllBelow) {
    BusFilters filters{io};
    ASSERT_TRUE(start(filters, filter({"org.berth.all.*"})));
    EXPECT_EQ(ping_through("org.berth.all.One"), "");
    EXPECT_NE(ping_through("org.berth.Good"), "");
}

TEST_F(BusFiltersTest, OfNoNameRefusesAll) {
    BusFilters filters{io};
    ASSERT_TRUE(start(filters, filter({})));
    for (const char* name : {"org.berth.Good", "org.berth.all.One", "org.berth.Bad"}) {
        EXPECT_THAT(ping_through(name), HasSubstr("org.freedesktop.DBus.Error.")) << name;
    }
}

TEST_F(BusFiltersTest, IsStartedAnewWithOtherNamesAndCutsWhatWasConnected) {
    BusFilters filters{io};
    ASSERT_TRUE(start(filters, filter({"org.berth.Good"})));
    BusCaller before{path, who};
    EXPECT_THAT(before.hears(), testing::StartsWith("OK"));
    EXPECT_EQ(ping_through("org.berth.Good"), "");
    ASSERT_TRUE(start(filters, filter({"org.berth.Bad"})));
    EXPECT_EQ(before.hears(), "") << "taking a name back is hard";
    EXPECT_NE(ping_through("org.berth.Good"), "");
    EXPECT_EQ(ping_through("org.berth.Bad"), "");
}

TEST_F(BusFiltersTest, RunsAsTheDesktopsUserWithoutAnyRight) {
    BusFilters filters{io};
    ASSERT_TRUE(start(filters, filter({"org.berth.Good"})));
    const std::string status = test::read_file("/proc/" + std::to_string(listener()) + "/status");
    const std::string id = std::to_string(who);
    EXPECT_THAT(status, HasSubstr("Uid:\t" + id + "\t" + id + "\t" + id + "\t" + id));
    EXPECT_THAT(status, HasSubstr("Gid:\t" + id));
    if (::geteuid() == 0) {
        EXPECT_THAT(status, HasSubstr("CapEff:\t0000000000000000"));
        EXPECT_THAT(status, HasSubstr("Groups:\t \n"));
    }
}

TEST_F(BusFiltersTest, IsGoneWithItsSocketWhenItIsStopped) {
    BusFilters filters{io};
    ASSERT_TRUE(start(filters, filter({"org.berth.Good"})));
    BusCaller before{path, who};
    EXPECT_THAT(before.hears(), testing::StartsWith("OK"));
    filters.stop(the_client, path);
    EXPECT_EQ(before.hears(), "");
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
    filters.stop(the_client, path);
    filters.stop(the_client, "");
}

TEST_F(BusFiltersTest, OutlivesItsBerthdAndIsStoppedByTheNext) {
    {
        BusFilters first{io};
        ASSERT_TRUE(start(first, filter({"org.berth.Good"})));
    }
    run_ready();
    BusCaller kept{path, who};
    EXPECT_THAT(kept.hears(), testing::StartsWith("OK"));
    EXPECT_EQ(ping_through("org.berth.Good"), "");
    BusFilters second{io};
    ASSERT_TRUE(start(second, filter({"org.berth.all.*"})));
    EXPECT_EQ(kept.hears(), "");
    EXPECT_EQ(ping_through("org.berth.all.One"), "");
}

TEST_F(BusFiltersTest, KillsNobodyElseWhoListensThere) {
    ::mkdir((door + "/session").c_str(), 0755);
    ReadyChild stranger{[this](int ready) {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            ::listen(socket, 5) == 0) {
            [[maybe_unused]] const ssize_t told = ::write(ready, "x", 1);
            ::pause();
        }
    }};
    ASSERT_TRUE(stranger.is_ready());
    const pid_t pid = listener();
    ASSERT_GT(pid, 1);
    BusFilters{io}.stop(the_client, path);
    siginfo_t end{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT), 0);
    EXPECT_EQ(end.si_pid, 0) << "it lives";
}

TEST_F(BusFiltersTest, ABusThatIsALinkOrNoSocketOrNotThereIsRefused) {
    ASSERT_EQ(::symlink((runtime + "/bus").c_str(), (runtime + "/link").c_str()), 0);
    test::write_file(runtime + "/file", "");
    BusFilters filters{io};
    for (const char* name : {"link", "file", "none", "../door", ""}) {
        auto wanted = filter({"org.berth.Good"});
        wanted.path = name;
        const auto started = start(filters, wanted);
        ASSERT_FALSE(started) << name;
        EXPECT_THAT(started.error().message, HasSubstr("session bus")) << name;
        EXPECT_NE(::access(path.c_str(), F_OK), 0);
    }
}

TEST_F(BusFiltersTest, AProgramThatIsNotInstalledIsNamedWithItsPackage) {
    BusFilters filters{io, "/no/such/xdg-dbus-proxy"};
    const auto started = start(filters, filter({"org.berth.Good"}));
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().message, HasSubstr("/no/such/xdg-dbus-proxy"));
    EXPECT_THAT(started.error().message, HasSubstr("install the package xdg-dbus-proxy"));
}

TEST_F(BusFiltersTest, AProgramThatEndsAtOnceIsAFailure) {
    BusFilters filters{io, "/bin/false"};
    const auto started = start(filters, filter({"org.berth.Good"}));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::failed);
    EXPECT_THAT(started.error().message, HasSubstr("ended at once"));
}

TEST_F(BusFiltersTest, AProgramThatNeverListensIsKilledAtItsLimit) {
    const std::string program = scratch.path() + "/never";
    const std::string pid_file = scratch.path() + "/runtime/pid";
    test::write_file(program, "#!/bin/sh\necho $$ > " + pid_file + "\nexec /bin/sleep 600\n");
    ::chmod(program.c_str(), 0755);
    BusFilters filters{io, program, std::chrono::milliseconds{500}};
    const auto started = start(filters, filter({"org.berth.Good"}));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::timed_out);
    const pid_t pid = std::stoi(test::read_file(pid_file));
    EXPECT_TRUE(run_until([pid] { return ::kill(pid, 0) != 0; })) << "it is killed and reaped";
}

} // namespace
} // namespace berth::os
