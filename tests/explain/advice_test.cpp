#include "explain/advice.hpp"
#include "explain/made_up_facts.hpp"

#include <gmock/gmock.h>

namespace berth::explain {

namespace {

using namespace made_up;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Advice, AVacantSeatIsWell) {
    EXPECT_THAT(advise(vacant()),
                ElementsAre(Advice{true, "all is well: the seat is vacant, and tty1 shows text and takes keys", ""}));
}

TEST(Advice, ADesktopThatIsUpIsWell) {
    EXPECT_THAT(advise(seated()),
                ElementsAre(Advice{
                    true, "all is well: the desktop gnome is up on tty20, and the guard watches its terminal", ""}));
}

TEST(Advice, ADesktopOfLogindIsWellThoughLogindHasItsTerminal) {
    Facts facts = seated();
    facts.terminals[1].holders = {logind};
    facts.cards[0].master = logind;
    facts.berthd.mode = "logind";
    EXPECT_TRUE(advise(facts).at(0).well);
    facts.berthd = {};
    facts.lease = {};
    facts.guard = {};
    facts.sessions = {{"3", "anna", 1000, "active", true, "seat0", 20, "wayland", "gdm", {90, "gdm", 'S'}, {}}};
    EXPECT_EQ(owner_of(facts.terminals[1], facts), Owner::lives) << "a session of somebody else's";
    facts.sessions[0].state = "closing";
    EXPECT_EQ(owner_of(facts.terminals[1], facts), Owner::none);
}

TEST(Advice, ATerminalThatIsLentAndNotShownDisturbsNobody) {
    Facts facts = seated();
    facts.terminals[1].visible = false;
    facts.terminals[1].holders.clear();
    facts.terminals[0].visible = true;
    EXPECT_THAT(advise(facts), SizeIs(1));
    EXPECT_TRUE(advise(facts)[0].well);
}

TEST(Advice, ADesktopOfAnotherSeatsCardIsNoForeigner) {
    Facts facts = vacant();
    facts.cards[0].master = server;
    facts.cards[0].seat = "seat1";
    EXPECT_TRUE(advise(facts).at(0).well);
}

TEST(Advice, ASeatWithoutTerminalsIsNotCalledVacantByItsMissingLease) {
    Facts facts = vacant();
    facts.seat = facts.cards[0].seat = "seat1";
    facts.terminals.clear();
    facts.cards[0].master = server;
    facts.berthd.presence = Presence::silent;
    EXPECT_THAT(advise(facts), SizeIs(1)) << "only that berthd does not answer";
}

TEST(Advice, NothingIsKnownOfAHostThatCouldNotBeRead) {
    Facts facts;
    EXPECT_FALSE(is_anything_known(facts));
    EXPECT_FALSE(advise(facts).empty());
    facts.lease.state = Lease::State::unreadable;
    EXPECT_FALSE(is_anything_known(facts));
    facts.visible = 1;
    EXPECT_TRUE(is_anything_known(facts));
}

TEST(Words, AProcessIsNamedWithWhatKeepsIt) {
    EXPECT_EQ(text_of(server), "Xorg (700)");
    EXPECT_EQ(text_of(Process{7, "", 'Z'}), "process (7, dead)");
    EXPECT_EQ(text_of(std::vector<Process>(6, server)), "Xorg (700), Xorg (700), Xorg (700), Xorg (700) and 2 more");
    EXPECT_THAT(text_of(std::vector<Process>{}), IsEmpty());
    EXPECT_EQ(keyboard_text(9), "of mode 9");
}

} // namespace

} // namespace berth::explain
