#include "linux/sound_cookie.hpp"

#include "linux/file_tree.hpp"
#include "linux/seat_name.hpp"

#include <sys/random.h>

#include <cerrno>

namespace berth::os {
namespace {

constexpr std::size_t cookie_size = 256; // what getrandom(2) gives whole, once the kernel has it at all

} // namespace

Result<std::string> sound_cookie(const std::string& runtime_dir, const model::SeatName& seat) {
    if (!is_safe(seat)) {
        return Error{ErrorCode::invalid_argument, "\"" + seat.value + "\" is no seat's name"};
    }
    const auto folder = make_private_directory(runtime_dir + "/cookies");
    if (!folder) {
        return folder.error();
    }
    if (auto there = read_file_at(folder->get(), seat.value, cookie_size); there && there->size() == cookie_size) {
        return there;
    }
    std::string cookie(cookie_size, '\0');
    if (::getrandom(cookie.data(), cookie.size(), 0) != static_cast<ssize_t>(cookie.size())) {
        return system_error("getrandom", errno);
    }
    const auto kept = replace_file_at(folder->get(), seat.value, cookie, 0600);
    return kept ? Result<std::string>{cookie} : kept.error();
}

} // namespace berth::os
