// What a client sees and hears of udev: records with the nodes that it is granted, and the news of them.

#include "effects/client_filling.hpp"
#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::effects {
namespace {

using namespace model;
using test::client_id;
using test::some_grants;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::string gpu_record = "udev/data/c226:128";
const std::string kvm_record = "udev/data/c10:232";

/// A seat of which udev knows the GPU, the keyboard and KVM, and nothing of the rest.
struct ClientUdevTest : test::ClientTest {
    ClientUdevTest() {
        know("/dev/dri/renderD128", "c226:128");
        know("/dev/input/event0", "c13:64");
        know("/dev/kvm", "c10:232");
    }

    void know(const std::string& node, const std::string& device) {
        shares.shares.nodes.at(node).device = device;
        shares.shares.nodes.at(node).record = "E:ID_PATH=" + device + "\n";
    }

    /// Its init runs, as the policy notes it.
    void is_watched() { run(WatchClient{client_id, client().init_pid}); }
};

TEST_F(ClientUdevTest, EveryDoorHasWhatLibudevAsksForBeforeItListens) {
    EXPECT_FALSE(client_step(Step::open_door).error);
    ASSERT_THAT(doors.items, Contains(testing::Key("udev/control")));
    EXPECT_EQ(doors.items.at("udev/control").content, "");
    EXPECT_THAT(doors.folders, Contains("udev"));
    EXPECT_THAT(doors.folders, Contains("udev/data")) << "berth-udev keeps the records in it";
}

TEST_F(ClientUdevTest, ADoorThatCannotHaveItIsNotOpened) {
    doors.refused = "udev/control";
    EXPECT_EQ(client_step(Step::open_door).error->message, "udev/control is a link");
    EXPECT_EQ(doors.calls.back(), "close vlc");
}

TEST_F(ClientUdevTest, ANodeIsShownWithItsRecord) {
    runs_with({"gpu", "input"});
    EXPECT_THAT(shown(), ElementsAre("dri/renderD128", "env", "input/event0", "udev/data/c13:64", gpu_record));
    EXPECT_EQ(doors.items.at(gpu_record).content, "E:ID_PATH=c226:128\n");
}

TEST_F(ClientUdevTest, ANodeOfWhichUdevKnowsNothingHasNone) {
    runs_with({"camera", "sound:alsa", "usb:046d:c52b"});
    EXPECT_THAT(shown(), ElementsAre("camera/video0", "env", "snd/controlC0", "usb/001/004"));
    EXPECT_THAT(devices_in(*client().door), IsEmpty());
}

TEST_F(ClientUdevTest, ItIsFollowedWithWhatItBeginsWith) {
    runs_with({"gpu", "display"});
    EXPECT_THAT(device_news.calls, IsEmpty()) << "before its command runs there is nobody to tell";
    is_watched();
    EXPECT_THAT(device_news.calls, ElementsAre("follow vlc " + std::to_string(client().init_pid) + " /door c226:128"));
}

TEST_F(ClientUdevTest, ALiveGrantIsToldWhenAllOfItIsThere) {
    runs_with({"gpu"});
    ASSERT_FALSE(gives({"kvm"}).error);
    EXPECT_THAT(doors.calls, ElementsAre("show kvm", "show " + kvm_record, "show env"));
    EXPECT_THAT(device_rules.calls, ElementsAre("allow /dev/kvm"));
    EXPECT_THAT(device_news.calls, ElementsAre("tell vlc c10:232 c226:128"));
}

TEST_F(ClientUdevTest, ATakenGrantGoesWithItsRecordAndIsTold) {
    runs_with({"gpu", "kvm"});
    ASSERT_FALSE(takes({"kvm"}).error);
    EXPECT_THAT(doors.calls, ElementsAre("hide kvm", "hide " + kvm_record, "show env"));
    EXPECT_THAT(device_news.calls, ElementsAre("tell vlc c226:128"));
}

TEST_F(ClientUdevTest, AGrantThatFailsIsNotToldAndLeavesNoRecord) {
    runs_with({"gpu"});
    device_rules.allow_answer = Error{ErrorCode::failed, "EPERM"};
    EXPECT_TRUE(gives({"kvm"}).error);
    EXPECT_THAT(shown(), Not(Contains(kvm_record)));
    EXPECT_THAT(shown(), Contains(gpu_record));
    EXPECT_THAT(device_news.calls, IsEmpty());
}

TEST_F(ClientUdevTest, ARecordThatCannotBeShownUndoesTheGrant) {
    runs_with({});
    doors.refused = kvm_record;
    EXPECT_EQ(gives({"kvm"}).error->message, kvm_record + " is a link");
    EXPECT_THAT(shown(), ElementsAre("env"));
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

TEST_F(ClientUdevTest, ATakeThatCannotBeDoneAsAWholeIsToldAllTheSame) {
    runs_with({"gpu", "kvm"});
    device_rules.forbid_answer = Error{ErrorCode::failed, "EIO"};
    EXPECT_TRUE(takes({"kvm"}).error);
    EXPECT_EQ(device_news.calls.back(), "tell vlc c226:128") << "it is not a lease any more";
}

TEST_F(ClientUdevTest, ARecordThatTwoGrantsShareStaysWhileOneHoldsIt) {
    shares.shares.usb["1d6b:0002"] = {"/dev/bus/usb/001/004"};
    know("/dev/bus/usb/001/004", "c189:3");
    runs_with({"usb:046d:c52b", "usb:1d6b:0002"});
    EXPECT_THAT(devices_in(*client().door), ElementsAre("c189:3")) << "once";
    EXPECT_FALSE(takes({"usb:046d:c52b"}).error);
    EXPECT_THAT(shown(), Contains("udev/data/c189:3"));
    EXPECT_EQ(device_news.calls.back(), "tell vlc c189:3");
}

TEST_F(ClientUdevTest, ARefreshShowsTheRecordAsItIsNow) {
    runs_with({"gpu"});
    shares.shares.nodes.at("/dev/dri/renderD128").record = "E:ID_PATH=another\n";
    EXPECT_FALSE(gives({"gpu"}).error);
    EXPECT_EQ(doors.items.at(gpu_record).content, "E:ID_PATH=another\n");
    shares.shares.nodes.at("/dev/dri/renderD128").record.reset();
    EXPECT_FALSE(gives({"gpu"}).error);
    EXPECT_THAT(shown(), ElementsAre("dri/renderD128", "env"));
    EXPECT_EQ(device_news.calls.back(), "tell vlc");
}

TEST_F(ClientUdevTest, OneThatIsTakenOverIsFollowedAndToldWhatHasChangedMeanwhile) {
    runs_with({"gpu", "kvm"});
    is_watched(); // by the next berthd, from the state file
    shares.shares.nodes.at("/dev/kvm").record.reset();
    EXPECT_FALSE(door_step(Step::adopt).error);
    EXPECT_THAT(device_news.calls,
                ElementsAre("follow vlc " + std::to_string(client().init_pid) + " /door c10:232 c226:128",
                            "tell vlc c226:128"));
    EXPECT_THAT(shown(), Not(Contains(kvm_record)));
}

TEST_F(ClientUdevTest, OneThatHasNoDoorIsNotFollowed) {
    client().init_pid = 4711;
    is_watched();
    client().door = ClientDoor{};
    is_watched();
    EXPECT_THAT(device_news.calls, IsEmpty());
}

TEST_F(ClientUdevTest, AClosedDoorIsTheEndOfTheNews) {
    runs_with({"gpu"});
    EXPECT_FALSE(client_step(Step::close_door).error);
    EXPECT_THAT(device_news.calls, ElementsAre("forget vlc"));
}

} // namespace
} // namespace berth::effects
