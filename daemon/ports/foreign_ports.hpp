#pragma once

#include "base/done.hpp"
#include "model/foreign_mount.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace berth::ports {

/// Mounts in containers that berth did not make.
class ForeignMounts {
  public:
    /// A directory of the host, and the one of the container that it is to be seen at.
    struct Wanted {
        std::string source;
        std::string target;
        bool if_empty{false}; ///< left out where the container has something there
    };

    virtual ~ForeignMounts() = default;

    /// Shows each source, with what is mounted below it now and later, in the container whose init is `init`; all or
    /// none. Directories that the container lacks are made. failed: it has the host's mount namespace, a target is or
    /// lies below a link, cannot be made or is one of the kernel's own file systems, the process is gone, or the helper
    /// takes too long; the sentence names which.
    virtual void mount(pid_t init, const std::vector<Wanted>& wanted, Done<std::vector<model::ForeignMount>> done) = 0;

    /// Takes them away as far as they are still there; what somebody put in their places stays. Ok where the container
    /// is gone.
    virtual void unmount(pid_t init, const std::vector<model::ForeignMount>& mounts, Done<void> done) = 0;
};

} // namespace berth::ports
