// SQLite, and the few things of it that Swift cannot call: variadic functions, and the two special
// destructors, which are integers cast to function pointers.
#pragma once
#include <sqlite3.h>

/// sqlite3_config(SQLITE_CONFIG_MULTITHREAD)
static inline int csqlite_config_multithread(void) {
    return sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
}

/// sqlite3_config(SQLITE_CONFIG_MEMSTATUS, on)
static inline int csqlite_config_memstatus(int on) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, on);
}

/// sqlite3_db_config(db, option, on, 0) for the options that are switches.
static inline int csqlite_db_config(sqlite3 *db, int option, int on) {
    return sqlite3_db_config(db, option, on, (int *)0);
}

/// sqlite3_bind_blob64 with SQLITE_STATIC: SQLite reads the bytes where they are.
static inline int csqlite_bind_blob_static(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC);
}

/// sqlite3_bind_text64 with SQLITE_STATIC, UTF-8.
static inline int csqlite_bind_text_static(
    sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text, count, SQLITE_STATIC, SQLITE_UTF8);
}

/// sqlite3_bind_blob64 with SQLITE_TRANSIENT: SQLite makes a copy.
static inline int csqlite_bind_blob_copy(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

/// sqlite3_bind_text64 with SQLITE_TRANSIENT, UTF-8.
static inline int csqlite_bind_text_copy(
    sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
