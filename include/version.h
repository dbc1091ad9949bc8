/* version - of the program, as --version prints it. */
#ifndef TLSHARDEN_VERSION_H
#define TLSHARDEN_VERSION_H

#define TLSHARDEN_VERSION "0.1.0"

#endif
