#include "bus/names.hpp"
#include "client/client_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class BerthUp : public ClientFixture {
  protected:
    /// Accepts Up and lets its job run; cancels it when asked.
    void run_until_cancelled() {
        script = [this](const model::Called& call) {
            if (std::holds_alternative<model::UpRequest>(call.request)) {
                tell("create", 0.2, "Making the container");
                accept(call);
            } else {
                server->reply(model::Reply{call.token, std::monostate{}});
                finish(model::JobState::cancelled);
            }
        };
    }
};

TEST_F(BerthUp, FollowsTheJobToItsEnd) {
    script = [this](const model::Called& call) {
        accept(call);
        tell("create", 0.25, "Making the container");
        tell("start", 0.5, "Starting it");
        become_seated();
        finish(model::JobState::done);
    };
    const CommandResult up = berth({"up"});
    EXPECT_EQ(up.status, 0) << up.err;
    EXPECT_EQ(up.out, "seat0: gnome is up (headless)\n");
    EXPECT_THAT(up.err, HasSubstr(" 50% start: Starting it\n"));
}

TEST_F(BerthUp, PassesDesktopModeAndImage) {
    script = [this](const model::Called& call) {
        accept(call);
        finish(model::JobState::done);
    };
    EXPECT_EQ(berth({"up", "kde", "--mode", "vt", "--image", "localhost/x:1"}).status, 0);
    ASSERT_THAT(calls, SizeIs(1));
    const auto& request = std::get<model::UpRequest>(calls[0].request);
    EXPECT_EQ(request.desktop, "kde");
    EXPECT_EQ(request.mode, model::SeatMode::vt);
    EXPECT_EQ(request.image, "localhost/x:1");
}

TEST_F(BerthUp, ByDefaultItIsGnomeOnSeat0InTheProfilesMode) {
    script = [this](const model::Called& call) {
        accept(call);
        finish(model::JobState::done);
    };
    EXPECT_EQ(berth({"up"}).status, 0);
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].request, (model::Request{model::UpRequest{seat.name, "gnome", std::nullopt, std::nullopt}}));
}

TEST_F(BerthUp, DoesNotMissAJobThatIsOverBeforeTheReply) {
    script = [this](const model::Called& call) {
        finish(model::JobState::failed, "ImageNotFound: there is no image x");
        accept(call);
    };
    const CommandResult up = berth({"up"});
    EXPECT_EQ(up.status, 1);
    EXPECT_EQ(up.err, "berth: ImageNotFound: there is no image x\n");
}

TEST_F(BerthUp, WithoutWaitingReturnsWhenAccepted) {
    script = [this](const model::Called& call) {
        tell("create", 0, "Making the container");
        accept(call);
    };
    const CommandResult up = berth({"up", "--no-wait"});
    EXPECT_EQ(up.status, 0) << up.err;
    EXPECT_EQ(up.out, "");
}

TEST_F(BerthUp, PrintsARefusalWithItsName) {
    script = [this](const model::Called& call) { refuse(call, model::Refusal::seat_busy, "a job runs on seat0"); };
    const CommandResult up = berth({"up"});
    EXPECT_EQ(up.status, 1);
    EXPECT_EQ(up.out, "");
    EXPECT_EQ(up.err, "berth: SeatBusy: a job runs on seat0\n");
}

TEST_F(BerthUp, PrintsTheJobsError) {
    script = [this](const model::Called& call) {
        accept(call);
        tell("check-image", 0.1, "Looking for the image");
        finish(model::JobState::failed, "EngineUnavailable: podman does not answer");
    };
    const CommandResult up = berth({"up"});
    EXPECT_EQ(up.status, 1);
    EXPECT_THAT(up.err, HasSubstr("berth: EngineUnavailable: podman does not answer\n"));
}

TEST_F(BerthUp, NamesASeatThatIsNotThere) {
    const CommandResult up = berth({"up", "--seat", "seat9"});
    EXPECT_EQ(up.status, 1);
    EXPECT_EQ(up.err, "berth: NoSuchSeat: there is no seat \"seat9\"\n");
}

TEST_F(BerthUp, CtrlCCancelsTheJobAndWaitsForItsEnd) {
    run_until_cancelled();
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(up.printed("Making the container"));
    up.signal(SIGINT);
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("berth: Cancelled: "));
    ASSERT_THAT(calls, SizeIs(2));
    EXPECT_EQ(calls[1].request, model::Request{model::CancelRequest{job.id}});
}

TEST_F(BerthUp, CtrlCBeforeTheReplyCancelsAsSoonAsTheJobIsKnown) {
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(run_until(io, [&] { return calls.size() == 1; }));
    up.signal(SIGINT);
    run_until_cancelled();
    script(calls[0]);
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    ASSERT_THAT(calls, SizeIs(2));
    EXPECT_EQ(calls[1].request, model::Request{model::CancelRequest{job.id}});
}

TEST_F(BerthUp, ASecondCtrlCLeaves) {
    script = [this](const model::Called& call) {
        if (std::holds_alternative<model::UpRequest>(call.request)) {
            tell("create", 0.2, "Making the container");
            accept(call);
        } // the cancellation is never answered
    };
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(up.printed("Making the container"));
    up.signal(SIGINT);
    ASSERT_TRUE(up.printed("cancelling"));
    up.signal(SIGINT);
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("the job goes on"));
}

/// berthd ends, and the next one takes its place.
class BerthUpAcrossARestart : public BerthUp {
  protected:
    void leave() {
        server.reset();
        ASSERT_TRUE(connection.release(bus::names::service));
    }

    void come_back() {
        server = std::make_unique<bus::BusServer>(
            connection, "1.2.4", bus::BusServer::Hooks{[](const model::Happening&) {}, [] { return Result<void>{}; }});
        server->seat_added(seat);
        ASSERT_TRUE(server->own_name());
    }
};

TEST_F(BerthUpAcrossARestart, HearsOfTheJobsEndFromTheNextBerthd) {
    run_until_cancelled();
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(up.printed("Making the container"));
    leave();
    ASSERT_TRUE(up.printed("berthd left the bus; waiting for the next one\n"));
    come_back();
    finish(model::JobState::failed, "Failed: berthd ended while this was under way");
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("berth: Failed: berthd ended while this was under way\n"));
}

TEST_F(BerthUpAcrossARestart, WaitsForSoLongAndNoLonger) {
    run_until_cancelled();
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(up.printed("Making the container"));
    leave();
    ASSERT_TRUE(up.printed("waiting for the next one\n"));
    up.signal(SIGALRM); // what alarm(2) sends when the time is over
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("berth: Failed: berthd left the bus\n"));
}

TEST_F(BerthUpAcrossARestart, ACallThatWasNotAnsweredIsNotWaitedFor) {
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(run_until(io, [&] { return calls.size() == 1; }));
    leave();
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, Not(HasSubstr("waiting")));
}

TEST_F(BerthUp, SaysWhenBerthdLeavesWhileTheJobRuns) {
    run_until_cancelled();
    RunningCommand up{io, argv({"up"})};
    ASSERT_TRUE(up.printed("Making the container"));
    bus.kill();
    const CommandResult ended = up.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("berth: "));
    EXPECT_THAT(ended.err, Not(HasSubstr("terminate")));
}

} // namespace

} // namespace berth::testing
