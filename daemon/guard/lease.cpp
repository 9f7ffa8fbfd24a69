#include "guard/lease.hpp"

#include "guard/folder.hpp"

#include <linux/kd.h>

#include <cstdio>
#include <cstring>
#include <fcntl.h>

namespace berth::guard {
namespace {

constexpr const char* first_line = "berth-guard 1";
constexpr unsigned last_vt = 63;
constexpr const char* words[] = {"idle", "armed", "restore"};

/// Takes "key value" lines off a text, one after another.
class Lines {
  public:
    explicit Lines(const char* text) : rest_{text} {}

    /// The value of the next line, whose key must be `key`; nullptr when it is another, or the line has no end.
    const char* value(const char* key) {
        const char* const end = std::strchr(rest_, '\n');
        const std::size_t length = std::strlen(key);
        const std::size_t all = end == nullptr ? 0 : static_cast<std::size_t>(end - rest_);
        if (end == nullptr || all < length + 1 || all >= sizeof line_ || std::memcmp(rest_, key, length) != 0 ||
            rest_[length] != ' ') {
            return nullptr;
        }
        std::memcpy(line_, rest_, all);
        line_[all] = '\0';
        rest_ = end + 1;
        return line_ + length + 1;
    }

    [[nodiscard]] bool at_end() const { return *rest_ == '\0'; }

  private:
    const char* rest_;
    char line_[600];
};

bool read_whole_number(const char* text, unsigned long long& number) {
    char again[24];
    if (text == nullptr || !read_number(text, number)) {
        return false;
    }
    std::snprintf(again, sizeof again, "%llu", number);
    return std::strcmp(text, again) == 0;
}

bool read_vt(const char* text, unsigned& vt) {
    unsigned long long number = 0;
    if (!read_whole_number(text, number) || number < 1 || number > last_vt) {
        return false;
    }
    vt = static_cast<unsigned>(number);
    return true;
}

/// "PID START", or "0 0".
bool read_process(const char* text, Process& process) {
    unsigned long long pid = 0;
    unsigned long long start = 0;
    const char* const space = text == nullptr ? nullptr : std::strchr(text, ' ');
    constexpr unsigned long long most_pids = 1ULL << 22U; // PID_MAX_LIMIT, include/linux/threads.h
    if (space == nullptr || !read_number(text, pid) || pid > most_pids || !read_whole_number(space + 1, start)) {
        return false;
    }
    process = {static_cast<pid_t>(pid), start};
    return true;
}

bool read_word(const char* text, Lease::Word& word) {
    for (unsigned i = 0; text != nullptr && i < sizeof words / sizeof *words; ++i) {
        if (std::strcmp(text, words[i]) == 0) {
            word = static_cast<Lease::Word>(i);
            return true;
        }
    }
    return false;
}

bool read_terminals(Lines& lines, Lease& lease, const char*& error) {
    unsigned long long keyboard = 0;
    error = "vt: a number from 1 to 63 was expected";
    if (!read_vt(lines.value("vt"), lease.vt)) {
        return false;
    }
    error = "home: a number from 1 to 63 was expected";
    if (!read_vt(lines.value("home"), lease.home)) {
        return false;
    }
    error = "keyboard: 1 or 3 was expected";
    if (!read_whole_number(lines.value("keyboard"), keyboard) || (keyboard != K_XLATE && keyboard != K_UNICODE)) {
        return false;
    }
    lease.keyboard = static_cast<int>(keyboard);
    return true;
}

bool read_owners(Lines& lines, Lease& lease, const char*& error) {
    error = "init: 'PID START' was expected";
    if (!read_process(lines.value("init"), lease.init)) {
        return false;
    }
    error = "leader: 'PID START' was expected";
    if (!read_process(lines.value("leader"), lease.leader)) {
        return false;
    }
    error = "cgroup: '-' or an absolute path was expected";
    const char* const cgroup = lines.value("cgroup");
    if (cgroup == nullptr || std::strlen(cgroup) >= sizeof lease.cgroup ||
        (cgroup[0] != '/' && std::strcmp(cgroup, "-") != 0)) {
        return false;
    }
    std::snprintf(lease.cgroup, sizeof lease.cgroup, "%s", cgroup[0] == '/' ? cgroup : "");
    return true;
}

bool read_lines(const char* text, Lease& lease, const char*& error) {
    error = "the first line is not 'berth-guard 1'";
    const std::size_t length = std::strlen(first_line);
    if (std::strncmp(text, first_line, length) != 0 || text[length] != '\n') {
        return false;
    }
    Lines lines{text + length + 1};
    error = "word: idle, armed or restore was expected";
    if (!read_word(lines.value("word"), lease.word)) {
        return false;
    }
    if (lease.word != Lease::Word::idle &&
        (!read_terminals(lines, lease, error) || !read_owners(lines, lease, error))) {
        return false;
    }
    error = "end: nothing more was expected";
    const char* const end = lines.value("end");
    return end != nullptr && std::strcmp(end, ".") == 0 && lines.at_end();
}

} // namespace

const char* word_for(Lease::Word word) {
    return words[static_cast<unsigned>(word)];
}

bool read_lease(const char* text, Lease& lease, const char*& error) {
    Lease read;
    if (!read_lines(text, read, error)) {
        lease = Lease{};
        return false;
    }
    lease = read;
    error = "";
    return true;
}

std::size_t print_lease(const Lease& lease, char* buffer, std::size_t size) {
    const char* const word = word_for(lease.word);
    int length = 0;
    if (lease.word == Lease::Word::idle) {
        length = std::snprintf(buffer, size, "%s\nword %s\nend .\n", first_line, word);
    } else {
        length = std::snprintf(
            buffer, size, "%s\nword %s\nvt %u\nhome %u\nkeyboard %d\ninit %d %llu\nleader %d %llu\ncgroup %s\nend .\n",
            first_line, word, lease.vt, lease.home, lease.keyboard, lease.init.pid,
            static_cast<unsigned long long>(lease.init.start), lease.leader.pid,
            static_cast<unsigned long long>(lease.leader.start), lease.cgroup[0] != '\0' ? lease.cgroup : "-");
    }
    return length > 0 && static_cast<std::size_t>(length) < size ? static_cast<std::size_t>(length) : 0;
}

bool start_of(pid_t pid, std::uint64_t& start) {
    char path[32];
    char stat[1024];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (pid <= 0 || !read_file(AT_FDCWD, path, stat, sizeof stat)) {
        return false;
    }
    // The command's name is in brackets and may contain anything; the state is the third field, the start the 22nd.
    const char* at = std::strrchr(stat, ')');
    constexpr int fields = 22 - 2;
    for (int field = 0; at != nullptr && field < fields; ++field) {
        at = std::strchr(at + 1, ' ');
    }
    unsigned long long ticks = 0;
    if (at == nullptr || !read_number(at + 1, ticks)) {
        return false;
    }
    start = ticks;
    return true;
}

} // namespace berth::guard
