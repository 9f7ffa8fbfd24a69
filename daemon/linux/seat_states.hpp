#pragma once

#include "linux/state_files.hpp"
#include "ports/outside.hpp"

#include <string>
#include <string_view>

namespace berth::os {

/// ports::SeatStates in FOLDER/SEAT.json and FOLDER/clients/CLIENT.json (state_files.hpp). A file that is another's
/// than its name says is logged and never believed. A name that is_safe() refuses is not kept. One thread.
class SeatStates final : public ports::SeatStates {
  public:
    static constexpr int version = StateFiles::version;
    static constexpr std::size_t largest = StateFiles::largest;

    explicit SeatStates(const std::string& folder);

    void keep(const model::Seat& seat) override;
    void forget(const model::SeatName& seat) override;
    std::vector<model::Seat> kept() override;
    void keep(const model::Client& client) override;
    void forget(const model::ClientId& client) override;
    std::vector<model::Client> kept_clients() override;

    /// What `text`, a file's content, says of `seat`; nothing when it is of another boot. The error names what is
    /// wrong.
    static Result<std::optional<model::Seat>> parse(const model::SeatName& seat, std::string_view text,
                                                    std::string_view boot);

  private:
    StateFiles seats_;
    StateFiles clients_;
};

} // namespace berth::os
