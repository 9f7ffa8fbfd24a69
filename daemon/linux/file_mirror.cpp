#include "linux/file_mirror.hpp"

#include "base/log.hpp"
#include "linux/file_tree.hpp"

#include <sys/inotify.h>
#include <system_error>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace berth::os {

namespace {

constexpr std::size_t largest_source = std::size_t{1} << 20U;
constexpr std::uint32_t changes = IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::runtime_error{what + ": " + std::generic_category().message(error)};
}

} // namespace

FileMirror::FileMirror(boost::asio::io_context& io, std::vector<File> files) : inotify_{io} {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) {
        fail("inotify", errno);
    }
    inotify_.assign(descriptor);
    for (File& file : files) {
        watch(std::move(file));
    }
    for (const Watched& each : files_) {
        copy(each);
    }
    wait();
}

FileMirror::~FileMirror() {
    for (const Watched& each : files_) {
        remove(each);
    }
}

void FileMirror::watch(File file) {
    const std::filesystem::path source{file.source};
    const std::string folder = source.parent_path();
    Watched watched;
    watched.name = source.filename();
    // One watch a folder: the kernel gives the same number again.
    watched.watch = ::inotify_add_watch(inotify_.native_handle(), folder.c_str(), changes | IN_ONLYDIR);
    if (watched.watch < 0) {
        fail("watching " + folder, errno);
    }
    watched.source_folder = UniqueFd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!watched.source_folder) {
        fail("open " + folder, errno);
    }
    auto target = make_directories(std::filesystem::path{file.target}.parent_path());
    if (!target) {
        throw std::runtime_error{target.error().message};
    }
    watched.target_folder = std::move(*target);
    watched.file = std::move(file);
    files_.push_back(std::move(watched));
}

void FileMirror::wait() {
    inotify_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        if (!error) { // else the object goes
            read_events();
            wait();
        }
    });
}

void FileMirror::read_events() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = ::read(inotify_.native_handle(), buffer.data(), buffer.size())) > 0;) {
        const char* next = buffer.data();
        const char* const end = next + size;
        while (next < end) {
            inotify_event event{};
            std::memcpy(&event, next, sizeof event);
            const char* const name = next + sizeof event; // filled up with zeros
            on_event(event.wd, event.mask, event.len == 0 ? std::string_view{} : std::string_view{name});
            next += sizeof event + event.len;
        }
    }
}

void FileMirror::on_event(int watch, std::uint32_t mask, std::string_view name) {
    const bool lost_some = (mask & IN_Q_OVERFLOW) != 0;
    for (const Watched& each : files_) {
        if (lost_some || (each.watch == watch && each.name == name)) {
            try {
                copy(each);
            } catch (const std::exception& failure) {
                log::error(failure.what());
                remove(each);
            }
        }
    }
}

void FileMirror::copy(const Watched& watched) {
    const auto text = read_file_at(watched.source_folder.get(), watched.name, largest_source);
    if (!text) { // it has gone
        remove(watched);
        return;
    }
    const std::string target = std::filesystem::path{watched.file.target}.filename();
    const auto written = replace_file_at(watched.target_folder.get(), target, watched.file.filter(*text), 0644);
    if (!written) {
        throw std::runtime_error{"copying " + watched.file.source + ": " + written.error().message};
    }
}

void FileMirror::remove(const Watched& watched) {
    const std::string target = std::filesystem::path{watched.file.target}.filename();
    ::unlinkat(watched.target_folder.get(), target.c_str(), 0);
}

} // namespace berth::os
