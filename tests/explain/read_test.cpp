#include "explain/made_up_host.hpp"
#include "explain/read.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

namespace berth::explain {

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* a_lease = "berth-guard 1\nword armed\nvt 20\nhome 1\nkeyboard 3\ninit 123 100\nleader 0 0\n"
                                "cgroup -\nend .\n";

class ReadTest : public MadeUpHost {
  protected:
    Facts read(const Berthd& berthd = {}, const std::string& seat = "seat0") {
        return read_facts(places, seat, berthd);
    }

    static std::vector<unsigned> numbers_of(const Facts& facts) {
        std::vector<unsigned> numbers;
        for (const Terminal& terminal : facts.terminals) {
            numbers.push_back(terminal.number);
        }
        return numbers;
    }
};

TEST_F(ReadTest, AWholeHostIsToldInOneGo) {
    show(20);
    allocate(1);
    modes[1] = {false, false, 3};
    modes[20] = {true, true, 4};
    put(places.dev + "/dri/card77", "");
    put(places.sys + "/kernel/debug/dri/77/clients", "command tgid dev master a uid magic\nXorg 130 0 y y 0 0\n");
    put(places.dev + "/input/event77", "");
    put(places.run + "/systemd/sessions/3", "STATE=closing\nSEAT=seat0\nUSER=anna\n");
    put(places.runtime + "/guard/seat0.lease", a_lease);
    run({123, "systemd", 'S'});
    run({130, "Xorg", 'S'}, {"/dev/tty20", "/dev/dri/card77", "/dev/input/event77"});
    const Facts facts = read();
    EXPECT_EQ(facts.visible, 20U);
    EXPECT_THAT(numbers_of(facts), ElementsAre(1, 20));
    EXPECT_THAT(facts.terminals.at(1).holders, ElementsAre(Process{130, "Xorg", 'S'}));
    EXPECT_EQ(facts.cards.at(0).master, (Process{130, "Xorg", 'S'}));
    EXPECT_THAT(facts.inputs.at(0).holders, SizeIs(1));
    EXPECT_EQ(facts.sessions.at(0).state, "closing");
    EXPECT_TRUE(facts.lease.init_lives);
    EXPECT_EQ(facts.guard.presence, Presence::absent);
    EXPECT_TRUE(facts.sees_all);
    EXPECT_THAT(facts.gaps, IsEmpty());
    EXPECT_EQ(facts.root, ::geteuid() == 0);
}

TEST_F(ReadTest, WithoutALeaseTheTerminalIsWhatBerthdSays) {
    show(1);
    allocate(7);
    modes[1] = {false, false, 3};
    modes[7] = {true, true, 4};
    Berthd berthd;
    berthd.presence = Presence::here;
    berthd.vt = 7;
    const Facts facts = read(berthd);
    EXPECT_THAT(numbers_of(facts), ElementsAre(1, 7));
    EXPECT_TRUE(facts.terminals.at(1).lent);
}

TEST_F(ReadTest, ABerthdThatIsNotOnTheBusIsFoundAmongTheProcesses) {
    run({801, "berthd", 'S'});
    EXPECT_EQ(read().berthd.pid, 801);
    EXPECT_EQ(read().berthd.presence, Presence::absent);
    Berthd berthd;
    berthd.pid = 900;
    EXPECT_EQ(read(berthd).berthd.pid, 900) << "the bus knows better";
}

TEST_F(ReadTest, OtherSeatsHaveNoTerminals) {
    show(1);
    const Facts facts = read({}, "seat1");
    EXPECT_EQ(facts.visible, 0U);
    EXPECT_THAT(facts.terminals, IsEmpty());
    EXPECT_THAT(asked, IsEmpty());
}

TEST_F(ReadTest, WhatIsMissingIsNamed) {
    places.proc += "/none";
    allocate(20);
    put(places.runtime + "/guard/seat0.lease", a_lease);
    put(places.dev + "/dri/card77", "");
    const Facts facts = read();
    const auto gap = [](const char* what) { return Contains(Field(&Gap::what, HasSubstr(what))); };
    EXPECT_THAT(facts.gaps, gap("the processes"));
    EXPECT_THAT(facts.gaps, gap("the visible terminal"));
    EXPECT_THAT(facts.gaps, gap("the modes of tty20"));
    EXPECT_THAT(facts.gaps, gap("the DRM master of card77"));
    EXPECT_FALSE(facts.sees_all);
}

TEST_F(ReadTest, ALeaseThatIsNotForUsIsNamed) {
    std::filesystem::create_directories(places.runtime + "/guard/seat0.lease");
    EXPECT_THAT(read().gaps, Contains(Field(&Gap::what, HasSubstr("the guard's lease"))));
}

TEST_F(ReadTest, OpenFilesThatAreNotForUsAreNamedByTheirProcess) {
    run({130, "Xorg", 'S'}, {"/dev/tty20"});
    std::filesystem::permissions(places.proc + "/130/fd", std::filesystem::perms::none);
    std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
    const uid_t own = ::geteuid();
    constexpr uid_t nobody = 65'534;
    ASSERT_TRUE(own != 0 || ::seteuid(nobody) == 0); // root may read them all
    const Facts facts = read();
    ASSERT_EQ(::seteuid(own), 0);
    EXPECT_FALSE(facts.root);
    EXPECT_FALSE(facts.sees_all);
    EXPECT_THAT(facts.gaps, Contains(Field(&Gap::what, "the open files of Xorg (130)")));
}

} // namespace

} // namespace berth::explain
