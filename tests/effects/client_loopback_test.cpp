// Grants over TCP: ports of a client's own loopback, which are there while its command runs.

#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace berth::effects {
namespace {

using namespace model;
using test::client_id;
using test::ClientTest;
using test::some_grants;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ClientLoopbackTest : public ClientTest {
  protected:
    ClientLoopbackTest() {
        loopbacks.on_open = [this] {
            const auto& calls = engine.calls();
            started_when_opened.push_back(std::find(calls.begin(), calls.end(), "start " + client().container) !=
                                          calls.end());
        };
    }

    /// Whether the container had been started when each port was opened.
    std::vector<bool> started_when_opened;

    std::vector<std::uint16_t> listening() {
        std::vector<std::uint16_t> ports;
        for (const auto& [number, port] : loopbacks.listening[client_id]) {
            ports.push_back(number);
        }
        return ports;
    }

    /// Up to its container, which was not started.
    void is_made_with(const std::vector<std::string>& grants) {
        client().grants = some_grants(grants);
        ASSERT_FALSE(door_step(Step::open_door).error);
        client().container = std::get<ContainerCreated>(client_step(Step::create).facts).container;
    }
};

TEST_F(ClientLoopbackTest, ADoorIsOpenedBeforeThereIsANetwork) {
    client().grants = some_grants({"display:tcp", "sound:tcp"});
    ASSERT_FALSE(door_step(Step::open_door).error);
    EXPECT_THAT(loopbacks.calls, IsEmpty());
    EXPECT_EQ(client().door->parts.at("display:tcp").ports, std::vector<std::uint16_t>{6000});
    EXPECT_THAT(shown(), ElementsAre("env", "pulse-cookie", "xauthority"));
    EXPECT_THAT(env(), HasSubstr("DISPLAY='127.0.0.1:0'\n"));
    EXPECT_THAT(env(), HasSubstr("PULSE_SERVER='tcp:127.0.0.1:4713'\n"));
}

TEST_F(ClientLoopbackTest, ItsPortsAreOpenBeforeItsCommandRuns) {
    is_made_with({"display:tcp", "sound:tcp"});
    const std::size_t before = engine.calls().size();
    const auto started = client_step(Step::start);
    ASSERT_FALSE(started.error) << started.error->message;
    EXPECT_GT(std::get<InitStarted>(started.facts).pid, 0);
    EXPECT_THAT(listening(), ElementsAre(4713, 6000));
    const std::string id = client().container;
    EXPECT_THAT(
        std::vector<std::string>(engine.calls().begin() + static_cast<std::ptrdiff_t>(before), engine.calls().end()),
        testing::IsSupersetOf({"initialize " + id, "inspect " + id, "start " + id}));
    EXPECT_EQ(started_when_opened, std::vector<bool>(2, false)) << "the command found them there";
}

TEST_F(ClientLoopbackTest, AnEngineThatCannotMakeItsNetworkApartStartsItFirst) {
    is_made_with({"display:tcp"});
    engine.initializes(false);
    const auto started = client_step(Step::start);
    ASSERT_FALSE(started.error) << started.error->message;
    EXPECT_THAT(listening(), ElementsAre(6000));
    EXPECT_EQ(started_when_opened, std::vector<bool>{true});
}

TEST_F(ClientLoopbackTest, APortThatCannotBeHadFailsTheStart) {
    is_made_with({"display:tcp", "sound:tcp"});
    loopbacks.refused = 4713;
    const auto started = client_step(Step::start);
    ASSERT_TRUE(started.error);
    EXPECT_THAT(started.error->message, HasSubstr("port 4713 is in use"));
    EXPECT_EQ(started.error->step, Step::start);
}

TEST_F(ClientLoopbackTest, SoundHasTheClientsOwnCookieWhichItMayOpenForWriting) {
    is_made_with({"sound:tcp"});
    ASSERT_FALSE(client_step(Step::start).error);
    EXPECT_EQ(loopbacks.listening[client_id].at(4713).cookie, "a sound cookie");
    const DoorItem& item = doors.items.at("pulse-cookie");
    EXPECT_EQ(item.root + " " + item.path, "/ports/vlc cookie");
    EXPECT_TRUE(item.writable);
    loopbacks.no_cookie = true;
    client().pending = some_grants({"sound:tcp"});
    EXPECT_THAT(client_step(Step::give).error->message, HasSubstr("a cookie could not be made"));
}

TEST_F(ClientLoopbackTest, ADesktopThatWentMeanwhileFailsTheStart) {
    is_made_with({"display:tcp"});
    seat().facts.clear();
    EXPECT_THAT(client_step(Step::start).error->message, HasSubstr("told of no X11 display"));
    EXPECT_THAT(loopbacks.calls, IsEmpty());
}

TEST_F(ClientLoopbackTest, TheyComeAndGoWhileItRuns) {
    runs_with({"gpu"});
    EXPECT_THAT(loopbacks.calls, IsEmpty());
    ASSERT_FALSE(gives({"display:tcp", "sound:tcp"}).error);
    EXPECT_THAT(listening(), ElementsAre(4713, 6000));
    ASSERT_FALSE(takes({"sound:tcp"}).error);
    EXPECT_THAT(listening(), ElementsAre(6000));
    EXPECT_THAT(shown(), Not(testing::Contains("pulse-cookie")));
    ASSERT_FALSE(client_step(Step::close_door).error);
    EXPECT_THAT(listening(), IsEmpty());
}

TEST_F(ClientLoopbackTest, OneThatCannotBeHadUndoesTheOthersAndLeavesWhatThereWas) {
    runs_with({"display:tcp"});
    loopbacks.calls.clear();
    loopbacks.refused = 4713;
    client().pending = some_grants({"sound:tcp"});
    const auto given = client_step(Step::give);
    EXPECT_THAT(given.error->message, HasSubstr("port 4713 is in use"));
    EXPECT_THAT(loopbacks.calls, ElementsAre("open 4713 in " + std::to_string(client().init_pid), "close 4713"));
    EXPECT_THAT(listening(), ElementsAre(6000));
    EXPECT_THAT(shown(), ElementsAre("env", "xauthority"));
}

TEST_F(ClientLoopbackTest, ADeviceThatIsRefusedUndoesThePort) {
    runs_with({});
    device_rules.allow_answer = Error{ErrorCode::failed, "no such control group"};
    client().pending = some_grants({"display:tcp", "gpu"});
    EXPECT_EQ(client_step(Step::give).error->message, "no such control group");
    EXPECT_THAT(listening(), IsEmpty());
}

TEST_F(ClientLoopbackTest, TheNextDesktopsDisplayIsAtItsOwnPort) {
    runs_with({"display:tcp"});
    seat().facts["display"] = ":3";
    ASSERT_FALSE(gives({"display:tcp"}).error);
    EXPECT_THAT(listening(), ElementsAre(6003));
    EXPECT_THAT(env(), HasSubstr("DISPLAY='127.0.0.1:3'"));
}

TEST_F(ClientLoopbackTest, AnAdoptedClientHasItsPorts) {
    runs_with({"display:tcp"});
    loopbacks.listening.clear(); // they went with the berthd before
    ASSERT_FALSE(door_step(Step::adopt).error);
    EXPECT_THAT(listening(), ElementsAre(6000));
}

TEST_F(ClientLoopbackTest, TheShapesOfTwoGrantsDoNotMeet) {
    runs_with({"display", "display:tcp"});
    EXPECT_THAT(env(), HasSubstr("DISPLAY=':0'\n")) << "the nearer one";
    ASSERT_FALSE(takes({"display"}).error);
    EXPECT_THAT(env(), HasSubstr("DISPLAY='127.0.0.1:0'\n"));
    EXPECT_THAT(shown(), testing::Contains("xauthority")) << "it is the other's, too";
}

} // namespace
} // namespace berth::effects
