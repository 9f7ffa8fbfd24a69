#include "linux/device_rules.hpp"

#include "linux/control_group.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

Error about(const ports::DeviceHolder& holder, const Error& error) {
    return Error{error.code, "devices of container " + holder.container.substr(0, 12) + ": " + error.message};
}

Error gone() {
    return Error{ErrorCode::failed, "it does not run any more, or in no control group of its own"};
}

std::string last_part(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// The unit of systemd's that a group is, "" where it is none.
std::string unit_of(const std::string& group) {
    const std::string name = last_part(group);
    return name.ends_with(".scope") || name.ends_with(".service") ? name : std::string{};
}

/// What the container may open for having been made as it was.
Result<std::vector<DeviceRule>> base_rules(const ports::DeviceHolder& holder) {
    std::vector<DeviceRule> rules = default_device_rules();
    for (const std::string& text : holder.device_rules) {
        const auto rule = parse_device_rule(text);
        if (!rule) {
            return rule.error();
        }
        rules.push_back(*rule);
    }
    for (const std::string& path : holder.devices) {
        if (auto rule = rule_of(path); rule) { // a node that went since needs none
            rule->access |= DeviceRule::mknod;
            rules.push_back(*rule);
        }
    }
    return rules;
}

/// What `rules` say of exactly these nodes.
std::uint32_t access_in(const std::vector<DeviceRule>& rules, const DeviceNumbers& numbers) {
    std::uint32_t access = 0;
    for (const DeviceRule& rule : rules) {
        access |= rule.numbers == numbers ? rule.access : 0;
    }
    return access;
}

/// devices.list of a v1 group; none where it may open everything.
std::optional<std::vector<DeviceRule>> list_of(const std::string& group) {
    std::vector<DeviceRule> rules;
    std::ifstream lines{group + "/devices.list"};
    for (std::string line; std::getline(lines, line);) {
        const auto rule = parse_device_rule(line);
        if (rule && rule->numbers.type == 'a') {
            return std::nullopt;
        }
        if (rule) {
            rules.push_back(*rule);
        }
    }
    return rules;
}

Result<void> tell(const std::string& group, const char* file, DeviceRule rule, std::uint32_t access) {
    rule.access = access;
    const std::string path = group + "/" + file;
    const std::string text = text_of(rule);
    const UniqueFd target{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!target || ::write(target.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return system_error("write \"" + text + "\" to " + path, errno);
    }
    return {};
}

/// Cgroup v1: all or nothing.
Result<void> allow_v1(const std::string& group, const std::vector<DeviceRule>& rules) {
    const auto listed = list_of(group);
    if (!listed) {
        return {};
    }
    for (std::size_t at = 0; at < rules.size(); ++at) {
        const auto allowed = tell(group, "devices.allow", rules[at], rules[at].access);
        if (allowed) {
            continue;
        }
        for (std::size_t done = 0; done < at; ++done) {
            if (const std::uint32_t added = rules[done].access & ~access_in(*listed, rules[done].numbers); added != 0) {
                [[maybe_unused]] const auto undone = tell(group, "devices.deny", rules[done], added);
            }
        }
        return allowed;
    }
    return {};
}

Result<void> forbid_v1(const std::string& group, const std::vector<DeviceRule>& rules,
                       const std::vector<DeviceRule>& base) {
    if (!list_of(group)) {
        return {}; // a deny would take away what nobody gave
    }
    for (const DeviceRule& rule : rules) {
        const std::uint32_t taken = rule.access & ~access_in(base, rule.numbers);
        if (taken == 0) {
            continue;
        }
        if (auto denied = tell(group, "devices.deny", rule, taken); !denied) {
            return denied;
        }
    }
    return {};
}

UniqueFd open_group(const std::string& path) {
    return UniqueFd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

/// Berth's program on one of the groups; an empty one where there is none.
Result<DeviceProgram> find_ours(const std::vector<std::string>& groups) {
    for (const std::string& path : groups) {
        const UniqueFd group = open_group(path);
        if (!group) {
            return system_error("open " + path, errno);
        }
        auto attached = attached_programs(group.get());
        if (!attached) {
            return attached.error();
        }
        for (AttachedProgram& one : attached->programs) {
            auto ours = DeviceProgram::of(std::move(one.program));
            if (!ours || *ours) {
                return ours;
            }
        }
    }
    return DeviceProgram{};
}

bool is_ours(int program) {
    const auto found = DeviceProgram::of(UniqueFd{::fcntl(program, F_DUPFD_CLOEXEC, 0)});
    return found && *found;
}

} // namespace

DeviceRules::DeviceRules(boost::asio::io_context& io, ports::UnitDevices* units, std::string pins)
    : io_{io}, units_{units}, pins_{std::move(pins)} {}

void DeviceRules::post(Done<void> done, Result<void> result) {
    boost::asio::post(io_, [done = std::move(done), result = std::move(result)] { done(result); });
}

Result<DeviceRules::Rules> DeviceRules::rules_of(const std::vector<std::string>& nodes,
                                                 const std::string& container) const {
    Rules rules;
    const auto granted = granted_.find(container);
    for (const std::string& node : nodes) {
        if (granted != granted_.end() && granted->second.contains(node)) {
            rules.push_back(granted->second.at(node));
            continue;
        }
        const auto rule = rule_of(node);
        if (!rule) {
            return rule.error();
        }
        rules.push_back(*rule);
    }
    return rules;
}

bool DeviceRules::is_systemds(const AttachedProgram& program, const std::string& group) const {
    return units_ != nullptr && program.name.starts_with("sd_devices") && !unit_of(group).empty();
}

/// Berth's program in place of all others on the groups, but for systemd's; an empty one where no group has any.
Result<DeviceProgram> DeviceRules::take_over(const std::vector<std::string>& groups, const Rules& base) const {
    auto ours = find_ours(groups);
    if (!ours) {
        return ours;
    }
    for (const std::string& path : groups) {
        const UniqueFd group = open_group(path);
        const auto attached = group ? attached_programs(group.get()) : system_error("open " + path, errno);
        if (!attached) {
            return attached.error();
        }
        const auto& all = attached->programs;
        bool has_ours = std::any_of(all.begin(), all.end(), [](const auto& one) { return is_ours(one.program.get()); });
        for (const AttachedProgram& one : all) {
            if (is_ours(one.program.get()) || is_systemds(one, path)) {
                continue;
            }
            if (!*ours) {
                ours = DeviceProgram::load(base);
            }
            if (!ours) {
                return ours;
            }
            const auto changed =
                has_ours ? detach_program(group.get(), one.program.get())
                         : replace_program(group.get(), attached->flags, one.program.get(), ours->program());
            if (!changed) {
                return changed.error();
            }
            has_ours = true;
        }
    }
    return ours;
}

Result<void> DeviceRules::allow_now(const ports::DeviceHolder& holder, const Rules& rules) {
    if (const std::string v1 = control_group_of_container(holder.init, holder.container, "devices"); !v1.empty()) {
        return allow_v1(v1, rules);
    }
    const auto groups = control_groups_of_container(holder.init, holder.container);
    if (groups.empty()) {
        return gone();
    }
    auto base = base_rules(holder);
    if (!base) {
        return base.error();
    }
    for (const auto& [path, rule] : granted_[holder.container]) {
        base->push_back(rule);
    }
    auto program = take_over(groups, *base);
    if (!program) {
        return program.error();
    }
    for (const DeviceRule& rule : rules) {
        const auto before = *program ? program->access(rule.numbers) : Result<std::uint32_t>{rule.access};
        const auto set = before && *program ? program->set(rule.numbers, *before | rule.access)
                                            : (before ? Result<void>{} : before.error());
        if (!set) {
            return set;
        }
    }
    std::string pin = last_part(groups.front());
    std::replace(pin.begin(), pin.end(), '.', '_');
    return *program ? program->take_pin(pins_ + "/" + pin) : Result<void>{};
}

Result<void> DeviceRules::forbid_now(const ports::DeviceHolder& holder, const Rules& rules) {
    const auto base = base_rules(holder);
    if (!base) {
        return base.error();
    }
    if (const std::string v1 = control_group_of_container(holder.init, holder.container, "devices"); !v1.empty()) {
        return forbid_v1(v1, rules, *base);
    }
    auto program = find_ours(control_groups_of_container(holder.init, holder.container));
    if (!program) {
        return program.error();
    }
    for (const DeviceRule& rule : rules) {
        const auto set = *program ? program->set(rule.numbers, access_in(*base, rule.numbers)) : Result<void>{};
        if (!set) {
            return set;
        }
    }
    return {};
}

/// After an `allow` that failed: what was granted before it stays.
void DeviceRules::undo(const ports::DeviceHolder& holder, const std::vector<std::string>& nodes) {
    for (const std::string& node : nodes) {
        const auto rule = rule_of(node);
        if (rule && !granted_[holder.container].contains(node)) {
            [[maybe_unused]] const auto undone = forbid_now(holder, {*rule});
        }
    }
}

void DeviceRules::allow(const ports::DeviceHolder& holder, const std::vector<std::string>& nodes, Done<void> done) {
    const auto rules = rules_of(nodes, {});
    const auto allowed = rules ? allow_now(holder, *rules) : Result<void>{rules.error()};
    if (!allowed) {
        undo(holder, nodes);
        return post(std::move(done), about(holder, allowed.error()));
    }
    const auto before = granted_[holder.container];
    auto& granted = granted_[holder.container];
    for (std::size_t at = 0; at < nodes.size(); ++at) {
        granted[nodes[at]] = (*rules)[at];
    }
    const auto groups = control_groups_of_container(holder.init, holder.container);
    const std::string unit = groups.empty() ? std::string{} : unit_of(groups.front());
    if (units_ == nullptr || unit.empty()) {
        return post(std::move(done), {});
    }
    units_->allow(unit, nodes, [this, holder, nodes, before, done = std::move(done)](const Result<void>& told) {
        if (!told) {
            granted_[holder.container] = before;
            undo(holder, nodes);
        }
        done(told ? Result<void>{} : about(holder, told.error()));
    });
}

void DeviceRules::forbid(const ports::DeviceHolder& holder, const std::vector<std::string>& nodes, Done<void> done) {
    const auto groups = control_groups_of_container(holder.init, holder.container);
    if (groups.empty() && control_group_of_container(holder.init, holder.container, "devices").empty()) {
        granted_.erase(holder.container);
        return post(std::move(done), {});
    }
    const auto rules = rules_of(nodes, holder.container);
    const auto forbidden = rules ? forbid_now(holder, *rules) : Result<void>{rules.error()};
    if (!forbidden) {
        return post(std::move(done), about(holder, forbidden.error()));
    }
    for (const std::string& node : nodes) {
        granted_[holder.container].erase(node);
    }
    const std::string unit = groups.empty() ? std::string{} : unit_of(groups.front());
    if (units_ == nullptr || unit.empty()) {
        return post(std::move(done), {});
    }
    units_->forbid(unit, nodes, std::move(done));
}

} // namespace berth::os
