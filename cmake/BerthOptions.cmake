# Compiler settings that every target shares, as the interface library berth_options.

option(BERTH_TESTS "Build the tests" ON)
option(BERTH_BENCH "Build the benchmarks" OFF)
option(BERTH_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(BERTH_COVERAGE "Instrument for coverage" OFF)
option(BERTH_WHOLESALE "Each target as one file, big headers precompiled: quick where all is built once (cmake/BerthWholesale.cmake)" OFF)
option(BERTH_THROWN_AWAY "With BERTH_WHOLESALE: no debug information either, with any compiler" OFF)
set(BERTH_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT BERTH_WHOLESALE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(berth_options INTERFACE)
target_compile_options(berth_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
# What no program of ours reaches is not linked: fewer pages of code in memory.
target_compile_options(berth_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:-ffunction-sections;-fdata-sections>)
target_link_options(berth_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:-Wl,--gc-sections>)
# Asio's threads are compiled out: one thread, one io_context.
target_compile_definitions(berth_options INTERFACE BOOST_ASIO_DISABLE_THREADS BOOST_ASIO_NO_DEPRECATED)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12-14 report these in optimised library templates that are right (GCC bugs 105562, 105651, 107852).
    target_compile_options(berth_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
                           -Wno-array-bounds -Wno-dangling-reference)
endif()
if(BERTH_WHOLESALE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # "Uses the anonymous namespace" of a source file that is not the main one, which unity files have by nature.
    target_compile_options(berth_options INTERFACE -Wno-subobject-linkage)
endif()

if(BERTH_SANITIZE)
    target_compile_options(berth_options INTERFACE -fsanitize=${BERTH_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(berth_options INTERFACE -fsanitize=${BERTH_SANITIZE})
endif()
if(BERTH_FUZZ)
    target_compile_options(berth_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BERTH_COVERAGE)
    target_compile_options(berth_options INTERFACE --coverage)
    target_link_options(berth_options INTERFACE --coverage)
endif()
