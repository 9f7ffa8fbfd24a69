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

void FakeEngine::create_volume(const std::string& name, Done<void> done) {
    run("create_volume", name, std::move(done), [&]() -> Result<void> {
        volumes_.insert(name);
        return {};
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

} // namespace berth::test
