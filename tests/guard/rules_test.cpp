#include "guard/rules.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace berth::guard {
namespace {

using Word = Lease::Word;

enum class Desktop : unsigned char { unknown, alive, dead };

struct Row {
    Word word;
    Desktop desktop;
    bool berthd;
    bool long_gone; ///< berthd, where it is not there
    Act act;
};

Facts facts_of(const Row& row) {
    return {row.word, row.desktop != Desktop::unknown, row.desktop == Desktop::alive, row.berthd, false, 0, false};
}

std::int64_t now_of(const Row& row) {
    return row.long_gone ? absence_limit_us : absence_limit_us - 1;
}

TEST(GuardRulesTest, EachSituationHasItsAnswer) {
    const Row table[] = {
        // word         desktop           berthd long gone  what is done
        {Word::idle, Desktop::unknown, true, false, Act::wait},
        {Word::idle, Desktop::unknown, false, false, Act::wait_for_daemon},
        {Word::idle, Desktop::unknown, false, true, Act::leave},
        {Word::armed, Desktop::unknown, true, false, Act::wait}, // it is coming up
        {Word::armed, Desktop::unknown, false, false, Act::wait_for_daemon},
        {Word::armed, Desktop::unknown, false, true, Act::end_and_restore},
        {Word::armed, Desktop::alive, true, false, Act::wait},
        {Word::armed, Desktop::alive, false, false, Act::wait}, // it goes on without berthd, ...
        {Word::armed, Desktop::alive, false, true, Act::wait},  // ... however long
        {Word::armed, Desktop::dead, true, false, Act::restore},
        {Word::armed, Desktop::dead, false, false, Act::end_and_restore},
        {Word::armed, Desktop::dead, false, true, Act::end_and_restore},
        {Word::restore, Desktop::unknown, true, false, Act::wait}, // berthd is at it
        {Word::restore, Desktop::alive, true, false, Act::wait},
        {Word::restore, Desktop::dead, true, false, Act::restore},
        {Word::restore, Desktop::unknown, false, false, Act::end_and_restore},
        {Word::restore, Desktop::alive, false, false, Act::end_and_restore},
        {Word::restore, Desktop::dead, false, true, Act::end_and_restore},
    };
    for (const Row& row : table) {
        EXPECT_EQ(decide(facts_of(row), now_of(row)), row.act)
            << "row " << &row - table << ": word " << static_cast<int>(row.word) << ", desktop "
            << static_cast<int>(row.desktop);
    }
}

TEST(GuardRulesTest, WithNothingLentItGoesWithItsBerthd) {
    Facts facts = facts_of({Word::idle, Desktop::unknown, false, false, Act::leave});
    facts.daemon_was_here = true;
    EXPECT_EQ(decide(facts, 0), Act::leave);
}

TEST(GuardRulesTest, WhatWasRestoredIsNotRestoredAgain) {
    for (const Word word : {Word::armed, Word::restore}) {
        for (const Desktop desktop : {Desktop::unknown, Desktop::alive, Desktop::dead}) {
            for (const bool berthd : {true, false}) {
                Facts facts = facts_of({word, desktop, berthd, true, Act::wait});
                facts.restored = true;
                EXPECT_EQ(decide(facts, absence_limit_us), Act::wait);
            }
        }
    }
}

TEST(GuardRulesTest, ALivingDesktopIsNeverEndedWhileItsLeaseIsArmed) {
    for (const bool berthd : {true, false}) {
        for (const bool long_gone : {true, false}) {
            const Row row{Word::armed, Desktop::alive, berthd, long_gone, Act::wait};
            EXPECT_EQ(decide(facts_of(row), now_of(row)), Act::wait);
        }
    }
}

} // namespace
} // namespace berth::guard
