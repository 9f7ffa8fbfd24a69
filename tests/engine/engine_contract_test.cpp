// What every ports::Engine does, run over the fake, podman, podman's Docker API and dockerd. One engine is started per
// run of the program and shared by its tests; each test has a container name of its own. This file: containers' lives,
// images, volumes and events.

#include "engine/engine_contract.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <optional>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class EndHosts final : public testing::Environment {
  public:
    void TearDown() override { hosts().clear(); }
};

const testing::Environment* const end_hosts = testing::AddGlobalTestEnvironment(new EndHosts);

TEST_P(EngineContract, ProbingSaysWhichEngineItIs) {
    const auto facts = ask<ports::EngineFacts>([this](Done<ports::EngineFacts> done) { engine().probe(done); });
    ASSERT_TRUE(facts) << facts.error().message;
    EXPECT_FALSE(facts->name.empty());
    EXPECT_FALSE(facts->version.empty());
    EXPECT_FALSE(facts->api.empty());
    EXPECT_THAT(facts->cgroups, testing::AnyOf("v1", "v2", "hybrid"));
    EXPECT_FALSE(facts->runtime.empty());
}

TEST_P(EngineContract, ACreatedContainerDoesNotRunAndHasWhatItWasMadeFrom) {
    ContainerSpec wanted = spec();
    wanted.labels = {{"org.berth.seat", "seat0"}, {"org.berth.desktop", "gnome"}};
    const auto id = create(wanted);
    ASSERT_TRUE(id) << id.error().message;
    const auto info = inspect();
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->id, *id);
    EXPECT_EQ(info->name, name_);
    EXPECT_EQ(info->image, host_->image());
    EXPECT_EQ(info->state, ContainerState::created);
    EXPECT_EQ(info->init_pid, 0);
    EXPECT_EQ(info->labels.at("org.berth.seat"), "seat0");
    EXPECT_EQ(info->labels.at("org.berth.desktop"), "gnome");
}

TEST_P(EngineContract, AStartedContainerHasAnInitOnTheHost) {
    run(spec());
    const auto info = inspect();
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->state, ContainerState::running);
    EXPECT_GT(info->init_pid, 1);
}

TEST_P(EngineContract, WhatIsInitializedDoesNotRunUntilItIsStarted) {
    ASSERT_TRUE(create(spec()));
    for (int round = 0; round < 2; ++round) {
        const auto initialized = ask<void>([this](Done<void> done) { engine().initialize(name_, std::move(done)); });
        EXPECT_TRUE(initialized) << initialized.error().message;
    }
    const auto before = inspect();
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_EQ(before->state, ContainerState::created);
    EXPECT_EQ(before->init_pid, 0);
    ASSERT_TRUE(start());
    const auto after = inspect();
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->state, ContainerState::running);
    EXPECT_EQ(after->waiting_pid, 0);
    if (before->waiting_pid != 0) { // 0: the engine cannot do it apart
        EXPECT_EQ(before->waiting_pid, after->init_pid) << "its namespaces are there already";
    }
}

TEST_P(EngineContract, WhatIsInitializedAndNeverStartedIsRemovedWhole) {
    ASSERT_TRUE(create(spec()));
    ASSERT_TRUE(ask<void>([this](Done<void> done) { engine().initialize(name_, std::move(done)); }));
    const auto removed = ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    EXPECT_TRUE(removed) << removed.error().message;
    EXPECT_FALSE(inspect());
}

TEST_P(EngineContract, StartingWhatRunsIsNoError) {
    run(spec());
    EXPECT_TRUE(start());
}

TEST_P(EngineContract, StartingWhatIsNotThereIsAnErrorThatNamesIt) {
    const auto started = start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::failed);
    EXPECT_THAT(started.error().message, HasSubstr(name_));
}

TEST_P(EngineContract, AnUnknownImageIsImageNotFound) {
    ContainerSpec wanted = spec();
    wanted.image = "localhost/berth-no-such-image:latest";
    const auto id = create(wanted);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::image_not_found) << id.error().message;
    const auto image =
        ask<ports::ImageInfo>([&](Done<ports::ImageInfo> done) { engine().image(wanted.image, std::move(done)); });
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code, ErrorCode::image_not_found);
    EXPECT_THAT(image.error().message, HasSubstr(wanted.image));
}

TEST_P(EngineContract, ANameThatIsTakenIsRefused) {
    ASSERT_TRUE(create(spec()));
    const auto second = create(spec());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::failed);
    EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST_P(EngineContract, WaitingGivesTheExitCode) {
    run(spec({"/bin/sh", "-c", "exit 7"}));
    const auto code = ask<int>([this](Done<int> done) { engine().wait(name_, 20s, std::move(done)); });
    ASSERT_TRUE(code) << code.error().message;
    EXPECT_EQ(*code, 7);
    const auto info = inspect();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->state, ContainerState::exited);
    EXPECT_EQ(info->exit_code, 7);
    EXPECT_EQ(info->init_pid, 0);
}

TEST_P(EngineContract, WaitingEndsAtItsTimeLimit) {
    run(spec());
    const auto code = ask<int>([this](Done<int> done) { engine().wait(name_, 200ms, std::move(done)); });
    ASSERT_FALSE(code);
    EXPECT_EQ(code.error().code, ErrorCode::timed_out);
}

TEST_P(EngineContract, KillingEndsItAndAWaitThatIsUnderWay) {
    run(spec());
    std::optional<Result<int>> waited;
    engine().wait(name_, 20s, [&waited](Result<int> code) { waited = std::move(code); });
    const auto killed = ask<void>([this](Done<void> done) { engine().kill(name_, SIGKILL, std::move(done)); });
    EXPECT_TRUE(killed) << killed.error().message;
    ASSERT_TRUE(turn_until(host_->io(), [&waited] { return waited.has_value(); }));
    ASSERT_TRUE(*waited) << waited->error().message;
    EXPECT_EQ(**waited, 128 + SIGKILL);
    const auto again = ask<void>([this](Done<void> done) { engine().kill(name_, SIGKILL, std::move(done)); });
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::failed);
}

TEST_P(EngineContract, StoppingEndsItAndStoppingAgainIsNoError) {
    run(spec());
    for (int round = 0; round < 2; ++round) {
        const auto stopped = ask<void>([this](Done<void> done) { engine().stop(name_, 1s, std::move(done)); });
        EXPECT_TRUE(stopped) << stopped.error().message;
    }
    const auto info = inspect();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->state, ContainerState::exited);
}

TEST_P(EngineContract, StoppingAndRemovingWhatIsNotThereIsNoError) {
    const auto stopped = ask<void>([this](Done<void> done) { engine().stop(name_, 1s, std::move(done)); });
    EXPECT_TRUE(stopped) << stopped.error().message;
    const auto removed = ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    EXPECT_TRUE(removed) << removed.error().message;
}

TEST_P(EngineContract, RemovingARunningContainerTakesItAtOnce) {
    run(spec({"/bin/sh", "-c", "trap '' TERM; sleep 600"}));
    const auto began = std::chrono::steady_clock::now();
    const auto removed = ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - began, 8s) << "it waited for the container's stop time";
    const auto info = inspect();
    ASSERT_FALSE(info);
    EXPECT_THAT(info.error().message, HasSubstr(name_));
}

TEST_P(EngineContract, AListHasTheContainersWithAllTheLabels) {
    ContainerSpec wanted = spec();
    wanted.labels = {{"org.berth.test.list", "a=b c"}, {"org.berth.test.other", "x"}};
    const std::string id = run(wanted);
    using Infos = std::vector<ContainerInfo>;
    const auto found = ask<Infos>([&](Done<Infos> done) { engine().list(wanted.labels, std::move(done)); });
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().id, id);
    EXPECT_EQ(found->front(), *inspect()) << "with its PID 1, say";
    EXPECT_GT(found->front().init_pid, 0);
    const auto none = ask<Infos>([&](Done<Infos> done) {
        engine().list({{"org.berth.test.list", "a=b c"}, {"org.berth.test.other", "y"}}, std::move(done));
    });
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST_P(EngineContract, PausingAndUnpausing) {
    run(spec());
    const auto paused = ask<void>([this](Done<void> done) { engine().pause(name_, std::move(done)); });
    ASSERT_TRUE(paused) << paused.error().message;
    EXPECT_EQ(inspect()->state, ContainerState::paused);
    const auto resumed = ask<void>([this](Done<void> done) { engine().unpause(name_, std::move(done)); });
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_EQ(inspect()->state, ContainerState::running);
    const auto again = ask<void>([this](Done<void> done) { engine().unpause(name_, std::move(done)); });
    EXPECT_FALSE(again);
}

TEST_P(EngineContract, AnImageIsCommittedTaggedAndRemoved) {
    run(spec());
    const std::string made = "localhost/berth-tiny-commit:one";
    const std::string tagged = "localhost/berth-tiny-commit:two";
    const auto id = ask<std::string>([&](Done<std::string> done) { engine().commit(name_, made, std::move(done)); });
    ASSERT_TRUE(id) << id.error().message;
    const auto tag = ask<void>([&](Done<void> done) { engine().tag_image(made, tagged, std::move(done)); });
    ASSERT_TRUE(tag) << tag.error().message;
    const auto image = [this](const std::string& name) {
        return ask<ports::ImageInfo>([&](Done<ports::ImageInfo> done) { engine().image(name, std::move(done)); });
    };
    const auto info = image(tagged);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_THAT(info->names, testing::IsSupersetOf({made, tagged}));
    for (const std::string& name : {made, tagged, tagged}) { // the last one is not there any more
        const auto removed = ask<void>([&](Done<void> done) { engine().remove_image(name, std::move(done)); });
        EXPECT_TRUE(removed) << removed.error().message;
    }
    EXPECT_FALSE(image(made));
    EXPECT_FALSE(image(tagged));
    const auto missing = ask<void>([&](Done<void> done) { engine().tag_image(made, tagged, std::move(done)); });
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::image_not_found);
}

TEST_P(EngineContract, MakingAndRemovingAVolumeTwiceIsNoError) {
    for (int round = 0; round < 2; ++round) {
        const auto made = ask<void>([this](Done<void> done) { engine().create_volume("berth-test", std::move(done)); });
        EXPECT_TRUE(made) << made.error().message;
    }
    for (int round = 0; round < 2; ++round) {
        const auto gone = ask<void>([this](Done<void> done) { engine().remove_volume("berth-test", std::move(done)); });
        EXPECT_TRUE(gone) << gone.error().message;
    }
}

TEST_P(EngineContract, TheLifeOfAContainerIsSeenAsEvents) {
    std::vector<EngineEvent> seen;
    engine().watch_events([&](EngineEvent event) {
        if (event.container_name == name_ && event.kind != EngineEvent::Kind::other) {
            seen.push_back(std::move(event));
        }
    });
    const std::string id = run(spec({"/bin/sh", "-c", "exit 7"}));
    ask<int>([this](Done<int> done) { engine().wait(name_, 20s, std::move(done)); });
    ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    const bool all = turn_until(
        host_->io(), [&seen] { return seen.size() >= 3; }, 20s);
    engine().stop_events();
    ASSERT_TRUE(all) << seen.size() << " events came";
    EXPECT_EQ(seen[0].kind, EngineEvent::Kind::started);
    EXPECT_EQ(seen[1].kind, EngineEvent::Kind::died);
    EXPECT_EQ(seen[1].exit_code, 7);
    EXPECT_EQ(seen[2].kind, EngineEvent::Kind::removed);
    for (const EngineEvent& event : seen) {
        EXPECT_EQ(event.container_id, id);
    }
}

TEST_P(EngineContract, NoEventComesAfterTheyWereStopped) {
    int seen = 0;
    engine().watch_events([&seen](const EngineEvent&) { ++seen; });
    engine().stop_events();
    run(spec());
    EXPECT_EQ(seen, 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineContract, testing::Values("fake", "podman", "podman_compat", "docker"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

} // namespace
} // namespace berth::test
