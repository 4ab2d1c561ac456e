// Which files the hub serves. A file that is added to Public/ is named here, twice; a test compares
// the list with the folder.
#include "CDocuments.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char openapi_yaml[] = {
#embed "../../docs/openapi.yaml"
};
static const unsigned char index_html[] = {
#embed "../../Public/index.html"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct cdocuments_file files[] = {
    FILE("openapi.yaml", openapi_yaml),
    FILE("index.html", index_html),
};

size_t cdocuments_count(void) { return sizeof files / sizeof *files; }

struct cdocuments_file cdocuments_file(size_t place) { return files[place]; }
