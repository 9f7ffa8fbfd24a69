// A seat's CDI spec comes and goes with its desktop.

#include "effects/cdi_specs.hpp"
#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::test {
namespace {

using model::SeatState;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct FakeCdiFiles final : ports::CdiFiles {
    Result<void> write(const std::string& name, const std::string& text) override {
        ++writes;
        files[name] = text;
        return {};
    }

    Result<void> remove(const std::string& name) override {
        files.erase(name);
        return {};
    }

    unsigned writes{0};
    std::map<std::string, std::string> files;
};

struct CdiSpecsTest : ClientTest {
    CdiSpecsTest() { doors.open_answer = std::string{"/run/berth/cdi-doors/clients/seat0/door"}; }

    void follow() {
        specs.follow(world);
        turn();
    }

    std::string spec() const {
        const auto found = files.files.find("berth.org-seat0.json");
        return found == files.files.end() ? std::string{} : found->second;
    }

    FakeCdiFiles files;
    effects::CdiSpecs specs{{engine, shares, doors, files}};
};

TEST_F(CdiSpecsTest, IsThereWhileADesktopIsUp) {
    follow();
    for (const char* part : {R"("kind": "berth.org/seat0")", R"("name": "display")", R"("name": "gpu")",
                             R"("name": "tmp")", "/run/berth/cdi-doors/clients/seat0/door/wayland-0"}) {
        EXPECT_THAT(spec(), HasSubstr(part));
    }
    EXPECT_THAT(doors.items, Contains(testing::Key("wayland-0")));
    EXPECT_THAT(spec(), Not(HasSubstr("shm"))) << "nobody asked for a folder in memory";
    seat().state = SeatState::frozen;
    follow();
    EXPECT_THAT(spec(), Not(IsEmpty())) << "a frozen desktop is one";
    EXPECT_EQ(files.writes, 1U) << "and the same";
    seat().state = SeatState::draining;
    follow();
    EXPECT_EQ(spec(), "");
    EXPECT_THAT(doors.calls.back(), "close seat0");
}

TEST_F(CdiSpecsTest, IsMadeAnewForAnotherDesktopAndForOtherDevices) {
    follow();
    seat().container = "another";
    follow();
    EXPECT_EQ(files.writes, 2U);
    seat().devices.emplace_back("/dev/dri/renderD129");
    follow();
    EXPECT_EQ(files.writes, 3U);
    EXPECT_THAT(spec(), HasSubstr("/dev/dri/renderD129"));
    follow();
    EXPECT_EQ(files.writes, 3U);
}

TEST_F(CdiSpecsTest, LeavesOutWhatCannotBeShownAndTellsTheRest) {
    doors.refused = "pipewire-0";
    follow();
    EXPECT_THAT(spec(), Not(HasSubstr(R"("name": "sound")")));
    EXPECT_THAT(spec(), HasSubstr(R"("name": "gpu")"));
}

TEST_F(CdiSpecsTest, IsNotWrittenForADesktopThatIsGoneByThen) {
    specs.follow(world); // the engine has not answered yet
    seat().state = SeatState::restoring;
    follow();
    EXPECT_EQ(files.writes, 0U);
    EXPECT_EQ(spec(), "");
}

TEST_F(CdiSpecsTest, OfASeatThatIsGoneIsRemovedAndOneOfAnEarlierBerthdToo) {
    files.files["berth.org-seat0.json"] = "an earlier berthd's";
    seat().state = SeatState::vacant;
    follow();
    EXPECT_EQ(spec(), "");
    seat().state = SeatState::seated;
    follow();
    EXPECT_NE(spec(), "");
    world.seats.clear();
    follow();
    EXPECT_EQ(spec(), "");
}

} // namespace
} // namespace berth::test
