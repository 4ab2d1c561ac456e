// The files that the hub serves, laid into the program by the compiler (C23, 6.10.3, #embed): as
// arrays in Swift they take it most of a minute.
#ifndef CDOCUMENTS_H
#define CDOCUMENTS_H

#include <stddef.h>

/// One file; its bytes live as long as the program.
struct cdocuments_file {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

/// How many files there are.
size_t cdocuments_count(void);
/// The file at `place`, below the count.
struct cdocuments_file cdocuments_file(size_t place);

#endif
