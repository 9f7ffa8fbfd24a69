#pragma once

#include <algorithm>
#include <chrono>

namespace berth {

/// Counts calls against an average rate, with some to spare after a quiet time. The clock is the caller's. Not tied to
/// a thread.
class TokenBucket {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// `a_second` on average, and `burst` at once after a quiet time; full at `now`.
    TokenBucket(double a_second, double burst, Time now) noexcept
        : rate_{a_second}, burst_{burst}, left_{burst}, last_{now} {}

    /// May one more come at `now`? If so it is counted. A `now` that lies before the last one counts as the last one.
    bool admit(Time now) noexcept {
        if (now > last_) {
            left_ = std::min(burst_, left_ + rate_ * std::chrono::duration<double>(now - last_).count());
            last_ = now;
        }
        if (left_ < 1) {
            return false;
        }
        left_ -= 1;
        return true;
    }

  private:
    double rate_;
    double burst_;
    double left_;
    Time last_;
};

} // namespace berth
