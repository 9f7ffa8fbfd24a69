#include "linux/door_source.hpp"
#include "support/door_host.hpp"

#include <sys/sysmacros.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using model::DoorItem;
using test::connect_error;
using test::item;
using test::Listener;
using test::read_file;
using test::write_file;

using Kind = DoorItem::Kind;

class DoorSourceTest : public test::DoorTest {
  protected:
    void SetUp() override {
        test::DoorTest::SetUp();
        fs::create_directories(secret);
        write_file(secret + "/key", "secret");
    }

    /// The sentence of the refusal, "" where it was not refused.
    [[nodiscard]] static std::string refusal(const DoorItem& what, ErrorCode code = ErrorCode::failed) {
        const auto found = open_source(what);
        if (found) {
            return {};
        }
        EXPECT_EQ(found.error().code, code) << found.error().message;
        return found.error().message;
    }

    std::string secret = scratch.path() + "/secret";
};

TEST_F(DoorSourceTest, EachKindIsTakenForItselfAndForNothingElse) {
    const Listener socket{desktop + "/socket"};
    write_file(desktop + "/file", "x");
    fs::create_directories(desktop + "/directory");
    ASSERT_EQ(::mkfifo((desktop + "/fifo").c_str(), 0600), 0);
    const std::vector<std::pair<std::string, Kind>> all{
        {"socket", Kind::socket}, {"file", Kind::file}, {"directory", Kind::directory}, {"node", Kind::node}};
    for (const auto& [path, is] : all) {
        for (const auto& [name, kind] : all) {
            const auto what = is == Kind::node ? item("a", kind, "/dev", "null") : item("a", kind, desktop, path);
            EXPECT_EQ(refusal(what).empty(), is == kind) << path << " as " << name;
        }
    }
    EXPECT_EQ(refusal(item("a", Kind::socket, desktop, "file")), desktop + "/file is a regular file, not a socket");
    EXPECT_EQ(refusal(item("a", Kind::node, desktop, "fifo")), desktop + "/fifo is a FIFO, not a device node");
    EXPECT_EQ(refusal(item("a", Kind::socket, desktop, "none")),
              "open " + desktop + "/none: No such file or directory");
}

TEST_F(DoorSourceTest, TheRootIsFollowedAsTheHostHasIt) {
    fs::create_symlink(secret, scratch.path() + "/link");
    EXPECT_EQ(refusal(item("a", Kind::file, scratch.path() + "/link", "key")), "");
    EXPECT_EQ(refusal(item("a", Kind::directory, scratch.path() + "/link")), "");
    EXPECT_EQ(refusal(item("a", Kind::file, secret + "/key")), "");
    EXPECT_NE(refusal(item("a", Kind::file, secret + "/key", "x")).find("Not a directory"), std::string::npos);
}

TEST_F(DoorSourceTest, ALinkAtTheEndOnTheWayAbsoluteOrClimbingIsNotFollowed) {
    fs::create_directories(desktop + "/inner");
    write_file(desktop + "/inner/file", "x");
    fs::create_symlink(secret + "/key", desktop + "/absolute");
    fs::create_symlink("../secret/key", desktop + "/climbing");
    fs::create_symlink("inner/file", desktop + "/harmless");
    fs::create_symlink(secret, desktop + "/way");
    fs::create_symlink("inner", desktop + "/harmless-way");
    for (const char* path : {"absolute", "climbing", "harmless", "way/key", "harmless-way/file"}) {
        EXPECT_EQ(refusal(item("a", Kind::file, desktop, path)),
                  desktop + "/" + path + " is a symbolic link, or lies behind one: not followed");
    }
}

TEST_F(DoorSourceTest, AMagicLinkIsNotFollowed) {
    const UniqueFd held{::open((secret + "/key").c_str(), O_RDONLY | O_CLOEXEC)};
    const UniqueFd folder{::open(secret.c_str(), O_RDONLY | O_CLOEXEC)};
    for (const std::string& path : {"fd/" + std::to_string(held.get()), "fd/" + std::to_string(folder.get()) + "/key",
                                    std::string{"root/etc/passwd"}, std::string{"cwd/x"}}) {
        const std::string said = refusal(item("a", Kind::file, "/proc/" + std::to_string(::getpid()), path));
        EXPECT_NE(said.find("is a symbolic link, or lies behind one"), std::string::npos) << said;
    }
}

TEST_F(DoorSourceTest, APathThatClimbsIsRefusedBeforeItIsLookedAt) {
    for (const std::string& path : std::vector<std::string>{"..", "../secret/key", "a/../b", "/etc/passwd", "a//b", ".",
                                                            "a/", std::string(5000, 'a'), std::string("a\0b", 3)}) {
        EXPECT_FALSE(refusal(item("a", Kind::file, desktop, path), ErrorCode::invalid_argument).empty()) << path;
    }
    for (const std::string& root : std::vector<std::string>{"", "relative", std::string("/a\0b", 4)}) {
        EXPECT_FALSE(refusal(item("a", Kind::file, root, "x"), ErrorCode::invalid_argument).empty()) << root;
    }
    EXPECT_FALSE(refusal(item("a", Kind::text, desktop, "x"), ErrorCode::invalid_argument).empty());
}

TEST_F(DoorSourceTest, AnotherMountIsEnteredOnlyAsTheRootItself) {
    fs::create_directories(desktop + "/volume");
    ASSERT_EQ(::mount("none", (desktop + "/volume").c_str(), "tmpfs", 0, nullptr), 0);
    write_file(desktop + "/volume/file", "x");
    EXPECT_EQ(refusal(item("a", Kind::file, desktop, "volume/file")),
              desktop + "/volume/file leads out of its root or onto another mount: not followed");
    EXPECT_FALSE(refusal(item("a", Kind::directory, desktop, "volume")).empty());
    EXPECT_EQ(refusal(item("a", Kind::file, desktop + "/volume", "file")), "");
    EXPECT_EQ(refusal(item("a", Kind::directory, desktop + "/volume")), "");
    EXPECT_EQ(::umount2((desktop + "/volume").c_str(), MNT_DETACH), 0);
}

TEST_F(DoorSourceTest, ANodeWhereDevicesDoNotWorkIsRefused) {
    ASSERT_EQ(::mount("none", desktop.c_str(), "tmpfs", MS_NODEV, nullptr), 0);
    ASSERT_EQ(::mknod((desktop + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
    EXPECT_EQ(refusal(item("a", Kind::node, desktop, "null")),
              desktop + "/null lies on a mount without devices (nodev): it could not be opened");
    EXPECT_EQ(::umount2(desktop.c_str(), MNT_DETACH), 0);
}

/// Swaps `left` and `right` (renameat2(2), RENAME_EXCHANGE) for as long as it lives.
class Swapper {
  public:
    Swapper(std::string left, std::string right)
        : thread_{[this, left = std::move(left), right = std::move(right)] {
              while (!stop_) {
                  ::renameat2(AT_FDCWD, left.c_str(), AT_FDCWD, right.c_str(), RENAME_EXCHANGE);
                  ++swaps_;
              }
          }} {}

    Swapper(const Swapper&) = delete;
    Swapper& operator=(const Swapper&) = delete;

    ~Swapper() {
        stop_ = true;
        thread_.join();
    }

    [[nodiscard]] std::uint64_t swaps() const { return swaps_; }

  private:
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> swaps_{0};
    std::thread thread_;
};

int tries(int usual) {
    const char* wanted = std::getenv("BERTH_RACES"); // NOLINT(concurrency-mt-unsafe): nobody writes it
    return wanted != nullptr ? std::atoi(wanted) : usual;
}

struct Outcome {
    int good{0};
    int refused{0};
    int escaped{0};
};

std::uint64_t inode_of(const std::string& path) {
    struct stat status {};

    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_ino;
}

/// Opens `what` again and again; escaped: it is another file than `good`.
Outcome open_often(const DoorItem& what, std::uint64_t good, int count) {
    Outcome outcome;
    for (int at = 0; at < count; ++at) {
        const auto found = open_source(what);
        ++(found ? (found->status.st_ino == good ? outcome.good : outcome.escaped) : outcome.refused);
    }
    return outcome;
}

void expect_no_escape(const Outcome& outcome, std::uint64_t swaps) {
    ::testing::Test::RecordProperty("tries", outcome.good + outcome.refused + outcome.escaped);
    std::cout << "shown " << outcome.good << ", refused " << outcome.refused << ", escaped " << outcome.escaped << ", "
              << swaps << " swaps\n";
    EXPECT_EQ(outcome.escaped, 0);
    EXPECT_GT(outcome.good, 0) << "the race was never lost by the attacker: nothing was tried";
    EXPECT_GT(outcome.refused, 0) << "the race was never run";
}

TEST_F(DoorSourceTest, ASocketThatIsSwappedForALinkAllTheTimeNeverLeadsToTheLinksTarget) {
    const Listener wanted{desktop + "/wayland-0"};
    const Listener other{secret + "/socket"};
    fs::create_symlink(secret + "/socket", desktop + "/link");
    const std::uint64_t good = inode_of(desktop + "/wayland-0");
    const auto what = item("wayland-0", Kind::socket, desktop, "wayland-0");
    Outcome outcome;
    std::uint64_t swaps = 0;
    {
        const Swapper swapper{desktop + "/wayland-0", desktop + "/link"};
        outcome = open_often(what, good, tries(100'000));
        swaps = swapper.swaps();
    }
    expect_no_escape(outcome, swaps);
}

TEST_F(DoorSourceTest, AFolderOnTheWayThatIsSwappedForALinkNeverLeadsElsewhere) {
    fs::create_directories(desktop + "/way");
    write_file(desktop + "/way/key", "harmless");
    fs::create_symlink(secret, desktop + "/link");
    const std::uint64_t good = inode_of(desktop + "/way/key");
    Outcome outcome;
    std::uint64_t swaps = 0;
    {
        const Swapper swapper{desktop + "/way", desktop + "/link"};
        outcome = open_often(item("key", Kind::file, desktop, "way/key"), good, tries(100'000));
        swaps = swapper.swaps();
    }
    expect_no_escape(outcome, swaps);
}

TEST_F(DoorSourceTest, WhatTheDoorShowsIsNeverTheLinksTargetEither) {
    ASSERT_TRUE(doors.open(app, {}).has_value());
    write_file(desktop + "/file", "harmless");
    fs::create_symlink(secret + "/key", desktop + "/link");
    const std::uint64_t good = inode_of(desktop + "/file");
    const auto what = item("file", Kind::file, desktop, "file");
    Outcome outcome;
    std::uint64_t swaps = 0;
    std::chrono::nanoseconds spent{};
    {
        const Swapper swapper{desktop + "/file", desktop + "/link"};
        for (int at = 0; at < tries(5'000); ++at) {
            const auto begin = std::chrono::steady_clock::now();
            const bool is_shown = doors.show(app, what).has_value();
            spent += is_shown ? std::chrono::steady_clock::now() - begin : std::chrono::nanoseconds{};
            ++(is_shown ? (inode_of(door + "/file") == good ? outcome.good : outcome.escaped) : outcome.refused);
        }
        swaps = swapper.swaps();
    }
    expect_no_escape(outcome, swaps);
    std::cout << "microseconds a show that replaces: "
              << std::chrono::duration_cast<std::chrono::microseconds>(spent).count() / std::max(outcome.good, 1)
              << "\n";
    EXPECT_LE(mounts(), 2);
}

/// With the kernel's way of replacing, and with the one for kernels before 6.5.
class DoorReplacementTest : public test::DoorTest, public ::testing::WithParamInterface<Replacement> {
  protected:
    void SetUp() override {
        test::DoorTest::SetUp();
        if (!IsSkipped()) {
            ASSERT_TRUE(with.open(app, {"x11"}).has_value());
        }
    }

    void make(const std::string& content) {
        fs::remove(desktop + "/file");
        write_file(desktop + "/file", content);
    }

    ClientDoors with{runtime, GetParam()};
    DoorItem what = item("x11/file", Kind::file, desktop, "file");
};

TEST_P(DoorReplacementTest, WhatTheDesktopMadeAnewIsSeenAfterItIsShownAgain) {
    const auto inside = container();
    for (int round = 0; round < 40; ++round) {
        const std::string content = "round-" + std::to_string(round);
        make(content);
        EXPECT_FALSE(with.is_current(app, what));
        const auto shown = with.show(app, what);
        ASSERT_TRUE(shown.has_value()) << shown.error().message;
        EXPECT_TRUE(with.is_current(app, what));
        EXPECT_TRUE(inside.ask("read x11/file " + content));
        EXPECT_EQ(read_file(door + "/x11/file"), content);
        EXPECT_EQ(mounts(), 2);
    }
    fs::remove(desktop + "/file");
    EXPECT_FALSE(with.is_current(app, what));
    ASSERT_TRUE(with.hide(app, "x11/file").has_value());
    EXPECT_FALSE(inside.ask("is x11/file"));
    EXPECT_EQ(mounts(), 1);
}

TEST_P(DoorReplacementTest, WhileItIsReplacedThereIsAlwaysOneOfTheTwoWhereTheKernelCan) {
    make("a");
    ASSERT_TRUE(with.show(app, what).has_value());
    std::atomic<bool> stop{false};
    std::atomic<int> missing{0};
    std::atomic<int> seen{0};
    std::thread reader{[&] {
        while (!stop) {
            ++(read_file(door + "/x11/file") == "a" ? seen : missing);
        }
    }};
    const auto begin = std::chrono::steady_clock::now();
    constexpr int rounds = 1000;
    for (int round = 0; round < rounds; ++round) {
        make("a");
        EXPECT_TRUE(with.show(app, what).has_value());
    }
    const auto spent = std::chrono::steady_clock::now() - begin;
    stop = true;
    reader.join();
    std::cout << "missing " << missing << ", seen " << seen << ", microseconds a file made and shown: "
              << std::chrono::duration_cast<std::chrono::microseconds>(spent).count() / rounds << "\n";
    EXPECT_GT(seen + missing, 0);
    if (GetParam() == Replacement::beneath) {
        EXPECT_EQ(missing, 0);
    }
}

TEST_P(DoorReplacementTest, AShowThatFailsLeavesWhatIsThere) {
    make("a");
    ASSERT_TRUE(with.show(app, what).has_value());
    fs::remove(desktop + "/file");
    fs::create_symlink("/etc/passwd", desktop + "/file");
    const auto shown = with.show(app, what);
    ASSERT_FALSE(shown.has_value());
    EXPECT_EQ(shown.error().message, "door of client app: x11/file: " + desktop +
                                         "/file is a symbolic link, or lies behind one: not followed");
    EXPECT_EQ(read_file(door + "/x11/file"), "a");
}

TEST_P(DoorReplacementTest, EachSortTakesTheOthersPlace) {
    const auto inside = container();
    fs::create_directories(desktop + "/folder");
    write_file(desktop + "/folder/inner", "x");
    make("a");
    auto text = item("x11/file", Kind::text, "");
    text.content = "words";
    const auto folder = item("x11/file", Kind::directory, desktop, "folder");
    for (int round = 0; round < 3; ++round) {
        for (const auto& [next, question] :
             std::vector<std::pair<DoorItem, std::string>>{{what, "read x11/file a"},
                                                           {folder, "is x11/file/inner"},
                                                           {text, "read x11/file words"},
                                                           {folder, "is x11/file/inner"},
                                                           {what, "read x11/file a"},
                                                           {text, "read x11/file words"}}) {
            const auto shown = with.show(app, next);
            ASSERT_TRUE(shown.has_value()) << shown.error().message;
            EXPECT_TRUE(inside.ask(question)) << question;
            EXPECT_TRUE(with.is_current(app, next));
        }
    }
    EXPECT_EQ(mounts(), 1);
}

TEST_P(DoorReplacementTest, APileOfAnEarlierBerthdIsHiddenAsAWhole) {
    for (int round = 0; round < 5; ++round) {
        make(std::to_string(round));
        ASSERT_TRUE(with.show(app, what).has_value());
    }
    ClientDoors later{runtime};
    ASSERT_TRUE(later.adopt(app).has_value());
    ASSERT_TRUE(later.hide(app, "x11/file").has_value());
    EXPECT_FALSE(fs::exists(door + "/x11/file"));
    EXPECT_EQ(mounts(), 1);
}

INSTANTIATE_TEST_SUITE_P(EachWay, DoorReplacementTest, ::testing::Values(Replacement::beneath, Replacement::after),
                         [](const auto& instance) {
                             return instance.param == Replacement::beneath ? "Beneath" : "After";
                         });

} // namespace
} // namespace berth::os
