#pragma once

#include "base/done.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace berth::os {

/// How a helper program ended.
struct HelperOutcome {
    int exit_code{0};
    std::string output; ///< its stdout, at most 16 KiB
};

/// Runs `argv` as a child (an empty environment, a session of its own, of our descriptors copies of `descriptors`
/// alone, from 3 on; the caller may close its own when this returns) and ends with its outcome; failed when it cannot
/// be started or dies by a signal; timed_out after `limit`: it is then killed and reaped whenever the kernel lets it
/// go, which nobody waits for.
void run_helper(boost::asio::io_context& io, const std::vector<std::string>& argv, std::chrono::milliseconds limit,
                Done<HelperOutcome> done, const std::vector<int>& descriptors = {});

} // namespace berth::os
