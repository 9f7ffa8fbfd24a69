#pragma once

#include <iosfwd>
#include <string>

namespace berth::cli {

/// Shows a job's progress: one bar that is redrawn on a terminal, else a plain line for each new phase or message.
class Progress {
  public:
    Progress(std::ostream& out, bool terminal) : out_{out}, terminal_{terminal} {}

    /// `part`: 0 to 1.
    void show(const std::string& phase, double part, const std::string& message);

    /// Leaves the bar's line. Idempotent.
    void end();

  private:
    std::ostream& out_;
    bool terminal_;
    bool open_{false};
    std::string last_;
};

} // namespace berth::cli
