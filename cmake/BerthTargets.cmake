# The rooms and tests of berth. A room is one static library whose LINKS line is the architecture:
# the test tests/rooms checks it, and the includes, against cmake/rooms.json.

# berth_room(NAME SOURCES a.cpp … [LINKS berth::other lib …] [PRIVATE_LINKS lib …])
function(berth_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    add_library(berth_${name} STATIC ${ROOM_SOURCES})
    add_library(berth::${name} ALIAS berth_${name})
    target_include_directories(berth_${name} PUBLIC ${PROJECT_SOURCE_DIR}/daemon)
    target_link_libraries(berth_${name} PUBLIC berth_options ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
endfunction()

# berth_interface_room(NAME [LINKS …]): a room of headers only.
function(berth_interface_room name)
    cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
    add_library(berth_${name} INTERFACE)
    add_library(berth::${name} ALIAS berth_${name})
    target_include_directories(berth_${name} INTERFACE ${PROJECT_SOURCE_DIR}/daemon)
    target_link_libraries(berth_${name} INTERFACE berth_options ${ROOM_LINKS})
endfunction()

# berth_small_helper(PROGRAM MAIN ROOM): a helper of berthd that is one room, without a heap, without exceptions, with nothing
# but libc. All helpers lie in one folder, in the build tree as where they are installed: berthd knows the one.
function(berth_small_helper program main room)
    add_executable(${program} ${main})
    target_link_libraries(${program} PRIVATE berth::${room})
    target_compile_options(berth_${room} PRIVATE -fno-exceptions -fno-rtti)
    target_compile_options(${program} PRIVATE -fno-exceptions -fno-rtti)
    if(NOT BERTH_SANITIZE)
        target_link_options(${program} PRIVATE -static)
    endif()
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/daemon/guard)
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/berth)
endfunction()

# berth_test(NAME SOURCES a.cpp … [LINKS …] [TIMEOUT seconds] [LABELS …] [RESOURCE_LOCK name]): one GoogleTest program, one
# ctest entry a test case, of TIMEOUT seconds at most. Tests with the same RESOURCE_LOCK never run at the same time. With the
# sanitizers a start costs more than most tests: there the program is one entry, and says of each case how it went
# (test-output/gtest/NAME.xml; tests/summarize.py reads it).
function(berth_test name)
    cmake_parse_arguments(TEST "" "TIMEOUT;RESOURCE_LOCK" "SOURCES;LINKS;LABELS" ${ARGN})
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 60)
    endif()
    if(TEST_RESOURCE_LOCK)
        set(properties RESOURCE_LOCK ${TEST_RESOURCE_LOCK})
    endif()
    if(TEST_LABELS) # an empty value would make the next property's name a label
        list(APPEND properties LABELS "${TEST_LABELS}")
    endif()
    add_executable(${name} ${TEST_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name} PRIVATE berth_options ${TEST_LINKS} GTest::gmock GTest::gtest_main)
    if(BERTH_SANITIZE)
        set(told ${PROJECT_BINARY_DIR}/test-output/gtest/${name}.xml)
        add_test(NAME "${name}: all" COMMAND ${name} --gtest_output=xml:${told})
        set_tests_properties("${name}: all" PROPERTIES TIMEOUT 1200 ${properties})
    else()
        gtest_discover_tests(${name} TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60
                             PROPERTIES TIMEOUT ${TEST_TIMEOUT} ${properties})
    endif()
endfunction()
