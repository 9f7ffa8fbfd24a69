#include "base/log.hpp"
#include "udev_program.hpp"

#include <exception>
#include <unistd.h>

/// berth-udev [UDEV-DIR]: started by berthd, whose orders come by standard input, a socket.
int main(int argc, char** argv) {
    try {
        berth::run_udev(berth::UniqueFd{STDIN_FILENO}, argc > 1 ? argv[1] : "/run/udev");
        return 0;
    } catch (const std::exception& error) {
        berth::log::error(error.what());
        return 1;
    }
}
