#include "bus/mock_polkit.hpp"
#include "bus/polkit_authority.hpp"
#include "bus/private_bus.hpp"
#include "bus/waiting.hpp"

#include <gmock/gmock.h>

#include <memory>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Verdict = ports::Authority::Verdict;

class PolkitTest : public ::testing::Test {
  protected:
    /// Asks and runs until the verdict.
    Verdict check(std::uint32_t uid, const std::string& action = "org.berth.seat-up") {
        std::optional<Verdict> verdict;
        start(uid, action, verdict);
        EXPECT_FALSE(verdict) << "answered from inside the call";
        EXPECT_TRUE(run_until(io, [&] { return verdict.has_value(); }));
        return verdict.value_or(Verdict{});
    }

    void start(std::uint32_t uid, const std::string& action, std::optional<Verdict>& verdict) {
        authority.check(model::Caller{":1.42", uid}, action, [&verdict](Result<Verdict> result) {
            ASSERT_TRUE(result) << result.error().message;
            EXPECT_FALSE(verdict) << "answered twice";
            verdict = *result;
        });
    }

    PrivateBus bus;
    boost::asio::io_context io;
    int status_changes{0};
    bus::BusConnection connection{io, bus.address(), nullptr};
    bus::PolkitAuthority authority{connection, [this] { ++status_changes; }};
};

class WithPolkit : public PolkitTest {
  protected:
    WithPolkit() {
        EXPECT_TRUE(run_until(io, [&] { return authority.polkit_present(); }));
    }

    MockPolkit polkit{io, bus.address()};
};

TEST_F(WithPolkit, AsksForTheCallersBusNameAndLetsAPersonBeAsked) {
    polkit.verdict = true;
    EXPECT_EQ(check(1000), (Verdict{true, ""}));
    ASSERT_THAT(polkit.questions, SizeIs(1));
    EXPECT_EQ(polkit.questions[0].subject, "system-bus-name name :1.42");
    EXPECT_EQ(polkit.questions[0].action, "org.berth.seat-up");
    EXPECT_EQ(polkit.questions[0].flags, 1U);
}

TEST_F(WithPolkit, ANoNamesTheAction) {
    polkit.verdict = false;
    const Verdict verdict = check(1000, "org.berth.images");
    EXPECT_FALSE(verdict.allowed);
    EXPECT_THAT(verdict.reason, HasSubstr("org.berth.images"));
}

TEST_F(WithPolkit, RootIsNotAskedAbout) {
    EXPECT_EQ(check(0), (Verdict{true, ""}));
    EXPECT_THAT(polkit.questions, IsEmpty());
}

TEST_F(WithPolkit, ACallerThatTheBusDoesNotKnowIsRefusedWithoutAsking) {
    const Verdict verdict = check(0xffffffff);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_THAT(verdict.reason, HasSubstr("does not know who"));
    EXPECT_THAT(polkit.questions, IsEmpty());
}

TEST_F(WithPolkit, AnErrorOfPolkitIsANo) {
    polkit.error = "org.freedesktop.PolicyKit1.Error.Failed";
    const Verdict verdict = check(1000);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_THAT(verdict.reason, HasSubstr("polkit did not answer"));
    EXPECT_TRUE(run_until(io, [&] { return polkit.cancelled.size() == 1; }));
    EXPECT_EQ(polkit.cancelled[0], polkit.questions[0].cancellation_id);
}

TEST_F(WithPolkit, ASlowAnswerHoldsNobodyElseUp) {
    std::optional<Verdict> slow;
    start(1000, "org.berth.seat-up", slow);
    ASSERT_TRUE(run_until(io, [&] { return polkit.questions.size() == 1; }));
    EXPECT_TRUE(check(0).allowed);
    EXPECT_FALSE(slow);
    polkit.answer(true);
    ASSERT_TRUE(run_until(io, [&] { return slow.has_value(); }));
    EXPECT_TRUE(slow->allowed);
}

TEST_F(WithPolkit, TwoQuestionsGetTheirOwnAnswers) {
    std::optional<Verdict> waiting;
    start(1000, "org.berth.seat-up", waiting);
    ASSERT_TRUE(run_until(io, [&] { return polkit.questions.size() == 1; }));
    polkit.verdict = false;
    EXPECT_FALSE(check(1001).allowed);
    EXPECT_FALSE(waiting);
    EXPECT_NE(polkit.questions[0].cancellation_id, polkit.questions[1].cancellation_id);
    polkit.answer(true);
    ASSERT_TRUE(run_until(io, [&] { return waiting.has_value(); }));
    EXPECT_TRUE(waiting->allowed);
}

TEST_F(WithPolkit, SaysNothingInTheStatus) {
    EXPECT_EQ(authority.status(), "");
}

TEST_F(PolkitTest, WithoutPolkitRootAloneIsAllowedAndTheStatusSaysSo) {
    const Verdict verdict = check(1000);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_THAT(verdict.reason, HasSubstr("only root"));
    EXPECT_TRUE(check(0).allowed);
    EXPECT_FALSE(authority.polkit_present());
    EXPECT_THAT(authority.status(), HasSubstr("only root may change anything"));
    EXPECT_GE(status_changes, 1);
}

TEST_F(PolkitTest, APolkitThatComesLaterIsNoticed) {
    ASSERT_TRUE(run_until(io, [&] { return status_changes == 1; }));
    ASSERT_FALSE(authority.polkit_present());
    MockPolkit late{io, bus.address()};
    late.verdict = true;
    ASSERT_TRUE(run_until(io, [&] { return authority.polkit_present(); }));
    EXPECT_EQ(authority.status(), "");
    EXPECT_TRUE(check(1000).allowed);
}

TEST_F(PolkitTest, APolkitThatDiesWhileAskedIsANo) {
    auto dying = std::make_unique<MockPolkit>(io, bus.address());
    ASSERT_TRUE(run_until(io, [&] { return authority.polkit_present(); }));
    std::optional<Verdict> verdict;
    start(1000, "org.berth.seat-up", verdict);
    ASSERT_TRUE(run_until(io, [&] { return dying->questions.size() == 1; }));
    dying.reset();
    ASSERT_TRUE(run_until(io, [&] { return verdict.has_value(); }));
    EXPECT_FALSE(verdict->allowed);
}

} // namespace

} // namespace berth::testing
