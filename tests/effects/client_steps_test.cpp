// The steps of a client's life on the engine.

#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace berth::effects {
namespace {

using namespace model;
using test::client_id;
using test::some_grants;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

struct StepsTest : test::ClientTest {
    /// Calls of the engine that begin with `word`.
    std::vector<std::string> engine_calls(const std::string& word) const {
        std::vector<std::string> found;
        for (const std::string& call : engine.calls()) {
            if (call.starts_with(word + " ")) {
                found.push_back(call);
            }
        }
        return found;
    }

    void is_created() {
        EXPECT_FALSE(door_step(Step::open_door).error);
        client().container = std::get<ContainerCreated>(client_step(Step::create).facts).container;
    }
};

TEST_F(StepsTest, AStepAnswersWithItsOwnSerialNameAndClient) {
    const auto finished = client_step(Step::check_image);
    EXPECT_EQ(finished.serial, StepSerial{9});
    EXPECT_EQ(finished.step, Step::check_image);
    EXPECT_EQ(finished.client, client_id);
    EXPECT_FALSE(finished.error);
}

TEST_F(StepsTest, AnImageThatIsNotThereIsNamed) {
    client().plan.app.image = "localhost/none:latest";
    const auto finished = client_step(Step::check_image);
    EXPECT_EQ(finished.error->code, ErrorCode::image_not_found);
    EXPECT_EQ(finished.error->step, Step::check_image);
}

TEST_F(StepsTest, AStepOnAClientThatIsGoneEndsNowhere) {
    world.clients.clear();
    run(RunClientStep{client_id, StepSerial{9}, Step::check_image, {}});
    EXPECT_THAT(happened, IsEmpty());
}

TEST_F(StepsTest, AStepOfSeatsAloneFailsOnAClient) {
    EXPECT_TRUE(client_step(Step::claim_vt).error);
}

TEST_F(StepsTest, AContainerIsMadeWithWhatIsGrantedAndTellsWhatItWasMadeWith) {
    client().grants = some_grants({"camera", "gpu"});
    EXPECT_FALSE(door_step(Step::open_door).error);
    const auto created = std::get<ContainerCreated>(client_step(Step::create).facts);
    EXPECT_THAT(created.devices, ElementsAre("/dev/video0"));
    EXPECT_THAT(created.device_rules, ElementsAre("c 226:128 rw"));
    EXPECT_EQ(made().devices, created.devices);
    EXPECT_EQ(made().device_rules, created.device_rules);
    EXPECT_THAT(made().labels, Contains(Pair(label::instance, "/run/berth")));
}

TEST_F(StepsTest, ALeftoverOfThatNameIsRemovedAndTheContainerMadeAfterAll) {
    is_created();
    const std::string first = client().container;
    const auto second = std::get<ContainerCreated>(client_step(Step::create).facts);
    EXPECT_NE(second.container, first);
    EXPECT_EQ(engine.spec(first), nullptr);
}

TEST_F(StepsTest, ALeftoverThatCannotBeRemovedFailsTheStepAndNoneIsMade) {
    is_created();
    engine.fail_next("remove", Error{ErrorCode::failed, "it is stuck"});
    EXPECT_EQ(client_step(Step::create).error->message, "it is stuck");
    EXPECT_NE(engine.spec(client().container), nullptr) << "the one that was there";
}

TEST_F(StepsTest, WithoutALeftoverTheEngineIsAskedOnceAndForNothingElse) {
    EXPECT_FALSE(door_step(Step::open_door).error);
    const std::size_t before = engine.calls().size();
    EXPECT_FALSE(client_step(Step::create).error);
    ASSERT_EQ(engine.calls().size(), before + 1);
    EXPECT_THAT(engine.calls().back(), StartsWith("create"));
}

TEST_F(StepsTest, AContainerIsNotMadeForWhatTheSeatLostMeanwhile) {
    client().grants = some_grants({"camera"});
    EXPECT_FALSE(door_step(Step::open_door).error);
    shares.shares.cameras.clear();
    EXPECT_THAT(client_step(Step::create).error->message, HasSubstr("'camera'"));
}

TEST_F(StepsTest, AContainerThatTheEngineRefusesIsAFailedStep) {
    EXPECT_FALSE(door_step(Step::open_door).error);
    engine.fail_next("create", Error{ErrorCode::failed, "no space"});
    engine.fail_next("create", Error{ErrorCode::failed, "no space still"});
    EXPECT_EQ(client_step(Step::create).error->message, "no space still") << "that name was not what it was";
    engine.fail_next("create", Error{ErrorCode::image_not_found, "no image"});
    EXPECT_EQ(client_step(Step::create).error->message, "no image") << "which no leftover is the reason of";
}

TEST_F(StepsTest, LinksAreThereBeforeTheContainerStarts) {
    client().grants = some_grants({"pulse"});
    client().plan.app.user = "ann";
    client().plan.app.links = {{"/opt/film", "/srv/film"}};
    is_created();
    const std::string pulse = "/people/ann/.config/pulse/0123456789abcdef0123456789abcdef-runtime";
    EXPECT_THAT(engine.links(client().container),
                testing::UnorderedElementsAre(Pair(pulse, "/run/berth/pulse"), Pair("/opt/film", "/srv/film")));
    EXPECT_THAT(engine_calls("start"), IsEmpty());
}

TEST_F(StepsTest, AContainerWithoutLinksIsNotAskedAboutAny) {
    is_created();
    EXPECT_THAT(engine_calls("put_links"), IsEmpty());
}

TEST_F(StepsTest, AContainerThatCannotHaveItsLinksIsRemovedAgain) {
    client().plan.app.links = {{"/opt/film", "/srv/film"}};
    EXPECT_FALSE(door_step(Step::open_door).error);
    engine.fail_next("put_links", Error{ErrorCode::failed, "nobody knows where user \"7\" is at home"});
    EXPECT_THAT(client_step(Step::create).error->message, HasSubstr("at home"));
    EXPECT_EQ(engine.spec("berth-client-vlc"), nullptr);
}

TEST_F(StepsTest, AnAttachTakesTheCallersStreamsOnceAndTellsWhenTheyHaveEnded) {
    client().plan.streamed = true;
    client().plan.caller = CallToken{5};
    caller_streams.waiting = {CallToken{4}, CallToken{5}};
    is_created();
    EXPECT_FALSE(client_step(Step::attach).error);
    EXPECT_THAT(caller_streams.waiting, ElementsAre(CallToken{4}));
    ASSERT_TRUE(relays.running.contains("client/vlc"));
    EXPECT_TRUE(relays.framed.at("client/vlc"));
    happened.clear();
    relays.finish("client/vlc");
    EXPECT_THAT(happened, ElementsAre(Happening{StreamsEnded{client_id}}));
    client().container = std::get<ContainerCreated>(client_step(Step::create).facts).container;
    EXPECT_THAT(client_step(Step::attach).error->message, HasSubstr("no standard streams")) << "they were taken";
}

TEST_F(StepsTest, AnAttachOfATerminalIsOneRawStream) {
    client().plan.streamed = client().plan.terminal = true;
    client().plan.caller = CallToken{5};
    caller_streams.waiting = {CallToken{5}};
    is_created();
    EXPECT_FALSE(client_step(Step::attach).error);
    EXPECT_FALSE(relays.framed.at("client/vlc"));
}

TEST_F(StepsTest, AnAttachThatTheEngineRefusesLeavesTheStreamsToTheirCall) {
    client().plan.caller = CallToken{5};
    caller_streams.waiting = {CallToken{5}};
    is_created();
    engine.fail_next("attach", Error{ErrorCode::failed, "no such container"});
    EXPECT_EQ(client_step(Step::attach).error->message, "no such container");
    EXPECT_THAT(caller_streams.waiting, ElementsAre(CallToken{5})) << "DropStreams takes them";
    EXPECT_THAT(relays.running, IsEmpty());
}

TEST_F(StepsTest, AStartTellsTheInitsPid) {
    is_created();
    EXPECT_GT(std::get<InitStarted>(client_step(Step::start).facts).pid, 0);
}

TEST_F(StepsTest, ACommandThatHasEndedAlreadyIsNoFailureAndHasNoInit) {
    is_created();
    engine.on_start([](const auto&) { return 3; });
    const auto started = client_step(Step::start);
    ASSERT_FALSE(started.error);
    EXPECT_EQ(std::get<InitStarted>(started.facts).pid, 0);
    EXPECT_EQ(std::get<ExitFacts>(client_step(Step::collect).facts).exit_code, 3);
}

TEST_F(StepsTest, AClientThatSomebodyPausedAtOnceHasAnInit) {
    is_created();
    engine.hold_next("start");
    run(RunClientStep{client_id, StepSerial{9}, Step::start, {}});
    engine.pause(client().container, [](const Result<void>&) {});
    engine.release("start");
    turn();
    const auto* finished = std::get_if<ClientStepFinished>(&happened.back());
    ASSERT_NE(finished, nullptr);
    EXPECT_GT(std::get<InitStarted>(finished->facts).pid, 0) << "it lives";
}

TEST_F(StepsTest, AStartOrALookThatTheEngineRefusesIsAFailedStep) {
    is_created();
    engine.fail_next("start", Error{ErrorCode::failed, "exec: \"vlc\": not found"});
    EXPECT_EQ(client_step(Step::start).error->message, "exec: \"vlc\": not found");
    engine.fail_next("inspect", Error{ErrorCode::engine_unavailable, "gone"});
    EXPECT_EQ(client_step(Step::start).error->message, "gone");
}

TEST_F(StepsTest, AStopIsTheEnginesAndItsExitCodeIsCollected) {
    runs_with({});
    EXPECT_FALSE(client_step(Step::stop).error);
    EXPECT_EQ(std::get<ExitFacts>(client_step(Step::collect).facts).exit_code, 143);
    EXPECT_FALSE(client_step(Step::stop).error) << "it may be asked twice";
}

TEST_F(StepsTest, AnExitCodeThatNobodyKnowsIsAFailedStep) {
    client().container = "no-such";
    EXPECT_THAT(client_step(Step::collect).error->message, HasSubstr("no-such"));
}

TEST_F(StepsTest, AKillGoesToTheInitThatIsWatched) {
    runs_with({});
    EXPECT_FALSE(client_step(Step::kill).error);
    EXPECT_THAT(processes.signals, ElementsAre("client/vlc: 9"));
    EXPECT_THAT(engine_calls("kill"), IsEmpty());
    processes.signal_answer = Error{ErrorCode::failed, "EPERM"};
    EXPECT_EQ(client_step(Step::kill).error->message, "EPERM");
}

TEST_F(StepsTest, AKillOfWhatHasNoKnownInitIsTheEngines) {
    runs_with({});
    client().init_pid = 0;
    EXPECT_FALSE(client_step(Step::kill).error);
    EXPECT_THAT(engine_calls("kill"), ElementsAre("kill " + client().container));
    EXPECT_THAT(processes.signals, IsEmpty());
    EXPECT_EQ(std::get<ExitFacts>(client_step(Step::collect).facts).exit_code, 128 + SIGKILL);
}

TEST_F(StepsTest, ARemovalEndsTheContainersHelpersWhateverTheEngineSays) {
    runs_with({});
    EXPECT_FALSE(client_step(Step::remove).error);
    EXPECT_EQ(engine.spec(client().container), nullptr);
    EXPECT_THAT(processes.cleared, ElementsAre(client().container));
    engine.fail_next("remove", Error{ErrorCode::failed, "it is stuck"});
    EXPECT_EQ(client_step(Step::remove).error->message, "it is stuck");
    EXPECT_EQ(processes.cleared.size(), 2U);
}

TEST_F(StepsTest, AFreezeAThawAndASnapshotAreTheEngines) {
    runs_with({});
    EXPECT_FALSE(client_step(Step::pause).error);
    EXPECT_TRUE(client_step(Step::pause).error);
    EXPECT_FALSE(client_step(Step::unpause).error);
    EXPECT_TRUE(client_step(Step::unpause).error);
    EXPECT_FALSE(client_step(Step::commit, "localhost/saved:1").error);
    client().plan.app.image = "localhost/saved:1";
    EXPECT_FALSE(client_step(Step::check_image).error);
    client().container = "no-such";
    EXPECT_TRUE(client_step(Step::commit, "localhost/saved:2").error);
}

} // namespace
} // namespace berth::effects
