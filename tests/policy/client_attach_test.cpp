#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::chrome;
using berth::test::ClientScript;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A container that berth did not make: attached, given to, let go of, and never ended.
namespace {

const ClientId db{"db"};
const Grant a_node{GrantKind::kvm, {}};

struct Attached : ClientScript {
    Attached() { plays_on(db); }

    CallToken attach(std::vector<Grant> grants = {a_node}, std::string name = {}, std::uint32_t uid = 0) {
        return call(AttachRequest{"db", std::move(grants), std::move(name), {}}, uid);
    }

    CallToken attached() {
        const CallToken token = attach();
        finds();
        succeeds();
        joins();
        return token;
    }

    void finds(const std::string& container = "f00d") {
        succeeds_with(ContainerFound{container, "postgres:15", 4242, false});
    }

    void joins() { succeeds_with(ContainerJoined{4242, {{"/run/berth", 5, 1}}}); }

    std::string failure_of(CallToken token) const {
        const auto reply = reply_to(token);
        const auto* const failure = reply ? std::get_if<Failure>(&reply->answer) : nullptr;
        return failure == nullptr ? "" : failure->message;
    }
};

TEST(ClientAttach, LooksForTheContainerShowsItADoorAndAnswersWithTheClient) {
    Attached script;
    const CallToken token = script.attach();
    EXPECT_FALSE(script.reply_to(token)) << "not before it sees its door";
    script.finds();
    EXPECT_THAT(script.effects(), Contains(Effect{WatchClient{db, 4242}})) << "its end is the client's";
    script.succeeds();
    script.joins();
    EXPECT_THAT(script.steps(), ElementsAre(Step::find, Step::open_door, Step::join));
    EXPECT_EQ(script.reply_to(token)->answer, decltype(Reply::answer){db});
    const Client& client = script.client(db);
    EXPECT_EQ(client.state, ClientState::running);
    EXPECT_EQ(client.container, "f00d");
    EXPECT_EQ(client.plan.app.image, "postgres:15");
    EXPECT_THAT(client.grants, ElementsAre(a_node));
    EXPECT_THAT(script.records(), ElementsAre("kvm given"));
    EXPECT_THAT(client.mounts, ElementsAre(ForeignMount{"/run/berth", 5, 1}));
}

TEST(ClientAttach, IsGivenAndTakenLikeAnyOther) {
    Attached script;
    script.attached();
    script.forgets();
    const CallToken give = script.call(GrantRequest{db, {berth::test::gpu}});
    script.succeeds();
    EXPECT_EQ(script.reply_to(give)->answer.index(), 4U) << "its environment";
    script.call(RevokeRequest{db, {a_node}});
    script.succeeds();
    EXPECT_THAT(script.steps(), ElementsAre(Step::give, Step::take));
    EXPECT_THAT(script.client(db).grants, ElementsAre(berth::test::gpu));
}

TEST(ClientAttach, IsLetGoOfAndNeverStopped) {
    Attached script;
    script.attached();
    script.forgets();
    script.call(StopRequest{db, 10'000});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::part, Step::close_door));
    EXPECT_FALSE(script.is_there(db));
    EXPECT_EQ(script.count<SignalClient>(), 0U);
}

TEST(ClientAttach, EndsWithItsContainer) {
    Attached script;
    script.attached();
    script.forgets();
    script.happens(ClientExited{db, 4242});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::part, Step::close_door));
    EXPECT_FALSE(script.is_there(db));
}

TEST(ClientAttach, ThatFailsSaysWhyAndUndoesWhatItDid) {
    Attached none;
    const CallToken not_there = none.attach();
    none.fails();
    EXPECT_NE(none.failure_of(not_there), "");
    EXPECT_FALSE(none.is_there(db));
    EXPECT_THAT(none.steps(), ElementsAre(Step::find)) << "nothing was made yet";

    Attached closed;
    const CallToken refused = closed.attach();
    closed.finds();
    closed.succeeds();
    closed.fails();
    EXPECT_NE(closed.failure_of(refused), "");
    closed.runs_to_rest();
    EXPECT_THAT(closed.steps(), ElementsAre(Step::find, Step::open_door, Step::join, Step::part, Step::close_door));
    EXPECT_FALSE(closed.is_there(db));
    EXPECT_THAT(closed.records(), IsEmpty()) << "nothing was given";
}

TEST(ClientAttach, OfAContainerThatEndsMeanwhileIsAFailure) {
    Attached script;
    const CallToken token = script.attach();
    script.finds();
    script.happens(ClientExited{db, 4242});
    script.succeeds();
    script.fails();
    script.runs_to_rest();
    EXPECT_NE(script.failure_of(token), "");
    EXPECT_FALSE(script.is_there(db));
}

TEST(ClientAttach, OfWhatIsAClientOrADesktopAlreadyIsRefused) {
    Attached script;
    script.attached();
    const CallToken again = script.attach({}, "other");
    script.plays_on(ClientId{"other"});
    script.finds();
    EXPECT_THAT(script.failure_of(again), HasSubstr("client db already"));
    EXPECT_FALSE(script.is_there(ClientId{"other"}));

    Attached desktops;
    desktops.desktop_comes();
    const CallToken desktop = desktops.attach();
    desktops.finds(desktops.world().seats.at(berth::test::seat0).container);
    EXPECT_THAT(desktops.failure_of(desktop), HasSubstr("the desktop of seat seat0 already"));
}

TEST(ClientAttach, WithABadNameSeatOrGrantIsRefusedAtOnce) {
    Attached script;
    const auto why = [&](AttachRequest attach) {
        const auto refused = script.refusal_to(script.call(std::move(attach)));
        return refused ? refused->message : "";
    };
    EXPECT_THAT(why({"../db", {}, {}, {}}), HasSubstr("no container's name"));
    EXPECT_THAT(why({"db", {}, "a b", {}}), HasSubstr("no client's name"));
    EXPECT_THAT(why({"db", {}, {}, "seat7"}), HasSubstr("No seat 'seat7'"));
    EXPECT_THAT(why({"db", {berth::test::ipc}, {}, {}}), HasSubstr("when a container is made"));
    EXPECT_THAT(why({"db", {berth::test::display}, {}, {}}), HasSubstr("berth up"));
    script.attached();
    EXPECT_THAT(why({"db", {}, "db", {}}), HasSubstr("is there already"));
    EXPECT_THAT(script.steps(), ElementsAre(Step::find, Step::open_door, Step::join));
}

TEST(ClientAttach, IsForThoseWhoMayAttach) {
    Attached script;
    const CallToken token = script.attach({}, {}, 1000);
    EXPECT_THAT(script.effects(), Contains(Effect{Authorize{token, Caller{":1.7", 1000}, "org.berth.attach"}}));
    script.happens(Authorized{token, false, "no"});
    EXPECT_TRUE(script.refusal_to(token));
    EXPECT_THAT(script.steps(), IsEmpty());
}

TEST(ClientAttach, ThatComesTooLateIsUndone) {
    Attached script;
    const CallToken token = script.attach();
    script.finds();
    script.succeeds();
    script.times_out_for_now();
    script.runs_to_rest();
    EXPECT_NE(script.failure_of(token), "");
    EXPECT_FALSE(script.is_there(db));
    script.forgets();
    script.answers_late();
    EXPECT_THAT(script.effects(), Contains(Effect{UndoJoin{4242, {{"/run/berth", 5, 1}}}}));
    EXPECT_FALSE(script.is_there(db));
}

} // namespace
