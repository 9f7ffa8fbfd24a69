#pragma once

#include <sys/types.h>

#include <cstddef>

/// Work that may hang in the kernel, done by a child, so that the caller goes on when its time is up.
namespace berth::guard {

/// How the child ended.
enum class Ended : unsigned char { well, badly, not_in_time };

/// Runs `work(context)` in a forked child and waits for it by pidfd, at most `limit_ms`. `well` when it returned true.
/// A child that is late is killed and left behind: one in uninterruptible sleep dies when the kernel lets it, and is
/// reaped by reap(). What the child writes into memory the caller sees only where that memory is shared (mmap(2),
/// MAP_SHARED). Where there is no process to be had (fork(2): EAGAIN, ENOMEM) the caller does the work itself.
/// For programs with one thread.
Ended in_child(bool (*work)(void*), void* context, int limit_ms);

/// Waits at most `limit_ms` for a child of ours to end, and reaps it. `well`: it exited with status 0. One that is late
/// is killed and left behind. `badly`, at once, where `pid` is no child of ours (any more): nobody is killed then.
Ended wait_for_child(pid_t pid, int limit_ms);

/// pidfd_open(2), close-on-exec; -1 with errno.
int open_pidfd(pid_t pid);

/// close_range(2): closes those from `first` to `last`.
void close_descriptors(unsigned first, unsigned last);

/// The process of the pidfd has ended, its number may be another's by now; true, too, where `pidfd` is negative.
bool has_ended(int pidfd);

/// Memory in which parent and child see what the other writes (mmap(2), MAP_SHARED), all zero; nullptr with errno.
void* shared_memory(std::size_t size);

/// Reaps the children that were left behind and have died since, and no others: one that is still to be waited for
/// keeps its number until then. Never waits.
void reap();

} // namespace berth::guard
