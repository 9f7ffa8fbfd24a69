#include "bus/polkit_authority.hpp"

#include "bus/absent.hpp"
#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

namespace berth::bus {

namespace {

constexpr std::chrono::minutes time_for_a_password{2};
constexpr std::uint32_t allow_user_interaction = 1; // CheckAuthorizationFlags
constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

using Verdict = ports::Authority::Verdict;
using Details = std::map<std::string, std::string>;
using Subject = sdbus::Struct<std::string, std::map<std::string, sdbus::Variant>>;
using Answer = sdbus::Struct<bool, bool, Details>;

std::string not_allowed(const std::string& action) {
    return "polkit does not allow " + action + " to this user";
}

} // namespace

struct PolkitAuthority::State : std::enable_shared_from_this<PolkitAuthority::State> {
    struct Pending {
        std::string caller; ///< polkit itself gives up on a caller that leaves the bus
        std::string action;
        Done<Verdict> done;
    };

    State(BusConnection& connection, std::function<void()> changed)
        : bus{connection}, on_status{std::move(changed)},
          driver{compat::make_proxy(bus.raw(), names::driver, names::driver_path)},
          polkit{compat::make_proxy(bus.raw(), names::polkit, names::polkit_path)} {
        const std::string rule = "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                                 "member='NameOwnerChanged',arg0='org.freedesktop.PolicyKit1'";
        owner_match = compat::add_match(bus.raw(), rule, [this](sdbus::Message& message) {
            guarded_callback("NameOwnerChanged", [&] { owner_changed(message); });
        });
    }

    void look_for_polkit() {
        driver->callMethodAsync("StartServiceByName")
            .onInterface(names::driver)
            .withArguments(std::string{names::polkit}, std::uint32_t{0})
            .uponReplyInvoke([this](compat::CallError error, const std::uint32_t&) {
                guarded_callback("looking for polkit", [&] { set_present(!error); });
            });
        bus.rearm();
    }

    void set_present(bool found) {
        const bool changed = !asked || present != found;
        asked = true;
        present = found;
        if (changed && on_status) {
            on_status();
        }
    }

    void owner_changed(sdbus::Message& message) {
        std::string name;
        std::string old_owner;
        std::string new_owner;
        message >> name >> old_owner >> new_owner;
        if (!new_owner.empty()) { // one that left may be started again by the next question
            set_present(true);
        }
    }

    void ask(std::uint64_t number) {
        const Pending& question = pending.at(number);
        const Subject subject{std::string{"system-bus-name"},
                              std::map<std::string, sdbus::Variant>{{"name", sdbus::Variant{question.caller}}}};
        polkit->callMethodAsync("CheckAuthorization")
            .onInterface(names::polkit_interface)
            .withTimeout(time_for_a_password)
            .withArguments(subject, question.action, Details{}, allow_user_interaction, cancellation_id(number))
            .uponReplyInvoke([this, number](compat::CallError error, const Answer& answer) {
                guarded_callback("polkit's answer", [&] {
                    error ? failed(number, std::string{error->getName()}, error->getMessage())
                          : answered(number, answer.get<0>());
                });
            });
        bus.rearm();
    }

    void answered(std::uint64_t number, bool allowed) {
        set_present(true);
        const auto found = pending.find(number);
        if (found != pending.end()) {
            finish(number, Verdict{allowed, allowed ? std::string{} : not_allowed(found->second.action)});
        }
    }

    void failed(std::uint64_t number, const std::string& name, const std::string& message) {
        if (means_absent(name)) {
            set_present(false);
            finish(number, Verdict{false, "polkit is not running, so only root may do this"});
            return;
        }
        cancel(number); // an agent may still show its dialog
        finish(number, Verdict{false, "polkit did not answer: " + message});
    }

    void finish(std::uint64_t number, Verdict verdict) {
        const auto found = pending.find(number);
        if (found != pending.end()) {
            const Done<Verdict> done = std::move(found->second.done);
            pending.erase(found);
            done(std::move(verdict));
        }
    }

    void cancel(std::uint64_t number) {
        polkit->callMethodAsync("CancelCheckAuthorization")
            .onInterface(names::polkit_interface)
            .withArguments(cancellation_id(number))
            .uponReplyInvoke([](compat::CallError) {}); // nothing to cancel any more is fine
        bus.rearm();
    }

    [[nodiscard]] static std::string cancellation_id(std::uint64_t number) { return "berth-" + std::to_string(number); }

    BusConnection& bus;
    std::function<void()> on_status;
    std::unique_ptr<sdbus::IProxy> driver;
    std::unique_ptr<sdbus::IProxy> polkit;
    sdbus::Slot owner_match; // a rule for this one name: nobody else's coming and going wakes berthd
    std::map<std::uint64_t, Pending> pending;
    std::uint64_t last_number{0};
    bool asked{false};
    bool present{false};
};

PolkitAuthority::PolkitAuthority(BusConnection& bus, std::function<void()> on_status)
    : state_{std::make_shared<State>(bus, std::move(on_status))} {
    state_->look_for_polkit();
}

PolkitAuthority::~PolkitAuthority() = default;

void PolkitAuthority::check(const model::Caller& caller, const std::string& action, Done<Verdict> done) {
    const std::uint64_t number = ++state_->last_number;
    state_->pending.emplace(number, State::Pending{caller.bus_name, action, std::move(done)});
    if (caller.uid != 0 && caller.uid != nobody) {
        state_->ask(number);
        return;
    }
    const bool root = caller.uid == 0;
    state_->bus.post([weak = std::weak_ptr{state_}, number, root] {
        if (const auto state = weak.lock()) {
            state->finish(number, Verdict{root, root ? std::string{} : "the bus does not know who the caller is"});
        }
    });
}

bool PolkitAuthority::polkit_present() const noexcept {
    return state_->present;
}

std::string PolkitAuthority::status() const {
    return !state_->asked || state_->present ? std::string{} : "polkit is not running: only root may change anything";
}

} // namespace berth::bus
