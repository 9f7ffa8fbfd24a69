#pragma once

/// BERTH_ASAN: whether AddressSanitizer is compiled in; g++ and clang++ say so in different ways.
#if defined(__SANITIZE_ADDRESS__)
#define BERTH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BERTH_ASAN 1
#endif
#endif
#ifndef BERTH_ASAN
#define BERTH_ASAN 0
#endif

#if BERTH_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace berth::testing {

/// While it lives, what is allocated does not count as leaked: around a library's own leak, named where it is used.
class LeaksOfALibrary {
  public:
    LeaksOfALibrary() {
#if BERTH_ASAN
        __lsan_disable();
#endif
    }

    ~LeaksOfALibrary() {
#if BERTH_ASAN
        __lsan_enable();
#endif
    }

    LeaksOfALibrary(const LeaksOfALibrary&) = delete;
    LeaksOfALibrary& operator=(const LeaksOfALibrary&) = delete;
};

} // namespace berth::testing
