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
    Facts facts;
    facts.word = row.word;
    facts.desktop_known = row.desktop != Desktop::unknown;
    facts.desktop_alive = row.desktop == Desktop::alive;
    facts.daemon_here = row.berthd;
    return facts;
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

/// A living desktop's, whose first sign of a wish to leave it came at 0.
Facts facts_of(Switch wish, bool berthd = true) {
    Facts facts = facts_of({Word::armed, Desktop::alive, berthd, false, Act::wait});
    facts.wish = wish;
    return facts;
}

TEST(GuardRulesTest, ADesktopWhoseLeaderIsLostIsEndedWhereBerthdIsNotThereToDoIt) {
    struct LeaderRow {
        Word word;
        Desktop desktop;
        bool berthd;
        Act act;
    };

    const LeaderRow table[] = {
        {Word::armed, Desktop::alive, true, Act::wait}, // berthd brings it up anew
        {Word::armed, Desktop::alive, false, Act::end_and_restore},
        {Word::armed, Desktop::unknown, true, Act::wait},
        {Word::armed, Desktop::unknown, false, Act::end_and_restore}, // what would come up has no session
        {Word::armed, Desktop::dead, true, Act::restore},
        {Word::armed, Desktop::dead, false, Act::end_and_restore},
        {Word::restore, Desktop::alive, true, Act::wait},
        {Word::restore, Desktop::alive, false, Act::end_and_restore},
    };
    for (const LeaderRow& row : table) {
        Facts facts = facts_of({row.word, row.desktop, row.berthd, false, Act::wait});
        facts.leader_lost = true;
        EXPECT_EQ(decide(facts, 0), row.act) << "row " << &row - table;
        facts.restored = true;
        EXPECT_EQ(decide(facts, 0), Act::wait) << "once is enough";
    }
    Facts idle = facts_of({Word::idle, Desktop::unknown, true, false, Act::wait});
    idle.leader_lost = true;
    EXPECT_EQ(decide(idle, 0), Act::wait);
}

TEST(GuardRulesTest, ALeaseThatOnlySaysThatBerthdGivesBackWhatWasRestoredNeedsNothingMore) {
    Lease armed;
    armed.word = Word::armed;
    armed.vt = 7;
    armed.home = 1;
    armed.init = {42, 1000};
    Lease restore = armed;
    restore.word = Word::restore;
    EXPECT_TRUE(is_still_restored(armed, armed));
    EXPECT_TRUE(is_still_restored(restore, restore));
    EXPECT_TRUE(is_still_restored(armed, restore));
    EXPECT_FALSE(is_still_restored(restore, armed)) << "it is lent again";
    EXPECT_FALSE(is_still_restored(armed, Lease{})) << "nothing is lent";
    Lease other = restore;
    other.init.start = 1001;
    EXPECT_FALSE(is_still_restored(armed, other)) << "another desktop";
    other = restore;
    other.home = 2;
    EXPECT_FALSE(is_still_restored(armed, other)) << "the person is to see another terminal";
}

TEST(GuardRulesTest, AWishToLeaveALivingDesktopIsGivenTimeLookedAtAndGranted) {
    struct WishRow {
        Switch wish;
        std::int64_t now_us;
        Act act;
        std::int64_t end_us; ///< of the wait, -1: none
    };

    constexpr std::int64_t looked_us = 500;
    const WishRow table[] = {
        // wish         now                             what is done        until
        {Switch::none, 0, Act::wait, -1},
        {Switch::asked, 0, Act::wait_for_owner, unread_limit_us},
        {Switch::asked, unread_limit_us - 1, Act::wait_for_owner, unread_limit_us},
        {Switch::asked, unread_limit_us, Act::look_at_owner, -1},
        {Switch::unread, looked_us + unread_limit_us - 1, Act::wait_for_owner, looked_us + unread_limit_us},
        {Switch::unread, looked_us + unread_limit_us, Act::look_at_owner, -1},
        {Switch::deaf, 0, Act::switch_away, -1},
        {Switch::taken, taken_limit_us - 1, Act::wait_for_owner, taken_limit_us},
        {Switch::taken, taken_limit_us, Act::switch_away, -1},
        {Switch::left, looked_us + recovery_pause_us - 1, Act::wait_for_owner, looked_us + recovery_pause_us},
        {Switch::left, looked_us + recovery_pause_us, Act::look_at_owner, -1},
        {Switch::recovered, 0, Act::show_desktop, -1},
    };
    for (const bool berthd : {true, false}) {
        for (const WishRow& row : table) {
            Facts facts = facts_of(row.wish, berthd);
            facts.looked_us = looked_us;
            EXPECT_EQ(decide(facts, row.now_us), row.act) << "row " << &row - table;
            EXPECT_EQ(end_of_wait(row.act, facts), row.end_us) << "row " << &row - table;
        }
    }
}

TEST(GuardRulesTest, ANewerSignGivesAnOwnerTimeAnewButNotForEver) {
    Facts facts = facts_of(Switch::taken);
    facts.newest_wish_us = taken_limit_us - 1;
    EXPECT_EQ(decide(facts, taken_limit_us), Act::wait_for_owner);
    EXPECT_EQ(end_of_wait(Act::wait_for_owner, facts), 2 * taken_limit_us - 1);
    facts.newest_wish_us = longest_wish_us - 1;
    EXPECT_EQ(end_of_wait(Act::wait_for_owner, facts), longest_wish_us);
    EXPECT_EQ(decide(facts, longest_wish_us), Act::switch_away);
}

TEST(GuardRulesTest, EachLookSaysHowTheWishStands) {
    struct LookRow {
        Switch before;
        bool has_screen;
        bool unread;
        Switch after;
    };

    const LookRow table[] = {
        // before         has screen, unread  after
        {Switch::asked, true, true, Switch::unread},
        {Switch::asked, true, false, Switch::taken},
        {Switch::asked, false, true, Switch::none},
        {Switch::asked, false, false, Switch::none}, // it let go
        {Switch::unread, true, true, Switch::deaf},  // twice
        {Switch::unread, true, false, Switch::taken},
        {Switch::unread, false, true, Switch::none},
        {Switch::unread, false, false, Switch::none},
        {Switch::left, false, true, Switch::left},
        {Switch::left, false, false, Switch::recovered},
        {Switch::left, true, true, Switch::unread}, // somebody went back to it; it hangs still
        {Switch::left, true, false, Switch::none},
    };
    for (const LookRow& row : table) {
        EXPECT_EQ(after_look(row.before, {true, row.has_screen, row.unread}), row.after) << "row " << &row - table;
        EXPECT_EQ(after_look(row.before, {false, row.has_screen, row.unread}), Switch::none) << "it needs no consent";
    }
}

TEST(GuardRulesTest, AWishChangesNothingForADesktopThatIsDeadUnknownOrBeingGivenBack) {
    for (const Switch wish :
         {Switch::asked, Switch::unread, Switch::deaf, Switch::taken, Switch::left, Switch::recovered}) {
        for (const Word word : {Word::idle, Word::armed, Word::restore}) {
            for (const Desktop desktop : {Desktop::unknown, Desktop::alive, Desktop::dead}) {
                for (const bool berthd : {true, false}) {
                    const Row row{word, desktop, berthd, true, Act::wait};
                    Facts facts = facts_of(row);
                    const Act without = decide(facts, now_of(row));
                    facts.wish = wish;
                    if (word != Word::armed || desktop != Desktop::alive) {
                        EXPECT_EQ(decide(facts, now_of(row)), without);
                    }
                }
            }
        }
    }
}

TEST(GuardRulesTest, AHungDesktopIsWaitedForShorterThanHalfASecond) {
    constexpr std::int64_t wish_us = 1'000'000;
    Facts facts = facts_of({Word::armed, Desktop::alive, true, false, Act::wait});
    facts.wish = Switch::asked;
    facts.wish_us = facts.newest_wish_us = wish_us;
    const std::int64_t first_look = end_of_wait(decide(facts, wish_us), facts);
    facts.wish = after_look(Switch::asked, {true, true, true});
    facts.looked_us = first_look;
    const std::int64_t second_look = end_of_wait(decide(facts, first_look), facts);
    facts.wish = after_look(facts.wish, {true, true, true});
    EXPECT_EQ(decide(facts, second_look), Act::switch_away);
    EXPECT_LT(second_look - wish_us, 500'000) << "what is left of it is the switch's own time: tests/bench/hung_bench";
}

TEST(GuardRulesTest, EachWishHasItsWord) {
    EXPECT_STREQ(word_for(Switch::none), "none");
    EXPECT_STREQ(word_for(Switch::asked), "asked");
    EXPECT_STREQ(word_for(Switch::unread), "unread");
    EXPECT_STREQ(word_for(Switch::deaf), "deaf");
    EXPECT_STREQ(word_for(Switch::taken), "taken");
    EXPECT_STREQ(word_for(Switch::left), "left");
    EXPECT_STREQ(word_for(Switch::recovered), "recovered");
}

} // namespace
} // namespace berth::guard
