#include "engine/links.hpp"

#include "engine/answers.hpp"
#include "engine/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace berth::engine {
namespace {

constexpr std::chrono::milliseconds unpacking{60'000}; ///< the container's layers are mounted for it
constexpr std::size_t passwd_fields = 7;               ///< passwd(5)

using PasswdLine = std::array<std::string_view, passwd_fields>;

/// What is before `end` is taken off `text` and given.
std::string_view cut_off(std::string_view& text, char end) {
    const std::size_t at = std::min(text.find(end), text.size());
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return part;
}

std::optional<std::uint32_t> id_of(std::string_view digits) {
    std::uint32_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool is_id = read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && !digits.empty();
    return is_id ? std::optional{value} : std::nullopt;
}

bool is_of_home(const std::string& path) {
    return path.starts_with("~/");
}

/// Its parts are names: none is empty, "." or "..".
bool is_straight(std::string_view path) {
    while (!path.empty()) {
        const std::string_view part = cut_off(path, '/');
        if (part.empty() || part == "." || part == "..") {
            return false;
        }
    }
    return true;
}

std::string archive_target(const SharedSession& session, const std::string& container, const std::string& path) {
    return session->dialect->prefix() + "/containers/" + percent_encode(container) +
           "/archive?path=" + percent_encode(path);
}

Error refusal(const HttpAnswer& answer) {
    return Error{ErrorCode::failed, refusal_of(answer.status, answer.body)};
}

/// Config.User of GET …/json, which both APIs have.
Task<std::string> user_of(SharedSession session, std::string container) {
    HttpRequest request;
    request.method = "GET";
    request.target = session->dialect->prefix() + "/containers/" + percent_encode(container) + "/json";
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200) {
        co_return refusal(*answer);
    }
    const auto parsed = parse_json(answer->body);
    if (!parsed) {
        co_return parsed.error();
    }
    JsonReader reader{*parsed};
    std::string user = reader.string_if_any("/Config/User");
    co_return reader.finish(std::move(user));
}

Task<Home> home_of_user(SharedSession session, std::string container) {
    auto user = co_await user_of(session, container);
    if (!user) {
        co_return user.error();
    }
    HttpRequest request;
    request.method = "GET";
    request.target = archive_target(session, container, "/etc/passwd");
    request.deadline = unpacking;
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status != 200 && answer->status != 404) { // 404: an image without that file
        co_return refusal(*answer);
    }
    const auto passwd = answer->status == 200 ? first_file_in_tar(answer->body) : Result<std::string>{std::string{}};
    if (!passwd) {
        co_return passwd.error();
    }
    co_return home_in(*passwd, *user);
}

/// `links` with "~" replaced.
std::map<std::string, std::string> with_home(const std::map<std::string, std::string>& links, const Home& home) {
    std::map<std::string, std::string> made;
    for (const auto& [path, target] : links) {
        const std::string base = home.path == "/" ? std::string{} : home.path;
        made[is_of_home(path) ? base + path.substr(1) : path] = target;
    }
    return made;
}

} // namespace

Result<Home> home_in(std::string_view passwd, const std::string& user) {
    const std::string who = user.substr(0, user.find(':'));
    const auto id = who.empty() ? std::optional<std::uint32_t>{0} : id_of(who);
    while (!passwd.empty()) {
        std::string_view text = cut_off(passwd, '\n');
        PasswdLine line;
        for (std::string_view& field : line) {
            field = cut_off(text, ':');
        }
        const auto uid = id_of(line[2]);
        const auto gid = id_of(line[3]);
        const bool is_he = uid && gid && (id ? uid == id : line[0] == who);
        if (is_he && line[5].starts_with('/')) {
            return Home{std::string{line[5]}, *uid, *gid};
        }
    }
    if (id == 0U || who == "root") {
        return Home{"/root", 0, 0};
    }
    return Error{ErrorCode::failed, "the container's /etc/passwd does not say where user \"" + who +
                                        "\" is at home, so there is no \"~\" for a link"};
}

Result<void> check_links(const std::map<std::string, std::string>& links) {
    for (const auto& [path, target] : links) {
        const std::size_t root = is_of_home(path) ? 2 : 1;
        const bool is_rooted = is_of_home(path) || path.starts_with('/');
        if (!is_rooted || path.size() <= root || !is_straight(std::string_view{path}.substr(root)) ||
            path.ends_with('/') || target.empty()) {
            return Error{ErrorCode::invalid_argument, "\"" + path.substr(0, 300) + "\" -> \"" + target.substr(0, 300) +
                                                          "\" is no link: its path begins with / or ~/ and does not "
                                                          "climb, and it points somewhere"};
        }
    }
    return {};
}

std::vector<std::string> folders_of(const std::map<std::string, std::string>& links) {
    std::vector<std::string> folders;
    for (const auto& [path, target] : links) {
        for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
            const std::string folder = path.substr(0, slash);
            if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
                folders.push_back(folder);
            }
        }
    }
    return folders;
}

Task<void> put_links(SharedSession session, std::string container, std::map<std::string, std::string> links) {
    if (auto sound = check_links(links); !sound) {
        co_return sound.error();
    }
    Home home;
    if (std::any_of(links.begin(), links.end(), [](const auto& link) { return is_of_home(link.first); })) {
        auto found = co_await home_of_user(session, container);
        if (!found) {
            co_return found.error();
        }
        home = std::move(*found);
        links = with_home(links, home);
    }
    // An engine makes folders that are missing as root's; whoever is at home there could not write into them.
    const auto owned = [&home](const std::string& path, const std::string& target) {
        const bool is_his = !home.path.empty() && (path == home.path || path.starts_with(home.path + "/"));
        return TarEntry{path.substr(1), target, is_his ? home.uid : 0, is_his ? home.gid : 0};
    };
    std::vector<TarEntry> entries;
    for (const std::string& folder : folders_of(links)) {
        auto there = co_await path_exists(session, container, folder);
        if (!there) {
            co_return there.error();
        }
        if (!*there) {
            entries.push_back(owned(folder, ""));
        }
    }
    for (const auto& [path, target] : links) {
        entries.push_back(owned(path, target));
    }
    auto archive = write_tar(entries);
    if (!archive) {
        co_return archive.error();
    }
    HttpRequest request;
    request.method = "PUT";
    request.target = archive_target(session, container, "/") + "&copyUIDGID=false";
    request.body = std::move(*archive);
    request.content_type = "application/x-tar";
    request.deadline = unpacking;
    auto answer = co_await call(session, std::move(request));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->status / 100 != 2) {
        co_return refusal(*answer);
    }
    co_return Result<void>{};
}

} // namespace berth::engine
