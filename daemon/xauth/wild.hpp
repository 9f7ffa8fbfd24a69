#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// The cookies by which an X client shows that it may connect, Xsecurity(7). A file of them is a row of entries, each a
/// family (16 bits) and four strings with their length before them (16 bits): address, number of the display, name of
/// the protocol, data; all in network order (libXau's AuRead.c and AuWrite.c, X11/Xauth.h). Pure; any thread.
namespace berth::xauth {

/// More than this is no file of cookies of one desktop's X server.
constexpr std::size_t largest_file = 65536;

/// FamilyWild of X11/Xauth.h: XauGetBestAuthByAddr takes such an entry for every host and address.
constexpr unsigned family_wild = 0xFFFF;

/// The same cookies for every host name: each entry of `file` with FamilyWild and an empty address, in the same order;
/// what has become the same as an entry before it is left out. A container has a host name of its own, and would
/// find no entry else. invalid_argument: the file is empty, larger than largest_file, ends in the middle of an entry,
/// or has an entry without a name of its protocol; the sentence says at which byte. Nothing of a cookie is in it.
Result<std::string> for_every_host(std::string_view file);

} // namespace berth::xauth
