#include "guard/rules.hpp"

namespace berth::guard {

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
    if (facts.daemon_here) {
        return Act::wait;
    }
    if (facts.word == Lease::Word::restore) {
        return Act::end_and_restore;
    }
    if (facts.desktop_known) {
        return Act::wait; // it goes on without berthd
    }
    return long_gone ? Act::end_and_restore : Act::wait_for_daemon;
}

} // namespace berth::guard
