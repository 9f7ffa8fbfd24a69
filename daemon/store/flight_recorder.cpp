#include "store/flight_recorder.hpp"

#include "base/log.hpp"
#include "model/json.hpp"
#include "store/flight_format.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::store {
namespace {

using nlohmann::json;

/// One line. Bytes that are no UTF-8 (an engine's message) become U+FFFD: a recording must never fail over a name.
std::string line_of(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
}

std::string header_of(const model::World& world) {
    json header = json::object();
    header[flight_mark] = flight_version;
    header["world"] = model::to_value(world);
    return line_of(header);
}

std::string record_of(const model::Event& event, const std::vector<model::Effect>& effects) {
    json list = json::array();
    for (const model::Effect& effect : effects) {
        list.push_back(model::to_value(effect));
    }
    return line_of(json{{"at", event.at}, {"event", model::to_value(event)}, {"effects", std::move(list)}});
}

/// Writes all of `text`, or takes back what was written of it.
Result<void> write_whole(int fd, std::string_view text, std::uint64_t size_before, const std::string& file) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(fd, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            const Error error = system_error("write " + file, written == 0 ? EIO : errno);
            [[maybe_unused]] const int cut = ::ftruncate(fd, static_cast<off_t>(size_before));
            return error;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

} // namespace

FlightRecorder::FlightRecorder(std::string file, const model::World& first, std::uint64_t limit)
    : file_{std::move(file)}, limit_{limit}, first_header_{header_of(first)} {}

Result<void> FlightRecorder::start_file(const std::string& header) {
    fd_.reset();
    const std::string fresh = file_ + ".new";
    UniqueFd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!fd) {
        return system_error("create " + fresh, errno);
    }
    if (auto written = write_whole(fd.get(), header, 0, fresh); !written) {
        ::unlink(fresh.c_str());
        return written;
    }
    const std::string old = file_ + ".1";
    if (::rename(file_.c_str(), old.c_str()) != 0 && errno != ENOENT) {
        return system_error("rename " + file_ + " to " + old, errno);
    }
    if (::rename(fresh.c_str(), file_.c_str()) != 0) {
        return system_error("rename " + fresh + " to " + file_, errno);
    }
    fd_ = std::move(fd);
    size_ = header.size();
    return {};
}

Result<void> FlightRecorder::append(std::string_view line) {
    auto written = write_whole(fd_.get(), line, size_, file_);
    if (!written) {
        fd_.reset(); // a decision is missing from here on: the next file starts with a World of its own
        return written;
    }
    size_ += line.size();
    return {};
}

void FlightRecorder::note(const Result<void>& outcome) {
    if (!outcome && !failing_) {
        log::warning("flight recorder: " + outcome.error().message +
                     "; events are not recorded until this works again");
    }
    if (outcome && failing_) {
        log::notice("flight recorder: recording again");
    }
    failing_ = !outcome;
}

void FlightRecorder::record(const model::Event& event, const std::vector<model::Effect>& effects,
                            const model::World& world) {
    try {
        if (!first_header_.empty()) {
            const std::string header = std::exchange(first_header_, {});
            if (auto started = start_file(header); !started) {
                note(started);
                return;
            }
        } else if (!fd_) {
            note(start_file(header_of(world))); // this decision is lost; the World after it is the new beginning
            return;
        }
        auto outcome = append(record_of(event, effects));
        if (outcome && size_ >= limit_) {
            outcome = start_file(header_of(world));
        }
        note(outcome);
    } catch (const std::exception& error) { // out of memory: the recording suffers, the daemon does not
        fd_.reset();
        log::error(std::string{"flight recorder: "} + error.what());
    }
}

} // namespace berth::store
