#include "engine/tiny_image.hpp"

#include "support/scratch_folder.hpp"

#include <cstdlib>
#include <filesystem>

namespace berth::test {

Result<std::string> tiny_image(const std::string& folder) {
    namespace fs = std::filesystem;
    const std::string busybox = "/bin/busybox";
    if (!fs::exists(busybox) || read_file(busybox).find("/lib64/ld-linux") != std::string::npos) {
        return Error{ErrorCode::failed, "there is no static busybox to make an image of: install busybox-static"};
    }
    const std::string tree = folder + "/tree";
    for (const char* name : {"bin", "proc", "sys", "dev", "run", "etc", "tmp", "mnt"}) {
        fs::create_directories(tree + "/" + name);
    }
    fs::copy_file(busybox, tree + "/bin/busybox");
    for (const char* program : {"sh", "cat", "echo", "head", "hostname", "id", "ls", "mknod", "sleep", "stty", "touch",
                                "tr", "true", "tty", "yes"}) {
        fs::create_symlink("busybox", tree + "/bin/" + program);
    }
    write_file(tree + "/etc/passwd",
               "root:x:0:0::/:/bin/sh\nguest:x:1000:1000::/:/bin/sh\nann:x:1001:1001::/people/ann:/bin/sh\n");
    const std::string archive = folder + "/tree.tar";
    const std::string command = "tar -C '" + tree + "' -cf '" + archive + "' .";
    if (std::system(command.c_str()) != 0) { // NOLINT(concurrency-mt-unsafe,cert-env33-c): a test, one thread
        return Error{ErrorCode::failed, "tar failed"};
    }
    return read_file(archive);
}

} // namespace berth::test
