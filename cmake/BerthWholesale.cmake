# BERTH_WHOLESALE: for a run that compiles everything once and throws it away. Most of the time goes into parsing the headers
# of a few libraries, so each target becomes one source file and those headers are precompiled once for all. A missing
# #include goes unseen that way; the preset `dev` compiles each file by itself and sees it.

# berth_targets_below(FOLDER OUT): all targets that have C++ sources.
function(berth_targets_below folder out)
    get_property(found DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    set(targets)
    foreach(target IN LISTS found)
        get_target_property(type ${target} TYPE)
        if(type MATCHES "EXECUTABLE|STATIC_LIBRARY")
            list(APPEND targets ${target})
        endif()
    endforeach()
    foreach(below IN LISTS folders)
        berth_targets_below(${below} more)
        list(APPEND targets ${more})
    endforeach()
    set(${out} ${targets} PARENT_SCOPE)
endfunction()

# berth_wholesale(): call it when all targets are there.
function(berth_wholesale)
    berth_targets_below(${PROJECT_SOURCE_DIR} targets)
    if(NOT EXISTS ${PROJECT_BINARY_DIR}/wholesale.cpp)
        file(WRITE ${PROJECT_BINARY_DIR}/wholesale.cpp "")
    endif()
    add_library(berth_wholesale OBJECT ${PROJECT_BINARY_DIR}/wholesale.cpp)
    target_link_libraries(berth_wholesale PRIVATE berth_options nlohmann_json::nlohmann_json Boost::headers SDBusCpp::sdbus-c++)
    set(headers <boost/asio.hpp> <nlohmann/json.hpp> <sdbus-c++/sdbus-c++.h> <algorithm> <chrono> <filesystem>
                <fstream> <functional> <iostream> <map> <memory> <optional> <set> <sstream> <string> <string_view> <variant>
                <vector>)
    if(BERTH_TESTS)
        target_link_libraries(berth_wholesale PRIVATE GTest::gmock)
        target_compile_definitions(berth_options INTERFACE GTEST_HAS_PTHREAD=1) # else it differs between targets
        list(PREPEND headers <gmock/gmock.h>)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR BERTH_THROWN_AWAY)
        # Nobody debugs what is thrown away: an eighth of the compiling, and most of the linking. The sanitizers' reports
        # name functions still, and no lines.
        target_compile_options(berth_options INTERFACE -g0)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Some libraries' .pc files say it; g++ takes no precompiled header that was made with other macros.
        target_compile_options(berth_options INTERFACE -pthread)
        find_program(BERTH_LLD ld.lld HINTS /usr/lib/llvm-16/bin)
        if(BERTH_LLD)
            cmake_path(GET BERTH_LLD PARENT_PATH folder)
            target_link_options(berth_options INTERFACE -fuse-ld=lld -B${folder})
        endif()
    endif()
    target_precompile_headers(berth_wholesale PRIVATE ${headers})
    foreach(target IN LISTS targets)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
        get_target_property(options ${target} COMPILE_OPTIONS)
        if(NOT options MATCHES "-O|-fno-exceptions|-fsanitize") # which must be the same in both
            target_precompile_headers(${target} REUSE_FROM berth_wholesale)
        endif()
    endforeach()
endfunction()
