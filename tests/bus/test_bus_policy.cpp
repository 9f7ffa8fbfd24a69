#include "bus/bus_fixture.hpp"
#include "bus/command.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <unistd.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;

/// The system bus's rules as distributions have them (system.conf of dbus), and berth's own file after them.
std::string policy_as_installed() {
    std::ifstream file{BERTH_SOURCE_DIR "/packaging/dbus/org.berth.Berth1.conf"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto begin = text.find("<busconfig>") + std::string{"<busconfig>"}.size();
    return R"(<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus"/></policy>)" +
           text.substr(begin, text.find("</busconfig>") - begin);
}

class InstalledPolicy : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::getuid() != 0 || !have_program("setpriv") || !have_program("busctl")) {
            GTEST_SKIP() << "needs root, setpriv and busctl";
        }
    }

    CommandResult as_nobody(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "busctl",
                                             "--address=" + bus.address()});
        return run_command(io, arguments);
    }

    PrivateBus bus{policy_as_installed()};
    boost::asio::io_context io;
};

TEST_F(InstalledPolicy, RootOwnsTheNameAndAnyoneMayRead) {
    bus::BusConnection connection{io, bus.address(), nullptr};
    bus::BusServer server{connection, "1.2.3", {[](model::Happening) {}, [] { return Result<void>{}; }}};
    const auto owned = server.own_name();
    ASSERT_TRUE(owned) << owned.error().message;
    const CommandResult read =
        as_nobody({"get-property", "org.berth.Berth1", manager_path, manager_interface, "Version"});
    EXPECT_EQ(read.out, "s \"1.2.3\"\n") << read.err;
}

TEST_F(InstalledPolicy, NobodyElseMayOwnTheName) {
    const CommandResult request = as_nobody({"call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                             "org.freedesktop.DBus", "RequestName", "su", "org.berth.Berth1", "0"});
    EXPECT_NE(request.status, 0);
    EXPECT_THAT(request.err, HasSubstr("Access denied"));
}

} // namespace

} // namespace berth::testing
