// A client that is a container of somebody else's: what is asked of the engine, what is mounted, what is left alone.

#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::test {
namespace {

using model::ContainerFound;
using model::ContainerJoined;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

struct ForeignTest : ClientTest {
    ForeignTest() {
        client().plan.foreign = "db";
        client().plan.app = {};
        ports::ContainerSpec spec;
        spec.name = "db";
        spec.image = client_image;
        engine.create(spec, [](const Result<std::string>&) {});
        turn();
    }

    void runs() {
        engine.start("db", [](const Result<void>&) {});
        turn();
    }

    /// Found, its door open, and seen in there.
    void is_attached_with(const std::vector<std::string>& grants) {
        runs();
        const auto found = std::get<ContainerFound>(client_step(Step::find).facts);
        client().container = found.container;
        client().init_pid = found.init_pid;
        client().grants = some_grants(grants);
        EXPECT_FALSE(door_step(Step::open_door).error);
        client().mounts = std::get<ContainerJoined>(client_step(Step::join).facts).mounts;
    }
};

TEST_F(ForeignTest, IsFoundByItsNameWithItsImageAndInit) {
    runs();
    const auto found = std::get<ContainerFound>(client_step(Step::find).facts);
    EXPECT_NE(found.container, "");
    EXPECT_EQ(found.image, client_image);
    EXPECT_GT(found.init_pid, 0);
    EXPECT_FALSE(found.paused);
}

TEST_F(ForeignTest, ThatDoesNotRunOrIsNotThereIsASentence) {
    EXPECT_THAT(client_step(Step::find).error->message, HasSubstr("db does not run"));
    client().plan.foreign = "nobody";
    EXPECT_TRUE(client_step(Step::find).error);
}

TEST_F(ForeignTest, SeesItsDoorAndTheFoldersWhereNothingIs) {
    is_attached_with({"display"});
    EXPECT_THAT(foreign.there, Contains(Pair("/run/berth", client().door->door)));
    EXPECT_THAT(foreign.there, Contains(Pair("/tmp/.X11-unix", client().door->door + "/x11")));
    EXPECT_THAT(foreign.there, Contains(Pair("/dev/dri", client().door->door + "/dri")));
    EXPECT_THAT(shown(), Contains("wayland-0"));

    foreign.there.clear();
    foreign.occupied = true;
    EXPECT_FALSE(client_step(Step::join).error);
    EXPECT_THAT(foreign.there, testing::ElementsAre(Key("/run/berth"))) << "what it has of its own stays in front";
}

TEST_F(ForeignTest, ThatRefusesTheDoorFailsTheStep) {
    foreign.refuses = "/run/berth in the container: make a directory: Read-only file system";
    runs();
    client().init_pid = std::get<ContainerFound>(client_step(Step::find).facts).init_pid;
    EXPECT_FALSE(door_step(Step::open_door).error);
    EXPECT_EQ(client_step(Step::join).error->message, foreign.refuses);
}

TEST_F(ForeignTest, MayOpenANodeFromTheStartAndNotAfterwards) {
    is_attached_with({"kvm"});
    EXPECT_THAT(device_rules.calls, Contains(HasSubstr("allow /dev/kvm")));
    device_rules.calls.clear();
    EXPECT_FALSE(client_step(Step::part).error);
    EXPECT_THAT(device_rules.calls, Contains(HasSubstr("forbid /dev/kvm")));
    EXPECT_THAT(foreign.there, IsEmpty());
}

TEST_F(ForeignTest, IsNeitherStoppedNorRemoved) {
    is_attached_with({"display"});
    EXPECT_FALSE(client_step(Step::part).error);
    EXPECT_FALSE(client_step(Step::close_door).error);
    for (const char* verb : {"stop", "kill", "remove"}) {
        EXPECT_THAT(engine.calls(), Not(Contains(testing::StartsWith(verb))));
    }
    EXPECT_NE(engine.spec("db"), nullptr);
}

TEST_F(ForeignTest, ThatHasEndedHasNothingToTakeAway) {
    is_attached_with({"kvm"});
    client().init_pid = 0;
    foreign.inits.clear();
    device_rules.calls.clear();
    EXPECT_FALSE(client_step(Step::part).error);
    EXPECT_THAT(foreign.inits, IsEmpty());
    EXPECT_THAT(device_rules.calls, IsEmpty());
}

} // namespace
} // namespace berth::test
