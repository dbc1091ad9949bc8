/*
 * mastercf - a Postfix master.cf as services, and the overrides that each daemon really sees.
 * Shape:  a service is one logical line, in the order of the file. Its arguments are
 *         cut as master(8) cuts them and read as the daemon's getopt(3) reads them.
 * Units:  lengths in bytes; line numbers physical, from 1.
 * Errors: what master(8) refuses is collected, see mastercf_errors(). Such a line is no
 *         service; one such line, and master does not start. Options on which only the
 *         daemon dies stand with its service. Out of memory dies.
 * Owner:  all that is returned is borrowed until mastercf_free(); the caller keeps text
 *         alive until then.
 * Source: Postfix master/master_ent.c, master/single_server.c, util/readlline.c,
 *         util/mystrtok.c, util/extpar.c, util/split_nameval.c, util/host_port.c; master(5).
 * Misses: what values mean; main.cf, so that a service which master_service_disable turns
 *         off is one like the others; names of hosts and ports that must be looked up;
 *         the options -i and -m, which are max_idle and max_use under other names.
 */
#ifndef TLSHARDEN_MASTERCF_H
#define TLSHARDEN_MASTERCF_H

#include <stdbool.h>
#include <stddef.h>

struct mastercf; /* opaque, body in mastercf.c */

struct mastercf_override {
	char *name;  /* never empty */
	char *value; /* without white space at its ends, not expanded */
	size_t line; /* where the name stands */
};

struct mastercf_service {
	size_t line;   /* first physical line */
	char *name;    /* as written: "smtp", "127.0.0.1:10025", "smtp-amavis" */
	char *type;    /* "inet", "unix", "unix-dgram", "fifo" or "pass" */
	char *command; /* the program, as written: "smtpd" */
	/* What -o says, in order; the last one of a name is in force. */
	struct mastercf_override *overrides;
	size_t noverrides;
	/*
	 * Why the daemon dies, at its start or at its first client, in the words that
	 * it logs; or NULL. The overrides are those that came before.
	 */
	char *fatal;
	size_t fatal_line; /* of what it dies on; 0 if it does not */
	bool is_private;   /* the socket is private/NAME, not public/NAME */
	bool replaced;     /* a later line has the same name and type: master runs that one */
};

struct mastercf_error {
	size_t line;       /* of the text */
	const char *cause; /* static */
	const char *text;  /* start of the offending text, borrowed, not terminated */
	size_t len;        /* bytes of it that are worth showing */
	bool more;         /* it was longer */
};

/* The model of len bytes at text. Freed by mastercf_free(). Never NULL. */
struct mastercf *mastercf_parse(const char *text, size_t len);
void mastercf_free(struct mastercf *);

/* Services in the order of the file; returns how many. */
size_t mastercf_services(const struct mastercf *, const struct mastercf_service **);
/* What master(8) refuses, and NUL bytes, sorted by line; returns how many. */
size_t mastercf_errors(const struct mastercf *, const struct mastercf_error **);

/* The override in force of a parameter, or NULL. Names are case-sensitive. */
const struct mastercf_override *mastercf_override(const struct mastercf_service *, const char *name,
						  size_t len);
/* The same for a view (postfix.h), whose options are a service: the value, and its line. */
const char *mastercf_option(void *service, const char *name, size_t len, size_t *line);
/*
 * Whether only this host can connect: an inet service on a loopback address or a name
 * that stands for one, or a socket in the file system. Type pass is fed by postscreen(8)
 * with clients from anywhere; an inet service without a host listens where main.cf says.
 */
bool mastercf_is_local(const struct mastercf_service *);
/* The port of an inet service as written: "smtp", "25", "submission"; "" for another type. */
const char *mastercf_port(const struct mastercf_service *);

#endif
