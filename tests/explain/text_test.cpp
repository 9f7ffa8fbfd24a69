#include "explain/text.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <set>

namespace berth::explain {

namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const Process drawer{700, "Xorg", 'S'};

Facts everything() {
    Facts facts;
    facts.seat = "seat0";
    facts.root = true;
    facts.sees_all = true;
    facts.visible = 20;
    Terminal home;
    home.number = 1;
    home.home = true;
    home.allocated = false;
    Terminal desktop;
    desktop.number = 20;
    desktop.visible = desktop.lent = true;
    desktop.modes = Modes{true, true, 4};
    desktop.holders = {drawer};
    facts.terminals = {home, desktop};
    facts.cards = {{"card0", "seat0", true, drawer, {drawer}}, {"card1", "seat1", false, std::nullopt, {}}};
    facts.inputs = {{"event0", "Power Button", "seat0", {}}};
    facts.sessions = {
        {"3", "anna", 1000, "closing", false, "seat0", 20, "wayland", "gdm", {90, "", 'X'}, {{91, "emacs", 'D'}}},
        {"4", "bert", 1001, "active", true, "seat0", 1, "tty", "login", {95, "login", 'S'}, {}},
        {"5", "carl", 1002, "online", false, "", 0, "tty", "sshd", {99, "sshd", 'S'}, {}}};
    facts.lease = {Lease::State::armed, 20, 1, {690, "systemd", 'S'}, true, {}};
    facts.guard.presence = Presence::here;
    facts.guard.word = "armed";
    facts.guard.vt = 20;
    facts.guard.desktop = "alive";
    facts.guard.report = R"({"verified":true})";
    facts.berthd.presence = Presence::here;
    facts.berthd.pid = 801;
    facts.berthd.knows_seat = true;
    facts.berthd.state = "seated";
    facts.berthd.mode = "vt";
    facts.berthd.desktop = "gnome";
    facts.berthd.vt = 20;
    facts.berthd.failed_step = "probe-shell";
    facts.berthd.failure = "TimedOut: too slow";
    facts.gaps = {{"the DRM master of card1", "Permission denied"}};
    return facts;
}

const std::vector<Advice> one_advice{{false, "it is so", "do this"}, {true, "all is well", ""}};

TEST(Lines, AreOneAFactAndThenTheAdvice) {
    const std::vector<std::string> expected{
        "seat0",
        "  tty1        home, not allocated; open in nobody",
        "  tty20       visible, the desktop's, graphics, keyboard off, switched by a process; open in Xorg (700)",
        "  card0       DRM master Xorg (700); open in Xorg (700)",
        "  card1       of seat1, DRM master not readable; open in nobody",
        "  event0      Power Button: open in nobody",
        "  session 3   CLOSING, kept by emacs (91, in the kernel); closing, anna (1000), wayland on tty20, gdm, leader "
        "process (90, dead)",
        "  session 4   active (in front), bert (1001), tty on tty1, login, leader login (95)",
        "  berthd      runs (801): seated, gnome (vt) on tty20",
        "  last failure probe-shell: TimedOut: too slow",
        "  guard       armed, tty20, desktop alive, without berthd",
        "  lease       tty20 is lent, home is tty1; the desktop's init lives: systemd (690)",
        "  not readable the DRM master of card1: Permission denied",
        "-> it is so",
        "     do this",
        "-> all is well"};
    EXPECT_EQ(lines_of(everything(), one_advice), expected);
}

TEST(Lines, WhoIsNotRootIsToldWhatHeLacks) {
    Facts facts = everything();
    facts.root = false;
    facts.sees_all = false;
    facts.terminals[0].allocated = true;
    const auto lines = lines_of(facts, {});
    EXPECT_THAT(lines, Contains("  tty1        home, modes not readable; open in nobody who could be read"));
    EXPECT_THAT(lines, Contains(HasSubstr("Permission denied; be root")));
}

TEST(Lines, EveryWordOfGuardBerthdAndLease) {
    Facts facts = everything();
    const auto has = [&](const char* line) { EXPECT_THAT(lines_of(facts, {}), Contains(HasSubstr(line))); };
    facts.guard.restored = true;
    facts.guard.verified = false;
    has("has restored IN VAIN");
    facts.guard = {};
    facts.berthd = {};
    facts.lease.init_lives = false;
    facts.lease.state = Lease::State::restore;
    has("  guard       does not run");
    has("  berthd      does not run");
    has("the desktop's init 690 is gone; it is being given back");
    facts.guard.presence = facts.berthd.presence = Presence::silent;
    facts.guard.trouble = facts.berthd.trouble = "it does not answer";
    facts.lease.init.pid = 0;
    has("  guard       it does not answer");
    has("  berthd      no answer: it does not answer");
    has("the desktop's init is not known");
    facts.guard.presence = Presence::unasked;
    facts.berthd.presence = Presence::absent;
    facts.berthd.pid = 801;
    facts.lease = {Lease::State::torn, 0, 0, {}, false, "no end"};
    has("  guard       not readable: it does not answer");
    has("  berthd      runs (801), not on the bus");
    has("  lease       torn: no end");
    facts.lease.state = Lease::State::unreadable;
    has("  lease       not readable: no end");
    facts.lease.state = Lease::State::idle;
    has("  lease       no terminal is lent");
}

TEST(Lines, HaveNoLetterThatATerminalObeys) {
    Facts facts = everything();
    facts.terminals[1].holders[0].name = "\x1b[2J\n\x7f";
    facts.inputs[0].title = "caf\xc3\xa9\r";
    const auto lines = lines_of(facts, {});
    EXPECT_THAT(lines, Contains(HasSubstr("open in ?[2J?? (700)")));
    EXPECT_THAT(lines, Contains(HasSubstr("caf\xc3\xa9?: open in nobody")));
}

TEST(Lines, ASessionWithoutALeaderHasNone) {
    Facts facts = everything();
    facts.sessions[1].leader = {};
    EXPECT_THAT(lines_of(facts, {}), Contains("  session 4   active (in front), bert (1001), tty on tty1, login"));
}

TEST(Lines, ASeatWithoutTerminalsHasNoGuard) {
    Facts facts = everything();
    facts.seat = "seat1";
    const auto lines = lines_of(facts, {});
    EXPECT_THAT(lines, Not(Contains(HasSubstr("guard"))));
    EXPECT_THAT(lines, Contains(HasSubstr("of seat0, DRM master")));
}

std::set<std::string> keys_of(const json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items()) {
        keys.insert(key);
    }
    return keys;
}

using Keys = std::set<std::string>;

TEST(Json, HasTheDocumentedKeysAndNoOthers) {
    const json all = json_of(everything(), one_advice);
    EXPECT_EQ(keys_of(all), (Keys{"seat", "root", "visible", "terminals", "cards", "inputs", "sessions", "lease",
                                  "guard", "berthd", "gaps", "advice"}));
    EXPECT_EQ(keys_of(all["terminals"][0]),
              (Keys{"number", "visible", "lent", "home", "allocated", "mode", "switches", "keyboard", "holders"}));
    EXPECT_EQ(keys_of(all["cards"][0]), (Keys{"name", "seat", "master", "master_known", "holders"}));
    EXPECT_EQ(keys_of(all["inputs"][0]), (Keys{"name", "title", "seat", "holders"}));
    EXPECT_EQ(keys_of(all["sessions"][0]), (Keys{"id", "user", "uid", "state", "closing", "active", "seat", "vt",
                                                 "type", "service", "leader", "processes"}));
    EXPECT_EQ(keys_of(all["lease"]), (Keys{"state", "vt", "home", "init", "init_lives", "trouble"}));
    EXPECT_EQ(keys_of(all["guard"]),
              (Keys{"presence", "word", "vt", "desktop", "berthd", "restored", "report", "trouble"}));
    EXPECT_EQ(keys_of(all["berthd"]),
              (Keys{"presence", "pid", "state", "mode", "desktop", "vt", "failed_step", "failure", "trouble"}));
    EXPECT_EQ(keys_of(all["gaps"][0]), (Keys{"what", "why"}));
    EXPECT_EQ(keys_of(all["advice"][0]), (Keys{"well", "what", "next"}));
    EXPECT_EQ(keys_of(all["terminals"][1]["holders"][0]), (Keys{"pid", "name", "state"}));
}

TEST(Json, HasTheValues) {
    const json all = json_of(everything(), one_advice);
    EXPECT_EQ(all["visible"], 20);
    EXPECT_EQ(all["terminals"][0]["mode"], nullptr);
    EXPECT_EQ(all["terminals"][1]["mode"], "graphics");
    EXPECT_EQ(all["terminals"][1]["switches"], "process");
    EXPECT_EQ(all["terminals"][1]["keyboard"], "off");
    EXPECT_EQ(all["terminals"][1]["holders"], (json::array({{{"pid", 700}, {"name", "Xorg"}, {"state", "S"}}})));
    EXPECT_EQ(all["cards"][0]["master"]["pid"], 700);
    EXPECT_EQ(all["cards"][1]["master"], nullptr);
    EXPECT_EQ(all["cards"][1]["master_known"], false);
    EXPECT_EQ(all["sessions"][0]["closing"], true);
    EXPECT_EQ(all["sessions"][2]["seat"], nullptr);
    EXPECT_EQ(all["lease"]["state"], "armed");
    EXPECT_EQ(all["guard"]["report"]["verified"], true);
    EXPECT_EQ(all["berthd"]["state"], "seated");
}

TEST(Json, WhatIsNotKnownIsNull) {
    const json all = json_of(Facts{}, {});
    EXPECT_EQ(all["visible"], nullptr);
    EXPECT_EQ(all["lease"]["init"], nullptr);
    EXPECT_EQ(all["lease"]["state"], "none");
    EXPECT_EQ(all["guard"]["presence"], "absent");
    EXPECT_EQ(all["guard"]["report"], nullptr);
    EXPECT_EQ(all["berthd"]["pid"], nullptr);
    EXPECT_EQ(all["berthd"]["state"], nullptr);
    EXPECT_EQ(all["cards"], json::array());
}

} // namespace

} // namespace berth::explain
