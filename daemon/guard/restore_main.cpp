#include "guard/tty_restore.hpp"

#include <linux/kd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

/// berth-restore: restores the virtual terminals and prints what it found and did as one line of JSON. berthd runs it
/// as a child, so that a terminal that hangs in the kernel never hangs the daemon; a person, or a script when berthd
/// is gone, may run it too.
namespace {

constexpr int exit_verified = 0;
constexpr int exit_not_verified = 1;
constexpr int exit_usage = 2;

int usage() {
    std::fputs("usage: berth-restore [--vt N --home M [--keyboard 1|3] [--hangup] [--cgroup DIR]]\n"
               "  --vt N        the desktop's virtual terminal, 1..63\n"
               "  --home M      the virtual terminal to show, 1..63\n"
               "  --keyboard K  mode for a keyboard that is off: 3 Unicode (default), 1 translated\n"
               "  --hangup      cut off whoever still holds terminal N\n"
               "  --cgroup DIR  take DRM master and input devices from the processes of this control group\n"
               "Without arguments the visible terminal is restored. Prints one line of JSON.\n"
               "Exit code: 0 restored and verified, 1 not, 2 usage.\n",
               stderr);
    return exit_usage;
}

/// A decimal number from `least` to `most`, and nothing else.
bool read_number(const char* text, long least, long most, long& number) {
    char* end = nullptr;
    number = std::strtol(text, &end, 10);
    return end != text && *end == '\0' && number >= least && number <= most && text[0] >= '0' && text[0] <= '9';
}

/// False: usage.
bool read_arguments(int argc, char** argv, berth::guard::Request& request) {
    const option options[] = {{"vt", required_argument, nullptr, 'v'},       {"home", required_argument, nullptr, 'o'},
                              {"keyboard", required_argument, nullptr, 'k'}, {"hangup", no_argument, nullptr, 'u'},
                              {"cgroup", required_argument, nullptr, 'g'},   {nullptr, 0, nullptr, 0}};
    long number = 0;
    int choice = 0;
    while ((choice = ::getopt_long(argc, argv, "", options, nullptr)) != -1) {
        if (choice == 'v' && read_number(optarg, 1, 63, number)) {
            request.vt = static_cast<unsigned>(number);
        } else if (choice == 'o' && read_number(optarg, 1, 63, number)) {
            request.home = static_cast<unsigned>(number);
        } else if (choice == 'k' && read_number(optarg, 0, 9, number) && (number == K_XLATE || number == K_UNICODE)) {
            request.keyboard = static_cast<int>(number);
        } else if (choice == 'u') {
            request.hangup = true;
        } else if (choice == 'g' && optarg[0] == '/') {
            // One that has gone meanwhile has nobody who could hold anything.
            request.cgroup = ::open(optarg, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        } else {
            return false;
        }
    }
    return optind == argc && request.vt != 0 && request.home != 0;
}

bool write_all(const char* text, std::size_t size) {
    while (size > 0) {
        const ssize_t written = ::write(STDOUT_FILENO, text, size);
        if (written <= 0) {
            return false;
        }
        text += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    berth::guard::Request request;
    if (argc > 1 ? !read_arguments(argc, argv, request) : false) {
        return usage();
    }
    if (argc == 1 && !berth::guard::guess(request)) {
        std::fputs("berth-restore: this machine has no virtual terminals, or they may not be opened (be root)\n",
                   stderr);
        return exit_not_verified;
    }
    const berth::guard::Report report = berth::guard::restore(request);
    char line[4096];
    std::size_t length = berth::guard::print_json(report, line, sizeof line - 1);
    line[length++] = '\n';
    // A closed stdout does not unmake what was restored: the exit code still tells.
    [[maybe_unused]] const bool told = write_all(line, length);
    return report.verified ? exit_verified : exit_not_verified;
}
