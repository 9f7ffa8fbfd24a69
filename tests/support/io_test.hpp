#pragma once

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace berth::test {

/// A test with an io_context of its own.
class IoTest : public ::testing::Test {
  protected:
    /// Runs the loop until `until` holds. False when `limit` passed first.
    bool run_until(const std::function<bool()>& until, std::chrono::seconds limit = std::chrono::seconds{10}) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!until()) {
            io.restart();
            if (io.run_one_until(end) == 0 && std::chrono::steady_clock::now() >= end) {
                return until();
            }
        }
        return true;
    }

    /// Runs whatever is ready now.
    void run_ready() {
        io.restart();
        io.poll();
    }

    boost::asio::io_context io{1};
};

} // namespace berth::test
