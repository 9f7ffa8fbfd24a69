#pragma once

#include "bus/command.hpp"
#include "bus/private_bus.hpp"
#include "bus/waiting.hpp"
#include "client/fake_berthd.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace berth::testing {

/// The program `berth` and a FakeBerthd on a bus of their own.
class RunFixture : public ::testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> argv(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {BERTH_PROGRAM, "--bus", bus.address()});
        return arguments;
    }

    /// The same by way of a shell, in which "$@" is the program with the arguments.
    [[nodiscard]] std::vector<std::string> in_shell(const std::string& script,
                                                    const std::vector<std::string>& arguments) const {
        std::vector<std::string> words{"sh", "-c", script, "sh"};
        const std::vector<std::string> program = argv(arguments);
        words.insert(words.end(), program.begin(), program.end());
        return words;
    }

    CommandResult berth(std::vector<std::string> arguments) { return run_command(io, argv(std::move(arguments))); }

    PrivateBus bus;
    boost::asio::io_context io;
    FakeBerthd berthd{io, bus.address()};
};

} // namespace berth::testing
