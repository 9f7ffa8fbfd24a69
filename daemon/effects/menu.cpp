#include "effects/menu.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace berth::effects {

using namespace model;

namespace {

/// A value of type string: one line, its backslashes and white space escaped.
std::string escaped(std::string_view text) {
    std::string value;
    for (const char letter : text) {
        switch (letter) {
        case '\\':
            value += "\\\\";
            break;
        case '\n':
            value += "\\n";
            break;
        case '\r':
            value += "\\r";
            break;
        case '\t':
            value += "\\t";
            break;
        default:
            value += letter;
        }
    }
    return value;
}

void add_list(std::string& entry, const char* key, const std::vector<std::string>& list) {
    if (list.empty()) {
        return;
    }
    entry.append(key).append("=");
    for (const std::string& word : list) {
        entry.append(word).append(";");
    }
    entry.append("\n");
}

std::string title_of(const AppProfile& app) {
    std::string title = app.menu.title.empty() ? app.name : app.menu.title;
    if (app.menu.title.empty() && !title.empty()) {
        title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    }
    return title;
}

} // namespace

std::string menu_entry(const AppProfile& app) {
    std::string entry = "[Desktop Entry]\nType=Application\nName=" + escaped(title_of(app)) + "\n";
    if (!app.description.empty()) {
        entry.append("Comment=").append(escaped(app.description)).append("\n");
    }
    // What is kept has one name, by which it is run again.
    entry.append("Exec=berth run ").append(app.keep ? "--keep " : "").append(app.name);
    entry.append(app.menu.types.empty() ? "\n" : " %U\n");
    entry.append("Icon=").append(app.menu.icon.empty() ? "application-x-executable" : app.menu.icon).append("\n");
    add_list(entry, "Categories", app.menu.categories);
    add_list(entry, "MimeType", app.menu.types);
    return entry;
}

std::map<std::string, std::string> menu_of(ports::Profiles& profiles, const DesktopProfile& desktop) {
    const auto& named = desktop.may_run;
    const bool all = std::find(named.begin(), named.end(), "*") != named.end();
    std::map<std::string, std::string> files;
    for (const std::string& name : all ? profiles.app_names() : named) {
        const auto app = profiles.read_app(name);
        if (app) {
            files["berth-" + name + ".desktop"] = menu_entry(*app);
        } else {
            log::warning("app '" + name + "' is not in the menu of '" + desktop.name + "': " + app.error().message);
        }
    }
    return files;
}

} // namespace berth::effects
