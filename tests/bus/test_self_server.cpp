#include "bus/command.hpp"
#include "bus/self_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <unistd.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(SelfFixture, TellsTheContainerWhatItIs) {
    TestClient client{io, address()};
    EXPECT_EQ(client.call(self_path, self_interface, "Describe").text, "{desktop: gnome, seat: seat0}");
}

TEST_F(SelfFixture, AnswersHelloAndWhatClientsAskFirst) {
    TestClient client{io, address()};
    const auto driver = [&](const char* member, const char* argument) {
        return client.call("/org/freedesktop/DBus", "org.freedesktop.DBus", member, [&](sd_bus_message* m) {
            if (argument != nullptr) {
                sd_bus_message_append(m, "s", argument);
            }
        });
    };
    EXPECT_EQ(client.unique_name().rfind(":1.", 0), 0U);
    EXPECT_EQ(driver("GetNameOwner", "org.berth.Berth1").text, "org.berth.Berth1");
    EXPECT_EQ(driver("GetNameOwner", "org.other").error, "org.freedesktop.DBus.Error.NameHasNoOwner");
    EXPECT_EQ(driver("NameHasOwner", "org.berth.Berth1").text, "true");
    EXPECT_EQ(driver("NameHasOwner", "org.other").text, "false");
    EXPECT_EQ(driver("AddMatch", "type='signal'").error, "");
    EXPECT_EQ(driver("ListNames", nullptr).text, "[org.freedesktop.DBus, org.berth.Berth1]");
}

TEST_F(SelfFixture, AClientThatSaysNoHelloIsServedToo) {
    TestClient client{io, address(), false};
    EXPECT_EQ(client.call(self_path, self_interface, "Describe").error, "");
}

TEST_F(SelfFixture, SessionReadyBecomesAnEventOfItsSeat) {
    TestClient client{io, address()};
    const Answer answer = ready(client, [](sd_bus_message* m) {
        sd_bus_message_append(m, "a{sv}", 6, "session-type", "s", "wayland", "wayland-display", "s", "wayland-0", "uid",
                              "u", 1000U, "accelerated", "b", 1, "offset", "x", static_cast<std::int64_t>(-5), "small",
                              "y", 7);
    });
    EXPECT_EQ(answer.error, "") << answer.text;
    ASSERT_THAT(posted, SizeIs(1));
    EXPECT_EQ(posted[0].seat, seat);
    EXPECT_EQ(posted[0].facts, (model::SessionFacts{{"session-type", "wayland"},
                                                    {"wayland-display", "wayland-0"},
                                                    {"uid", "1000"},
                                                    {"accelerated", "true"},
                                                    {"offset", "-5"},
                                                    {"small", "7"}}));
}

TEST_F(SelfFixture, FactsOfAnotherTypeAreRefusedByName) {
    TestClient client{io, address()};
    const Answer answer =
        ready(client, [](sd_bus_message* m) { sd_bus_message_append(m, "a{sv}", 1, "list", "as", 2, "a", "b"); });
    EXPECT_EQ(answer.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(answer.text, HasSubstr("list"));
    EXPECT_THAT(posted, IsEmpty());
}

TEST_F(SelfFixture, TooManyOrTooLongFactsAreRefused) {
    TestClient client{io, address()};
    const auto many = [](int count) {
        return [count](sd_bus_message* m) {
            sd_bus_message_open_container(m, 'a', "{sv}");
            for (int i = 0; i < count; ++i) {
                sd_bus_message_append(m, "{sv}", ("fact" + std::to_string(i)).c_str(), "s", "x");
            }
            sd_bus_message_close_container(m);
        };
    };
    const auto sized = [](std::size_t name, std::size_t value) {
        return [name, value](sd_bus_message* m) {
            sd_bus_message_append(m, "a{sv}", 1, std::string(name, 'n').c_str(), "s", std::string(value, 'v').c_str());
        };
    };
    EXPECT_EQ(ready(client, many(32)).error, "");
    EXPECT_EQ(ready(client, many(33)).error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_EQ(ready(client, sized(256, 256)).error, "");
    EXPECT_EQ(ready(client, sized(257, 1)).error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_EQ(ready(client, sized(1, 257)).error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(posted, SizeIs(2));
}

TEST_F(SelfFixture, ADesktopHasNoGrantsToAskForOrToGiveBack) {
    TestClient client{io, address()};
    const Answer request = client.call(self_path, self_interface, "Request",
                                       [](sd_bus_message* m) { sd_bus_message_append(m, "asa{sv}", 1, "gpu", 0); });
    EXPECT_EQ(request.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_THAT(request.text, HasSubstr("desktop"));
    const Answer release = client.call(self_path, self_interface, "Release",
                                       [](sd_bus_message* m) { sd_bus_message_append(m, "as", 1, "gpu"); });
    EXPECT_EQ(release.error, "org.berth.Berth1.Error.InvalidArgument");
    EXPECT_EQ(client.call(self_path, self_interface, "Environment"), (Answer{"", "{}"}));
    EXPECT_THAT(posted, IsEmpty());
}

TEST_F(SelfFixture, WhatIsNotServedHereIsAnError) {
    TestClient client{io, address()};
    EXPECT_THAT(client.call(self_path, self_interface, "Reboot").error, HasSubstr("UnknownMethod"));
    EXPECT_THAT(client.call("/org/berth/Berth1/seats/seat0", "org.berth.Berth1.Seat", "Freeze").error,
                HasSubstr("Unknown"));
}

TEST_F(SelfFixture, ServesWhatTheXmlSays) {
    TestClient client{io, address()};
    const std::string served = client.call(self_path, "org.freedesktop.DBus.Introspectable", "Introspect").text;
    std::ifstream file{BERTH_SOURCE_DIR "/dbus-interfaces/org.berth.Berth1.Self.xml"};
    std::string line;
    int members = 0;
    while (std::getline(file, line)) {
        const auto begin = line.find_first_not_of(' ');
        const bool member = begin != std::string::npos &&
                            (line.compare(begin, 7, "<method") == 0 || line.compare(begin, 4, "<arg") == 0);
        if (member) {
            ++members;
            const auto type = line.find("type=");
            const std::string what = line.substr(type == std::string::npos ? begin : type);
            const std::string wanted =
                what.substr(0, what.find('>') == std::string::npos ? what.size() : what.find("/>"));
            EXPECT_THAT(served, HasSubstr(wanted.substr(0, wanted.find(" direction")))) << line;
        }
    }
    EXPECT_EQ(members, 25);
}

TEST_F(SelfFixture, BusctlInsideAContainerWorks) {
    if (!have_program("busctl")) {
        GTEST_SKIP() << "busctl is not installed";
    }
    const CommandResult called =
        run_command(io, {"busctl", "--address=" + address(), "call", "org.berth.Berth1", self_path, self_interface,
                         "SessionReady", "a{sv}", "1", "display", "s", ":0"});
    EXPECT_EQ(called.status, 0) << called.err;
    ASSERT_THAT(posted, SizeIs(1));
    EXPECT_EQ(posted[0].facts.at("display"), ":0");
}

TEST_F(SelfFixture, GdbusInsideAContainerWorks) {
    if (!have_program("gdbus")) {
        GTEST_SKIP() << "gdbus is not installed";
    }
    const CommandResult called =
        run_command(io, {"gdbus", "call", "--address", address(), "--dest", "org.berth.Berth1", "--object-path",
                         self_path, "--method", "org.berth.Berth1.Self.Describe"});
    EXPECT_EQ(called.status, 0) << called.err;
    EXPECT_THAT(called.out, HasSubstr("'desktop': <'gnome'>"));
}

TEST_F(SelfFixture, DbusSendOfLibdbusWorks) {
    if (!have_program("dbus-send")) {
        GTEST_SKIP() << "dbus-send is not installed";
    }
    const CommandResult called =
        run_command(io, {"dbus-send", "--bus=" + address(), "--print-reply", "--dest=org.berth.Berth1", self_path,
                         "org.berth.Berth1.Self.Describe"});
    EXPECT_EQ(called.status, 0) << called.err;
    EXPECT_THAT(called.out, HasSubstr("gnome"));
}

TEST_F(SelfFixture, AnyUserOfTheContainerMayCall) {
    if (::getuid() != 0 || !have_program("setpriv") || !have_program("busctl")) {
        GTEST_SKIP() << "needs root, setpriv and busctl";
    }
    ::chmod(folder.c_str(), 0755);
    const CommandResult called =
        run_command(io, {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "busctl",
                         "--address=" + address(), "call", "org.berth.Berth1", self_path, self_interface, "Describe"});
    EXPECT_EQ(called.status, 0) << called.err;
}

TEST_F(SelfFixture, ListeningAgainReplacesASocketThatWasLeft) {
    server.close(seat);
    std::ofstream{path} << "";
    const auto blocked = server.listen(seat, path, {});
    ASSERT_FALSE(blocked);
    EXPECT_THAT(blocked.error().message, HasSubstr("is not a socket"));
    std::filesystem::remove(path);
    ASSERT_TRUE(server.listen(seat, path, {}));
    ASSERT_TRUE(server.listen(seat, path, {{"seat", "again"}}));
    TestClient client{io, address()};
    EXPECT_EQ(client.call(self_path, self_interface, "Describe").text, "{seat: again}");
}

TEST_F(SelfFixture, APathThatIsTooLongIsAnError) {
    const auto listening = server.listen(seat, "/tmp/" + std::string(120, 'x'), {});
    ASSERT_FALSE(listening);
    EXPECT_THAT(listening.error().message, HasSubstr("too long"));
}

TEST_F(SelfFixture, ClosingHangsUpOnItsClientsAndRemovesTheSocket) {
    TestClient client{io, address()};
    server.close(seat);
    EXPECT_TRUE(run_until(io, [&] { return client.lost(); }));
    EXPECT_FALSE(std::filesystem::exists(path));
    server.close(seat); // nothing there any more
}

} // namespace

} // namespace berth::testing
