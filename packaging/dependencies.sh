# shellcheck shell=bash disable=SC2034
# What berth needs from Debian, in one place: quickstart, tests/run and the test roots read it.

# To build.
build_packages=(build-essential cmake ninja-build pkg-config ccache libsdbus-c++-dev libsdbus-c++-bin libsystemd-dev
  libudev-dev libpam0g-dev nlohmann-json3-dev libcli11-dev libvalijson-dev libgtest-dev libgmock-dev
  musl-dev)
# To run. podman remembers its network backend at first use, so netavark comes with it; it makes a desktop's way out by
# iptables on Debian 12, by nftables on Debian 13.
run_packages=(podman runc crun conmon netavark aardvark-dns iptables nftables dbus dbus-bin xdg-dbus-proxy mmdebstrap
  libglib2.0-bin)
# What the tests need besides.
test_packages=(clang-16 clang-tidy-16 clang-format-16 libclang-rt-16-dev lld-16 libbenchmark-dev libdrm-dev libumockdev-dev umockdev
  busybox-static docker.io polkitd python3 shellcheck qemu-system-x86 qemu-utils e2fsprogs strace zstd imagemagick
  openssh-client)

# Boost's package carries its version on Debian 12, whose default Boost is too old.
boost_package() {
  case $(. /etc/os-release && echo "${VERSION_CODENAME-}") in
    bookworm) echo libboost1.81-dev ;;
    *) echo libboost-dev ;;
  esac
}

# missing_packages NAME...: those that are not installed, one a line.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
  done
}

# install_packages NAME...: installs what is missing; nothing when all are there.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}
