#include "guard/rules.hpp"

namespace berth::guard {
namespace {

/// When the owner's time is up.
std::int64_t owner_limit(const Facts& facts) noexcept {
    if (facts.wish == Switch::asked) {
        return facts.wish_us + unread_limit_us;
    }
    if (facts.wish == Switch::unread) {
        return facts.looked_us + unread_limit_us;
    }
    if (facts.wish == Switch::left) {
        return facts.looked_us + recovery_pause_us;
    }
    const std::int64_t newest = facts.newest_wish_us + taken_limit_us;
    const std::int64_t longest = facts.wish_us + longest_wish_us;
    return newest < longest ? newest : longest;
}

/// Of a desktop that goes on: somebody may wait for it to let the screen go.
Act decide_on_wish(const Facts& facts, std::int64_t now_us) noexcept {
    const bool in_time = now_us < owner_limit(facts);
    switch (facts.wish) {
    case Switch::none:
        return Act::wait;
    case Switch::asked:
    case Switch::unread:
    case Switch::left:
        return in_time ? Act::wait_for_owner : Act::look_at_owner;
    case Switch::deaf:
        return Act::switch_away;
    case Switch::taken:
        return in_time ? Act::wait_for_owner : Act::switch_away;
    case Switch::recovered:
        return Act::show_desktop;
    }
    return Act::wait;
}

} // namespace

Act decide(const Facts& facts, std::int64_t now_us) noexcept {
    const bool long_gone = !facts.daemon_here && now_us - facts.daemon_gone_at_us >= absence_limit_us;
    if (facts.word == Lease::Word::idle) {
        return facts.daemon_here ? Act::wait : facts.daemon_was_here || long_gone ? Act::leave : Act::wait_for_daemon;
    }
    if (facts.restored) {
        return Act::wait; // berthd, this one or the next, says what comes now
    }
    if (facts.desktop_known && !facts.desktop_alive) {
        return facts.daemon_here ? Act::restore : Act::end_and_restore;
    }
    if (!facts.daemon_here && (facts.word == Lease::Word::restore || facts.leader_lost)) {
        return Act::end_and_restore;
    }
    if (facts.word == Lease::Word::restore) {
        return Act::wait; // berthd is at it
    }
    if (facts.desktop_known) {
        return decide_on_wish(facts, now_us); // it goes on, with berthd and without
    }
    if (facts.daemon_here) {
        return Act::wait;
    }
    return long_gone ? Act::end_and_restore : Act::wait_for_daemon;
}

bool is_still_restored(const Lease& before, const Lease& after) noexcept {
    Lease same = before;
    same.word = after.word;
    const bool same_desktop = same == after;
    return same_desktop && (before.word == after.word || after.word == Lease::Word::restore);
}

Switch after_look(Switch before, const Look& look) noexcept {
    if (!look.process) {
        return Switch::none; // it lets everybody switch
    }
    if (!look.has_screen) {
        return before != Switch::left ? Switch::none : look.unread ? Switch::left : Switch::recovered;
    }
    if (look.unread) {
        return before == Switch::unread ? Switch::deaf : Switch::unread;
    }
    return before == Switch::left ? Switch::none : Switch::taken;
}

const char* word_for(Switch wish) noexcept {
    constexpr const char* names[] = {"none", "asked", "unread", "deaf", "taken", "left", "recovered"};
    return names[static_cast<unsigned>(wish)];
}

std::int64_t end_of_wait(Act act, const Facts& facts) noexcept {
    switch (act) {
    case Act::wait_for_daemon:
        return facts.daemon_gone_at_us + absence_limit_us;
    case Act::wait_for_owner:
        return owner_limit(facts);
    case Act::wait:
    case Act::restore:
    case Act::end_and_restore:
    case Act::leave:
    case Act::look_at_owner:
    case Act::switch_away:
    case Act::show_desktop:
        break;
    }
    return -1;
}

} // namespace berth::guard
