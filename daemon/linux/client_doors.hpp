#pragma once

#include "base/unique_fd.hpp"
#include "ports/client_ports.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace berth::os {

struct DoorPlace;

/// How something takes the place of what a door shows already.
enum class Replacement {
    beneath, ///< put below it, which then goes: since Linux 6.5, `after` where the kernel cannot
    after, ///< it goes, then the new one is put there: for that moment an empty file or directory of the door is seen,
           ///< where connect(2) answers ECONNREFUSED. Over it is no way: the kernel mounts nothing on what was
           ///< unlinked (ENOENT), as a socket that was made anew is
};

/// ports::ClientDoors below RUNTIME/clients/ (0700: no other user of the host gets in):
///   RUNTIME/clients/ID/door/   0755, a shared mount of its own; a container has it as its /run/berth, ro,rslave
/// In it, the target of a mount is an empty file or directory of ours; a text is a file. What is shown is a mount of
/// that one thing, without what is mounted below it on the host: private, nosuid, read-only unless the item is
/// writable (connect(2) to a socket and open(2) of a node for writing are no writes to the mount), nodev but for nodes,
/// noexec but for nodes (a device may be mapped executable: /dev/sgx_enclave).
/// A name that is shown is replaced in one step where both are mounts of the same sort, or both texts. A directory that
/// takes a file's place, or a text that takes a mount's, is put there after the other went.
/// Names are 1 to 255 bytes, without control characters; their parts are neither empty nor begin with a dot; nothing
/// can be shown below something shown. Needs CAP_SYS_ADMIN. Calls are short system calls; none waits for anybody.
class ClientDoors final : public ports::ClientDoors {
  public:
    explicit ClientDoors(std::string runtime_dir, Replacement replacement = Replacement::beneath);

    Result<std::string> open(const model::ClientId& client, const std::vector<std::string>& folders) override;
    Result<std::string> adopt(const model::ClientId& client) override;
    Result<void> show(const model::ClientId& client, const model::DoorItem& item) override;
    Result<void> hide(const model::ClientId& client, const std::string& name) override;
    bool is_current(const model::ClientId& client, const model::DoorItem& item) override;
    Result<void> close(const model::ClientId& client) override;
    std::vector<model::ClientId> left() override;

  private:
    /// The mounts on one name: one, or two while it is replaced.
    struct Pile {
        std::vector<std::uint64_t> numbers; ///< mount_number of each, the visible one last
        bool is_adopted{false};             ///< an earlier berthd's, of which only the visible one is known
    };

    struct Door {
        std::uint64_t mount{0};
        std::map<std::string, Pile> shown; ///< none that is empty
    };

    [[nodiscard]] std::string folder_of(const model::ClientId& client) const;
    Result<Door*> find(const model::ClientId& client);
    [[nodiscard]] Result<UniqueFd> open_door(const model::ClientId& client, const Door& door) const;
    Result<void> show_text(const UniqueFd& root, Door& door, const model::DoorItem& item) const;
    Result<void> show_mount(const UniqueFd& root, Door& door, const model::DoorItem& item) const;
    static Result<bool> replace(int mount, int top, Pile& pile);
    static Result<void> clear(const DoorPlace& place, Door& door, const std::string& name);

    std::string runtime_dir_;
    Replacement replacement_;
    std::map<model::ClientId, Door> doors_;
};

} // namespace berth::os
