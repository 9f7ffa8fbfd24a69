#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::testing {

struct Streams {
    UniqueFd in;
    UniqueFd out;
    UniqueFd err;
};

/// A real child process in place of a container's command, with the caller's streams, or with a pseudo-terminal
/// between.
class ContainedProcess {
  public:
    /// `ended`: called once with the exit code (128 + the signal), when all that it wrote was passed on.
    ContainedProcess(boost::asio::io_context& io, const std::vector<std::string>& argv,
                     const std::map<std::string, std::string>& environment, Streams streams, bool terminal,
                     std::function<void(int)> ended);
    ~ContainedProcess();
    ContainedProcess(const ContainedProcess&) = delete;
    ContainedProcess& operator=(const ContainedProcess&) = delete;

    void signal(int number) const;
    void resize(unsigned rows, unsigned columns) const;

  private:
    using Stream = boost::asio::posix::stream_descriptor;

    void start(const std::vector<std::string>& argv, const std::map<std::string, std::string>& environment);
    void pass_in();
    void pass_out();
    void watch();
    void end_if_over();

    Streams streams_;
    UniqueFd master_;
    UniqueFd held_; ///< the slave: a master without one would read its end before the child has opened it
    std::string slave_;
    std::unique_ptr<Stream> in_;
    std::unique_ptr<Stream> out_;
    std::unique_ptr<Stream> watch_;
    std::function<void(int)> ended_;
    pid_t pid_{-1};
    int code_{-1};
    bool drained_{true};
};

} // namespace berth::testing
