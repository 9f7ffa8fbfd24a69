#pragma once

#include "base/unique_fd.hpp"
#include "ports/outside.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::store {

/// ports::Recorder into a file of JSON lines, mode 0600:
///   {"berth-flight":1,"world":WORLD}                          the World before the first decision below
///   {"at":MICROSECONDS,"event":EVENT,"effects":[EFFECT,…]}    one line a decision
/// At `limit` bytes the file becomes FILE.1 (replacing the earlier one) and a new one starts with the World as it is
/// then, so each file can be replayed by itself. A file that an earlier daemon left becomes FILE.1 at the first record.
/// Where a line cannot be written (ENOSPC, no folder), one warning is logged and the events until the next success are
/// lost; the file is then started anew, so what is there can always be replayed. Never throws, never waits.
class FlightRecorder final : public ports::Recorder {
  public:
    static constexpr std::uint64_t default_limit = std::uint64_t{4} * 1024 * 1024;

    /// `first`: the World before the first event.
    explicit FlightRecorder(std::string file, const model::World& first = {}, std::uint64_t limit = default_limit);

    void record(const model::Event& event, const std::vector<model::Effect>& effects,
                const model::World& world) override;

  private:
    Result<void> append(std::string_view line);
    Result<void> start_file(const std::string& header);
    void note(const Result<void>& outcome);

    std::string file_;
    std::uint64_t limit_;
    std::string first_header_; ///< of the very first file; empty once that is started
    UniqueFd fd_;              ///< not open: the next record starts a file
    std::uint64_t size_{0};
    bool failing_{false};
};

} // namespace berth::store
