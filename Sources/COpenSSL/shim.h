#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros, which Swift does not see.

/// The protocols, ciphers and habits of every context; SSL_CTX_set_options(3), SSL_CTX_set_mode(3).
static inline int copenssl_harden(SSL_CTX *context) {
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_SINGLE_ECDH_USE);
    // An idle connection keeps no buffers: there are thousands of them.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    // Back from each record that holds nothing for us, so that their number can be bounded.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline void copenssl_without_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline void copenssl_without_tickets(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
}

/// The most bytes of a peer's certificates, for which room is made at the peer's word.
static inline void copenssl_bound_chain(SSL_CTX *context, long bytes) {
    SSL_CTX_set_max_cert_list(context, bytes);
}

static inline void copenssl_server_name(SSL *connection, const char *name) {
    SSL_set_tlsext_host_name(connection, name);
}

static inline int copenssl_reason(unsigned long error) { return ERR_GET_REASON(error); }

/// The number of certificates, or of revocation lists, in a store of them.
static inline int copenssl_count(X509_STORE *store, X509_LOOKUP_TYPE type) {
    int count = 0;
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int place = 0; place < sk_X509_OBJECT_num(objects); place++) {
        X509_OBJECT *object = sk_X509_OBJECT_value(objects, place);
        if (X509_OBJECT_get_type(object) == type) count++;
    }
    return count;
}

// The one protocol spoken over TLS, as ALPN writes lists: the length first (RFC 7301, section 3.1).
static const unsigned char copenssl_protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// Who offers protocols, and not this one, is told so (RFC 7301, section 3.2).
static inline int copenssl_choose_protocol(
    SSL *connection, const unsigned char **chosen, unsigned char *length,
    const unsigned char *offered, unsigned int count, void *nothing) {
    (void)connection, (void)nothing;
    int found = SSL_select_next_proto(
        (unsigned char **)chosen, length, copenssl_protocols, sizeof copenssl_protocols, offered,
        count);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline void copenssl_choose_protocols(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, copenssl_choose_protocol, NULL);
}

static inline int copenssl_offer_protocols(SSL_CTX *context) {
    return SSL_CTX_set_alpn_protos(context, copenssl_protocols, sizeof copenssl_protocols);
}
