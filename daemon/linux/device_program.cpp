#include "linux/device_program.hpp"

#include <linux/bpf.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <unistd.h>

namespace berth::os {
namespace {

constexpr const char* our_name = "berth_devices"; // at most 15 letters, BPF_OBJ_NAME_LEN
constexpr std::uint32_t most_rules = 4096;

/// A key of the map. As the program's context has it: no padding.
struct Key {
    std::uint32_t type;
    std::uint32_t major;
    std::uint32_t minor;
};

static_assert(sizeof(Key) == 12);

Key key_of(const DeviceNumbers& numbers) {
    const std::uint32_t type = numbers.type == 'c'   ? std::uint32_t{BPF_DEVCG_DEV_CHAR}
                               : numbers.type == 'b' ? std::uint32_t{BPF_DEVCG_DEV_BLOCK}
                                                     : DeviceNumbers::any;
    return {type, numbers.major, numbers.minor};
}

std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uint64_t>(pointer);
}

int bpf(bpf_cmd command, bpf_attr& attr) {
    return static_cast<int>(::syscall(SYS_bpf, command, &attr, sizeof attr));
}

bpf_attr empty() {
    bpf_attr attr;
    std::memset(&attr, 0, sizeof attr); // the kernel refuses what is not zero beyond the command's own fields
    return attr;
}

bpf_insn insn(int code, int destination, int source, int offset, std::int32_t value) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = static_cast<__u8>(destination & 0xF);
    made.src_reg = static_cast<__u8>(source & 0xF);
    made.off = static_cast<__s16>(offset);
    made.imm = value;
    return made;
}

constexpr int key_at = -16; ///< of the frame pointer

/// Looks up the key with what is `any` replaced by -1; returns 1 where all that is asked for is in the value.
void add_lookup(std::vector<bpf_insn>& code, int map, bool any_type, bool any_major, bool any_minor) {
    const auto store = [&](int offset, bool is_any, int from) {
        code.push_back(is_any ? insn(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, key_at + offset, -1)
                              : insn(BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, from, key_at + offset, 0));
    };
    store(0, any_type, BPF_REG_6);
    store(4, any_major, BPF_REG_8);
    store(8, any_minor, BPF_REG_9);
    const std::array<bpf_insn, 10> look{
        insn(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
        insn(0, 0, 0, 0, 0), // the upper half of the number before
        insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
        insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, key_at),
        insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
        insn(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 5, 0), // to the next lookup
        insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_0, 0, 0),
        insn(BPF_ALU64 | BPF_AND | BPF_X, BPF_REG_1, BPF_REG_7, 0, 0),
        insn(BPF_JMP | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_7, 2, 0), // to the next lookup
        insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1),
    };
    code.insert(code.end(), look.begin(), look.end());
    code.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

std::vector<bpf_insn> code_for(int map) {
    constexpr int word = BPF_LDX | BPF_MEM | BPF_W;
    std::vector<bpf_insn> code{
        insn(word, BPF_REG_6, BPF_REG_1, 0, 0), // access << 16 | type
        insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_7, BPF_REG_6, 0, 0),
        insn(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_6, 0, 0, 0xFFFF),
        insn(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_7, 0, 0, 16),
        insn(word, BPF_REG_8, BPF_REG_1, 4, 0), // major
        insn(word, BPF_REG_9, BPF_REG_1, 8, 0), // minor
    };
    for (const bool any_type : {false, true}) {
        add_lookup(code, map, any_type, false, false);
        add_lookup(code, map, any_type, false, true);
        add_lookup(code, map, any_type, true, true);
    }
    code.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0));
    code.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    return code;
}

Result<UniqueFd> make_map() {
    bpf_attr attr = empty();
    attr.map_type = BPF_MAP_TYPE_HASH;
    attr.key_size = sizeof(Key);
    attr.value_size = sizeof(std::uint32_t);
    attr.max_entries = most_rules;
    attr.map_flags = BPF_F_NO_PREALLOC;
    std::strncpy(attr.map_name, our_name, sizeof attr.map_name - 1);
    UniqueFd map{bpf(BPF_MAP_CREATE, attr)};
    if (!map) {
        return system_error("bpf BPF_MAP_CREATE", errno);
    }
    return map;
}

Result<UniqueFd> load_code(int map) {
    const std::vector<bpf_insn> code = code_for(map);
    bpf_attr attr = empty();
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = address(code.data());
    attr.insn_cnt = static_cast<std::uint32_t>(code.size());
    attr.license = address("GPL");
    std::strncpy(attr.prog_name, our_name, sizeof attr.prog_name - 1);
    UniqueFd program{bpf(BPF_PROG_LOAD, attr)};
    if (!program) {
        return system_error("bpf BPF_PROG_LOAD", errno);
    }
    return program;
}

Result<bpf_prog_info> info_of(int program, std::uint32_t* map) {
    bpf_prog_info info{};
    info.nr_map_ids = map == nullptr ? 0 : 1;
    info.map_ids = address(map);
    bpf_attr attr = empty();
    attr.info.bpf_fd = static_cast<std::uint32_t>(program);
    attr.info.info_len = sizeof info;
    attr.info.info = address(&info);
    if (bpf(BPF_OBJ_GET_INFO_BY_FD, attr) != 0) {
        return system_error("bpf BPF_OBJ_GET_INFO_BY_FD", errno);
    }
    return info;
}

std::string name_in(const bpf_prog_info& info) {
    return {info.name, ::strnlen(info.name, sizeof info.name)};
}

} // namespace

Result<DeviceProgram> DeviceProgram::load(const std::vector<DeviceRule>& rules) {
    auto map = make_map();
    if (!map) {
        return map.error();
    }
    auto program = load_code(map->get());
    if (!program) {
        return program.error();
    }
    DeviceProgram made;
    made.map_ = std::move(*map);
    made.program_ = std::move(*program);
    std::map<DeviceNumbers, std::uint32_t> joined;
    for (const DeviceRule& rule : rules) {
        joined[rule.numbers] |= rule.access;
    }
    for (const auto& [numbers, access] : joined) {
        if (const auto set = made.set(numbers, access); !set) {
            return set.error();
        }
    }
    return made;
}

Result<DeviceProgram> DeviceProgram::of(UniqueFd program) {
    std::uint32_t id = 0;
    const auto info = info_of(program.get(), &id);
    if (!info) {
        return info.error();
    }
    DeviceProgram found;
    if (name_in(*info) != our_name || info->nr_map_ids != 1) {
        return found;
    }
    bpf_attr attr = empty();
    attr.map_id = id;
    found.map_ = UniqueFd{bpf(BPF_MAP_GET_FD_BY_ID, attr)};
    if (!found.map_) {
        return system_error("bpf BPF_MAP_GET_FD_BY_ID", errno);
    }
    found.program_ = std::move(program);
    return found;
}

Result<std::uint32_t> DeviceProgram::access(const DeviceNumbers& numbers) const {
    const Key key = key_of(numbers);
    std::uint32_t value = 0;
    bpf_attr attr = empty();
    attr.map_fd = static_cast<std::uint32_t>(map_.get());
    attr.key = address(&key);
    attr.value = address(&value);
    if (bpf(BPF_MAP_LOOKUP_ELEM, attr) != 0 && errno != ENOENT) {
        return system_error("bpf BPF_MAP_LOOKUP_ELEM", errno);
    }
    return value;
}

Result<void> DeviceProgram::set(const DeviceNumbers& numbers, std::uint32_t access) {
    const Key key = key_of(numbers);
    bpf_attr attr = empty();
    attr.map_fd = static_cast<std::uint32_t>(map_.get());
    attr.key = address(&key);
    if (access == 0) {
        if (bpf(BPF_MAP_DELETE_ELEM, attr) != 0 && errno != ENOENT) {
            return system_error("bpf BPF_MAP_DELETE_ELEM", errno);
        }
        return {};
    }
    attr.value = address(&access);
    if (bpf(BPF_MAP_UPDATE_ELEM, attr) != 0) {
        return system_error("bpf BPF_MAP_UPDATE_ELEM", errno);
    }
    return {};
}

Result<void> DeviceProgram::take_pin(const std::string& pin) const {
    if (::access(pin.c_str(), F_OK) != 0) {
        return {};
    }
    const std::string next = pin + "_berth"; // no dot: the file system takes none
    ::unlink(next.c_str());
    bpf_attr attr = empty();
    attr.pathname = address(next.c_str());
    attr.bpf_fd = static_cast<std::uint32_t>(program_.get());
    if (bpf(BPF_OBJ_PIN, attr) != 0) {
        return system_error("bpf BPF_OBJ_PIN at " + next, errno);
    }
    if (std::rename(next.c_str(), pin.c_str()) != 0) {
        const Error error = system_error("rename " + next + " to " + pin, errno);
        ::unlink(next.c_str());
        return error;
    }
    return {};
}

Result<AttachedPrograms> attached_programs(int group) {
    std::array<std::uint32_t, 64> ids{}; // BPF_CGROUP_MAX_PROGS of kernel/bpf/cgroup.c
    bpf_attr attr = empty();
    attr.query.target_fd = static_cast<std::uint32_t>(group);
    attr.query.attach_type = BPF_CGROUP_DEVICE;
    attr.query.prog_ids = address(ids.data());
    attr.query.prog_cnt = ids.size();
    if (bpf(BPF_PROG_QUERY, attr) != 0) {
        return system_error("bpf BPF_PROG_QUERY", errno);
    }
    AttachedPrograms found;
    found.flags = attr.query.attach_flags;
    const std::size_t count = attr.query.prog_cnt;
    for (std::size_t at = 0; at < count && at < ids.size(); ++at) {
        bpf_attr by_id = empty();
        by_id.prog_id = ids[at];
        UniqueFd program{bpf(BPF_PROG_GET_FD_BY_ID, by_id)};
        if (!program) {
            return system_error("bpf BPF_PROG_GET_FD_BY_ID", errno);
        }
        const auto info = info_of(program.get(), nullptr);
        if (!info) {
            return info.error();
        }
        found.programs.push_back({std::move(program), name_in(*info)});
    }
    return found;
}

Result<void> replace_program(int group, std::uint32_t flags, int old, int program) {
    bpf_attr attr = empty();
    attr.target_fd = static_cast<std::uint32_t>(group);
    attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
    attr.attach_type = BPF_CGROUP_DEVICE;
    attr.attach_flags = flags & (BPF_F_ALLOW_MULTI | BPF_F_ALLOW_OVERRIDE);
    if ((flags & BPF_F_ALLOW_MULTI) != 0) { // without it there is one, and attaching replaces it
        attr.attach_flags |= BPF_F_REPLACE;
        attr.replace_bpf_fd = static_cast<std::uint32_t>(old);
    }
    if (bpf(BPF_PROG_ATTACH, attr) != 0) {
        return system_error("bpf BPF_PROG_ATTACH", errno);
    }
    return {};
}

Result<void> detach_program(int group, int program) {
    bpf_attr attr = empty();
    attr.target_fd = static_cast<std::uint32_t>(group);
    attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
    attr.attach_type = BPF_CGROUP_DEVICE;
    if (bpf(BPF_PROG_DETACH, attr) != 0 && errno != ENOENT) {
        return system_error("bpf BPF_PROG_DETACH", errno);
    }
    return {};
}

} // namespace berth::os
