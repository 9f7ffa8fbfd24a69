#pragma once

#include "base/result.hpp"
#include "recording/recording.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace berth::recorder {

/// Follows the host's devices as far as a recording has them: sysfs, udev's database and udev's own messages, those
/// that are sent when its rules are through (libudev(3)). One thread, the caller's; nothing here waits.
class Recorder {
  public:
    /// Listens from now on, with a buffer of 8 MiB where CAP_NET_ADMIN allows it.
    static Result<Recorder> open();

    Recorder(Recorder&& other) noexcept;
    Recorder& operator=(Recorder&& other) noexcept;
    ~Recorder();

    /// Readable when there may be a message. Stays the recorder's.
    [[nodiscard]] int fd() const noexcept;

    /// All that is there now, each behind what it stands on. To be called once, before next().
    Result<std::vector<recording::Device>> begin();

    /// The next message that is recorded, said to be at `at_ms`; nothing: no more has come. Messages that were lost are
    /// an event, too, with all that is there now.
    Result<std::optional<recording::Event>> next(std::uint64_t at_ms);

  private:
    struct Impl;
    explicit Recorder(std::unique_ptr<Impl> impl) noexcept;

    std::unique_ptr<Impl> impl_;
};

} // namespace berth::recorder
