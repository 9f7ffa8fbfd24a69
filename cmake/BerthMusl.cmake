# Programs that are linked with musl where it is there: its static text is a tenth of glibc's, and every page of what is locked
# in memory counts. The compiler stays the same, and so does the C++ library, of which such a program may use headers only.

option(BERTH_MUSL "Link the guard's programs with musl, where it is installed" ON)

string(REGEX REPLACE "-gnu.*$" "-musl" BERTH_MUSL_TRIPLET "${CMAKE_LIBRARY_ARCHITECTURE}")
find_path(BERTH_MUSL_LIBRARIES crt1.o PATHS /usr/lib/${BERTH_MUSL_TRIPLET} /usr/local/musl/lib NO_DEFAULT_PATH)
find_path(BERTH_MUSL_HEADERS stdio.h PATHS /usr/include/${BERTH_MUSL_TRIPLET} /usr/local/musl/include NO_DEFAULT_PATH)
mark_as_advanced(BERTH_MUSL_LIBRARIES BERTH_MUSL_HEADERS)
# The sanitizers' run-time libraries are glibc's.
if(BERTH_MUSL AND BERTH_MUSL_LIBRARIES AND BERTH_MUSL_HEADERS AND NOT BERTH_SANITIZE AND NOT BERTH_COVERAGE)
    set(BERTH_MUSL_FOUND ON)
else()
    set(BERTH_MUSL_FOUND OFF)
endif()
if(BERTH_MUSL_FOUND)
    message(STATUS "The guard's programs are linked with musl")
else()
    message(STATUS "The guard's programs are linked with glibc")
endif()

# What a program with musl is compiled and linked with.
add_library(berth_musl INTERFACE)
if(BERTH_MUSL_FOUND)
    # C++'s headers, then musl's, then the compiler's and, for the kernel's interface, whatever else it searches.
    set(first)
    set(last)
    foreach(folder IN LISTS CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        if(folder MATCHES "c\\+\\+")
            list(APPEND first "SHELL:-isystem ${folder}")
        else()
            list(APPEND last "SHELL:-idirafter ${folder}")
        endif()
    endforeach()
    # libstdc++ asks glibc for its version, by a macro that musl does not have. Its ioctl takes an int, the kernel's requests are
    # unsigned: the cast is clang's to report and nobody's to mend.
    target_compile_options(berth_musl INTERFACE -nostdinc -nostdinc++ ${first} "SHELL:-isystem ${BERTH_MUSL_HEADERS}" ${last}
                                                "-D__GLIBC_PREREQ(major,minor)=0" -Wno-sign-conversion)
    target_link_options(berth_musl INTERFACE -static -nostdlib ${BERTH_MUSL_LIBRARIES}/crt1.o ${BERTH_MUSL_LIBRARIES}/crti.o)
    target_link_libraries(berth_musl INTERFACE ${BERTH_MUSL_LIBRARIES}/libc.a gcc ${BERTH_MUSL_LIBRARIES}/crtn.o)
endif()

# berth_musl_library(NAME FROM): the sources of the library FROM once more, for programs with musl.
function(berth_musl_library name from)
    get_target_property(sources ${from} SOURCES)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/daemon)
    target_link_libraries(${name} PUBLIC berth_options berth_musl) # in this order: the second's warnings count
endfunction()
