#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace berth::testing {

/// Far more than anything here takes; only a hang reaches it.
inline constexpr std::chrono::seconds patience{20};

/// Runs the io_context until `done()` or until patience ends. Waits on descriptors, never sleeps.
template <class Done>
bool run_until(boost::asio::io_context& io, Done&& done, std::chrono::milliseconds limit = patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
        io.restart();
        if (std::chrono::steady_clock::now() >= deadline || io.run_one_until(deadline) == 0) {
            return done();
        }
    }
    return true;
}

} // namespace berth::testing
