/*
 * A power cut for tests: keeps, for each file below POWER_LOSS_DIRECTORY, what every write since the file's last completed
 * sync has overwritten. After SIGKILL these records are played backwards: everything unsynced is gone, as after a cut.
 * Preloaded into the process (LD_PRELOAD). It does not know renames, unlinked files or writes through mmap.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *directory, *journals;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void prepare(void) {
  directory = getenv("POWER_LOSS_DIRECTORY");
  journals = getenv("POWER_LOSS_JOURNALS");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_write = dlsym(RTLD_NEXT, "write");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
}

/* Whether the file is watched, and the name of its journal. */
static int journal_of(int file, char *journal, size_t size) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0 || !directory || !journals) return 0;
  path[length] = 0;
  if (strncmp(path, directory, strlen(directory))) return 0;
  snprintf(journal, size, "%s/%s.undo", journals, strrchr(path, '/') + 1);
  return 1;
}

/* One record: magic, offset, length, size of the file before, and the bytes that stood there. */
static void remember(int file, const char *journal, off_t offset, size_t length) {
  int record = open(journal, O_WRONLY | O_CREAT | O_APPEND, 0600);
  struct stat before;
  fstat(file, &before);
  char *bytes = malloc(length + 1);
  ssize_t had = pread(file, bytes, length, offset);
  uint64_t head[4] = {0x554e444f, (uint64_t)offset, had < 0 ? 0 : (uint64_t)had, (uint64_t)before.st_size};
  real_write(record, head, sizeof head);
  real_write(record, bytes, head[2]);
  close(record);
  free(bytes);
}

static ssize_t watched_pwrite(int file, const void *bytes, size_t length, off_t offset) {
  char journal[640];
  if (!journal_of(file, journal, sizeof journal)) return real_pwrite(file, bytes, length, offset);
  pthread_mutex_lock(&lock);
  remember(file, journal, offset, length);
  ssize_t written = real_pwrite(file, bytes, length, offset);
  pthread_mutex_unlock(&lock);
  return written;
}

static int watched_ftruncate(int file, off_t size) {
  char journal[640];
  struct stat before;
  if (!journal_of(file, journal, sizeof journal)) return real_ftruncate(file, size);
  fstat(file, &before);
  pthread_mutex_lock(&lock);
  remember(file, journal, size, size < before.st_size ? before.st_size - size : 0);
  int result = real_ftruncate(file, size);
  pthread_mutex_unlock(&lock);
  return result;
}

static int watched_sync(int file, int (*sync)(int)) {
  char journal[640];
  int result = sync(file);
  if (!result && journal_of(file, journal, sizeof journal)) {
    pthread_mutex_lock(&lock);
    truncate(journal, 0);
    pthread_mutex_unlock(&lock);
  }
  return result;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off_t offset) { return watched_pwrite(file, bytes, length, offset); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return watched_pwrite(file, bytes, length, offset); }
int ftruncate64(int file, off_t size) { return watched_ftruncate(file, size); }
int ftruncate(int file, off_t size) { return watched_ftruncate(file, size); }
int fsync(int file) { return watched_sync(file, real_fsync); }
int fdatasync(int file) { return watched_sync(file, real_fdatasync); }
