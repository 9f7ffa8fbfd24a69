#include "bus/mock_systemd.hpp"
#include "bus/private_bus.hpp"
#include "bus/unit_devices.hpp"
#include "bus/waiting.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::testing {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string client_scope = "libpod-0123.scope";
const std::string camera = "/dev/video0";
const std::string stick = "/dev/bus/usb/001/004";

/// UnitDevices on a bus where nobody is the service manager.
class UnitDevicesAlone : public ::testing::Test {
  protected:
    struct Ended {
        int times{0};
        Result<void> result;
    };

    std::shared_ptr<Ended> start(bool allow, const std::string& unit, const std::vector<std::string>& nodes) {
        auto ended = std::make_shared<Ended>();
        const auto done = [ended](const Result<void>& result) {
            ++ended->times;
            ended->result = result;
        };
        allow ? devices->allow(unit, nodes, done) : devices->forbid(unit, nodes, done);
        EXPECT_EQ(ended->times, 0) << "answered from inside the call";
        return ended;
    }

    Result<void> end_of(const std::shared_ptr<Ended>& ended) {
        EXPECT_TRUE(run_until(io, [&] { return ended->times > 0; }));
        EXPECT_EQ(ended->times, 1);
        return ended->result;
    }

    Result<void> allow(const std::vector<std::string>& nodes, const std::string& unit = client_scope) {
        return end_of(start(true, unit, nodes));
    }

    Result<void> forbid(const std::vector<std::string>& nodes, const std::string& unit = client_scope) {
        return end_of(start(false, unit, nodes));
    }

    PrivateBus bus;
    boost::asio::io_context io;
    bus::BusConnection connection{io, bus.address(), nullptr};
    std::optional<bus::UnitDevices> devices{std::in_place, connection};
};

class UnitDevices : public UnitDevicesAlone {
  protected:
    [[nodiscard]] const std::vector<std::string>& list() { return systemd.devices[client_scope].allowed; }

    MockSystemd systemd{io, bus.address()};
};

TEST_F(UnitDevicesAlone, WithoutAServiceManagerThereIsNothingToDo) {
    EXPECT_TRUE(allow({camera}));
    EXPECT_TRUE(forbid({camera}));
}

TEST_F(UnitDevicesAlone, ABusThatIsGoneIsAFailureAndNoCrash) {
    bus.kill();
    const auto ended = start(true, client_scope, {camera});
    run_until(io, [&] { return ended->times > 0; });
    ASSERT_EQ(ended->times, 1);
    EXPECT_FALSE(ended->result);
}

TEST_F(UnitDevices, ANodeIsAddedForAsLongAsTheUnitIs) {
    systemd.devices[client_scope].allowed = {"/dev/char/1:3 rwm"};
    EXPECT_TRUE(allow({camera, stick}));
    EXPECT_THAT(systemd.calls, ElementsAre("SetUnitProperties libpod-0123.scope runtime DeviceAllow=[/dev/video0 rw, "
                                           "/dev/bus/usb/001/004 rw]"));
    EXPECT_THAT(list(), ElementsAre("/dev/char/1:3 rwm", "/dev/video0 rw", "/dev/bus/usb/001/004 rw"));
}

TEST_F(UnitDevices, TakingANodeOutLeavesTheRestWithoutAMomentInBetween) {
    systemd.devices[client_scope].allowed = {"/dev/char/1:3 rwm", "/dev/video0 rw", "char-pts rwm",
                                             "/dev/bus/usb/001/004 rw"};
    EXPECT_TRUE(forbid({camera}));
    EXPECT_THAT(
        systemd.calls,
        ElementsAre("SetUnitProperties libpod-0123.scope runtime DeviceAllow=[] DeviceAllow=[/dev/char/1:3 rwm, "
                    "char-pts rwm, /dev/bus/usb/001/004 rw]"));
    EXPECT_THAT(list(), ElementsAre("/dev/char/1:3 rwm", "char-pts rwm", "/dev/bus/usb/001/004 rw"));
}

TEST_F(UnitDevices, TheLastNodeCanBeTakenOut) {
    systemd.devices[client_scope].allowed = {"/dev/video0 rw"};
    EXPECT_TRUE(forbid({camera}));
    EXPECT_THAT(list(), IsEmpty());
}

TEST_F(UnitDevices, WhatTheContainerWasMadeWithStays) {
    systemd.devices[client_scope].allowed = {"/dev/video0 rwm"};
    EXPECT_TRUE(allow({camera}));
    EXPECT_TRUE(forbid({camera}));
    EXPECT_THAT(systemd.calls, IsEmpty());
}

TEST_F(UnitDevices, WhatIsListedAlreadyIsNotAddedAgainAndOneThatMayOnlyBeReadIs) {
    systemd.devices[client_scope].allowed = {"/dev/video0 rw", "/dev/bus/usb/001/004 r"};
    EXPECT_TRUE(allow({camera, stick}));
    EXPECT_THAT(systemd.calls,
                ElementsAre("SetUnitProperties libpod-0123.scope runtime DeviceAllow=[/dev/bus/usb/001/004 rw]"));
}

TEST_F(UnitDevices, WhatIsNotListedIsNotTakenOut) {
    systemd.devices[client_scope].allowed = {"/dev/char/1:3 rwm"};
    EXPECT_TRUE(forbid({camera}));
    EXPECT_THAT(systemd.calls, IsEmpty());
}

TEST_F(UnitDevices, AUnitWithoutAListIsNotGivenOneThatWouldForbidTheRest) {
    systemd.devices[client_scope].policy = "auto";
    EXPECT_TRUE(allow({camera}));
    EXPECT_TRUE(forbid({camera}));
    EXPECT_THAT(systemd.calls, IsEmpty());
}

TEST_F(UnitDevices, AnEmptyListOfAStrictUnitIsAList) {
    systemd.devices[client_scope].policy = "closed";
    EXPECT_TRUE(allow({camera}));
    EXPECT_THAT(list(), ElementsAre("/dev/video0 rw"));
}

TEST_F(UnitDevices, AUnitThatIsNotThereHasNothingToChange) {
    EXPECT_TRUE(allow({camera}, "no-such.scope"));
    EXPECT_TRUE(forbid({camera}, "no-such.scope"));
    systemd.devices[client_scope];
    systemd.error = "org.freedesktop.systemd1.NoSuchUnit";
    EXPECT_TRUE(allow({camera})) << "it went in between";
}

TEST_F(UnitDevices, AUnitOfAKindWithoutDevicesIsNotAskedAbout) {
    EXPECT_TRUE(allow({camera}, "berth.socket"));
    EXPECT_EQ(systemd.questions, 0);
}

TEST_F(UnitDevices, ARefusalIsToldWithTheUnitAndTheManagersWords) {
    systemd.devices[client_scope];
    systemd.error = "org.freedesktop.DBus.Error.AccessDenied";
    const auto allowed = allow({camera});
    ASSERT_FALSE(allowed);
    EXPECT_EQ(allowed.error().code, ErrorCode::failed);
    EXPECT_THAT(allowed.error().message, HasSubstr("libpod-0123.scope: mock"));
    systemd.error.reset();
    EXPECT_TRUE(allow({camera})) << "the next one is a new try";
}

TEST_F(UnitDevices, AManagerThatDoesNotAnswerIsNotWaitedForForEver) {
    devices.emplace(connection, 20ms);
    systemd.devices[client_scope];
    systemd.silent = true;
    const auto allowed = allow({camera});
    ASSERT_FALSE(allowed);
    EXPECT_EQ(allowed.error().code, ErrorCode::timed_out);
}

TEST_F(UnitDevices, ChangesOfOneUnitDoNotOverwriteEachOther) {
    systemd.devices[client_scope].allowed = {"/dev/char/1:3 rwm", "/dev/video0 rw"};
    const auto first = start(false, client_scope, {camera});
    const auto second = start(true, client_scope, {stick});
    const auto third = start(true, client_scope, {camera});
    EXPECT_TRUE(end_of(third));
    EXPECT_TRUE(end_of(first));
    EXPECT_TRUE(end_of(second));
    EXPECT_THAT(list(), ElementsAre("/dev/char/1:3 rwm", "/dev/bus/usb/001/004 rw", "/dev/video0 rw"));
}

TEST_F(UnitDevices, WhatGoesWhileItWaitsAnswersNobody) {
    systemd.devices[client_scope];
    const auto ended = start(true, client_scope, {camera});
    devices.reset();
    bus::UnitDevices other{connection};
    bool other_done = false;
    other.allow(client_scope, {stick}, [&](const Result<void>&) { other_done = true; });
    EXPECT_TRUE(run_until(io, [&] { return other_done; }));
    EXPECT_EQ(ended->times, 0);
    EXPECT_THAT(systemd.calls, SizeIs(1));
}

} // namespace

} // namespace berth::testing
