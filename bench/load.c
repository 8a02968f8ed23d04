/*
 * The instrument of the side by side: a load generator that costs little beside what it measures.
 * One thread, OpenSSL and epoll; every echo is compared byte for byte.
 *
 *     load HOST PORT CONNECTIONS SIZE DEPTH SECONDS WARMUP
 *          [--frames | --raw | --handshakes | --idle | --silent | --refused]
 *          [--ascii | --chinese | --random]
 *
 * --raw (as told nothing else) sends messages of SIZE bytes, DEPTH of them on their way on each
 * connection; what may be sent at one time leaves in one write. --frames sends the same as frames of
 * echo/1. --handshakes connects, has one message echoed, and closes, over and over. These print
 * `start` after WARMUP, and after SECONDS more `stop` and one JSON object: messages, seconds, p50 and
 * p99 in microseconds, and cpu, the load generator's own CPU seconds.
 * --idle opens all, has one message echoed on each, prints `open`, and stays until stdin ends.
 * --silent opens all and sends nothing, not even a handshake, from 127.0.0.2 to 127.0.0.6 in turn.
 * It prints `open`, and `closed` when the server has closed the last one.
 * --refused connects from 127.0.0.1, CONNECTIONS times a second for SECONDS, and sends nothing. It
 * prints `start`, then `stop`.
 *
 * Messages are of ASCII letters, of Chinese characters in UTF-8, or of random bytes.
 *
 * TLS 1.3 with AES-128-GCM is all it offers, and X25519 before P-256 (socat takes only that), so that
 * every server does the same work. It does not look at the certificate: it measures.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* How many connect at a time; more would overflow the short backlog of some servers. */
#define WAVE 8
/* From how many addresses silent connections come. */
#define ADDRESSES 5
/* How long all connections may take to open, in seconds. */
#define PATIENCE 30
/* A frame's header: the length of what follows, and the kind, which is `bytes`. */
#define HEADER 5

enum mode { RAW, FRAMES, HANDSHAKES, IDLE, SILENT, REFUSED };
enum payload { ASCII, CHINESE, RANDOM };

/* Counts are bytes since the connection opened. */
struct conn {
  SSL *ssl;
  int fd;
  uint32_t watched;
  int open, leaving;
  size_t origin; /* where on the ring it began */
  uint64_t sent, received;
  uint64_t messages;
  uint64_t *since; /* when each message on its way was let go */
};

static enum mode mode;
static enum payload payload;
static int connections, depth, opening, opened, echoed, running;
static size_t size, message; /* a message's payload, and all of it on the wire */
static struct conn *conns;
static SSL_CTX *context;
static struct addrinfo *address;
static int epoll;

/* What is sent, over and over: different messages, end to end. */
static unsigned char *ring;
static size_t ring_length;

/* Latencies in buckets: 64 to each power of two, so that one is exact to 1.6 %. */
static uint64_t buckets[64 * 64], messages;

static void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  exit(1);
}

static uint64_t clock_ns(clockid_t which) {
  struct timespec time;
  clock_gettime(which, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static uint64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }

static void count_latency(uint64_t ns) {
  messages++;
  int power = ns < 64 ? 0 : 63 - __builtin_clzll(ns) - 5;
  buckets[power * 64 + (power ? ns >> (power - 1) : ns) % 64]++;
}

/* The latency, in microseconds, that a share of the messages stays below. */
static double percentile(double share) {
  uint64_t left = messages * share;
  for (int at = 0; at < 64 * 64; at++) {
    if (buckets[at] > left) {
      int power = at / 64;
      return (power ? (uint64_t)(at % 64 + 64) << (power - 1) : (uint64_t)at) / 1e3;
    }
    left -= buckets[at];
  }
  return 0;
}

static unsigned char letter(void) { return 'a' + (random() >> 8) % 26; }

/* One message's payload. Chinese characters, U+4E00 to U+8E00, have three bytes each. */
static void fill_payload(unsigned char *to, size_t left) {
  while (left > 0) {
    if (payload == CHINESE && left >= 3) {
      unsigned character = 0x4e00 + (random() >> 8) % 0x4000;
      *to++ = 0xe0 | character >> 12;
      *to++ = 0x80 | (character >> 6 & 0x3f);
      *to++ = 0x80 | (character & 0x3f);
      left -= 3;
    } else {
      *to++ = payload == RANDOM ? random() >> 8 : letter();
      left--;
    }
  }
}

/* Room for at least twice what is on its way, so that a late echo is not taken for a new one. */
static void fill_ring(void) {
  size_t count = 2 * depth;
  while (count * message < 256 * 1024) count++;
  ring_length = count * message;
  ring = malloc(ring_length);
  if (ring == NULL) fail("no memory");
  srandom(1);
  uint32_t length = htonl(size + 1);
  for (unsigned char *at = ring; at < ring + ring_length; at += message) {
    fill_payload(at + message - size, size);
    if (mode != FRAMES) continue;
    memcpy(at, &length, 4);
    at[4] = 0;
  }
}

static void watch(struct conn *conn, uint32_t events) {
  if (conn->watched == events) return;
  struct epoll_event event = {.events = events, .data.ptr = conn};
  int how = conn->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll, how, conn->fd, &event) < 0) fail("cannot watch: %s", strerror(errno));
  conn->watched = events;
}

static void dial(struct conn *conn) {
  int on = 1;
  conn->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) fail("cannot make a socket: %s", strerror(errno));
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(conn->fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
    fail("cannot connect: %s", strerror(errno));
  conn->ssl = SSL_new(context);
  SSL_set_fd(conn->ssl, conn->fd);
  SSL_set_connect_state(conn->ssl);
  opening++;
  conn->watched = conn->open = conn->leaving = 0;
  conn->sent = conn->received = conn->messages = 0;
  conn->origin = (conn - conns) % (ring_length / message) * message;
  conn->since[0] = now(); /* of use when handshakes are what is measured */
  watch(conn, EPOLLIN | EPOLLOUT);
}

static void hang_up(struct conn *conn) {
  ERR_clear_error();
  SSL_free(conn->ssl);
  close(conn->fd);
  dial(conn);
}

/* Whether OpenSSL only wants to be called again; ends the program when the connection is lost. */
static int again(struct conn *conn, int result, int *blocked) {
  int error = errno, why = SSL_get_error(conn->ssl, result);
  *blocked = why == SSL_ERROR_WANT_WRITE;
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return 1;
  if (conn->leaving) return 0;
  if (why == SSL_ERROR_ZERO_RETURN) fail("the server closed a connection");
  const char *text = ERR_reason_error_string(ERR_peek_error());
  fail("%s: %s", conn->open ? "a connection was lost" : "cannot connect",
       text ? text : error ? strerror(error) : "it ended");
  return 0;
}

/* Compares what came with what was sent, and counts the messages that are complete. */
static void check(struct conn *conn, const unsigned char *bytes, size_t length) {
  if (conn->received + length > conn->sent) fail("more came back than was sent");
  while (length > 0) {
    size_t at = (conn->origin + conn->received) % ring_length;
    size_t part = length < ring_length - at ? length : ring_length - at;
    if (memcmp(ring + at, bytes, part) != 0) fail("what came back is not what was sent");
    conn->received += part;
    bytes += part;
    length -= part;
  }
}

/* What is echoed in full makes room for as many more. */
static void complete(struct conn *conn) {
  uint64_t whole = conn->received / message;
  if (whole == conn->messages) return;
  uint64_t time = now();
  for (; conn->messages < whole; conn->messages++) {
    uint64_t *since = &conn->since[conn->messages % depth];
    count_latency(time - *since);
    *since = time;
  }
  if (mode == IDLE) echoed++;
  if (mode == HANDSHAKES && !conn->leaving) {
    conn->leaving = 1;
    SSL_shutdown(conn->ssl);
  }
}

/* Does all that can be done on a connection now. */
static void pump(struct conn *conn) {
  static unsigned char bytes[256 * 1024];
  int result, blocked = 0;
  if (!conn->open) {
    result = SSL_do_handshake(conn->ssl);
    if (result <= 0) {
      again(conn, result, &blocked);
      return watch(conn, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
    conn->open = 1;
    opening--;
    opened++;
  }
  do {
    result = SSL_read(conn->ssl, bytes, sizeof bytes);
    if (result > 0) check(conn, bytes, result);
    else if (!again(conn, result, &blocked)) return hang_up(conn);
  } while (result > 0 && SSL_has_pending(conn->ssl));
  complete(conn);

  uint64_t most = mode == RAW || mode == FRAMES ? conn->messages + depth : 1;
  while (running && conn->sent < most * message) {
    size_t at = (conn->origin + conn->sent) % ring_length;
    size_t left = most * message - conn->sent;
    result = SSL_write(conn->ssl, ring + at, left < ring_length - at ? left : ring_length - at);
    if (result <= 0) {
      again(conn, result, &blocked);
      break;
    }
    conn->sent += result;
  }
  watch(conn, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void say(const char *word) {
  puts(word);
  fflush(stdout);
}

/* Opens all connections, a few at a time; sends once they are there, or at once. */
static void open_all(void) {
  static struct epoll_event events[256];
  uint64_t latest = now() + PATIENCE * 1000000000ull;
  int next = 0;
  running = mode == HANDSHAKES || mode == IDLE;
  while (opened < connections || (mode == IDLE && echoed < connections)) {
    for (; next < connections && opening < WAVE; next++) dial(&conns[next]);
    int ready = epoll_wait(epoll, events, 256, 100);
    for (int at = 0; at < ready; at++) pump(events[at].data.ptr);
    if (now() > latest) fail("%d of %d connections open after %d s", opened, connections, PATIENCE);
  }
  if (running) return;
  running = 1;
  for (int at = 0; at < connections; at++) {
    for (int slot = 0; slot < depth; slot++) conns[at].since[slot] = now();
    pump(&conns[at]);
  }
}

static void run_for(double seconds) {
  static struct epoll_event events[256];
  uint64_t end = now() + seconds * 1e9;
  do {
    int ready = epoll_wait(epoll, events, 256, 10);
    for (int at = 0; at < ready; at++) pump(events[at].data.ptr);
  } while (now() < end);
}

static void measure(double seconds, double warmup) {
  run_for(warmup);
  memset(buckets, 0, sizeof buckets);
  messages = 0;
  say("start");
  uint64_t began = now(), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  run_for(seconds);
  double took = (now() - began) / 1e9, used = (clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e9;
  say("stop");
  printf("{\"messages\":%lu,\"seconds\":%.4f,\"p50\":%.1f,\"p99\":%.1f,\"cpu\":%.4f}\n", messages, took,
         percentile(0.5), percentile(0.99), used);
  fflush(stdout);
  usleep(20000); /* who heard `stop` looks at the server before its connections end */
}

/* Begins to connect without TLS, from the nth address of 127.0.0.0/8. */
static int dial_silently(int nth) {
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + nth)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLOUT | EPOLLET, .data.fd = fd};
  if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
      (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
    fail("cannot connect: %s", strerror(errno));
  return fd;
}

/* How many silent connections are open or were, and how many of them the server has closed. */
static int silent_opened, silent_closed;

static void wait_silently(void) {
  static struct epoll_event events[256];
  static char is_open[1 << 20];
  int ready = epoll_wait(epoll, events, 256, 1);
  for (int at = 0; at < ready; at++) {
    int fd = events[at].data.fd;
    if (!is_open[fd]) is_open[fd] = 1, silent_opened++;
    if (!(events[at].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) continue;
    is_open[fd] = 0;
    silent_closed++;
    close(fd);
  }
}

static void stay_silent(void) {
  int next = 0;
  while (silent_opened < connections) {
    while (next < connections && next - silent_opened < WAVE) dial_silently(1 + next++ % ADDRESSES);
    wait_silently();
  }
  say("open");
  while (silent_closed < connections) wait_silently();
  say("closed");
}

static void be_refused(double seconds) {
  uint64_t began = now(), end = began + seconds * 1e9;
  say("start");
  for (int next = 0; now() < end; wait_silently())
    for (; next < (now() - began) * connections / 1e9; next++) dial_silently(0);
  say("stop");
}

int main(int count, char **words) {
  static const char *modes[] = {"--raw",  "--frames", "--handshakes",
                                "--idle", "--silent", "--refused"};
  static const char *payloads[] = {"--ascii", "--chinese", "--random"};
  int known = count >= 8;
  for (int word = 8; known && word < count; word++) {
    known = 0;
    for (int at = 0; at < 6; at++)
      if (strcmp(words[word], modes[at]) == 0) mode = at, known = 1;
    for (int at = 0; at < 3; at++)
      if (strcmp(words[word], payloads[at]) == 0) payload = at, known = 1;
  }
  if (!known || (connections = atoi(words[3])) < 1 || (int)(size = atoi(words[4])) < 1 ||
      (depth = atoi(words[5])) < 1) {
    fputs("usage: load HOST PORT CONNECTIONS SIZE DEPTH SECONDS WARMUP "
          "[--frames | --raw | --handshakes | --idle | --silent | --refused] "
          "[--ascii | --chinese | --random]\n", stderr);
    return 2;
  }
  if (mode == HANDSHAKES || mode == IDLE) depth = 1;
  message = mode == FRAMES ? HEADER + size : size;
  fill_ring();
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  int found = getaddrinfo(words[1], words[2], &hints, &address);
  if (found != 0) fail("%s port %s: %s", words[1], words[2], gai_strerror(found));

  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (mode == SILENT) return stay_silent(), 0;
  if (mode == REFUSED) return be_refused(atof(words[6])), 0;

  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519:P-256");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  static const unsigned char protocol[] = "\x06" "echo/1";
  if (mode == FRAMES) SSL_CTX_set_alpn_protos(context, protocol, sizeof protocol - 1);

  conns = calloc(connections, sizeof *conns);
  for (int at = 0; at < connections; at++) conns[at].since = calloc(depth, sizeof(uint64_t));
  open_all();
  if (mode != IDLE) return measure(atof(words[6]), atof(words[7])), 0;
  say("open");
  char byte;
  while (read(0, &byte, 1) > 0) {}
  return 0;
}
