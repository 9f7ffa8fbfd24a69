#pragma once

#include "ports/outside.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::os {

/// ports::DockMemory in FOLDER/docks.json, mode 0644: {"berth-docks":1,"docks":[…]}, the one that was seen last first.
/// Written as a whole or not at all, and synced: it is to outlast the boot. A file that is damaged or of a newer
/// version is logged with its path and never believed; it stays as it is until a dock comes or goes. One thread.
class DockMemory final : public ports::DockMemory {
  public:
    static constexpr int version = 1;
    static constexpr std::size_t largest = std::size_t{256} * 1024; ///< bytes of the file; a larger one is damaged

    /// Reads what there is. FOLDER is made when there is something to keep.
    explicit DockMemory(std::string folder);

    void remember(const model::SeatName& seat, const model::Dock& dock) override;

    [[nodiscard]] const std::vector<model::KnownDock>& known() const override { return docks_; }

    /// What a file's content says. The error names what is wrong.
    static Result<std::vector<model::KnownDock>> parse(std::string_view text);

  private:
    std::string folder_;
    std::vector<model::KnownDock> docks_;
    bool failing_{false};
};

} // namespace berth::os
