#include "model/json.hpp"
#include "model/refusal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace berth;
using namespace berth::model;

namespace {

/// The names of an enum's values from 0 to `last`.
template <class Enum>
std::vector<std::string> names_up_to(Enum last) {
    std::vector<std::string> names;
    for (int value = 0; value <= static_cast<int>(last); ++value) {
        names.emplace_back(name_of(static_cast<Enum>(value)));
    }
    return names;
}

template <class Enum>
void expect_unique_words(Enum last) {
    const std::vector<std::string> names = names_up_to(last);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    for (const std::string& name : names) {
        EXPECT_FALSE(name.empty());
        EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return c == '-' || (c >= 'a' && c <= 'z'); }))
            << name;
    }
}

} // namespace

TEST(Names, EveryKindOfDeviceIsFoundByItsWord) {
    expect_unique_words(DeviceKind::other);
    expect_unique_words(DockAction::ask);
    for (int number = 0; number <= static_cast<int>(DeviceKind::other); ++number) {
        const auto kind = static_cast<DeviceKind>(number);
        EXPECT_EQ(device_kind_from(name_of(kind)), kind);
    }
    EXPECT_EQ(device_kind_from("toaster"), std::nullopt);
    EXPECT_EQ(device_kind_from(""), std::nullopt);
}

TEST(Names, EverySeatStateHasAWordOfItsOwn) {
    expect_unique_words(SeatState::held);
}

TEST(Names, EveryStepHasAWordOfItsOwn) {
    expect_unique_words(Step::commit);
}

TEST(Names, EverySeatModeHasAWordOfItsOwn) {
    expect_unique_words(SeatMode::logind);
}

TEST(Names, EveryJobKindAndStateHasAWordOfItsOwn) {
    expect_unique_words(JobKind::snapshot);
    expect_unique_words(JobState::cancelled);
}

TEST(Names, EveryRefusalHasAWordOfItsOwn) {
    expect_unique_words(Refusal::shutting_down);
}

TEST(Names, WordsOfTheBusAreWhatItsDocumentationSays) {
    EXPECT_EQ(name_of(SeatMode::automatic), "auto");
    EXPECT_EQ(name_of(Step::check_image), "check-image");
    EXPECT_EQ(name_of(JobKind::restore_tty), "restore-tty");
}

TEST(Refusals, EachIsToldAsTheErrorOfItsComment) {
    EXPECT_EQ(error_code(Refusal::not_authorized), ErrorCode::not_authorized);
    EXPECT_EQ(error_code(Refusal::no_such_seat), ErrorCode::no_such_seat);
    EXPECT_EQ(error_code(Refusal::seat_busy), ErrorCode::seat_busy);
    EXPECT_EQ(error_code(Refusal::seat_taken), ErrorCode::seat_busy);
    EXPECT_EQ(error_code(Refusal::seat_held), ErrorCode::seat_busy);
    EXPECT_EQ(error_code(Refusal::seat_empty), ErrorCode::invalid_argument);
    EXPECT_EQ(error_code(Refusal::no_such_job), ErrorCode::invalid_argument);
    EXPECT_EQ(error_code(Refusal::job_not_cancellable), ErrorCode::invalid_argument);
    EXPECT_EQ(error_code(Refusal::bad_profile), ErrorCode::bad_profile);
    EXPECT_EQ(error_code(Refusal::invalid_argument), ErrorCode::invalid_argument);
    EXPECT_EQ(error_code(Refusal::no_terminals), ErrorCode::vt_unavailable);
    EXPECT_EQ(error_code(Refusal::shutting_down), ErrorCode::failed);
}

namespace {

/// A seat with a card of its own.
Seat with_card(const SeatName& name) {
    Seat seat;
    seat.name = name;
    seat.devices = {"/dev/dri/card1", "/dev/input/event7"};
    return seat;
}

SeatMode automatic_on_seat0(const HostFacts& host) {
    return resolve(SeatMode::automatic, host, with_card(SeatName{"seat0"}));
}

} // namespace

TEST(ResolvedMode, AutomaticIsVtWhereThereAreAVirtualTerminalAndACard) {
    EXPECT_EQ(automatic_on_seat0(HostFacts{true, true, false, {}}), SeatMode::vt);
}

TEST(ResolvedMode, AutomaticIsLogindWhereThatRunsToo) {
    EXPECT_EQ(automatic_on_seat0(HostFacts{true, true, true, {}}), SeatMode::logind);
    EXPECT_EQ(automatic_on_seat0(HostFacts{true, false, true, {}}), SeatMode::headless);
}

TEST(ResolvedMode, AutomaticIsHeadlessWhereEitherIsMissing) {
    EXPECT_EQ(automatic_on_seat0(HostFacts{true, false, false, {}}), SeatMode::headless);
    EXPECT_EQ(automatic_on_seat0(HostFacts{false, true, false, {}}), SeatMode::headless);
    EXPECT_EQ(automatic_on_seat0(HostFacts{}), SeatMode::headless);
}

TEST(ResolvedMode, AutomaticOnASeatWithoutTerminalsIsLogindWhereThatAndACardOfItsOwnAre) {
    Seat other = with_card(SeatName{"seat1"});
    EXPECT_EQ(resolve(SeatMode::automatic, HostFacts{true, true, true, {}}, other), SeatMode::logind);
    EXPECT_EQ(resolve(SeatMode::automatic, HostFacts{false, false, true, {}}, other), SeatMode::logind);
    EXPECT_EQ(resolve(SeatMode::automatic, HostFacts{true, true, false, {}}, other), SeatMode::headless);
    other.devices = {"/dev/dri/renderD128", "/dev/input/event7"};
    EXPECT_EQ(resolve(SeatMode::automatic, HostFacts{true, true, true, {}}, other), SeatMode::headless)
        << "the host's card is another seat's";
}

TEST(ResolvedMode, AWishIsKeptWhateverTheHostHas) {
    for (const char* name : {"seat0", "seat1"}) {
        const Seat seat = with_card(SeatName{name});
        EXPECT_EQ(resolve(SeatMode::vt, HostFacts{}, seat), SeatMode::vt);
        EXPECT_EQ(resolve(SeatMode::headless, HostFacts{true, true, false, {}}, seat), SeatMode::headless);
    }
}
