/*
 * An echo over TLS in C with OpenSSL and epoll, one thread: the limit the others are held against.
 * Usage: epoll PORT CERT KEY; listens on ::1 and prints `ready`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

/* How much is read before it is echoed; one for all connections. */
#define BUFFER (256 * 1024)
/* How much OpenSSL asks the kernel for: one read brings many records. Given back when idle. */
#define READ_AHEAD (64 * 1024)

struct peer {
  SSL *ssl;
  int fd;
  uint32_t watched;
  char *rest; /* what the client has not taken yet; it is not read from until it has */
  size_t length;
};

static unsigned char buffer[BUFFER];
/* What OpenSSL writes, as many records as there are, to leave in one call; empty between peers. */
static BIO *written;
static int epoll;

static void fail(const char *what) {
  fprintf(stderr, "epoll: %s: %s\n", what, errno ? strerror(errno) : "OpenSSL refuses it");
  exit(1);
}

static void watch(struct peer *peer, uint32_t events) {
  if (peer->watched == events) return;
  struct epoll_event event = {.events = events, .data.ptr = peer};
  int how = peer->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll, how, peer->fd, &event) < 0) fail("cannot watch a connection");
  peer->watched = events;
}

static void leave(struct peer *peer) {
  SSL_free(peer->ssl);
  ERR_clear_error();
  close(peer->fd);
  free(peer->rest);
  free(peer);
}

/* Sends what it can of `bytes`, keeps the rest; 0 when the peer is lost. */
static int send_some(struct peer *peer, char *bytes, size_t length) {
  ssize_t sent = send(peer->fd, bytes, length, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return 0;
  if (sent < 0) sent = 0;
  peer->length = length - sent;
  if (peer->length == 0) return 1;
  char *rest = malloc(peer->length);
  if (rest == NULL) return 0;
  memcpy(rest, bytes + sent, peer->length);
  free(peer->rest);
  peer->rest = rest;
  return 1;
}

/* Reads what is there, at most a buffer; returns how much that was, and in `why` what stopped it. */
static size_t receive(struct peer *peer, int *why) {
  size_t length = 0;
  do {
    int result = SSL_read(peer->ssl, buffer + length, sizeof buffer - length);
    *why = SSL_get_error(peer->ssl, result);
    if (result > 0) length += result;
  } while (*why == SSL_ERROR_NONE && length < sizeof buffer && SSL_has_pending(peer->ssl));
  return length;
}

/* Sends what OpenSSL has written for this peer; 0 when the peer is lost. */
static int flush(struct peer *peer) {
  static char records[BUFFER + BUFFER / 8];
  int length = BIO_read(written, records, sizeof records); /* BIO_reset would fill it with zeros */
  return length <= 0 || send_some(peer, records, length);
}

/* Echoes what is there; returns 0 when the peer is done with. */
static int serve(struct peer *peer) {
  if (peer->length > 0) {
    if (!send_some(peer, peer->rest, peer->length)) return 0;
    if (peer->length > 0) return 1;
    free(peer->rest);
    peer->rest = NULL;
    watch(peer, EPOLLIN);
  }
  do {
    int why;
    size_t length = receive(peer, &why);
    if (length > 0) SSL_write(peer->ssl, buffer, length);
    if (why == SSL_ERROR_ZERO_RETURN) SSL_shutdown(peer->ssl);
    if (!flush(peer)) return 0;
    if (peer->length > 0) return watch(peer, EPOLLOUT), 1;
    if (why != SSL_ERROR_NONE) return why == SSL_ERROR_WANT_READ;
  } while (SSL_has_pending(peer->ssl));
  return 1;
}

static void accept_all(int listener, SSL_CTX *context) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL || (peer->ssl = SSL_new(context)) == NULL) fail("no memory");
    peer->fd = fd;
    BIO_up_ref(written);
    SSL_set_bio(peer->ssl, BIO_new_socket(fd, BIO_NOCLOSE), written);
    SSL_set_accept_state(peer->ssl);
    watch(peer, EPOLLIN);
  }
}

static int listen_on(int port) {
  int listener = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  if (listener < 0) fail("cannot make a socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* connections inherit it */
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("cannot bind");
  if (listen(listener, SOMAXCONN) < 0) fail("cannot listen");
  return listener;
}

int main(int count, char **words) {
  if (count != 4) return fprintf(stderr, "usage: epoll PORT CERT KEY\n"), 2;
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, READ_AHEAD);
  if (SSL_CTX_use_certificate_chain_file(context, words[2]) != 1) fail(words[2]);
  if (SSL_CTX_use_PrivateKey_file(context, words[3], SSL_FILETYPE_PEM) != 1) fail(words[3]);

  int listener = listen_on(atoi(words[1]));
  written = BIO_new(BIO_s_mem());
  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[256] = {{.events = EPOLLIN, .data.ptr = NULL}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, events) < 0) fail("cannot watch the port");
  puts("ready");
  fflush(stdout);
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, -1);
    for (int at = 0; at < ready; at++) {
      struct peer *peer = events[at].data.ptr;
      if (peer == NULL) accept_all(listener, context);
      else if (!serve(peer)) leave(peer);
    }
  }
}
