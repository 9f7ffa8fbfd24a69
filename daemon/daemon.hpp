#pragma once

#include <memory>
#include <string>
#include <vector>

namespace berth {

/// What berthd can be told on its command line.
struct DaemonOptions {
    std::string bus; ///< D-Bus address; empty: the system bus
    std::string runtime_dir{"/run/berth"};
    std::string state_dir{"/var/lib/berth"};
    std::vector<std::string> config_dirs; ///< later ones override; empty: vendor, /etc/berth, runtime_dir
    std::vector<std::string> seats{"seat0"};
    std::string engine{"auto"}; ///< "auto", "podman" or "docker"
    std::string engine_socket;  ///< empty: the engine's usual one
    std::vector<std::string> podman_arguments;
    std::string udev_dir{"/run/udev"}; ///< udev's run-time folder
    bool without_text_console{false};  ///< screens are handed over though the kernel draws no text
    std::string restore_helper;        ///< berth-restore's path; empty: the installed one
};

/// berthd: makes every part, wires them, and runs the loop. Wires, decides nothing.
class Daemon {
  public:
    /// Throws std::runtime_error with a sentence when the bus, or the runtime directory, cannot be used.
    explicit Daemon(const DaemonOptions& options);
    ~Daemon();

    /// Runs until SIGTERM has taken down what cannot run without it, or the bus is lost. The process's exit code.
    int run();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace berth
