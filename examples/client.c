/* A whole client of echo/1 (docs/protocol.md), with OpenSSL from 1.1.1 on:
   cc -o client client.c -lssl -lcrypto && ./client HOST PORT CA_FILE MESSAGE... */
#include <err.h>
#include <openssl/ssl.h>
#include <string.h>

enum { TEXT = 1, BROADCAST, HISTORY, NOTICE, ERROR, LIMIT = (16 << 20) + 256 /* of a payload */ };
static uint8_t payload[LIMIT], frame[5 + LIMIT];

static void recv_n(BIO *conn, uint8_t *data, size_t n) { /* exactly n: one read may bring fewer */
  for (size_t got = 0; n > 0; data += got, n -= got)
    if (!BIO_read_ex(conn, data, n, &got)) errx(1, "the connection ended %zu bytes too early", n);
}

static size_t recv_msg(BIO *conn) { /* an echo, a history, or an old message: into payload */
  uint8_t head[5];
  recv_n(conn, head, 5); /* the length, and the kind that it counts */
  size_t length = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
  if (length < 1 || length > 1 + LIMIT) errx(1, "a frame of %zu bytes", length);
  recv_n(conn, payload, length - 1);
  if (head[4] == ERROR) errx(1, "%.*s", (int)length - 3, payload + 2); /* after its code */
  if (head[4] == NOTICE || head[4] == BROADCAST) return recv_msg(conn); /* may come before it */
  return length - 1;
}

static void send_msg(BIO *conn, uint8_t kind, const char *text) { /* in one write */
  size_t length = 1 + strlen(text), sent;
  if (length > 1 + LIMIT) errx(2, "a message of %zu bytes", length - 1);
  memcpy(frame, (uint8_t[]){length >> 24, length >> 16, length >> 8, length, kind}, 5);
  memcpy(frame + 5, text, length - 1);
  if (!BIO_write_ex(conn, frame, 4 + length, &sent)) errx(1, "cannot send");
}

int main(int argc, char **argv) { /* no MESSAGE may be a command: quit, exit or empty */
  if (argc < 4) errx(2, "usage: client HOST PORT CA_FILE MESSAGE...");
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\6echo/1", 7);
  if (!SSL_CTX_load_verify_locations(context, argv[3], NULL)) errx(1, "cannot read %s", argv[3]);

  BIO *conn = BIO_new_ssl_connect(context);
  SSL *tls;
  BIO_get_ssl(conn, &tls);
  if (!X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), argv[1])) SSL_set1_host(tls, argv[1]);
  char where[300]; /* an IPv6 address in brackets */
  snprintf(where, sizeof where, strchr(argv[1], ':') ? "[%s]:%s" : "%s:%s", argv[1], argv[2]);
  BIO_set_conn_hostname(conn, where);
  if (BIO_do_handshake(conn) != 1) errx(1, "cannot connect to %s", where);

  for (char **text = argv + 4; *text != NULL; text++) {
    send_msg(conn, TEXT, *text);
    printf("echo: %.*s\n", (int)recv_msg(conn), payload);
  }
  send_msg(conn, TEXT, "quit");
  recv_msg(conn);
  uint64_t count = 0; /* big-endian, like everything */
  for (int i = 0; i < 8; i++) count = count << 8 | payload[i];
  while (count-- > 0) printf("history: %.*s\n", (int)recv_msg(conn), payload);
  BIO_ssl_shutdown(conn); /* close_notify */
}
