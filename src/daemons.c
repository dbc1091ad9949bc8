/* SPDX-License-Identifier: ISC */
#include "daemons.h"

#include <stddef.h>
#include <string.h>

const struct tls_daemon daemons[DAEMONS] = {
	{.command = "smtpd",
	 .level = "smtpd_tls_security_level",
	 .loglevel = "smtpd_tls_loglevel",
	 .wrappermode = "smtpd_tls_wrappermode",
	 .prefixes = {"smtpd_"},
	 .server = true},
	{.command = "smtp",
	 .level = "smtp_tls_security_level",
	 .loglevel = "smtp_tls_loglevel",
	 .wrappermode = "smtp_tls_wrappermode",
	 .prefixes = {"smtp_"}},
	{.command = "lmtp",
	 .level = "lmtp_tls_security_level",
	 .level_from = "smtp_tls_security_level",
	 .loglevel = "lmtp_tls_loglevel",
	 .wrappermode = "lmtp_tls_wrappermode",
	 .prefixes = {"lmtp_"}},
	{.command = "postscreen",
	 .level = "postscreen_tls_security_level",
	 .level_from = "smtpd_tls_security_level",
	 .prefixes = {"postscreen_", "smtpd_"},
	 .server = true},
	{.command = "tlsproxy",
	 .level = "tlsproxy_tls_security_level",
	 .level_from = "smtpd_tls_security_level",
	 .loglevel = "tlsproxy_tls_loglevel",
	 .prefixes = {"tlsproxy_", "smtpd_", "smtp_"},
	 .server = true},
};

const struct tls_daemon *daemons_find(const char *command)
{
	size_t i;

	for (i = 0; i < DAEMONS; i++)
		if (strcmp(daemons[i].command, command) == 0)
			return &daemons[i];
	return NULL;
}
