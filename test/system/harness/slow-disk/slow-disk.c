// SPDX-License-Identifier: Apache-2.0
// A disk that takes its time: loaded before libc, it lets every fsync and fdatasync wait as a file says that may
// change at any time. What is written is written: only when the caller hears of it changes.
// The file: how long each waits, how long a stall lasts (ms), and which share of them stalls (one in so many).

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static atomic_ulong calls;

static void delay(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  while (nanosleep(&left, &left) != 0) {
  }
}

static void wait_as_told(void) {
  const char *path = getenv("SLOW_DISK_FILE");
  FILE *file = path == NULL ? NULL : fopen(path, "re");
  if (file == NULL) return;
  long each = 0, stall = 0, one_in = 0;
  int read = fscanf(file, "%ld %ld %ld", &each, &stall, &one_in);
  fclose(file);
  if (read != 3) return;
  unsigned long call = atomic_fetch_add(&calls, 1) + 1;
  delay(one_in > 0 && call % (unsigned long)one_in == 0 ? stall : each);
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
