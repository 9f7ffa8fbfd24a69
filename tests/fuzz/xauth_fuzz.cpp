#include "xauth/wild.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "%s\n", what);
        std::abort();
    }
}

} // namespace

/// Whatever the bytes: a named error, or a file no larger that is for every host and stays as it is when read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view file{reinterpret_cast<const char*>(data), size};
    const auto wild = berth::xauth::for_every_host(file);
    if (!wild) {
        demand(wild.error().code == berth::ErrorCode::invalid_argument, "an error of another name");
        return 0;
    }
    demand(wild->size() <= size, "it grew");
    demand(wild->size() >= 10 && wild->compare(0, 4, std::string("\xFF\xFF\0\0", 4)) == 0, "it is not for every host");
    const auto again = berth::xauth::for_every_host(*wild);
    demand(again && *again == *wild, "reading it again changes it");
    return 0;
}
