#include "bus/host_shutdown.hpp"
#include "bus/seat_sessions_fixture.hpp"

namespace berth::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using bus::SeatSessions;

/// A session that an earlier berthd opened.
class Adopted : public WithSystemd {
  protected:
    std::shared_ptr<Ending> start_adopting(const model::SeatName& seat = seat0) {
        auto ending = std::make_shared<Ending>();
        sessions->adopt(seat, into(ending));
        EXPECT_EQ(ending->times, 0) << "answered from inside the call";
        return ending;
    }

    Result<void> adopt(const model::SeatName& seat = seat0) { return end_of(start_adopting(seat)); }
};

TEST_F(Adopted, OneThatGoesOnIsWatchedAndNotStartedAnew) {
    systemd->states[unit0] = "active";
    ASSERT_TRUE(adopt());
    settle();
    EXPECT_THAT(lost, IsEmpty());
    EXPECT_THAT(systemd->calls, ::testing::Not(::testing::Contains("RestartUnit " + unit0 + " replace")));
    systemd->exits[unit0] = {1, 12};
    systemd->unit_becomes(unit0, "failed");
    settle();
    EXPECT_THAT(lost, ElementsAre("seat0: " + SeatSessions::sentence_of(12)));
}

TEST_F(Adopted, OneThatEndedMeanwhileIsToldAsLostOnceWithItsReason) {
    for (const char* state : {"failed", "inactive"}) {
        lost.clear();
        systemd->states[unit0] = state;
        systemd->exits[unit0] = {1, 13};
        ASSERT_TRUE(adopt());
        systemd->unit_becomes(unit0, state);
        settle();
        EXPECT_THAT(lost, ElementsAre("seat0: " + SeatSessions::sentence_of(13))) << state;
    }
}

TEST_F(Adopted, OneThatIsReleasedIsNotLost) {
    systemd->states[unit0] = "active";
    ASSERT_TRUE(adopt());
    ASSERT_TRUE(release());
    systemd->unit_becomes(unit0, "inactive");
    settle();
    EXPECT_THAT(lost, IsEmpty());
}

TEST_F(Adopted, OneOfASeatThatWasNotKnownIsWatchedToo) {
    const model::SeatName late{"seat-late"};
    const std::string unit = SeatSessions::unit_of(late);
    systemd->states[unit] = "active";
    ASSERT_TRUE(adopt(late));
    systemd->unit_becomes(unit, "failed");
    settle();
    EXPECT_THAT(lost, ElementsAre("seat-late: The session on the seat ended"));
}

TEST_F(Adopted, OneOfWhichNothingIsKnownIsAnError) {
    EXPECT_FALSE(adopt()) << "the manager says that there is no such unit";
    systemd.reset();
    const auto alone = adopt();
    ASSERT_FALSE(alone);
    EXPECT_THAT(alone.error().message, ::testing::HasSubstr(unit0));
    EXPECT_THAT(lost, IsEmpty());
}

/// What the host's end looks like to berthd.
class Shutdown : public WithSystemd {
  protected:
    bool goes_down() {
        std::optional<bool> told;
        shutdown.ask([&told](bool down) {
            EXPECT_FALSE(told) << "told twice";
            told = down;
        });
        EXPECT_FALSE(told) << "told from inside the call";
        EXPECT_TRUE(run_until(io, [&] { return told.has_value(); }));
        return told.value_or(false);
    }

    bus::HostShutdown shutdown{connection};
};

TEST_F(Shutdown, OfTheHostIsTheManagersWordStopping) {
    for (const char* state : {"initializing", "starting", "running", "degraded", "maintenance"}) {
        systemd->system_state = state;
        EXPECT_FALSE(goes_down()) << state;
    }
    systemd->system_state = "stopping";
    EXPECT_TRUE(goes_down());
}

TEST_F(Shutdown, IsOfBerthdAloneWhereNoManagerSays) {
    systemd.reset();
    EXPECT_FALSE(goes_down());
}

} // namespace
} // namespace berth::testing
