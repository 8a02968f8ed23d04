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

struct peer {
  SSL *ssl;
  int fd;
  uint32_t watched;
  char *rest; /* what the client has not taken yet; it is not read from until it has */
  size_t length, sent;
};

static unsigned char buffer[BUFFER];
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

/* Waits until OpenSSL can go on; 0 when the peer is lost. */
static int await(struct peer *peer, int why) {
  if (why == SSL_ERROR_WANT_READ) watch(peer, EPOLLIN);
  else if (why == SSL_ERROR_WANT_WRITE) watch(peer, EPOLLOUT);
  else return 0;
  return 1;
}

/* Sends what it can; returns how much that was, and in `why` what stopped it. */
static size_t send_some(struct peer *peer, const void *bytes, size_t length, int *why) {
  size_t sent = 0;
  while (sent < length) {
    int result = SSL_write(peer->ssl, (const char *)bytes + sent, length - sent);
    if (result <= 0) {
      *why = SSL_get_error(peer->ssl, result);
      break;
    }
    sent += result;
  }
  return sent;
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

/* Echoes what is there; returns 0 when the peer is done with. */
static int serve(struct peer *peer) {
  int why = SSL_ERROR_NONE;
  if (peer->rest != NULL) {
    peer->sent += send_some(peer, peer->rest + peer->sent, peer->length - peer->sent, &why);
    if (peer->sent < peer->length) return await(peer, why);
    free(peer->rest);
    peer->rest = NULL;
  }
  do {
    int refused;
    size_t length = receive(peer, &why), sent = send_some(peer, buffer, length, &refused);
    if (sent < length) {
      peer->length = length - sent;
      peer->sent = 0;
      peer->rest = malloc(peer->length);
      if (peer->rest == NULL) return 0;
      memcpy(peer->rest, buffer + sent, peer->length);
      return await(peer, refused);
    }
    if (why == SSL_ERROR_ZERO_RETURN) SSL_shutdown(peer->ssl);
    if (why != SSL_ERROR_NONE) return await(peer, why);
  } while (SSL_has_pending(peer->ssl));
  watch(peer, EPOLLIN);
  return 1;
}

static void accept_all(int listener, SSL_CTX *context) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL || (peer->ssl = SSL_new(context)) == NULL) fail("no memory");
    peer->fd = fd;
    SSL_set_fd(peer->ssl, fd);
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
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1); /* one read serves many records */
  if (SSL_CTX_use_certificate_chain_file(context, words[2]) != 1) fail(words[2]);
  if (SSL_CTX_use_PrivateKey_file(context, words[3], SSL_FILETYPE_PEM) != 1) fail(words[3]);

  int listener = listen_on(atoi(words[1]));
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
