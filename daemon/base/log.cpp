#include "base/log.hpp"

#include <sys/stat.h>
#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace berth::log {
namespace {

/// systemd.exec(5), $JOURNAL_STREAM: "device:inode" of the journal's stream, to compare with stderr's.
bool stderr_is_the_journal() noexcept {
    const char* stream = std::getenv("JOURNAL_STREAM");

    struct stat status {};

    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) {
        return false;
    }
    std::array<char, 64> mine{};
    std::snprintf(mine.data(), mine.size(), "%ju:%ju", static_cast<std::uintmax_t>(status.st_dev),
                  static_cast<std::uintmax_t>(status.st_ino));
    return std::string_view{stream} == mine.data();
}

Level initial_limit() noexcept {
    const char* debug = std::getenv("BERTH_DEBUG");
    return debug != nullptr && std::string_view{debug} == "1" ? Level::debug : Level::info;
}

std::atomic<Level>& limit() noexcept {
    static std::atomic<Level> value{initial_limit()};
    return value;
}

std::string_view name_of(Level level) noexcept {
    switch (level) {
    case Level::error:
        return "error";
    case Level::warning:
        return "warning";
    case Level::notice:
        return "notice";
    case Level::info:
        return "info";
    case Level::debug:
        return "debug";
    }
    return "info";
}

void write_journal(Level level, std::string_view message, std::initializer_list<Field> fields) {
    std::vector<std::string> lines{"PRIORITY=" + std::to_string(static_cast<int>(level)),
                                   "MESSAGE=" + std::string{message},
                                   std::string{"SYSLOG_IDENTIFIER="} + program_invocation_short_name};
    for (const Field& field : fields) {
        lines.push_back(std::string{field.name} + "=" + std::string{field.value});
    }
    std::vector<iovec> vectors;
    vectors.reserve(lines.size());
    for (std::string& line : lines) {
        vectors.push_back(iovec{line.data(), line.size()});
    }
    sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
}

void write_stderr(Level level, std::string_view message, std::initializer_list<Field> fields) {
    std::string line{name_of(level)};
    line.append(": ").append(message);
    const char* separator = " (";
    for (const Field& field : fields) {
        line.append(separator).append(field.name).append("=").append(field.value);
        separator = ", ";
    }
    line.append(fields.size() != 0 ? ")\n" : "\n");
    // One write(2), so that lines of several processes do not mix. A full or closed stderr must not stop the daemon.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace

void set_limit(Level level) noexcept {
    limit() = level;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) noexcept {
    if (static_cast<int>(level) > static_cast<int>(limit().load())) {
        return;
    }
    try {
        static const bool journal = stderr_is_the_journal();
        if (journal) {
            write_journal(level, message, fields);
        } else {
            write_stderr(level, message, fields);
        }
    } catch (...) { // NOLINT(bugprone-empty-catch): out of memory while logging: the line is lost, the daemon is not
    }
}

} // namespace berth::log
