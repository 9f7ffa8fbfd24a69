#include "relay/pump.hpp"

#include <sys/syscall.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <unistd.h>

/// berth-relay framed|raw: carries bytes between a caller's standard streams (descriptors 0, 1, 2) and a container's
/// (descriptor 3, a connected stream socket). `framed`: the container's output is made of frames (relay/frames.hpp);
/// `raw`: it is a terminal's. Exit status: relay/pump.hpp, End. berthd starts one for each caller (StreamRelays), so
/// that one who does not read holds up nobody else. It outlives berthd.
namespace {

using berth::relay::End;

/// Every other descriptor may be the last one of something: a pipe whose end somebody waits for.
void close_others() {
    constexpr unsigned first = 4;
    if (::syscall(SYS_close_range, first, ~0U, 0) != 0) { // Linux before 5.9
        for (unsigned fd = first; fd < 1024; ++fd) {
            ::close(static_cast<int>(fd));
        }
    }
}

/// What is typed is the container's: a terminal's signals are not for us, nor is its job control. SIGTERM ends us.
void set_signals() {
    for (const int signal : {SIGPIPE, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGHUP}) {
        ::signal(signal, SIG_IGN);
    }
    sigset_t none{};
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

int main(int argc, char** argv) {
    const bool framed = argc == 2 && std::strcmp(argv[1], "framed") == 0;
    if (!framed && (argc != 2 || std::strcmp(argv[1], "raw") != 0)) {
        std::fputs("usage: berth-relay framed|raw, with a container's connection as descriptor 3\n", stderr);
        return static_cast<int>(End::usage);
    }
    close_others();
    set_signals();
    static berth::relay::Pump pump{berth::relay::Ends{}, framed};
    return static_cast<int>(pump.run());
}
