#include "linux/udev_records.hpp"

#include "base/unique_fd.hpp"
#include "linux/file_tree.hpp"
#include "linux/udev_looks.hpp"
#include "udev_events/client_view.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

constexpr int most_tries = 3; ///< udev writes a new file and renames it: twice in a read is a storm

bool is_same(const struct stat& left, const struct stat& right) {
    return left.st_size == right.st_size && left.st_mtim.tv_sec == right.st_mtim.tv_sec &&
           left.st_mtim.tv_nsec == right.st_mtim.tv_nsec && left.st_ctim.tv_sec == right.st_ctim.tv_sec &&
           left.st_ctim.tv_nsec == right.st_ctim.tv_nsec;
}

/// At most one byte more than a record may have. Nothing where the file changed meanwhile.
Result<std::optional<std::string>> read_once(int file) {
    struct stat before {};

    struct stat after {};

    if (::fstat(file, &before) != 0) {
        return system_error("stat", errno);
    }
    if (!S_ISREG(before.st_mode)) {
        return Error{ErrorCode::failed, "it is no regular file"};
    }
    std::string text(udev_events::longest_record + 1, '\0');
    std::size_t have = 0;
    for (ssize_t got = 1; got > 0 && have < text.size(); have += static_cast<std::size_t>(std::max<ssize_t>(got, 0))) {
        got = ::read(file, text.data() + have, text.size() - have);
        if (got < 0) {
            return system_error("read", errno);
        }
    }
    if (have > udev_events::longest_record) {
        return Error{ErrorCode::failed, "it is longer than any that is known"};
    }
    if (::fstat(file, &after) != 0 || !is_same(before, after)) {
        return std::optional<std::string>{};
    }
    text.resize(have);
    return std::optional{std::move(text)};
}

Result<std::optional<std::string>> read_whole(int folder, const std::string& id) {
    for (int tries = most_tries; tries > 0; --tries) {
        const UniqueFd file{::openat(folder, id.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
        if (!file && errno == ENOENT) {
            return std::optional<std::string>{};
        }
        if (!file) {
            return errno == ELOOP ? Error{ErrorCode::failed, "it is a link: not followed"}
                                  : system_error("open", errno);
        }
        auto text = read_once(file.get());
        if (!text || *text) {
            return text;
        }
    }
    return Error{ErrorCode::failed, "it changes faster than it can be read"};
}

} // namespace

UdevRecords::UdevRecords(std::string folder) : folder_{std::move(folder)} {}

Result<std::optional<std::string>> UdevRecords::find(const std::string& id) const {
    if (!udev_events::is_device_id(id)) {
        return Error{ErrorCode::invalid_argument,
                     "\"" + id.substr(0, 80) + "\" is no device's name in udev's database"};
    }
    const std::string path = folder_ + "/data";
    const UniqueFd folder{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) {
        return errno == ENOENT ? Result<std::optional<std::string>>{std::optional<std::string>{}}
                               : system_error("open " + path, errno);
    }
    auto text = read_whole(folder.get(), id);
    if (!text) {
        return Error{text.error().code, "udev's record " + path + "/" + id + ": " + text.error().message};
    }
    return *text ? std::optional{udev_events::record_for_client(**text)} : std::optional<std::string>{};
}

std::optional<udev_events::Device> UdevRecords::device(const std::string& id) const {
    const auto record = find(id);
    const UdevHandle<udev> context{record && *record ? udev_new() : nullptr};
    if (!context) {
        return std::nullopt;
    }
    const auto number_at = [&id](std::size_t at) {
        return static_cast<unsigned>(std::strtoul(id.c_str() + at, nullptr, 10));
    };
    const dev_t number = ::makedev(number_at(1), number_at(id.find(':') + 1));
    const UdevHandle<udev_device> found{udev_device_new_from_devnum(context.get(), id.front(), number)};
    if (!found) {
        return std::nullopt;
    }
    udev_events::Device device = udev_events::read_record(**record);
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_device_get_properties_list_entry(found.get())) {
        const std::string name{view(udev_list_entry_get_name(entry))};
        if (udev_events::value_of(device, name).empty()) { // the record's word is the newer one
            device.properties.emplace_back(name, view(udev_list_entry_get_value(entry)));
        }
    }
    return udev_events::for_client(std::move(device));
}

Result<void> UdevRecords::renew(int folder, const std::string& id, bool shown) const {
    const auto record = shown ? find(id) : Result<std::optional<std::string>>{std::optional<std::string>{}};
    if (!record) {
        return record.error();
    }
    if (!*record) {
        const bool is_gone = ::unlinkat(folder, id.c_str(), 0) == 0 || errno == ENOENT;
        return is_gone ? Result<void>{} : system_error("remove a client's copy of the record " + id, errno);
    }
    const auto copy = read_file_at(folder, id, udev_events::longest_record);
    return copy && *copy == **record ? Result<void>{} : replace_file_at(folder, id, **record, 0644);
}

} // namespace berth::os
