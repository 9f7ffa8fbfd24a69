#include "linux/state_files.hpp"

#include "base/log.hpp"
#include "linux/file_tree.hpp"

#include <boost/crc.hpp>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <systemd/sd-id128.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

using nlohmann::json;

constexpr const char* state_ending = ".json";

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

StateFiles::StateFiles(std::string folder, std::string mark)
    : folder_{std::move(folder)}, mark_{std::move(mark)}, boot_{boot_id()} {}

void StateFiles::keep(const std::string& name, const json& value) {
    const std::string body = value.dump(-1, ' ', false, json::error_handler_t::replace);
    const std::size_t content = std::hash<std::string>{}(body);
    if (const auto written = written_.find(name); written != written_.end() && written->second == content) {
        return;
    }
    const json header{{mark_, version}, {"boot", boot_}, {"crc32", checksum(body)}};
    const Result<void> outcome = write(name + state_ending, header.dump() + "\n" + body + "\n");
    if (outcome) {
        written_[name] = content;
    } else {
        written_.erase(name);
    }
    if (!outcome && !std::exchange(failing_, true)) {
        log::warning("what a berthd that starts anew needs to know of " + name +
                     " cannot be kept; it will be ended then: " + outcome.error().message);
    }
    failing_ = failing_ && !outcome;
}

/// Whether the folder that is open is the one that has its name still.
bool StateFiles::is_open() const {
    struct stat opened {};

    struct stat named {};

    return open_folder_ && ::fstat(open_folder_.get(), &opened) == 0 && ::stat(folder_.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

Result<void> StateFiles::write(const std::string& file, const std::string& text) {
    if (!is_open()) {
        auto folder = make_private_directory(folder_);
        if (!folder) {
            return folder.error();
        }
        open_folder_ = std::move(*folder);
    }
    return replace_file_at(open_folder_.get(), file, text, 0600);
}

void StateFiles::forget(const std::string& name) {
    written_.erase(name);
    ::unlink((folder_ + "/" + name + state_ending).c_str()); // one that is not there is forgotten already
}

void StateFiles::read(const std::function<bool(const std::string& name)>& is_safe,
                      const std::function<Result<void>(const std::string& name, const json& value)>& each) const {
    const UniqueFd folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    std::error_code error{folder ? 0 : errno, std::generic_category()};
    const std::filesystem::directory_iterator files =
        folder ? std::filesystem::directory_iterator{folder_, error} : std::filesystem::directory_iterator{};
    if (error && error != std::errc::no_such_file_or_directory) { // that is the first berthd of this boot
        log::error("what an earlier berthd kept cannot be read, and what it left will be ended: " + folder_ + ": " +
                   error.message());
    }
    for (const auto& entry : files) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() != state_ending || !is_safe(name)) {
            continue; // what an interrupted write left
        }
        const auto text = read_file_at(folder.get(), name + state_ending, largest + 1);
        const auto value = text ? parse(mark_, *text, boot_) : Result<std::optional<json>>{text.error()};
        const Result<void> believed =
            !value ? Result<void>{value.error()} : (*value ? each(name, **value) : Result<void>{});
        if (!believed) {
            log::error(entry.path().string() + " is not believed: " + believed.error().message);
        }
    }
}

Result<std::optional<json>> StateFiles::parse(std::string_view mark, std::string_view text, std::string_view boot) {
    const std::size_t end = text.find('\n');
    if (text.size() > largest || end == std::string_view::npos || text.back() != '\n' || end + 1 == text.size()) {
        return damaged("expected two lines of at most " + std::to_string(largest) + " bytes");
    }
    const std::string_view body = text.substr(end + 1, text.size() - end - 2);
    const json header = json::parse(text.substr(0, end), nullptr, false);
    try {
        const int found = header.at(std::string{mark}).get<int>();
        if (found != version) {
            return damaged("expected version " + std::to_string(version) + ", not " + std::to_string(found));
        }
        if (header.at("boot").get_ref<const std::string&>() != boot) {
            return std::optional<json>{};
        }
        if (header.at("crc32").get<std::uint32_t>() != checksum(body)) {
            return damaged("its checksum is not that of its text");
        }
        return std::optional{json::parse(body)};
    } catch (const json::exception& error) {
        return damaged(error.what());
    }
}

} // namespace berth::os
