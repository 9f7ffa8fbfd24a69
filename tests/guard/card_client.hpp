#pragma once

#include "guard/vt_console.hpp"

#include <array>
#include <cstdint>
#include <drm.h>
#include <drm_mode.h>
#include <optional>
#include <vector>

/// What draws by itself on the first graphics card (Documentation/gpu/drm-kms.rst), by ioctls of the test's own.
namespace berth::test {

inline constexpr const char* first_card = "/dev/dri/card0";

/// One output with a screen, and what drives it.
struct CardOutput {
    std::uint32_t connector{0};
    std::uint32_t crtc{0};
    drm_mode_modeinfo mode{};
};

/// An open card. Who opens one that nobody is master of is its master.
class Card {
  public:
    Card() : file_{::open(first_card, O_RDWR | O_CLOEXEC)} {}

    /// Leaves it to the next one that opens it.
    void drop_master() const { ::ioctl(file_.get(), DRM_IOCTL_DROP_MASTER, 0); }

    [[nodiscard]] bool there() const { return static_cast<bool>(file_); }

    /// The first output with a screen on it; nothing where there is none.
    [[nodiscard]] std::optional<CardOutput> output() const {
        drm_mode_card_res counts{};
        if (!ask(DRM_IOCTL_MODE_GETRESOURCES, counts)) {
            return std::nullopt;
        }
        std::vector<std::uint32_t> connectors(counts.count_connectors);
        std::vector<std::uint32_t> crtcs(counts.count_crtcs);
        drm_mode_card_res lists{};
        lists.count_connectors = counts.count_connectors;
        lists.count_crtcs = counts.count_crtcs;
        lists.connector_id_ptr = address_of(connectors);
        lists.crtc_id_ptr = address_of(crtcs);
        if (!ask(DRM_IOCTL_MODE_GETRESOURCES, lists) || crtcs.empty()) {
            return std::nullopt;
        }
        for (const std::uint32_t connector : connectors) {
            if (const auto mode = mode_of(connector)) {
                return CardOutput{connector, crtcs.front(), *mode};
            }
        }
        return std::nullopt;
    }

    /// The frame buffer that is on the screen; 0: none.
    [[nodiscard]] std::uint32_t shown(const CardOutput& output) const {
        drm_mode_crtc crtc{};
        crtc.crtc_id = output.crtc;
        return ask(DRM_IOCTL_MODE_GETCRTC, crtc) ? crtc.fb_id : 0;
    }

    /// A frame buffer of one colour, of the size of the screen; 0: it could not be made.
    [[nodiscard]] std::uint32_t make_buffer(const CardOutput& output) const {
        drm_mode_create_dumb memory{};
        memory.width = output.mode.hdisplay;
        memory.height = output.mode.vdisplay;
        memory.bpp = 32;
        drm_mode_fb_cmd buffer{};
        if (!ask(DRM_IOCTL_MODE_CREATE_DUMB, memory)) {
            return 0;
        }
        buffer.width = memory.width;
        buffer.height = memory.height;
        buffer.pitch = memory.pitch;
        buffer.bpp = memory.bpp;
        buffer.depth = 24;
        buffer.handle = memory.handle;
        return ask(DRM_IOCTL_MODE_ADDFB, buffer) ? buffer.fb_id : 0;
    }

    /// A modeset: 0, or what the kernel refused it with. Only DRM master may.
    [[nodiscard]] int show(const CardOutput& output, std::uint32_t buffer) const {
        std::uint32_t connector = output.connector;
        drm_mode_crtc crtc{};
        crtc.crtc_id = output.crtc;
        crtc.fb_id = buffer;
        crtc.set_connectors_ptr = reinterpret_cast<std::uint64_t>(&connector);
        crtc.count_connectors = 1;
        crtc.mode = output.mode;
        crtc.mode_valid = 1;
        return ask(DRM_IOCTL_MODE_SETCRTC, crtc) ? 0 : errno;
    }

  private:
    template <class Argument>
    bool ask(unsigned long request, Argument& argument) const {
        int result = -1;
        do {
            result = ::ioctl(file_.get(), request, &argument);
        } while (result != 0 && (errno == EINTR || errno == EAGAIN));
        return result == 0;
    }

    template <class Value>
    static std::uint64_t address_of(std::vector<Value>& values) {
        return reinterpret_cast<std::uint64_t>(values.data());
    }

    [[nodiscard]] std::optional<drm_mode_modeinfo> mode_of(std::uint32_t connector) const {
        drm_mode_get_connector counts{};
        counts.connector_id = connector;
        constexpr std::uint32_t connected = 1; // include/drm/drm_connector.h
        if (!ask(DRM_IOCTL_MODE_GETCONNECTOR, counts) || counts.connection != connected || counts.count_modes == 0) {
            return std::nullopt;
        }
        std::vector<drm_mode_modeinfo> modes(counts.count_modes);
        drm_mode_get_connector lists{};
        lists.connector_id = connector;
        lists.count_modes = counts.count_modes;
        lists.modes_ptr = address_of(modes);
        return ask(DRM_IOCTL_MODE_GETCONNECTOR, lists) ? std::optional{modes.front()} : std::nullopt;
    }

    UniqueFd file_;
};

/// A compositor that draws on the card and, once it is told to by a byte, tries to draw so often again.
class Compositor {
  public:
    /// `takes_terminal`: it also takes `vt` as a desktop does; else it leaves it a text terminal, as one does that
    /// knows nothing of terminals.
    Compositor(unsigned vt, bool takes_terminal)
        : owner_{[this, vt, takes_terminal] { return draw(vt, takes_terminal); }} {
        ::close(orders_[0]);
        ::close(answers_[1]);
    }

    Compositor(const Compositor&) = delete;
    Compositor& operator=(const Compositor&) = delete;

    ~Compositor() {
        ::close(orders_[1]);
        ::close(answers_[0]);
    }

    [[nodiscard]] const Owner& process() const { return owner_; }

    void kill_and_reap() { owner_.kill_and_reap(); }

    /// Has it try to draw ten times; how often it could. -1: it did not answer.
    [[nodiscard]] int draws_again() const {
        char count = -1;
        return ::write(orders_[1], "!", 1) == 1 && ::read(answers_[0], &count, 1) == 1 ? count : -1;
    }

  private:
    static constexpr int tries = 10;

    /// In the child; its orders are another thread's, since the one that draws waits to be killed.
    bool draw(unsigned vt, bool takes_terminal) const {
        if (takes_terminal ? !take_as_a_desktop(vt) : !switch_to(vt)) {
            return false;
        }
        const auto* const card = new Card; // kept open until the process ends
        const auto output = card->there() ? card->output() : std::nullopt;
        const std::uint32_t buffer = output ? card->make_buffer(*output) : 0;
        if (buffer == 0 || card->show(*output, buffer) != 0) {
            return false;
        }
        std::thread{[this, card, output, buffer] {
            for (char order = 0; ::read(orders_[0], &order, 1) == 1;) {
                char count = 0;
                for (int left = tries; left > 0; --left) {
                    count = static_cast<char>(count + (card->show(*output, buffer) == 0 ? 1 : 0));
                }
                [[maybe_unused]] const auto sent = ::write(answers_[1], &count, 1);
            }
        }}.detach();
        return true;
    }

    static std::array<int, 2> a_pipe() {
        std::array<int, 2> ends{-1, -1};
        EXPECT_EQ(::pipe(ends.data()), 0);
        return ends;
    }

    std::array<int, 2> orders_{a_pipe()};
    std::array<int, 2> answers_{a_pipe()};
    Owner owner_; // last: its process has the pipes
};

} // namespace berth::test
