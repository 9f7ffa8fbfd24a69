#include "login1/own_session.hpp"
#include "login1/signals.hpp"

#include <gmock/gmock.h>

namespace berth::login1 {
namespace {

using ::testing::Eq;
using ::testing::Optional;

Signal from_manager(std::string member, std::vector<std::string> arguments) {
    return Signal{std::string{names::manager_path}, std::string{names::manager}, std::move(member),
                  std::move(arguments)};
}

Signal from_session(std::string member, std::vector<std::string> arguments, std::string path = own_session().path) {
    return Signal{std::move(path), std::string{names::session}, std::move(member), std::move(arguments)};
}

Signal changed(std::string path, std::string_view interface) {
    return Signal{std::move(path), std::string{names::properties}, "PropertiesChanged", {std::string{interface}}};
}

const Relay everybody{};

TEST(SignalsTest, SleepAndShutdownAreToldToEverybody) {
    EXPECT_THAT(relay(from_manager("PrepareForSleep", {"true"}), own_session()), Optional(everybody));
    EXPECT_THAT(relay(from_manager("PrepareForShutdown", {"true"}), own_session()), Optional(everybody));
}

TEST(SignalsTest, LockAndUnlockOfTheOwnSessionOnly) {
    for (const char* const member : {"Lock", "Unlock"}) {
        EXPECT_THAT(relay(from_session(member, {}), own_session()), Optional(everybody));
        EXPECT_THAT(relay(from_session(member, {}, foreign_session), own_session()), Eq(std::nullopt));
    }
}

TEST(SignalsTest, DevicesAreTheControllersAlone) {
    const Signal pause = from_session("PauseDevice", {"226", "0", "pause"});
    const Signal resume = from_session("ResumeDevice", {"226", "0"});
    for (const Signal& signal : {pause, resume}) {
        EXPECT_THAT(relay(signal, own_session(":1.5")), Optional(Relay{.to_controller = true, .changed = {}}));
        EXPECT_THAT(relay(signal, own_session()), Eq(std::nullopt)) << "nobody is there to take it";
    }
    EXPECT_THAT(relay(from_session("PauseDevice", {"226", "0", "pause"}, foreign_session), own_session(":1.5")),
                Eq(std::nullopt));
}

TEST(SignalsTest, SessionsOfOthersComeAndGoUnheard) {
    const Session own = own_session();
    for (const char* const member : {"SessionNew", "SessionRemoved"}) {
        EXPECT_THAT(relay(from_manager(member, {own.id, own.path}), own), Optional(everybody));
        EXPECT_THAT(relay(from_manager(member, {"9", foreign_session}), own), Eq(std::nullopt));
        EXPECT_THAT(relay(from_manager(member, {own.id, foreign_session}), own), Eq(std::nullopt));
        EXPECT_THAT(relay(from_manager(member, {own.id}), own), Eq(std::nullopt));
    }
    for (const char* const member : {"UserNew", "UserRemoved", "SeatNew", "SeatRemoved"}) {
        EXPECT_THAT(relay(from_manager(member, {"1000", own.user_path}), own), Eq(std::nullopt));
    }
}

TEST(SignalsTest, ChangesOfTheOwnFourObjectsAreFiltered) {
    const Session own = own_session();
    const std::vector<std::pair<std::string, std::string_view>> objects{
        {std::string{names::manager_path}, names::manager},
        {own.path, names::session},
        {own.seat_path, names::seat},
        {own.user_path, names::user}};
    for (const auto& [path, interface] : objects) {
        EXPECT_THAT(relay(changed(path, interface), own),
                    Optional(Relay{.to_controller = false, .changed = std::string{interface}}));
        EXPECT_THAT(relay(changed(path, "org.example.Other"), own), Eq(std::nullopt));
    }
}

TEST(SignalsTest, ChangesOfForeignObjectsAreNotHeard) {
    EXPECT_THAT(relay(changed(foreign_session, names::session), own_session()), Eq(std::nullopt));
    EXPECT_THAT(relay(changed(foreign_seat, names::seat), own_session()), Eq(std::nullopt));
    EXPECT_THAT(relay(changed(foreign_user, names::user), own_session()), Eq(std::nullopt));
}

TEST(SignalsTest, AMemberOnTheWrongObjectOrInterfaceIsNotHeard) {
    const Session own = own_session(":1.5");
    EXPECT_THAT(relay(Signal{own.path, std::string{names::manager}, "PrepareForSleep", {"true"}}, own),
                Eq(std::nullopt));
    EXPECT_THAT(relay(Signal{own.seat_path, std::string{names::session}, "Lock", {}}, own), Eq(std::nullopt));
    EXPECT_THAT(relay(Signal{own.seat_path, std::string{names::seat}, "Lock", {}}, own), Eq(std::nullopt));
    EXPECT_THAT(relay(Signal{own.path, std::string{names::properties}, "SomethingElse", {}}, own), Eq(std::nullopt));
    EXPECT_THAT(relay(Signal{own.path, std::string{names::properties}, "PropertiesChanged", {}}, own),
                Eq(std::nullopt));
    EXPECT_THAT(relay(from_manager("PrepareForShutdownWithMetadata", {"true"}), own), Eq(std::nullopt));
}

TEST(SignalsTest, TheEndIsTheRemovalOfTheOwnSession) {
    const Session own = own_session();
    EXPECT_TRUE(tells_of_the_end(from_manager("SessionRemoved", {own.id, own.path}), own));
    EXPECT_FALSE(tells_of_the_end(from_manager("SessionRemoved", {"9", foreign_session}), own));
    EXPECT_FALSE(tells_of_the_end(from_manager("SessionNew", {own.id, own.path}), own));
    EXPECT_FALSE(tells_of_the_end(from_session("SessionRemoved", {own.id, own.path}), own));
}

} // namespace
} // namespace berth::login1
