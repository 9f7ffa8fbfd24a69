#include "guard/guard_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <fstream>
#include <memory>
#include <optional>

namespace berth::guard {
namespace {

using test::eventually;
using test::GuardCaller;
using test::GuardProcess;
using test::Owner;
using test::state_of;
using test::take_as_a_desktop;
using test::visible_vt;
using ::testing::HasSubstr;
using ::testing::Not;

class GuardProgramTest : public test::GuardTest {
  protected:
    static std::unique_ptr<Owner> a_desktop() {
        auto owner = std::make_unique<Owner>([] { return take_as_a_desktop(desktop); });
        EXPECT_TRUE(owner->ready());
        return owner;
    }

    /// The last report that the guard gives, with the moments that are in it: another restore has others.
    static std::string told(const GuardCaller& berthd) {
        const std::string answer = berthd.ask("status");
        const std::size_t begin = answer.find("\"report\"");
        return answer.substr(begin, answer.find("\"wish\"") - begin);
    }

    /// Nothing is to happen: shown by an answer that the guard gives after it had the chance.
    static void expect_untouched(const GuardCaller& berthd) {
        EXPECT_THAT(berthd.ask("status"), HasSubstr(R"("restored":false)"));
        EXPECT_EQ(visible_vt(), desktop);
        EXPECT_TRUE(state_of(desktop).graphics);
    }
};

/// proc_pid_stat(5): "S" after the name.
bool sleeps(pid_t pid) {
    return test::read_file("/proc/" + std::to_string(pid) + "/stat").find(") S ") != std::string::npos;
}

TEST_F(GuardProgramTest, ACallerForWhomThereIsNoDescriptorIsServedWhenThereIsOneAndKeepsNobodyBusy) {
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready());
    ASSERT_TRUE(eventually([&] { return sleeps(guard.pid()); }))
        << "poll(2) takes no more than the limit when it begins";
    rlimit usual{};
    ASSERT_EQ(::prlimit(guard.pid(), RLIMIT_NOFILE, nullptr, &usual), 0);
    const rlimit none{0, usual.rlim_max};
    ASSERT_EQ(::prlimit(guard.pid(), RLIMIT_NOFILE, &none, nullptr), 0);
    const GuardCaller caller{folder.path()};
    const std::string sentence{"no descriptor or memory for a caller"};
    ASSERT_TRUE(eventually([&] { return guard.log().find(sentence) != std::string::npos; }));
    ASSERT_EQ(::prlimit(guard.pid(), RLIMIT_NOFILE, &usual, nullptr), 0);
    EXPECT_THAT(caller.ask("status"), HasSubstr(R"({"word":"idle")"));
    const std::string log = guard.log();
    unsigned tries = 0;
    for (std::size_t at = log.find(sentence); at != std::string::npos; at = log.find(sentence, at + 1)) {
        ++tries;
    }
    EXPECT_LE(tries, 2U) << "one a second";
}

TEST_F(GuardProgramTest, ADesktopThatDiesGivesItsTerminalBackAtOnce) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready());
    const GuardCaller berthd{folder.path()};
    EXPECT_THAT(berthd.ask("load"),
                HasSubstr(R"({"word":"armed","vt":20,"home":21,"desktop":"alive","berthd":true,"restored":false)"));
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
    EXPECT_THAT(
        berthd.ask("status"),
        HasSubstr(
            R"("desktop":"dead","berthd":true,"restored":true,"report":{"verified":true,"found":["tty20: VT_PROCESS")"));
    EXPECT_THAT(guard.log(), HasSubstr("<5>seat0: {\"verified\":true"));
}

TEST_F(GuardProgramTest, ItDoesSoWithoutBerthdToo) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, TheEndOfBerthdTouchesNothing) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    std::optional<GuardCaller> berthd{std::in_place, folder.path()};
    EXPECT_THAT(berthd->ask("load"), HasSubstr("\"armed\""));
    berthd.reset();
    ASSERT_TRUE(
        eventually([&] { return guard.log().find("berthd is gone; the desktop goes on") != std::string::npos; }));
    const GuardCaller next{folder.path()};
    expect_untouched(next);
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, WhoOnlyLooksIsNotTakenForBerthd) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    EXPECT_THAT(berthd.ask("load"), HasSubstr(R"("berthd":true)"));
    for (int i = 0; i < 20; ++i) { // more than there is room for at a time
        EXPECT_THAT(GuardCaller{folder.path()}.ask("status"), HasSubstr(R"("berthd":true)"));
    }
    expect_untouched(berthd);
    EXPECT_THAT(guard.log(), Not(HasSubstr("berthd is gone")));
}

TEST_F(GuardProgramTest, WithNothingLentItEndsWithItsBerthd) {
    const GuardProcess guard{folder.path()};
    {
        const GuardCaller berthd{folder.path()};
        EXPECT_THAT(berthd.ask("load"), HasSubstr("\"idle\""));
    }
    int status = -1;
    EXPECT_EQ(::waitpid(guard.pid(), &status, 0), guard.pid());
    EXPECT_EQ(status, 0);
}

TEST_F(GuardProgramTest, BerthdThatDiesWhileItGivesTheTerminalBackIsStoodInFor) {
    const auto owner = a_desktop();
    const Owner leader{[] { return true; }};
    Lease lease = lease_for(*owner);
    lease.word = Lease::Word::restore;
    lease.leader = test::process_of(leader.pid());
    put_lease(test::text_of(lease));
    const GuardProcess guard{folder.path()};
    EXPECT_TRUE(eventually([this] { return is_restored(); })) << "nobody is there who gives it back";
    for (const pid_t pid : {owner->pid(), leader.pid()}) { // ended, both of them
        siginfo_t info{};
        EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    }
}

TEST_F(GuardProgramTest, ALeaseToRestoreIsBerthdsOwnWorkWhileItIsThere) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    std::optional<GuardCaller> berthd{std::in_place, folder.path()};
    Lease lease = lease_for(*owner);
    lease.word = Lease::Word::restore;
    put_lease(test::text_of(lease));
    EXPECT_THAT(berthd->ask("load"), HasSubstr(R"("word":"restore")"));
    expect_untouched(*berthd);
    berthd.reset();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, ALeaseWhoseWordAloneChangesIsNotRestoredASecondTime) {
    const auto owner = a_desktop();
    Lease lease = lease_for(*owner);
    put_lease(test::text_of(lease));
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    EXPECT_THAT(berthd.ask("load"), HasSubstr("\"armed\""));
    owner->make_zombie();
    ASSERT_TRUE(eventually([this] { return is_restored(); }));
    const std::string report = told(berthd);
    const UniqueFd somebody =
        test::open_vt(desktop); // uses the terminal that was given back; a hangup would cut it off
    lease.word = Lease::Word::restore;
    put_lease(test::text_of(lease));
    EXPECT_THAT(berthd.ask("load"), HasSubstr(R"("word":"restore","vt":20,"home":21,"desktop":"dead","berthd":true,)"
                                              R"("restored":true)"));
    EXPECT_EQ(told(berthd), report) << "it was restored once more";
    EXPECT_EQ(::write(somebody.get(), "x", 1), 1) << "and whoever used it was hung up";
}

TEST_F(GuardProgramTest, WithoutBerthdADesktopWhoseSessionsLeaderEndsIsEnded) {
    const auto owner = a_desktop();
    Owner leader{[] { return true; }};
    Lease lease = lease_for(*owner);
    lease.leader = test::process_of(leader.pid());
    put_lease(test::text_of(lease));
    const GuardProcess guard{folder.path()};
    std::optional<GuardCaller> berthd{std::in_place, folder.path()};
    EXPECT_THAT(berthd->ask("load"), HasSubstr("\"armed\""));
    leader.kill_and_reap();
    expect_untouched(*berthd); // it is berthd's to say what comes now
    berthd.reset();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(owner->pid()), &info, WEXITED | WNOWAIT | WNOHANG), 0);
    EXPECT_EQ(info.si_pid, owner->pid()) << "the desktop goes on, and sees and hears nobody";
}

TEST_F(GuardProgramTest, TheLeadersEndIsAnsweredAtOnceWhereBerthdIsAway) {
    const auto owner = a_desktop();
    Owner leader{[] { return true; }};
    Lease lease = lease_for(*owner);
    lease.leader = test::process_of(leader.pid());
    put_lease(test::text_of(lease));
    const GuardProcess guard{folder.path()};
    {
        const GuardCaller looks{folder.path()};
        expect_untouched(looks);
    }
    leader.make_zombie(); // systemd has not reaped it yet
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
    EXPECT_THAT(guard.log(), HasSubstr("<4>seat0: the session's leader has ended, and berthd is not there"));
}

TEST_F(GuardProgramTest, AKilledGuardKnowsItsDesktopAgain) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    GuardProcess first{folder.path()};
    ASSERT_TRUE(first.ready());
    first.kill();
    const GuardProcess second{folder.path()};
    ASSERT_TRUE(second.ready());
    {
        const GuardCaller berthd{folder.path()};
        expect_untouched(berthd);
    }
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, ADesktopThatDiedWhileThereWasNoGuardIsFoundDead) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    owner->kill_and_reap(); // not even a zombie is left
    const GuardProcess guard{folder.path()};
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, AnotherProcessOfTheDesktopsNumberIsNotTheDesktop) {
    const auto owner = a_desktop();
    const Owner other{[] { return true; }};
    Lease lease = lease_for(*owner);
    lease.init = test::process_of(other.pid());
    ++lease.init.start; // as if the number had been given anew
    put_lease(test::text_of(lease));
    const GuardProcess guard{folder.path()};
    EXPECT_TRUE(eventually([this] { return is_restored(); })) << "a stranger was taken for the desktop";
    EXPECT_EQ(::kill(other.pid(), 0), 0);
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(other.pid()), &info, WEXITED | WNOWAIT | WNOHANG), 0);
    EXPECT_EQ(info.si_pid, 0) << "and killed";
}

TEST_F(GuardProgramTest, ATornLeaseIsRefusedAndTheOneBeforeStaysInForce) {
    const auto owner = a_desktop();
    const std::string whole = test::text_of(lease_for(*owner));
    put_lease(whole);
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    EXPECT_THAT(berthd.ask("load"), HasSubstr("\"armed\""));
    put_lease(whole.substr(0, whole.size() / 2));
    EXPECT_THAT(berthd.ask("load"), HasSubstr(R"({"error":")"));
    expect_untouched(berthd);
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, AnIdleLeaseEndsTheLoan) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    put_lease(test::text_of(Lease{}));
    EXPECT_THAT(berthd.ask("load"), HasSubstr(R"({"word":"idle")"));
    owner->make_zombie();
    EXPECT_THAT(berthd.ask("status"), HasSubstr(R"("restored":false)"));
    EXPECT_TRUE(state_of(desktop).graphics) << "the terminal is somebody else's now";
    test::scrub(desktop);
}

TEST_F(GuardProgramTest, AnUnknownWordIsAnError) {
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    EXPECT_EQ(berthd.ask("please"), R"({"error":"load, status or switch was expected"})");
    EXPECT_THAT(berthd.ask(std::string(200, 'x')), HasSubstr("error"));
}

TEST_F(GuardProgramTest, ItHoldsNoTerminalAndNoCard) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    EXPECT_THAT(berthd.ask("load"), HasSubstr("\"armed\""));
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + std::to_string(guard.pid()) + "/fd"}) {
        const std::string target = std::filesystem::read_symlink(entry.path()).string();
        EXPECT_THAT(target, Not(HasSubstr("/dev/tty")));
        EXPECT_THAT(target, Not(HasSubstr("/dev/dri")));
    }
}

TEST_F(GuardProgramTest, ALogThatTakesNothingHoldsNothingUp) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd unread{ends[0]};
    const UniqueFd full{ends[1]};
    const std::string junk(4096, 'x');
    while (::send(full.get(), junk.data(), junk.size(), MSG_DONTWAIT) > 0) {
    }
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const GuardProcess guard{folder.path(), {"seat0"}, full.get()};
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
}

TEST_F(GuardProgramTest, CheckRestoresWhatAGuardLeftAndNothingElse) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const auto check = [&](const std::string& what) {
        const std::string command = test::guard_program() + " --runtime " + folder.path() + " " + what + " 2>/dev/null";
        const int status = std::system(command.c_str()); // NOLINT(concurrency-mt-unsafe): one thread
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    };
    for (const char* what : {"--check seat0", "--check-all"}) {
        EXPECT_EQ(check(what), 0);
        EXPECT_TRUE(state_of(desktop).graphics) << "a living desktop was robbed";
    }
    owner->make_zombie();
    EXPECT_EQ(check("--check-all"), 0);
    EXPECT_TRUE(all_is_healthy());
    put_lease("nonsense\n");
    EXPECT_EQ(check("--check seat0"), 1);
    for (const char* wrong : {"", "--check", "--check-all seat0", "--nosuch seat0", "a b", "../seat0",
                              "--runtime x seat0", "--detach --check seat0"}) {
        EXPECT_EQ(check(wrong), 2) << wrong;
    }
}

TEST_F(GuardProgramTest, DetachedItOutlivesWhoStartedIt) {
    const auto owner = a_desktop();
    put_lease(test::text_of(lease_for(*owner)));
    const std::string command = "setsid " + test::guard_program() + " --runtime " + folder.path() + " --detach seat0";
    ASSERT_EQ(std::system(command.c_str()), 0);                      // NOLINT(concurrency-mt-unsafe): one thread
    std::optional<GuardCaller> berthd{std::in_place, folder.path()}; // it listens when the command is over
    EXPECT_THAT(berthd->ask("load"), HasSubstr("\"armed\""));
    owner->make_zombie();
    EXPECT_TRUE(eventually([this] { return is_restored(); }));
    EXPECT_THAT(berthd->ask("status"), HasSubstr(R"("restored":true)")); // answered when all of it is done
    EXPECT_THAT(test::read_file(folder.path() + "/guard/seat0.log"), HasSubstr("\"verified\":true"));
    ASSERT_EQ(::kill(berthd->peer(), SIGKILL), 0); // else it ends half a minute after the last berthd
}

/// How many kills: BERTH_KILLS; the tests' own number is what takes seconds.
unsigned kills() {
    const char* const wanted = std::getenv("BERTH_KILLS"); // NOLINT(concurrency-mt-unsafe): one thread
    return wanted == nullptr ? 200U : static_cast<unsigned>(std::stoul(wanted));
}

TEST_F(GuardProgramTest, EveryKilledDesktopsTerminalComesBack) {
    const GuardProcess guard{folder.path()};
    const GuardCaller berthd{folder.path()};
    unsigned restored = 0;
    Lease coming;
    coming.word = Lease::Word::armed;
    coming.vt = desktop;
    coming.home = home;
    for (unsigned i = 0; i < kills(); ++i) {
        put_lease(test::text_of(coming)); // as berthd does: the answer says that the guard is done with the one before
        ASSERT_THAT(berthd.ask("load"), HasSubstr(R"("desktop":"unknown","berthd":true,"restored":false)"));
        const auto owner = a_desktop();
        put_lease(test::text_of(lease_for(*owner)));
        ASSERT_THAT(berthd.ask("load"), HasSubstr(R"("desktop":"alive","berthd":true,"restored":false)"));
        ASSERT_EQ(visible_vt(), desktop) << "kill " << i << " was disturbed\n" << guard.log();
        owner->make_zombie();
        restored += eventually([this] { return is_restored(); }) ? 1 : 0;
        ASSERT_EQ(restored, i + 1) << guard.log();
    }
    std::printf("%u of %u kills were restored\n", restored, kills());
}

} // namespace
} // namespace berth::guard
