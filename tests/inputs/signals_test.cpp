#include "inputs/signals.hpp"
#include "support/io_test.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <unistd.h>

namespace berth::inputs {
namespace {

class SignalsTest : public test::IoTest {
  protected:
    std::string seen;
    std::unique_ptr<Signals> signals =
        std::make_unique<Signals>(io, Signals::Callbacks{[this] { seen += 't'; }, [this] { seen += 'r'; }});
};

TEST_F(SignalsTest, SigtermAndSigintAskForTheEnd) {
    ::kill(::getpid(), SIGTERM);
    EXPECT_TRUE(run_until([&] { return seen == "t"; }));
    ::kill(::getpid(), SIGINT);
    EXPECT_TRUE(run_until([&] { return seen == "tt"; }));
}

TEST_F(SignalsTest, SighupAsksForAReloadEachTime) {
    for (const std::string expected : {"r", "rr", "rrr"}) {
        ::kill(::getpid(), SIGHUP);
        EXPECT_TRUE(run_until([&] { return seen == expected; })) << seen;
    }
}

TEST_F(SignalsTest, NothingIsCalledFromInsideTheSignalHandler) {
    ::kill(::getpid(), SIGTERM);
    EXPECT_EQ(seen, "");
    EXPECT_TRUE(run_until([&] { return seen == "t"; }));
}

TEST_F(SignalsTest, APeerThatGoesAwayDoesNotKillTheProcess) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    EXPECT_EQ(::write(ends[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    ::close(ends[1]);
}

TEST_F(SignalsTest, AfterDestructionNothingIsCalled) {
    ::kill(::getpid(), SIGHUP);
    signals.reset();
    run_ready();
    EXPECT_EQ(seen, "");
}

} // namespace
} // namespace berth::inputs
