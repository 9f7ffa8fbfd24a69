// A desktop of the tests in one static program, which is all of its image: PID 1 takes the terminal that it finds in
// its /dev as a compositor does, says by its door that it is ready, and leaves the terminal so when it ends. By its
// name it is also what berthd calls in there: `ready` says whether the terminal is taken, `berth` (end-session) does
// nothing.

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace {

constexpr const char* taken_file = "/taken";

/// The terminal of the container's own: tty0 is there, too, to switch with. 0 where there is none.
unsigned own_terminal() {
    DIR* const nodes = ::opendir("/dev");
    unsigned found = 0;
    while (const dirent* const node = nodes != nullptr ? ::readdir(nodes) : nullptr) { // NOLINT(concurrency-mt-unsafe)
        unsigned number = 0;
        if (std::sscanf(node->d_name, "tty%u", &number) == 1 && number != 0) { // NOLINT(cert-err34-c): 0 is none
            found = number;
        }
    }
    if (nodes != nullptr) {
        ::closedir(nodes);
    }
    return found;
}

bool take(unsigned number) {
    char path[32];
    std::snprintf(path, sizeof path, "/dev/tty%u", number);
    const int terminal = ::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    vt_mode mode{};
    mode.mode = VT_PROCESS;
    mode.relsig = SIGUSR1;
    mode.acqsig = SIGUSR2;
    return terminal >= 0 && ::ioctl(terminal, VT_SETMODE, &mode) == 0 &&
           ::ioctl(terminal, KDSETMODE, KD_GRAPHICS) == 0 && ::ioctl(terminal, KDSKBMODE, K_OFF) == 0 &&
           ::ioctl(terminal, VT_ACTIVATE, number) == 0;
}

/// A D-Bus message in the making, little-endian (D-Bus specification, "Message Protocol").
class Message {
  public:
    void align(std::size_t to) {
        while (size % to != 0) {
            bytes[size++] = '\0';
        }
    }

    void number(std::uint32_t value) {
        align(4);
        std::memcpy(bytes.data() + size, &value, sizeof value);
        size += sizeof value;
    }

    void text(const char* value) {
        number(static_cast<std::uint32_t>(std::strlen(value)));
        put(value, std::strlen(value) + 1);
    }

    void put(const char* from, std::size_t count) {
        std::memcpy(bytes.data() + size, from, count);
        size += count;
    }

    void field(char code, char kind, const char* value) {
        align(8);
        const std::array<char, 4> head{code, '\1', kind, '\0'};
        put(head.data(), head.size());
        text(value);
    }

    std::array<char, 512> bytes{};
    std::size_t size{0};
};

/// A method call whose arguments are none or, with `options`, an empty a{sv}.
Message call(std::uint32_t serial, const char* path, const char* interface, const char* member, bool options) {
    Message message;
    message.put("l\1\0\1", 4);
    message.number(options ? 8 : 0); // the length, and what aligns the entries that are not there
    message.number(serial);
    message.number(0); // the fields' length, as soon as it is known
    message.field('\1', 'o', path);
    message.field('\2', 's', interface);
    message.field('\3', 's', member);
    if (options) {
        message.align(8);
        message.put("\10\1g\0\5a{sv}", 11); // its last zero is the literal's
    }
    const auto fields = static_cast<std::uint32_t>(message.size - 16);
    std::memcpy(message.bytes.data() + 12, &fields, sizeof fields);
    message.align(8);
    if (options) {
        message.number(0);
        message.align(8);
    }
    return message;
}

bool send_all(int door, const void* data, std::size_t size) {
    return ::send(door, data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

/// Whether berthd took the call. One that has just been killed, or is not up yet, did not.
bool tell_ready() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, "/run/berth/bus", sizeof address.sun_path - 1);
    const int door = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    constexpr char begin[] = "\0AUTH EXTERNAL 30\r\nBEGIN\r\n"; // "30": user 0, its digits in hexadecimal
    const Message hello = call(1, "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", false);
    const Message ready = call(2, "/org/berth/Berth1/self", "org.berth.Berth1.Self", "SessionReady", true);
    bool taken = ::connect(door, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                 send_all(door, begin, sizeof begin - 1) && send_all(door, hello.bytes.data(), hello.size) &&
                 send_all(door, ready.bytes.data(), ready.size);
    // The answers are "OK ...", a return to each call, in this order; the second return is what is waited for.
    std::array<char, 1024> answer{};
    std::size_t size = 0;
    for (bool told = false; taken && !told;) {
        const ssize_t got = ::recv(door, answer.data() + size, answer.size() - size, 0);
        taken = got > 0;
        size += taken ? static_cast<std::size_t>(got) : 0;
        const std::string_view said{answer.data(), size};
        told = said.find({"\5\1u\0\2\0\0\0", 8}) != std::string_view::npos; // REPLY_SERIAL, a u, is 2
    }
    ::close(door);
    return taken;
}

int desktop() {
    sigset_t awaited;
    ::sigemptyset(&awaited);
    const int numbers[]{SIGTERM, SIGINT, SIGRTMIN + 3, SIGUSR1, SIGUSR2, SIGCHLD};
    for (const int number : numbers) {
        ::sigaddset(&awaited, number);
    }
    ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
    const unsigned number = own_terminal();
    if (number != 0 && !take(number)) {
        std::perror("the terminal cannot be taken");
        return 1;
    }
    ::close(::open(taken_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    for (bool told = false;;) {
        told = told || tell_ready();
        const timespec pause{told ? 3'600 : 0, 50'000'000};
        const int signal = ::sigtimedwait(&awaited, nullptr, &pause);
        if (signal == SIGCHLD) {
            while (::waitpid(-1, nullptr, WNOHANG) > 0) {
            }
        } else if (signal > 0 && signal != SIGUSR1 && signal != SIGUSR2) {
            return 0; // it does not let go of the terminal, nor put it in order
        }
    }
}

} // namespace

int main(int, char** argv) {
    const char* const slash = std::strrchr(argv[0], '/');
    const char* const name = slash != nullptr ? slash + 1 : argv[0];
    if (std::strcmp(name, "init") == 0) {
        return desktop();
    }
    return std::strcmp(name, "ready") == 0 && ::access(taken_file, F_OK) != 0 ? 1 : 0;
}
