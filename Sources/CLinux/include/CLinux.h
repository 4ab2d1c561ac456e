#ifndef CLINUX_H
#define CLINUX_H
#include <stdint.h>
int clinux_placeholder(void);
#endif
