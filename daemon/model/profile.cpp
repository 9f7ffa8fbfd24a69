#include "model/profile.hpp"

namespace berth::model {

bool is_profile_name(std::string_view text) noexcept {
    constexpr std::string_view first{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"};
    constexpr std::string_view all{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"};
    return !text.empty() && text.size() <= 64 && first.find(text.front()) != std::string_view::npos &&
           text.find_first_not_of(all) == std::string_view::npos;
}

} // namespace berth::model
