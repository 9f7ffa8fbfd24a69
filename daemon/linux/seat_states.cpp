#include "linux/seat_states.hpp"

#include "base/log.hpp"
#include "linux/file_tree.hpp"
#include "linux/seat_name.hpp"
#include "model/json.hpp"

#include <boost/crc.hpp>
#include <nlohmann/json.hpp>

#include <systemd/sd-id128.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

using nlohmann::json;

constexpr const char* mark = "berth-seat";
constexpr const char* ending = ".json";

std::string boot_id() {
    sd_id128_t id{};
    if (sd_id128_get_boot(&id) < 0) {
        return {};
    }
    std::array<char, SD_ID128_STRING_MAX> text{};
    return sd_id128_to_string(id, text.data());
}

std::uint32_t checksum(std::string_view text) {
    boost::crc_32_type crc;
    crc.process_bytes(text.data(), text.size());
    return crc.checksum();
}

Error damaged(const std::string& what) {
    return Error{ErrorCode::failed, what};
}

} // namespace

SeatStates::SeatStates(std::string folder) : folder_{std::move(folder)}, boot_{boot_id()} {}

void SeatStates::keep(const model::Seat& seat) {
    if (!is_safe(seat.name)) {
        return;
    }
    const std::string body = model::to_value(seat).dump(-1, ' ', false, json::error_handler_t::replace);
    std::string& written = written_[seat.name];
    if (body == written) {
        return;
    }
    const json header{{mark, version}, {"boot", boot_}, {"crc32", checksum(body)}};
    const auto folder = make_private_directory(folder_);
    const Result<void> outcome =
        folder ? replace_file_at(folder->get(), seat.name.value + ending, header.dump() + "\n" + body + "\n", 0600)
               : Result<void>{folder.error()};
    written = outcome ? body : std::string{};
    if (!outcome && !std::exchange(failing_, true)) {
        log::warning("the seat's state cannot be kept; a berthd that starts anew will end its desktop: " +
                         outcome.error().message,
                     {{"BERTH_SEAT", seat.name.value}});
    }
    failing_ = failing_ && !outcome;
}

void SeatStates::forget(const model::SeatName& seat) {
    written_.erase(seat);
    if (is_safe(seat)) {
        ::unlink((folder_ + "/" + seat.value + ending).c_str()); // one that is not there is forgotten already
    }
}

std::vector<model::Seat> SeatStates::kept() {
    std::vector<model::Seat> seats;
    const UniqueFd folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    std::error_code none;
    if (!folder) {
        return seats; // the first berthd of this boot
    }
    for (const auto& entry : std::filesystem::directory_iterator{folder_, none}) {
        const model::SeatName name{entry.path().stem().string()};
        if (entry.path().extension() != ending || !is_safe(name)) {
            continue; // what an interrupted write left
        }
        const auto text = read_file_at(folder.get(), name.value + ending, largest + 1);
        const auto seat = text ? parse(name, *text, boot_) : Result<std::optional<model::Seat>>{text.error()};
        if (!seat) {
            log::error(entry.path().string() + " is not believed: " + seat.error().message,
                       {{"BERTH_SEAT", name.value}});
        } else if (*seat) {
            seats.push_back(**seat);
        }
    }
    return seats;
}

Result<std::optional<model::Seat>> SeatStates::parse(const model::SeatName& seat, std::string_view text,
                                                     std::string_view boot) {
    const std::size_t end = text.find('\n');
    if (text.size() > largest || end == std::string_view::npos || text.back() != '\n' || end + 1 == text.size()) {
        return damaged("expected two lines of at most " + std::to_string(largest) + " bytes");
    }
    const std::string_view body = text.substr(end + 1, text.size() - end - 2);
    const json header = json::parse(text.substr(0, end), nullptr, false);
    try {
        const int found = header.at(mark).get<int>();
        if (found != version) {
            return damaged("expected version " + std::to_string(version) + ", not " + std::to_string(found));
        }
        if (header.at("boot").get_ref<const std::string&>() != boot) {
            return std::optional<model::Seat>{};
        }
        if (header.at("crc32").get<std::uint32_t>() != checksum(body)) {
            return damaged("its checksum is not that of its text");
        }
        model::Seat kept = model::seat_from(json::parse(body));
        if (kept.name != seat) {
            return damaged("it is seat " + kept.name.value + "'s");
        }
        return std::optional{std::move(kept)};
    } catch (const json::exception& error) {
        return damaged(error.what());
    }
}

} // namespace berth::os
