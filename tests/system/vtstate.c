/* vtstate: says in JSON what state the Linux virtual terminals are in, and waits for the active one to change.
 *
 *   vtstate                      {"active": 1, "vts": {"1": {"kd": "text", "vt": "auto", "kbd": "unicode", "echo": true}, …}}
 *   vtstate --wait-active N MS   returns 0 as soon as VT N is in front, 1 after MS milliseconds without that
 *   vtstate --wait-text N MS T   returns 0 as soon as the text T stands on VT N, 1 after MS milliseconds without that
 *
 * Opens each VT afresh without becoming its controlling process and closes it at once. It only reads.
 * Source of the requests: ioctl_console(2); of the waits: POLLPRI on /sys/class/tty/tty0/active (drivers/tty/vt/vt.c)
 * and on /dev/vcsN (drivers/tty/vt/vc_screen.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char *kd_name(int mode) {
  return mode == KD_TEXT ? "text" : mode == KD_GRAPHICS ? "graphics" : "other";
}

static const char *vt_name(int mode) {
  return mode == VT_AUTO ? "auto" : mode == VT_PROCESS ? "process" : "other";
}

static const char *kbd_name(int mode) {
  switch (mode) {
    case K_RAW: return "raw";
    case K_XLATE: return "xlate";
    case K_MEDIUMRAW: return "mediumraw";
    case K_UNICODE: return "unicode";
    case K_OFF: return "off";
    default: return "other";
  }
}

static int open_vt(int number) {
  char path[32];
  snprintf(path, sizeof path, "/dev/tty%d", number);
  return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

/* Prints one VT as a JSON member, or what was in the way. */
static void print_vt(int number, int first) {
  int kd = -1, kbd = -1;
  struct vt_mode mode;
  struct termios term;
  int fd = open_vt(number);
  printf("%s\"%d\": ", first ? "" : ", ", number);
  if (fd < 0) {
    printf("{\"error\": \"%s\"}", strerror(errno));
    return;
  }
  memset(&mode, 0, sizeof mode);
  memset(&term, 0, sizeof term);
  if (ioctl(fd, KDGETMODE, &kd) != 0 || ioctl(fd, KDGKBMODE, &kbd) != 0 || ioctl(fd, VT_GETMODE, &mode) != 0 ||
      tcgetattr(fd, &term) != 0)
    printf("{\"error\": \"%s\"}", strerror(errno));
  else
    printf("{\"kd\": \"%s\", \"vt\": \"%s\", \"kbd\": \"%s\", \"echo\": %s, \"icanon\": %s}", kd_name(kd),
           vt_name(mode.mode), kbd_name(kbd), term.c_lflag & ECHO ? "true" : "false",
           term.c_lflag & ICANON ? "true" : "false");
  close(fd);
}

static int print_all(void) {
  struct vt_stat state;
  int first = 1;
  int fd = open_vt(0);
  if (fd < 0 || ioctl(fd, VT_GETSTATE, &state) != 0) {
    perror("vtstate: /dev/tty0");
    return 1;
  }
  close(fd);
  printf("{\"active\": %d, \"vts\": {", state.v_active);
  /* v_state has 16 bits, bit 0 of which is no VT: higher VTs are not in use here. */
  for (int number = 1; number < 16; number++) {
    if ((state.v_state & (1 << number)) == 0) continue;
    print_vt(number, first);
    first = 0;
  }
  printf("}}\n");
  return 0;
}

static long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

/* Blocks until POLLPRI is reported or the time is over. Returns 0 when no time is left. */
static int wait_change(int fd, long end) {
  struct pollfd change = {fd, POLLPRI, 0};
  long left = end - now_ms();
  if (left <= 0) return 0;
  poll(&change, 1, (int)left);
  return 1;
}

static int wait_active(int number, long limit_ms) {
  char want[16], have[16];
  long end = now_ms() + limit_ms;
  int fd = open("/sys/class/tty/tty0/active", O_RDONLY | O_CLOEXEC);
  snprintf(want, sizeof want, "tty%d\n", number);
  if (fd < 0) {
    perror("vtstate: /sys/class/tty/tty0/active");
    return 1;
  }
  do {
    ssize_t got = pread(fd, have, sizeof have - 1, 0);
    have[got > 0 ? got : 0] = 0;
    if (strcmp(have, want) == 0) return 0;
  } while (wait_change(fd, end));
  fprintf(stderr, "vtstate: after %ld ms the active VT is %s", limit_ms, have);
  return 1;
}

static int wait_text(int number, long limit_ms, const char *text) {
  static char shown[1 << 16];
  char path[32];
  ssize_t got;
  long end = now_ms() + limit_ms;
  int fd;
  snprintf(path, sizeof path, "/dev/vcs%d", number);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fprintf(stderr, "vtstate: %s: %s\n", path, strerror(errno));
    return 1;
  }
  do {
    got = pread(fd, shown, sizeof shown, 0);
    if (got > 0 && memmem(shown, (size_t)got, text, strlen(text)) != NULL) return 0;
  } while (wait_change(fd, end));
  fprintf(stderr, "vtstate: after %ld ms VT %d has no \"%s\"\n", limit_ms, number, text);
  return 1;
}

int main(int argc, char **argv) {
  if (argc == 1) return print_all();
  if (argc == 4 && strcmp(argv[1], "--wait-active") == 0) return wait_active(atoi(argv[2]), atol(argv[3]));
  if (argc == 5 && strcmp(argv[1], "--wait-text") == 0) return wait_text(atoi(argv[2]), atol(argv[3]), argv[4]);
  fprintf(stderr, "usage: vtstate [--wait-active N MILLISECONDS | --wait-text N MILLISECONDS TEXT]\n");
  return 2;
}
