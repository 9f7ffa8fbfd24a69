#include "linux/dock_memory.hpp"

#include "base/log.hpp"
#include "linux/clock.hpp"
#include "linux/file_tree.hpp"
#include "model/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

using nlohmann::json;

constexpr const char* file_name = "docks.json";
constexpr const char* docks_mark = "berth-docks";

/// What is behind a dock comes bit by bit, and goes so: all that was ever seen there counts.
void add_kinds(std::vector<model::DeviceKind>& known, const std::vector<model::DeviceKind>& seen) {
    known.insert(known.end(), seen.begin(), seen.end());
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
}

} // namespace

DockMemory::DockMemory(std::string folder) : folder_{std::move(folder)} {
    const std::string path = folder_ + "/" + file_name;
    if (::access(path.c_str(), F_OK) != 0) {
        return; // no dock was ever seen
    }
    const UniqueFd directory{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const auto text = read_file_at(directory.get(), file_name, largest + 1);
    auto docks = text ? parse(*text) : Result<std::vector<model::KnownDock>>{text.error()};
    if (!docks) {
        log::error(path + " is not believed, so earlier docks are not known: " + docks.error().message);
        return;
    }
    docks_ = std::move(*docks);
}

void DockMemory::remember(const model::SeatName& seat, const model::Dock& dock) {
    model::KnownDock known{dock.id, dock.name, seat, dock.has, microseconds_of_realtime()};
    const auto before =
        std::find_if(docks_.begin(), docks_.end(), [&](const auto& each) { return each.id == dock.id; });
    if (before != docks_.end()) {
        add_kinds(known.has, before->has);
        docks_.erase(before);
    }
    docks_.insert(docks_.begin(), std::move(known));
    docks_.resize(std::min(docks_.size(), model::most_known_docks));
    json list = json::array();
    for (const model::KnownDock& each : docks_) {
        list.push_back(model::to_value(each));
    }
    const json value{{docks_mark, version}, {"docks", std::move(list)}};
    const auto directory = make_directories(folder_);
    const auto written = directory ? replace_file_at(directory->get(), file_name,
                                                     value.dump(2, ' ', false, json::error_handler_t::replace) + "\n",
                                                     0644, Lasts::on_disk)
                                   : Result<void>{directory.error()};
    if (!written && !std::exchange(failing_, true)) {
        log::warning("docks are forgotten when berthd ends: " + written.error().message);
    }
    failing_ = failing_ && !written;
}

Result<std::vector<model::KnownDock>> DockMemory::parse(std::string_view text) {
    const auto damaged = [](const std::string& what) { return Error{ErrorCode::failed, what}; };
    if (text.size() > largest) {
        return damaged("it is larger than " + std::to_string(largest) + " bytes");
    }
    try {
        const json value = json::parse(text);
        const int written_by = value.at(docks_mark).get<int>();
        if (written_by != version) {
            return damaged("it is of version " + std::to_string(written_by) + ", and this berthd knows " +
                           std::to_string(version));
        }
        std::vector<model::KnownDock> docks;
        for (const json& each : value.at("docks")) {
            docks.push_back(model::known_dock_from(each));
        }
        docks.resize(std::min(docks.size(), model::most_known_docks));
        return docks;
    } catch (const json::exception& error) {
        return damaged(error.what());
    }
}

} // namespace berth::os
