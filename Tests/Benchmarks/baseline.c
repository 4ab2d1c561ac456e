/*
 * What SQLite itself does on this machine, for the figures in docs/performance.md to be held
 * against: no hub, no network, one thread, settings as the hub has them.
 *
 *   baseline indexed FILE SECONDS ROWS   durable inserts, ROWS a commit, into a table with a
 *                                        (wid, idx) index; prints rows a second
 *   baseline pages HUB_DB SECONDS WIDS   pages of 100 messages of a warehouse's line at random
 *                                        positions, by the best query we know; prints rows a second
 *
 * cc -O2 baseline.c -lsqlite3
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void check(sqlite3 *db, int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(sqlite3 *db, const char *sql) {
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static uint64_t state = 88172645463325252ull;

static uint64_t random64(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement) {
    check(db, sqlite3_step(statement), "step");
    sqlite3_reset(statement);
}

static void indexed(const char *path, double seconds, int rows) {
    sqlite3 *db;
    check(NULL, sqlite3_open(path, &db), path);
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;");
    run(db, "CREATE TABLE log(idx INTEGER PRIMARY KEY, id BLOB, topic INT, wid INT, nth INT,"
            " key TEXT, body TEXT, created INT, occurred INT);"
            "CREATE INDEX by_wid ON log(wid, idx);");
    sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO log VALUES(?,?,?,?,?,?,?,?,NULL)");
    char body[151];
    memset(body, 'b', 150);
    int64_t index = 0;
    double start = now();
    while (now() - start < seconds) {
        step(db, begin);
        for (int row = 0; row < rows; row++) {
            uint64_t id[2] = {random64(), random64()};
            index++;
            sqlite3_bind_int64(insert, 1, index);
            sqlite3_bind_blob(insert, 2, id, 16, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 3, 1);
            /* A fifth for every warehouse, the others for one of 200: as the load has it. */
            sqlite3_bind_int64(insert, 4, random64() % 5 ? 1 + random64() % 200 : 0);
            sqlite3_bind_int64(insert, 5, index);
            sqlite3_bind_text(insert, 6, "order:1000001", 13, SQLITE_STATIC);
            sqlite3_bind_text(insert, 7, body, 150, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 8, 1767225600000 + index);
            step(db, insert);
        }
        step(db, commit);
    }
    printf("%.0f\n", index / (now() - start));
}

struct list {
    int64_t *entries;
    size_t count, room;
};

static void append(struct list *list, int64_t entry) {
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 1024;
        list->entries = realloc(list->entries, list->room * sizeof(int64_t));
    }
    list->entries[list->count++] = entry;
}

static size_t above(const struct list *list, int64_t index) {
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list->entries[middle] <= index) low = middle + 1; else high = middle;
    }
    return low;
}

static void pages(const char *path, double seconds, int wids) {
    sqlite3 *db;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    check(NULL, sqlite3_open_v2(path, &db, flags, NULL), path);
    run(db, "PRAGMA mmap_size=0; PRAGMA cache_size=-16384;");
    struct list *lists = calloc(wids + 1, sizeof(struct list));
    sqlite3_stmt *all = prepare(db, "SELECT idx, wid FROM log ORDER BY idx");
    int64_t head = 0;
    while (sqlite3_step(all) == SQLITE_ROW) {
        head = sqlite3_column_int64(all, 0);
        int64_t wid = sqlite3_column_int64(all, 1);
        if (wid <= wids) append(&lists[wid], head);
    }
    sqlite3_finalize(all);
    char sql[1024] = "SELECT idx,id,topic,wid,nth,key,body,created,occurred FROM log WHERE idx IN (";
    for (int place = 0; place < 100; place++) strcat(sql, place ? ",?" : "?");
    strcat(sql, ") ORDER BY idx");
    sqlite3_stmt *many = prepare(db, sql);
    sqlite3_stmt *begin = prepare(db, "BEGIN"), *commit = prepare(db, "COMMIT");
    int64_t rows = 0;
    uint64_t sum = 0;
    double start = now();
    while (now() - start < seconds) {
        const struct list *global = &lists[0], *own = &lists[1 + random64() % wids];
        int64_t from = random64() % (head * 9 / 10);
        size_t g = above(global, from), o = above(own, from);
        step(db, begin);
        for (int place = 1; place <= 100; place++) {
            int64_t next_global = g < global->count ? global->entries[g] : INT64_MAX;
            int64_t next_own = o < own->count ? own->entries[o] : INT64_MAX;
            if (next_global == INT64_MAX && next_own == INT64_MAX)
                sqlite3_bind_null(many, place);
            else if (next_own < next_global)
                sqlite3_bind_int64(many, place, own->entries[o++]);
            else
                sqlite3_bind_int64(many, place, global->entries[g++]);
        }
        while (sqlite3_step(many) == SQLITE_ROW) {
            for (int column = 0; column < 9; column++)
                switch (column) {
                case 1: case 5: case 6:
                    sum += (uintptr_t)sqlite3_column_blob(many, column)
                        + sqlite3_column_bytes(many, column);
                    break;
                default:
                    sum += sqlite3_column_int64(many, column);
                }
            rows++;
        }
        sqlite3_reset(many);
        step(db, commit);
    }
    fprintf(stderr, "checksum %llu\n", (unsigned long long)sum);
    printf("%.0f\n", rows / (now() - start));
}

int main(int count, char **words) {
    if (count == 5 && !strcmp(words[1], "indexed"))
        indexed(words[2], atof(words[3]), atoi(words[4]));
    else if (count == 5 && !strcmp(words[1], "pages"))
        pages(words[2], atof(words[3]), atoi(words[4]));
    else {
        fprintf(stderr, "usage: baseline indexed|pages FILE SECONDS ROWS|WIDS\n");
        return 2;
    }
    return 0;
}
