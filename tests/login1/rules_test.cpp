#include "login1/own_session.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace berth::login1 {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const Options none{};
const Options power{.allow_power = true};

constexpr const char* access_denied = "org.freedesktop.DBus.Error.AccessDenied";

Deny denied(const Call& call, const Session& session = own_session(":1.5"), const Options& options = none) {
    const Verdict verdict = decide(call, session, options);
    const Deny* const deny = std::get_if<Deny>(&verdict);
    return deny == nullptr ? Deny{"not denied", ""} : *deny;
}

Forward forwarded(const Call& call, const Session& session = own_session(":1.5"), const Options& options = none) {
    const Verdict verdict = decide(call, session, options);
    const Forward* const forward = std::get_if<Forward>(&verdict);
    return forward == nullptr ? Forward{.path = "not forwarded"} : *forward;
}

/// One test a row: what is in the table is allowed, and only as it stands there.
class EachRow : public ::testing::TestWithParam<Row> {
  protected:
    /// Every object that the row is about.
    static std::vector<Call> calls() {
        if (GetParam().target != Target::any) {
            return {call_for(GetParam())};
        }
        std::vector<Call> calls;
        for (const Target target : {Target::manager, Target::session, Target::seat, Target::user}) {
            Row row = GetParam();
            row.target = target;
            calls.push_back(call_for(row));
        }
        return calls;
    }

    static bool is_answered() {
        const std::set<Way> answered{Way::session_by_id, Way::session_by_pid, Way::user_by_id,
                                     Way::user_by_pid,   Way::seat_by_id,     Way::sessions,
                                     Way::users,         Way::seats,          Way::ping};
        return answered.contains(GetParam().way);
    }

    static bool is_about_power() { return GetParam().way == Way::power || GetParam().way == Way::can_power; }
};

TEST_P(EachRow, IsAllowedToTheController) {
    Session session = own_session(GetParam().way == Way::take_control ? "" : ":1.5");
    for (const Call& call : calls()) {
        const Verdict verdict = decide(call, session, power);
        if (is_answered()) {
            EXPECT_TRUE(std::holds_alternative<Answer>(verdict));
        } else {
            ASSERT_TRUE(std::holds_alternative<Forward>(verdict)) << call.path;
            EXPECT_EQ(std::get<Forward>(verdict).path, call.path);
        }
    }
}

TEST_P(EachRow, IsDeniedOrAnsweredNoByDefaultWhenItIsAboutPower) {
    for (const Call& call : calls()) {
        const Verdict verdict = decide(call, own_session(":1.5"), none);
        if (GetParam().way == Way::power) {
            EXPECT_THAT(std::get<Deny>(verdict).sentence, HasSubstr("do that on the host"));
        } else if (GetParam().way == Way::can_power) {
            EXPECT_EQ(std::get<Answer>(verdict), Answer::no);
        } else {
            EXPECT_FALSE(std::holds_alternative<Deny>(verdict));
        }
    }
}

TEST_P(EachRow, TakesNoArgumentsOfOtherTypes) {
    for (Call call : calls()) {
        for (const char* const more : {"h", "s", "a{sv}", "v"}) {
            call.signature = std::string{GetParam().signature} + more;
            EXPECT_EQ(denied(call, own_session(":1.5"), power).error, "org.freedesktop.DBus.Error.InvalidArgs");
        }
    }
}

TEST_P(EachRow, IsDeniedOnForeignObjects) {
    for (Call call : calls()) {
        for (const char* const path : {foreign_session, foreign_user, foreign_seat}) {
            call.path = path;
            EXPECT_EQ(denied(call, own_session(":1.5"), power).error, "org.freedesktop.DBus.Error.UnknownObject");
        }
    }
}

TEST_P(EachRow, IsDeniedUnderAnotherInterfaceOrNone) {
    for (Call call : calls()) {
        for (const char* const interface : {"", "org.freedesktop.login1.manager", "org.freedesktop.systemd1.Manager"}) {
            call.interface = interface;
            EXPECT_EQ(denied(call, own_session(":1.5"), power).error, access_denied);
        }
    }
}

TEST_P(EachRow, SaysWhyItIsThere) {
    EXPECT_THAT(GetParam().why, Not(IsEmpty()));
}

TEST_P(EachRow, IsForTheControllerWhereItTouchesDevices) {
    const bool controllers = GetParam().way == Way::controller || GetParam().way == Way::release_control;
    for (const Call& call : calls()) {
        const bool refused = std::holds_alternative<Deny>(decide(call, own_session(":1.9"), power));
        EXPECT_EQ(refused, controllers || GetParam().way == Way::take_control) << call.member;
        EXPECT_EQ(std::holds_alternative<Deny>(decide(call, own_session(), power)), controllers) << call.member;
    }
}

std::string name_of_row(const ::testing::TestParamInfo<Row>& info) {
    return std::string{info.param.member};
}

INSTANTIATE_TEST_SUITE_P(Table, EachRow, ::testing::ValuesIn(allowed_calls().begin(), allowed_calls().end()),
                         name_of_row);

class EachRefusal : public ::testing::TestWithParam<RefusedRow> {};

TEST_P(EachRefusal, IsAnsweredWithItsSentenceOnTheOwnObject) {
    std::string member{GetParam().member};
    if (member.ends_with('*')) {
        member.back() = 'X';
    }
    bool asked = false;
    for (const Target target : {Target::manager, Target::session, Target::seat, Target::user}) {
        if (GetParam().interface.starts_with("org.freedesktop.DBus.") || GetParam().interface == interface_of(target)) {
            asked = true;
            Call call{path_of(target), std::string{GetParam().interface}, member, "", {}, ":1.5"};
            const Deny deny = denied(call);
            EXPECT_EQ(deny.error, access_denied);
            EXPECT_EQ(deny.sentence, "berth: " + std::string{GetParam().sentence});
        }
    }
    EXPECT_TRUE(asked);
}

INSTANTIATE_TEST_SUITE_P(Table, EachRefusal, ::testing::ValuesIn(refused_calls().begin(), refused_calls().end()));

TEST(RulesTest, NoMemberStandsInTheTableTwice) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const Row& row : allowed_calls()) {
        EXPECT_TRUE(seen.emplace(row.interface, row.member).second) << row.member;
    }
}

TEST(RulesTest, WhatIsInNoTableIsDeniedWithASentence) {
    EXPECT_THAT(denied(manager_call("ListSessionsEx", "", {})).sentence, HasSubstr("not open to a contained desktop"));
    EXPECT_THAT(denied(session_call("SetClass", "s", {"greeter"})).sentence, HasSubstr("chosen by berth"));
    EXPECT_THAT(denied(session_call("Terminate", "", {})).sentence, HasSubstr("log out"));
    EXPECT_THAT(denied(manager_call("TerminateSession", "s", {"3"})).sentence, HasSubstr("log out"));
    EXPECT_THAT(denied(manager_call("PowerOff", "b", {"true"})).sentence, HasSubstr("do that on the host"));
}

TEST(RulesTest, TheAliasesAreRewrittenToTheOwnObjects) {
    const Session own = own_session();
    const std::vector<std::pair<std::string, std::string>> aliases{
        {"/org/freedesktop/login1/session/auto", own.path},
        {"/org/freedesktop/login1/session/self", own.path},
        {"/org/freedesktop/login1/seat/auto", own.seat_path},
        {"/org/freedesktop/login1/seat/self", own.seat_path},
        {"/org/freedesktop/login1/user/self", own.user_path}};
    for (const auto& [alias, real] : aliases) {
        const Call call{alias, std::string{names::introspectable}, "Introspect", "", {}, ":1.5"};
        EXPECT_EQ(forwarded(call).path, real);
    }
}

TEST(RulesTest, PathsThatOnlyLookLikeTheOwnAreForeign) {
    for (const std::string path :
         {"/", "/org/freedesktop/login1/session", "/org/freedesktop/login1/session/_3",
          "/org/freedesktop/login1/session/_333", "/org/freedesktop/login1/session/_33/x",
          "/org/freedesktop/login1/user/auto", "/org/freedesktop/login1/seat", "/org/freedesktop/login1/seat/seat00",
          "/org/freedesktop/login1x", "/org/freedesktop/systemd1", ""}) {
        const Call call{path, std::string{names::introspectable}, "Introspect", "", {}, ":1.5"};
        EXPECT_EQ(denied(call).error, "org.freedesktop.DBus.Error.UnknownObject") << path;
    }
}

TEST(RulesTest, TheOwnSessionSeatAndUserAreFoundByTheirNames) {
    const Session session = own_session();
    for (const char* const name : {"3", "auto", "self", ""}) {
        EXPECT_EQ(std::get<Answer>(decide(manager_call("GetSession", "s", {name}), session, none)),
                  Answer::session_path);
    }
    for (const char* const name : {"seat0", "auto", "self", ""}) {
        EXPECT_EQ(std::get<Answer>(decide(manager_call("GetSeat", "s", {name}), session, none)), Answer::seat_path);
    }
    EXPECT_EQ(std::get<Answer>(decide(manager_call("GetUser", "u", {"1000"}), session, none)), Answer::user_path);
    EXPECT_EQ(std::get<Answer>(decide(manager_call("GetSessionByPID", "u", {"1"}), session, none)),
              Answer::session_path);
    EXPECT_EQ(std::get<Answer>(decide(manager_call("GetUserByPID", "u", {"77"}), session, none)), Answer::user_path);
}

TEST(RulesTest, OthersAreNotFoundWhetherTheyAreThereOrNot) {
    EXPECT_EQ(denied(manager_call("GetSession", "s", {"9"})).error, "org.freedesktop.login1.NoSuchSession");
    EXPECT_EQ(denied(manager_call("GetSession", "s", {"33"})).error, "org.freedesktop.login1.NoSuchSession");
    EXPECT_EQ(denied(manager_call("GetSeat", "s", {"seat9"})).error, "org.freedesktop.login1.NoSuchSeat");
    EXPECT_EQ(denied(manager_call("GetUser", "u", {"0"})).error, "org.freedesktop.login1.NoSuchUser");
}

TEST(RulesTest, TheListsAreAnsweredWithoutTheHost) {
    const Session session = own_session();
    EXPECT_EQ(std::get<Answer>(decide(manager_call("ListSessions", "", {}), session, none)), Answer::sessions);
    EXPECT_EQ(std::get<Answer>(decide(manager_call("ListUsers", "", {}), session, none)), Answer::users);
    EXPECT_EQ(std::get<Answer>(decide(manager_call("ListSeats", "", {}), session, none)), Answer::seats);
}

TEST(ControlTest, IsTakenByOneProgramAtATime) {
    const Call take = session_call("TakeControl", "b", {"false"});
    EXPECT_EQ(forwarded(take, own_session()).control, Control::take);
    EXPECT_EQ(forwarded(take, own_session(":1.5")).control, Control::take) << "asking again is logind's to answer";
    const Deny busy = denied(take, own_session(":1.9"));
    EXPECT_EQ(busy.error, "System.Error.EBUSY");
    EXPECT_THAT(busy.sentence, HasSubstr(":1.9"));
}

TEST(ControlTest, IsNeverTakenByForceNorByNobody) {
    EXPECT_THAT(denied(session_call("TakeControl", "b", {"true"}), own_session()).sentence, HasSubstr("by force"));
    EXPECT_EQ(denied(session_call("TakeControl", "b", {"false"}, ""), own_session()).error, access_denied);
    EXPECT_EQ(denied(session_call("TakeControl", "b", {}), own_session()).error, access_denied);
}

TEST(ControlTest, ACallerWithoutANameIsNotTheControllerThatIsNotThere) {
    EXPECT_THAT(denied(session_call("TakeDevice", "uu", {"226", "0"}, ""), own_session()).sentence,
                HasSubstr("took control"));
}

TEST(ControlTest, ReleasingSaysThatNobodyHasItAfterwards) {
    EXPECT_EQ(forwarded(session_call("ReleaseControl", "", {})).control, Control::release);
    EXPECT_EQ(forwarded(session_call("TakeDevice", "uu", {"13", "64"})).control, Control::none);
}

TEST(InhibitTest, SleepAndShutdownAreDelayedNotForbidden) {
    const auto inhibit = [](std::string what, std::string mode) {
        return manager_call("Inhibit", "ssss", {std::move(what), "gsd-power", "external monitor", std::move(mode)});
    };
    EXPECT_EQ(forwarded(inhibit("sleep", "delay")).path, names::manager_path);
    EXPECT_EQ(forwarded(inhibit("handle-lid-switch:handle-power-key", "block")).path, names::manager_path);
    EXPECT_EQ(forwarded(inhibit("idle", "block")).path, names::manager_path);
    for (const char* const what : {"sleep", "shutdown", "idle:shutdown", "sleep:idle", "shutdown:sleep"}) {
        for (const char* const mode : {"block", "block-weak", "", "of a later systemd"}) {
            EXPECT_THAT(denied(inhibit(what, mode)).sentence, HasSubstr("not forbid it")) << what << mode;
            EXPECT_EQ(forwarded(inhibit(what, mode), own_session(), power).path, names::manager_path);
        }
    }
}

TEST(PropertyTest, OnlyTheObjectsOwnInterfaceIsRead) {
    const Session own = own_session();
    EXPECT_EQ(denied(property_call(own.path, names::manager, "IdleHint")).error,
              "org.freedesktop.DBus.Error.UnknownInterface");
    EXPECT_EQ(denied(property_call(own.seat_path, "", "")).error, "org.freedesktop.DBus.Error.UnknownInterface")
        << "an empty name means every interface";
}

TEST(PropertyTest, AForwardSaysWhatTheReplyMayCarry) {
    const Session own = own_session();
    EXPECT_EQ(forwarded(property_call(own.seat_path, names::seat, "Sessions")),
              (Forward{own.seat_path, Shape::property, Control::none, std::string{names::seat}, "Sessions"}));
    EXPECT_EQ(forwarded(property_call(own.seat_path, names::seat, "")),
              (Forward{own.seat_path, Shape::properties, Control::none, std::string{names::seat}, ""}));
    EXPECT_EQ(forwarded(manager_call("ListInhibitors", "", {})).shape, Shape::inhibitors);
}

TEST(PropertyTest, WhatIsHiddenIsUnknown) {
    const std::string manager{names::manager_path};
    EXPECT_EQ(denied(property_call(manager, names::manager, "NCurrentSessions")).error,
              "org.freedesktop.DBus.Error.UnknownProperty");
    EXPECT_EQ(forwarded(property_call(manager, names::manager, "PreparingForSleep")).shape, Shape::property);
}

} // namespace
} // namespace berth::login1
