#include "base/unique_fd.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"
#include "lib/call_failed.hpp"
#include "recorder/recorder.hpp"
#include "recording/serials.hpp"
#include "recording/text.hpp"

#include <CLI/CLI.hpp>

#include <system_error>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <optional>
#include <poll.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace berth::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct RecordOptions {
    std::string file;
    std::string udev_folder{"/run/udev"};
    unsigned seconds{0}; ///< 0: until Ctrl-C
    bool force{false};
    bool no_serials{false};

    [[nodiscard]] bool to_stdout() const { return file == "-"; }
};

[[noreturn]] void fail(const Error& error) {
    throw client::CallFailed{std::string{error_name(error.code)}, error.message};
}

/// Where the recording is written, and its name for messages.
class RecordFile {
  public:
    explicit RecordFile(const RecordOptions& options) : name_{options.to_stdout() ? "standard output" : options.file} {
        if (options.to_stdout()) {
            return;
        }
        constexpr mode_t everybody_reads = 0644;
        const int how = O_WRONLY | O_CREAT | O_CLOEXEC | (options.force ? O_TRUNC : O_EXCL);
        own_.reset(::open(name_.c_str(), how, everybody_reads));
        if (!own_ && errno == EEXIST) {
            fail({ErrorCode::invalid_argument, name_ + " is there already; --force replaces it"});
        }
        if (!own_) {
            fail(system_error("cannot write " + name_, errno));
        }
    }

    /// At once: a recording that is cut off is good up to there.
    void write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t written = ::write(own_ ? own_.get() : STDOUT_FILENO, text.data(), text.size());
            if (written < 0 && errno != EINTR) {
                fail(system_error("cannot write " + name_, errno));
            }
            text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
        }
    }

  private:
    std::string name_;
    UniqueFd own_; ///< none: standard output
};

/// Without one, libudev has devices and never a message, and says nothing of it.
void demand_udev(const std::string& folder) {
    const std::string socket = folder + "/control";
    if (::access(socket.c_str(), F_OK) != 0) {
        fail({ErrorCode::failed,
              "udev does not run here, and its messages are what is recorded (" + socket + " is missing)"});
    }
}

class DockRecording {
  public:
    explicit DockRecording(const RecordOptions& options) : recorder_{opened()}, file_{options} {
        if (options.no_serials) {
            hider_.emplace();
        }
        if (options.seconds > 0) {
            end_ = begin_ + std::chrono::seconds{options.seconds};
        }
    }

    /// What is there. Returns how many devices.
    std::size_t write_begin() {
        auto devices = recorder_.begin();
        if (!devices) {
            fail(devices.error());
        }
        if (hider_) {
            devices = hider_->hide(std::move(*devices));
        }
        std::string text = recording::begin_text();
        for (const recording::Device& device : *devices) {
            text += text_of(device);
        }
        file_.write(text);
        return devices->size();
    }

    /// What happens, until a signal comes or the time is over. Returns how many messages.
    std::size_t follow(int signal_fd) {
        std::size_t count = 0;
        for (;;) {
            std::array<pollfd, 2> waiting{{{recorder_.fd(), POLLIN, 0}, {signal_fd, POLLIN, 0}}};
            if (::poll(waiting.data(), waiting.size(), left_ms()) < 0 && errno != EINTR) {
                fail(system_error("poll", errno));
            }
            count += write_events();
            if (next_signal(signal_fd) != 0 || (end_ && steady_clock::now() >= *end_)) {
                return count;
            }
        }
    }

  private:
    static recorder::Recorder opened() {
        auto recorder = recorder::Recorder::open();
        if (!recorder) {
            fail(recorder.error());
        }
        return std::move(*recorder);
    }

    /// For poll(2): -1 is for ever.
    [[nodiscard]] int left_ms() const {
        if (!end_) {
            return -1;
        }
        const auto left = std::chrono::ceil<milliseconds>(*end_ - steady_clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
    }

    std::size_t write_events() {
        std::size_t count = 0;
        for (;;) {
            const auto at = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin_).count();
            auto event = recorder_.next(static_cast<std::uint64_t>(at));
            if (!event) {
                fail(event.error());
            }
            if (!*event) {
                return count;
            }
            file_.write(text_of(hider_ ? hider_->hide(std::move(**event)) : **event));
            ++count;
        }
    }

    recorder::Recorder recorder_; ///< before the file: where there is no udev, none is left behind
    RecordFile file_;
    std::optional<recording::SerialHider> hider_;
    steady_clock::time_point begin_{steady_clock::now()};
    std::optional<steady_clock::time_point> end_;
};

int record_docks(const RecordOptions& options) {
    demand_udev(options.udev_folder);
    const int signal_fd = take_interrupts();
    DockRecording recording{options};
    const std::size_t devices = recording.write_begin();
    if (!options.to_stdout()) {
        say("recording to " + options.file + ": plug the dock in or pull it out now, and end with Ctrl-C");
    }
    const std::size_t events = recording.follow(signal_fd);
    if (!options.to_stdout()) {
        say("devices at the beginning: " + std::to_string(devices) +
            ", messages of udev since then: " + std::to_string(events));
    }
    return exit_ok;
}

} // namespace

void add_record_docks(CLI::App& app, Context& context) {
    const auto options = std::make_shared<RecordOptions>();
    CLI::App* verb = app.add_subcommand(
        "record-docks", "record the host's devices and what udev says of them until Ctrl-C, for a report of a dock");
    verb->add_option("file", options->file, "where to, or \"-\" for standard output")->required();
    constexpr unsigned longest = 86'400;
    verb->add_option("--for", options->seconds, "end by itself after so many seconds")->check(CLI::Range(1U, longest));
    verb->add_flag("--force", options->force, "replace the file when it is there");
    verb->add_flag(
        "--no-serials", options->no_serials,
        "write \"serial1\", \"serial2\" and so on in the place of serial numbers, ids and network addresses, so "
        "that the recording can be published");
    verb->add_option("--udev-dir", options->udev_folder, "where udev keeps its run-time files")->capture_default_str();
    verb->footer(
        "It needs no berthd. What is recorded are the attributes and properties by which docks and what is behind\n"
        "them are known; without --no-serials serial numbers and network addresses are among them.");
    verb->callback([&context, options] { context.run = [options] { return record_docks(*options); }; });
}

} // namespace berth::cli
