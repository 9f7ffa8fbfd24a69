#include "model/image_wishes.hpp"

#include <algorithm>
#include <utility>

namespace berth::model {
namespace {

constexpr std::size_t most_grants = 64; // as in a profile
constexpr std::string_view digits{"0123456789"};

Error wrong(std::string_view label, const std::string& what) {
    return Error{ErrorCode::bad_profile, "the image's label " + std::string{label} + ": " + what};
}

Error unexpected(std::string_view label, const std::string& value, const std::string& expected) {
    return wrong(label, "is \"" + value.substr(0, 80) + "\"; expected " + expected);
}

/// The words between blanks and commas.
std::vector<std::string> words_of(std::string_view text) {
    constexpr std::string_view separators{" \t\r\n,"};
    std::vector<std::string> words;
    for (auto from = text.find_first_not_of(separators); from != std::string_view::npos;) {
        const auto to = std::min(text.find_first_of(separators, from), text.size());
        words.emplace_back(text.substr(from, to - from));
        from = text.find_first_not_of(separators, to);
    }
    return words;
}

/// Joins the names of a session-bus grant, which are separated as grants are. A bus name has a dot and no colon; a
/// grant without a colon has no dot.
std::vector<std::string> join_bus_names(std::vector<std::string> words) {
    const std::string session_bus = std::string{name_of(GrantKind::session_bus)} + ":";
    std::vector<std::string> grants;
    for (std::string& word : words) {
        const bool is_name = word.find('.') != std::string::npos && word.find(':') == std::string::npos;
        if (is_name && !grants.empty() && grants.back().starts_with(session_bus)) {
            grants.back().append(grants.back() == session_bus ? "" : ",").append(word);
        } else {
            grants.push_back(std::move(word));
        }
    }
    return grants;
}

Result<std::vector<Grant>> grants_of(std::string_view text) {
    std::vector<Grant> grants;
    for (const std::string& word : join_bus_names(words_of(text))) {
        auto grant = parse_grant(word);
        if (!grant) {
            return wrong(grants_label, grant.error().message);
        }
        if (grant->kind == GrantKind::host) {
            return wrong(grants_label, "an image cannot ask for \"host\"; whoever runs it can give that by name");
        }
        if (!is_among(grants, *grant)) {
            grants.push_back(std::move(*grant));
        }
        if (grants.size() > most_grants) {
            return wrong(grants_label, "more than " + std::to_string(most_grants) + " grants");
        }
    }
    return grants;
}

/// 1 to 9 digits.
bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 9 && text.find_first_not_of(digits) == std::string_view::npos;
}

/// As the schema of profiles has it.
bool is_user(std::string_view text) {
    constexpr std::string_view first{"abcdefghijklmnopqrstuvwxyz_"};
    constexpr std::string_view all{"abcdefghijklmnopqrstuvwxyz_0123456789-"};
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        return is_id(text.substr(0, colon)) && is_id(text.substr(colon + 1));
    }
    return is_id(text) || (!text.empty() && text.size() <= 31 && first.find(text.front()) != std::string_view::npos &&
                           text.find_first_not_of(all) == std::string_view::npos);
}

/// The networks' names have the form of profiles' names.
bool is_network(std::string_view text) {
    return is_profile_name(text) && text != "auto";
}

/// The value of `label`, "" where the image has none; one that is there has to be as `fits` wants it.
Result<std::string> value_of(const std::map<std::string, std::string>& labels, std::string_view label,
                             bool (*fits)(std::string_view), const char* expected) {
    const auto found = labels.find(std::string{label});
    if (found == labels.end()) {
        return std::string{};
    }
    if (!fits(found->second)) {
        return unexpected(label, found->second, expected);
    }
    return found->second;
}

/// "quay.io:5000/a/firefox:1@sha256:00" → "firefox".
std::string last_word(std::string_view image) {
    image = image.substr(0, image.find('@'));
    if (const auto slash = image.rfind('/'); slash != std::string_view::npos) {
        image.remove_prefix(slash + 1);
    }
    return std::string{image.substr(0, image.find(':'))};
}

} // namespace

AppProfile app_of_image(const std::string& image) {
    AppProfile profile;
    profile.image = image;
    profile.name = last_word(image);
    if (!is_profile_name(profile.name)) {
        profile.name = "app";
    }
    return profile;
}

Result<ImageWishes> wishes_of(const std::map<std::string, std::string>& labels) {
    struct Plain {
        std::string_view label;
        std::string ImageWishes::*member;
        bool (*fits)(std::string_view);
        const char* expected;
    };

    const auto is_name = [](std::string_view text) { return is_profile_name(text); };
    ImageWishes wishes;
    for (const Plain& plain :
         {Plain{app_label, &ImageWishes::app, is_name,
                "1 to 64 letters, digits, '.', '_' and '-', a letter or digit first"},
          Plain{network_label, &ImageWishes::network, is_network,
                "\"none\", \"host\", \"bridge\" or the name of a network"},
          Plain{user_label, &ImageWishes::user, is_user, "\"UID\", \"UID:GID\" or a user name of the image"}}) {
        auto value = value_of(labels, plain.label, plain.fits, plain.expected);
        if (!value) {
            return value.error();
        }
        wishes.*plain.member = std::move(*value);
    }
    if (const auto found = labels.find(std::string{grants_label}); found != labels.end()) {
        auto grants = grants_of(found->second);
        if (!grants) {
            return grants.error();
        }
        wishes.grants = std::move(*grants);
    }
    return wishes;
}

AppProfile with_wishes(AppProfile profile, const ImageWishes& wishes) {
    profile.name = wishes.app.empty() ? profile.name : wishes.app;
    profile.network = wishes.network.empty() ? profile.network : wishes.network;
    profile.user = wishes.user.empty() ? profile.user : wishes.user;
    add_each_once(profile.grants, wishes.grants);
    return profile;
}

} // namespace berth::model
