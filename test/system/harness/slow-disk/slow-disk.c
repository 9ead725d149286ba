// SPDX-License-Identifier: Apache-2.0
// A disk that takes its time: loaded before libc, it lets every fsync and fdatasync wait as a file says that may
// change at any time. What is written is written: only when the caller hears of it changes.
// The file: how long each waits, how long a stall lasts (ms), and which share of them stalls (one in so many).
// How many there were stands in the file SLOW_DISK_COUNT, as 8 bytes in the machine's order.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint64_t own_calls;
static _Atomic uint64_t *calls = &own_calls;

__attribute__((constructor)) static void share_count(void) {
  const char *path = getenv("SLOW_DISK_COUNT");
  int file = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (ftruncate(file, sizeof *calls) == 0) {
    void *place = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) calls = place;
  }
  close(file);
}

static void delay(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&left, &left) != 0) {
  }
}

static void wait_as_told(void) {
  uint64_t call = atomic_fetch_add(calls, 1) + 1;
  const char *path = getenv("SLOW_DISK_FILE");
  FILE *file = path == NULL ? NULL : fopen(path, "re");
  if (file == NULL) return;
  long each = 0, stall = 0, one_in = 0;
  int read = fscanf(file, "%ld %ld %ld", &each, &stall, &one_in);
  fclose(file);
  if (read != 3) return;
  delay(one_in > 0 && call % (uint64_t)one_in == 0 ? stall : each);
}

int fsync(int descriptor) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_as_told();
  return real(descriptor);
}

int fdatasync(int descriptor) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_as_told();
  return real(descriptor);
}
