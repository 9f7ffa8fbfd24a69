#include "engine/fake_engine.hpp"

#include <utility>

namespace berth::test {

using ports::EngineEvent;
using ports::ImageInfo;

void FakeEngine::image(const std::string& name, Done<ImageInfo> done) {
    run("image", name, std::move(done), [&]() -> Result<ImageInfo> {
        const ImageInfo* found = find_image(name);
        if (found == nullptr) {
            return Error{ErrorCode::image_not_found, "the fake engine has no image \"" + name + "\""};
        }
        return *found;
    });
}

void FakeEngine::tag_image(const std::string& name, const std::string& new_name, Done<void> done) {
    run("tag_image", name, std::move(done), [&]() -> Result<void> {
        ImageInfo* found = find_image(name);
        if (found == nullptr) {
            return Error{ErrorCode::image_not_found, "the fake engine has no image \"" + name + "\""};
        }
        found->names.push_back(new_name);
        paths_[new_name] = paths_[name];
        return {};
    });
}

void FakeEngine::remove_image(const std::string& name, Done<void> done) {
    run("remove_image", name, std::move(done), [&]() -> Result<void> {
        if (ImageInfo* found = find_image(name); found != nullptr) {
            std::erase(found->names, name);
            std::erase_if(images_, [&name](const ImageInfo& image) { return image.names.empty() || image.id == name; });
        }
        return {};
    });
}

std::map<std::string, std::string> FakeEngine::links(const std::string& container) const {
    const Container* found = const_cast<FakeEngine*>(this)->find(container);
    return found != nullptr ? found->links : std::map<std::string, std::string>{};
}

void FakeEngine::put_links(const std::string& container, const std::map<std::string, std::string>& links,
                           Done<void> done) {
    run("put_links", container, std::move(done), [&]() -> Result<void> {
        for (const auto& [path, target] : links) {
            const bool is_rooted = path.starts_with("/") || path.starts_with("~/");
            if (!is_rooted || path.find("..") != std::string::npos || target.empty()) {
                return Error{ErrorCode::invalid_argument, "\"" + path + "\" is no link"};
            }
        }
        Container* found = find(container);
        if (found == nullptr) {
            return unknown(container);
        }
        const std::string& user = found->spec.user;
        const std::string home = user.empty() || user == "root" ? "/root" : "/people/" + user;
        for (const auto& [path, target] : links) {
            found->links[path.starts_with("~/") ? home + path.substr(1) : path] = target;
            found->paths.insert(path.starts_with("~/") ? home + path.substr(1) : path);
        }
        return {};
    });
}

void FakeEngine::create_volume(const std::string& name, Done<void> done) {
    run("create_volume", name, std::move(done), [&]() -> Result<void> {
        volumes_.insert(name);
        return {};
    });
}

void FakeEngine::volume(const std::string& name, Done<std::string> done) {
    run("volume", name, std::move(done), [&]() -> Result<std::string> {
        if (!volumes_.contains(name)) {
            return Error{ErrorCode::failed, "no volume " + name};
        }
        return "/volumes/" + name;
    });
}

void FakeEngine::remove_volume(const std::string& name, Done<void> done) {
    run("remove_volume", name, std::move(done), [&]() -> Result<void> {
        volumes_.erase(name);
        return {};
    });
}

void FakeEngine::watch_events(std::function<void(EngineEvent)> sink) {
    sink_ = std::make_shared<std::function<void(EngineEvent)>>(std::move(sink));
}

void FakeEngine::stop_events() {
    sink_.reset();
}

void FakeEngine::join_networks(const std::string& container, Done<void> done) {
    run("join_networks", container, std::move(done),
        [&]() -> Result<void> { return find(container) != nullptr ? Result<void>{} : unknown(container); });
}

} // namespace berth::test
