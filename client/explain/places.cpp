#include "explain/places.hpp"

#include "base/unique_fd.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <tuple>
#include <unistd.h>

namespace berth::explain {

namespace {

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

} // namespace

Text read_text(const std::string& path) {
    constexpr std::size_t most = 64UL * 1024;
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};

    struct stat status {};

    if (!file || ::fstat(file.get(), &status) != 0) {
        return {{}, errno};
    }
    if (!S_ISREG(status.st_mode)) {
        return {{}, EINVAL};
    }
    Text result;
    std::array<char, 4096> buffer{};
    ssize_t got = 0;
    while (result.text.size() < most && (got = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
        result.text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    result.error = got < 0 ? errno : 0;
    return result;
}

std::string read_line(const std::string& path) {
    std::string text = read_text(path).text;
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

std::vector<std::string> names_in(const std::string& folder, const std::string& prefix, int& error) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, CloseFolder> open{::opendir(folder.c_str())};
    error = open ? 0 : errno;
    while (open) {
        errno = 0;
        const dirent* const entry = ::readdir(open.get());
        if (entry == nullptr) {
            error = errno;
            break;
        }
        const std::string name{static_cast<const char*>(entry->d_name)};
        if (name != "." && name != ".." && name.rfind(prefix, 0) == 0) {
            names.push_back(name);
        }
    }
    const auto key = [&](const std::string& name) { return std::tuple{number_in(name.substr(prefix.size())), name}; };
    std::sort(names.begin(), names.end(), [&](const auto& one, const auto& other) { return key(one) < key(other); });
    return names;
}

unsigned number_in(const std::string& text) {
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace berth::explain
