# Everything that berth is built on; daemon/README.md says why each was chosen.

find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(sdbus-c++ REQUIRED)
find_package(CLI11 2.1 REQUIRED)
pkg_check_modules(LIBSYSTEMD REQUIRED IMPORTED_TARGET libsystemd>=252)
pkg_check_modules(LIBUDEV REQUIRED IMPORTED_TARGET libudev>=252)
pkg_check_modules(PAM REQUIRED IMPORTED_TARGET pam>=1.5) # pam_start_confdir
find_path(VALIJSON_INCLUDE_DIR valijson/schema.hpp REQUIRED)

add_library(berth_valijson INTERFACE)
target_include_directories(berth_valijson SYSTEM INTERFACE ${VALIJSON_INCLUDE_DIR})

if(BERTH_TESTS)
    find_package(GTest REQUIRED)
    include(GoogleTest)
endif()
