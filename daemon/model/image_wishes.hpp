#pragma once

#include "model/app_profile.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Running an image that has no profile. Whoever made an image is not whoever runs it: labels are what the app
/// *wishes*, and nothing of them is in force until the caller accepts them. Pure.
namespace berth::model {

/// The labels that berth reads. What else begins with "org.berth." is left alone, so that an image made for a later
/// berth runs with this one. A seat is no label: no image knows the seats of its host.
constexpr std::string_view app_label{"org.berth.app"};         ///< a name for the client, as profiles have
constexpr std::string_view grants_label{"org.berth.grants"};   ///< "display sound gpu", or with commas
constexpr std::string_view network_label{"org.berth.network"}; ///< as the profile's key "network"
constexpr std::string_view user_label{"org.berth.user"};       ///< as the profile's key "user"

/// What an image's labels ask for; empty: nothing said.
struct ImageWishes {
    std::string app;
    std::vector<Grant> grants; ///< each once, in the label's order; never `host`
    std::string network;
    std::string user;

    bool operator==(const ImageWishes&) const = default;
};

/// A profile of the image alone: named by the last word of the image's name, without tag and digest ("app" where that
/// is no name), with no grant, no network and nothing of the host.
AppProfile app_of_image(const std::string& image);

/// Reads an image's labels. Grants are separated by blanks or commas; after a session-bus grant what has a dot is one
/// more of its names. bad_profile, "the image's label NAME: what is wrong": a malformed value, more than 64 grants, or
/// the grant `host`, which only a caller or a profile can name.
Result<ImageWishes> wishes_of(const std::map<std::string, std::string>& labels);

/// `profile` with the wishes in force, for a caller who said so: they name the client, and become its grants (beside
/// those that it has), its network and its user. `may_ask` stays as it is: the list of what an app may come to have
/// later is not the image's to write.
AppProfile with_wishes(AppProfile profile, const ImageWishes& wishes);

} // namespace berth::model
