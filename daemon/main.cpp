#include "base/log.hpp"
#include "daemon.hpp"
#include "version.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <iostream>

namespace {

int run(int argc, char** argv) {
    berth::DaemonOptions options;
    CLI::App app{"berthd: owns a PC's seat and brings contained desktops up on it"};
    app.set_version_flag("--version", berth::version);
    app.add_option("--bus", options.bus, "D-Bus address to serve on, instead of the system bus");
    app.add_option("--runtime-dir", options.runtime_dir, "Run-time files of this boot")->capture_default_str();
    app.add_option("--udev-dir", options.udev_dir, "udev's run-time folder")->capture_default_str();
    app.add_option("--state-dir", options.state_dir, "Files that stay")->capture_default_str();
    app.add_option("--config-dir", options.config_dirs, "Folder with desktops/NAME.json; repeatable, later ones win");
    app.add_option("--seat", options.seats, "Seat to manage; repeatable")->capture_default_str();
    app.add_option("--engine", options.engine, "Container engine")
        ->check(CLI::IsMember({"auto", "podman", "docker"}))
        ->capture_default_str();
    app.add_option("--engine-socket", options.engine_socket, "The engine's Unix socket");
    app.add_option("--podman-argument", options.podman_arguments, "Argument for podman's service; repeatable");
    app.add_flag("--without-text-console", options.without_text_console,
                 "Hand screens to desktops though the kernel draws no text (no frame buffer console)");
    app.add_option("--restore-helper", options.restore_helper, "Path of berth-restore");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    berth::Daemon daemon{options};
    return daemon.run();
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        berth::log::error(error.what());
        return 1;
    }
}
