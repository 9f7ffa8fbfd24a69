#pragma once

#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::testing {

struct CommandResult {
    int status{-1}; ///< exit code, or 128 + the signal that ended it
    std::string out;
    std::string err;
};

/// A program that runs beside the io_context; killed when it still runs at the end.
class RunningCommand {
  public:
    RunningCommand(boost::asio::io_context& io, const std::vector<std::string>& argv,
                   const std::map<std::string, std::string>& environment = {});
    ~RunningCommand();
    RunningCommand(const RunningCommand&) = delete;
    RunningCommand& operator=(const RunningCommand&) = delete;

    void signal(int number);

    /// What it printed so far.
    [[nodiscard]] const std::string& out() const noexcept;
    [[nodiscard]] const std::string& err() const noexcept;

    /// Runs the io_context until the program printed `text` on stdout or stderr.
    bool printed(const std::string& text);

    /// Runs the io_context until the program has ended.
    CommandResult wait();

  private:
    struct Reader;
    boost::asio::io_context& io_;
    pid_t pid_{-1};
    std::unique_ptr<Reader> out_;
    std::unique_ptr<Reader> err_;
};

/// Runs a program while the io_context goes on, until it has ended; kills it when patience ends.
CommandResult run_command(boost::asio::io_context& io, const std::vector<std::string>& argv,
                          const std::map<std::string, std::string>& environment = {});

/// Is `program` on PATH?
bool have_program(const std::string& program);

} // namespace berth::testing
