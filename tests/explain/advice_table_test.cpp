#include "explain/advice.hpp"
#include "explain/made_up_facts.hpp"
#include "guard/tty_restore.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace berth::explain {

namespace {

using namespace made_up;
using ::testing::HasSubstr;

struct Row {
    const char* name;
    Facts (*begin)();
    std::function<void(Facts&)> change;
    std::vector<const char*> what; ///< a part of each sentence, in order: no more and no fewer
    std::vector<const char*> next; ///< a part of each command
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}

class AdviceTable : public ::testing::TestWithParam<Row> {};

TEST_P(AdviceTable, SaysWhatIsWrongAndTheNextStep) {
    const Row& row = GetParam();
    Facts facts = row.begin();
    row.change(facts);
    const auto advice = advise(facts);
    ASSERT_EQ(advice.size(), row.what.size()) << ::testing::PrintToString(facts.seat) << ": " << advice.at(0).what;
    for (std::size_t i = 0; i < advice.size(); ++i) {
        EXPECT_THAT(advice[i].what, HasSubstr(row.what[i]));
        EXPECT_THAT(advice[i].next, HasSubstr(row.next[i]));
        EXPECT_FALSE(advice[i].well) << advice[i].what;
    }
}

const Row terminal_rows[] = {
    {"graphics and nobody there",
     vacant,
     [](Facts& facts) { facts.terminals[0] = terminal(1, in_graphics); },
     {"tty1 is in graphics mode and its keyboard is off, and no process has it open"},
     {"berth restore-tty"}},
    {"graphics and only a getty",
     vacant,
     [](Facts& facts) { facts.terminals[0].modes = in_graphics; },
     {"and only agetty (612) has it open: nobody draws there"},
     {"berth restore-tty"}},
    {"graphics and whoever it was is dead",
     vacant,
     [](Facts& facts) {
         facts.terminals[0] = terminal(1, in_graphics, {{700, "Xorg", 'Z'}});
     },
     {"nobody draws there"},
     {"berth restore-tty"}},
    {"graphics and not all could be read",
     vacant,
     [](Facts& facts) {
         facts.terminals[0] = terminal(1, in_graphics);
         facts.sees_all = false;
     },
     {"no process of those that could be read has it open"},
     {"berth restore-tty"}},
    {"a shell is left of a desktop",
     vacant,
     [](Facts& facts) {
         facts.terminals[0] = terminal(1, in_graphics, {{900, "bash", 'S'}});
         facts.terminals[0].visible = true;
     },
     {"bash (900) has it open, but no graphics card. If the screen is dead:"},
     {"berth restore-tty"}},
    {"the one who draws was stopped",
     vacant,
     [](Facts& facts) {
         facts.terminals[0] = terminal(1, in_graphics, {{700, "Xorg", 'T'}});
         facts.cards[0].holders = facts.terminals[0].holders;
     },
     {"who has it open is stopped: Xorg (700, stopped)"},
     {"kill -CONT 700, or berth restore-tty"}},
    {"text and no keyboard",
     vacant,
     [](Facts& facts) {
         facts.terminals[0].modes = Modes{false, false, 4};
     },
     {"tty1 shows text, and its keyboard is off"},
     {"berth restore-tty"}},
    {"text and a raw keyboard",
     vacant,
     [](Facts& facts) {
         facts.terminals[0].modes = Modes{false, false, 0};
     },
     {"its keyboard is raw"},
     {"berth restore-tty"}},
    {"text that is drawn nowhere",
     vacant,
     [](Facts& facts) { facts.console = guard::wrong_console; },
     {"no frame buffer console is bound"},
     {"berth restore-tty"}},
    {"text and dark screens",
     vacant,
     [](Facts& facts) { facts.console = guard::wrong_screen; },
     {"every screen that is plugged in is dark"},
     {"berth restore-tty"}},
    {"berthd hangs, too",
     vacant,
     [](Facts& facts) {
         facts.terminals[0] = terminal(1, in_graphics);
         facts.berthd.presence = Presence::silent;
         facts.berthd.trouble = "no answer within 2 s";
     },
     {"nobody draws there", "berthd (process 801) does not answer: no answer within 2 s"},
     {"systemctl restart berthd; berth restore-tty", "systemctl restart berthd"}},
    {"the home terminal is dead behind a vacant seat",
     all_dead,
     [](Facts& facts) {
         facts.visible = 0;
         facts.lease.state = Lease::State::idle;
         facts.terminals = {terminal(1, in_graphics)};
         facts.terminals[0].home = true;
     },
     {"tty1 is in graphics mode", "berthd is not on the bus"},
     {"berth restore-tty", "systemctl start berthd"}},
};

const Row guard_rows[] = {
    {"everything died at once",
     all_dead,
     [](Facts&) {},
     {"tty20, which is visible, is in graphics mode", "tty20 is lent to a desktop and no guard runs",
      "berthd is not on the bus"},
     {"berth restore-tty", "systemctl start berth-guard@seat0", "systemctl start berthd"}},
    {"no guard",
     seated,
     [](Facts& facts) { facts.guard = {}; },
     {"tty20 is lent to a desktop and no guard runs"},
     {"systemctl start berth-guard@seat0"}},
    {"no guard, and no lease either",
     seated,
     [](Facts& facts) {
         facts.guard = {};
         facts.lease = {};
     },
     {"tty20 is lent to a desktop and no guard runs"},
     {"systemctl start berth-guard@seat0"}},
    {"a guard that hangs",
     seated,
     [](Facts& facts) { facts.guard.presence = Presence::silent; },
     {"the guard does not answer"},
     {"systemctl restart berth-guard@seat0"}},
    {"a guard that failed",
     vacant,
     [](Facts& facts) {
         facts.guard.presence = Presence::here;
         facts.guard.word = "armed";
         facts.guard.verified = false;
         facts.guard.report = R"({"verified":false})";
     },
     {R"(could not give the text terminal back: {"verified":false})"},
     {"SysRq + R"}},
    {"a guard without berthd",
     seated,
     [](Facts& facts) { facts.guard.berthd = false; },
     {"berthd is not connected to the guard"},
     {"systemctl restart berthd"}},
    {"a torn lease",
     vacant,
     [](Facts& facts) {
         facts.lease.state = Lease::State::torn;
         facts.lease.trouble = "vt: a number was expected";
     },
     {"lease is torn (vt: a number was expected)"},
     {"berth down"}},
    {"no berthd",
     vacant,
     [](Facts& facts) { facts.berthd = {}; },
     {"berthd is not on the bus"},
     {"systemctl start berthd; why it ended: journalctl -b -u berthd"}},
    {"no berthd, and a desktop that goes on",
     seated,
     [](Facts& facts) { facts.berthd = {}; },
     {"the desktop goes on without it"},
     {"systemctl start berthd"}},
    {"a berthd that lost its name",
     vacant,
     [](Facts& facts) { facts.berthd.presence = Presence::absent; },
     {"berthd is not on the bus, though it runs (process 801)"},
     {"systemctl start berthd"}},
    {"a bus that hangs",
     vacant,
     [](Facts& facts) {
         facts.berthd.presence = Presence::unasked;
         facts.berthd.trouble = "NoBus: gone";
     },
     {"berthd (process 801) could not be asked: NoBus: gone"},
     {"systemctl status dbus"}},
    {"neither a bus nor a berthd",
     vacant,
     [](Facts& facts) {
         facts.berthd = {};
         facts.berthd.presence = Presence::unasked;
     },
     {"berthd does not run, and its bus cannot be asked"},
     {"systemctl start berthd"}},
};

const Row seat_rows[] = {
    {"frozen",
     seated,
     [](Facts& facts) { facts.berthd.state = "frozen"; },
     {"the desktop gnome is frozen"},
     {"berth thaw"}},
    {"held",
     vacant,
     [](Facts& facts) {
         facts.berthd.state = "held";
         facts.berthd.failed_step = "start";
         facts.berthd.failure = "TimedOut: too slow";
     },
     {"the seat is held and takes no desktop; why: start: TimedOut: too slow"},
     {"berth down, then berth up"}},
    {"the last one failed",
     vacant,
     [](Facts& facts) {
         facts.berthd.failed_step = "create";
         facts.berthd.failure = "ImageNotFound: no gnome";
     },
     {"the last desktop failed; why: create: ImageNotFound: no gnome"},
     {"journalctl -b -u berthd"}},
    {"on its way",
     seated,
     [](Facts& facts) { facts.berthd.state = "starting"; },
     {"the seat is starting"},
     {"berth monitor"}},
    {"no such seat",
     vacant,
     [](Facts& facts) {
         facts.berthd = {};
         facts.berthd.presence = Presence::here;
     },
     {"berthd has no seat of that name"},
     {"berth status"}},
    {"another seat is named in the command",
     vacant,
     [](Facts& facts) {
         facts.seat = "seat1";
         facts.terminals.clear();
         facts.berthd.state = "frozen";
     },
     {"is frozen"},
     {"berth thaw --seat seat1"}},
    {"somebody else draws",
     vacant,
     [](Facts& facts) { facts.cards[0].master = server; },
     {"Xorg (700) is DRM master of card0, and is no desktop of berth: the seat is vacant"},
     {"systemctl status 700"}},
    {"somebody else draws, and there is no berthd",
     vacant,
     [](Facts& facts) {
         facts.cards[0].master = server;
         facts.berthd = {};
     },
     {"berthd is not on the bus", "no terminal is lent"},
     {"systemctl start berthd", "systemctl status 700"}},
    {"a session that is closing",
     vacant,
     [](Facts& facts) {
         facts.sessions = {
             {"3", "anna", 1000, "closing", false, "seat0", 7, "wayland", "gdm", {90, "", 'X'}, {{91, "emacs", 'D'}}}};
     },
     {"session 3 of anna is closing; what keeps it: emacs (91, in the kernel)"},
     {"loginctl session-status 3"}},
    {"a session that is closing with nothing in it",
     vacant,
     [](Facts& facts) {
         facts.sessions = {{"3", "anna", 1000, "closing", false, "", 0, "tty", "sshd", {}, {}}};
     },
     {"no process is left in it"},
     {"loginctl session-status 3"}},
    {"not root",
     vacant,
     [](Facts& facts) {
         facts.root = false;
         facts.gaps = {{"the modes of tty1", "Permission denied"}};
         facts.terminals[0].modes.reset();
     },
     {"as far as could be read", "not everything was readable: be root"},
     {"", "sudo berth explain --seat seat0"}},
};

INSTANTIATE_TEST_SUITE_P(OfTerminals, AdviceTable, ::testing::ValuesIn(terminal_rows));
INSTANTIATE_TEST_SUITE_P(OfGuardsAndBerthd, AdviceTable, ::testing::ValuesIn(guard_rows));
INSTANTIATE_TEST_SUITE_P(OfSeatsAndSessions, AdviceTable, ::testing::ValuesIn(seat_rows));

} // namespace

} // namespace berth::explain
