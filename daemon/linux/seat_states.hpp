#pragma once

#include "ports/outside.hpp"

#include <map>
#include <string>
#include <string_view>

namespace berth::os {

/// ports::SeatStates in FOLDER/SEAT.json, mode 0600 in a folder of mode 0700, two lines each:
///   {"berth-seat":1,"boot":BOOT-ID,"crc32":CHECKSUM}     CRC-32 (IEEE 802.3) of the second line without its end
///   SEAT                                                 the seat, model/json.hpp
/// Written as a whole or not at all; a seat that did not change is not written again. A file of another boot says
/// nothing of this one and is passed over; one that is torn, damaged, of a newer version or another seat's is logged
/// and never believed. A seat's name that is_safe() refuses is not kept. Short calls on a local file system; one
/// thread.
class SeatStates final : public ports::SeatStates {
  public:
    static constexpr int version = 1;
    static constexpr std::size_t largest = std::size_t{256} * 1024; ///< bytes of a file; a larger one is damaged

    explicit SeatStates(std::string folder);

    void keep(const model::Seat& seat) override;
    void forget(const model::SeatName& seat) override;
    std::vector<model::Seat> kept() override;

    /// What `text`, a file's content, says of `seat`; nothing when it is of another boot. The error names what is
    /// wrong.
    static Result<std::optional<model::Seat>> parse(const model::SeatName& seat, std::string_view text,
                                                    std::string_view boot);

  private:
    std::string folder_;
    std::string boot_; ///< sd_id128_get_boot(3), hexadecimal
    std::map<model::SeatName, std::string> written_;
    bool failing_{false};
};

} // namespace berth::os
