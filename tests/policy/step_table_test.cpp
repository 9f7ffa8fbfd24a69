#include "model/json.hpp"
#include "policy/step_table.hpp"
#include "support/builders.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace berth;
using namespace berth::model;
using berth::policy::row_of;
using berth::policy::step_table;
using berth::policy::StepRow;
using Chain = berth::policy::StepRow::Chain;

namespace {

constexpr int steps = static_cast<int>(Step::commit);

/// The steps from `from` to the chain's end.
std::vector<Step> chain_from(Step from) {
    std::vector<Step> chain;
    for (Step step = from; step != Step::none && chain.size() < 40; step = row_of(step).next) {
        chain.push_back(step);
    }
    return chain;
}

} // namespace

TEST(StepTable, EveryStepHasExactlyOneRow) {
    std::set<Step> rows;
    for (const StepRow& row : step_table()) {
        EXPECT_TRUE(rows.insert(row.step).second) << name_of(row.step);
    }
    EXPECT_EQ(rows.size(), static_cast<std::size_t>(steps)) << "every enumerator but none";
    EXPECT_FALSE(rows.contains(Step::none));
}

TEST(StepTable, EveryStepIsReachedFromTheHeadOfItsChain) {
    std::set<Step> reached;
    for (const Step head : {Step::check_image, Step::unpause, Step::adopt, Step::pause, Step::commit}) {
        for (const Step step : chain_from(head)) {
            reached.insert(step);
        }
    }
    EXPECT_EQ(reached.size(), step_table().size());
}

TEST(StepTable, EveryChainEnds) {
    for (const StepRow& row : step_table()) {
        EXPECT_LE(chain_from(row.step).size(), step_table().size()) << name_of(row.step);
    }
}

TEST(StepTable, ABringUpThatFailsUnwindsFromTheBeginningOfTheTearDown) {
    for (const StepRow& row : step_table()) {
        if (row.chain == Chain::up) {
            EXPECT_EQ(row.on_failure, Step::unpause) << name_of(row.step);
        }
    }
}

TEST(StepTable, ATearDownStepThatFailsGoesOnWithTheNext) {
    for (const StepRow& row : step_table()) {
        if (row.chain == Chain::down) {
            EXPECT_EQ(row.on_failure, row.next) << name_of(row.step);
        }
    }
}

TEST(StepTable, AChainNeverLeadsIntoAnother) {
    for (const StepRow& row : step_table()) {
        if (row.next != Step::none) {
            EXPECT_EQ(row_of(row.next).chain, row.chain) << name_of(row.step);
        }
    }
}

TEST(StepTable, ProgressGrowsAlongEachChain) {
    for (const StepRow& row : step_table()) {
        EXPECT_GT(row.progress, 0.0);
        EXPECT_LT(row.progress, 1.0);
        if (row.next != Step::none) {
            EXPECT_LT(row.progress, row_of(row.next).progress) << name_of(row.step);
        }
    }
}

TEST(StepTable, TheTerminalComesBackBeforeAnythingThatNeedsTheEngine) {
    const std::vector<Step> chain = chain_from(Step::restore_tty);
    ASSERT_FALSE(chain.empty());
    EXPECT_EQ(chain.at(1), Step::remove);
}

TEST(StepTable, EveryRowHasASentenceWithoutAFullStop) {
    for (const StepRow& row : step_table()) {
        const std::string sentence{row.sentence};
        ASSERT_FALSE(sentence.empty()) << name_of(row.step);
        EXPECT_NE(sentence.back(), '.');
    }
}

TEST(StepTable, EveryStepHasATimeLimit) {
    const World world = test::WorldBuilder{}.seat(test::seat0).in(SeatState::starting).with_plan(SeatMode::vt).build();
    for (const StepRow& row : step_table()) {
        EXPECT_GT(policy::limit_ms(row.step, world.seats.at(test::seat0), 5), 0) << name_of(row.step);
    }
}

TEST(StepTable, NothingOfATearDownAppliesToASeatWithoutADesktop) {
    const Seat vacant;
    EXPECT_EQ(policy::first_applicable(Step::unpause, vacant), Step::none);
}

TEST(StepTable, EveryPartOfATearDownAppliesToADesktopThatHasEverything) {
    Seat seat = test::WorldBuilder{}
                    .seat(test::seat0)
                    .in(SeatState::frozen)
                    .with_plan(SeatMode::vt)
                    .with_container("c0ffee", 7)
                    .with_vt(VtClaim{7, 1, 3})
                    .with_door()
                    .build()
                    .seats.at(test::seat0);
    seat.lease = SeatLease{"5", 7, 1234};
    for (const Step step : chain_from(Step::unpause)) {
        EXPECT_TRUE(policy::applies(step, seat)) << name_of(step);
    }
    seat.now = true;
    EXPECT_FALSE(policy::applies(Step::end_session, seat));
    EXPECT_FALSE(policy::applies(Step::stop, seat));
    EXPECT_TRUE(policy::applies(Step::kill, seat));
}
