#pragma once

#include "base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::os {

/// Keeps copies of single files up to date, each through a filter: inotify(7) on their folders, for files that are
/// replaced by rename(2) as logind's are. A file that goes takes its copy along, and so does the destructor. What else
/// changes in those folders is not read. One thread: the io_context's.
class FileMirror {
  public:
    struct File {
        std::string source; ///< absolute path; its folder exists
        std::string target; ///< absolute path; its folder is made (0755) where it is missing, the copy is 0644
        std::function<std::string(std::string_view)> filter; ///< what of the source the copy has
    };

    /// The copies are there when it returns. Throws std::runtime_error, naming the path, where a folder cannot be
    /// watched or a copy cannot be written; later a copy that cannot be written is logged and goes.
    FileMirror(boost::asio::io_context& io, std::vector<File> files);
    ~FileMirror();
    FileMirror(const FileMirror&) = delete;
    FileMirror& operator=(const FileMirror&) = delete;

  private:
    struct Watched {
        File file;
        std::string name; ///< in its folder
        int watch{-1};
        UniqueFd source_folder;
        UniqueFd target_folder;
    };

    void watch(File file);
    void wait();
    void read_events();
    void on_event(int watch, std::uint32_t mask, std::string_view name);
    static void copy(const Watched& watched);
    static void remove(const Watched& watched);

    boost::asio::posix::stream_descriptor inotify_;
    std::vector<Watched> files_;
};

} // namespace berth::os
