/* SPDX-License-Identifier: ISC */
#include "explain.h"

#include "fold.h"

static const struct explanation texts[] = {
	[FINDING_DANE_ONLY_WITHOUT_DNSSEC] =
		{"mandatory DANE without DNSSEC",
		 "Level \"dane-only\" sends to servers whose TLSA records DNSSEC has signed, and "
		 "to no "
		 "others. Without smtp_dns_support_level = dnssec Postfix asks for none: all mail "
		 "of "
		 "this client is deferred, and returns in the end.",
		 "Set smtp_dns_support_level = dnssec, with a validating resolver on this host, or "
		 "another level.",
		 "postconf(5), smtp_tls_security_level; RFC 7672"},
	[FINDING_FATAL_MACRO] =
		{"a macro on which a daemon dies",
		 "Each Postfix daemon expands the parameters that it reads when it starts. A bare "
		 "\"$\", a "
		 "bracket that is not closed, \"${a-b}\", or names that refer to each other in a "
		 "circle "
		 "are fatal errors: the daemon ends, master(8) starts it again a minute later, and "
		 "mail "
		 "stands still.",
		 "Mend the macro. A literal dollar sign is written \"$$\". \"postconf -x NAME\" "
		 "shows what a "
		 "value expands to.",
		 "postconf(5), \"Configuration file format\"; Postfix util/mac_expand.c"},
	[FINDING_FATAL_VALUE] =
		{"a value on which the daemon dies",
		 "Postfix takes all that stands behind \"=\" for the value: \"may "
		 "# comment\", \"\\\"may\\\"\" and "
		 "\"may encrypt\" are not levels to it, and \"dane\" is none of "
		 "the server's. A switch must be yes or no, a grade or list of ciphers must not be "
		 "empty. The daemon ends "
		 "with a fatal error for each connection and no mail passes, while "
		 "\"postfix check\" says "
		 "nothing.",
		 "Write the bare level, or yes or no; a comment goes on a line of its own. "
		 "tlsharden does so: the first "
		 "word becomes the value if it is a level that is good enough. A line "
		 "without ciphers is to be deleted.",
		 "postconf(5), smtp_tls_security_level, smtpd_tls_security_level; "
		 "Postfix tls/tls_level.c"},
	[FINDING_KEY_READABLE] = {"a private key that others can read",
				  "Any user and any program on this host that can read the key can "
				  "pass for this server, "
				  "and can read sessions that were made without forward secrecy.",
				  "chown root FILE; chmod 600 FILE. Postfix reads keys as root, "
				  "before it gives up its "
				  "rights. If others may have read it, make a new key.",
				  "postconf(5), smtpd_tls_key_file"},
	[FINDING_MASTER_SYNTAX] = {"a line that master(8) refuses",
				   "With a line like that in master.cf Postfix does not start, and "
				   "a running one does not take "
				   "up the file.",
				   "Mend the line: a service has eight fields, \"-\" stands for a "
				   "default, and what begins with "
				   "white space belongs to the service above it.",
				   "master(5)"},
	[FINDING_POLICY_UNMET] =
		{"a setting falls short of the policy",
		 "The value in force, or the default where there is none, gives less than the "
		 "policy asks "
		 "for. What goes wrong by that stands in the finding.",
		 "Run tlsharden on the file: it sets the value that the finding names.",
		 "postconf(5); RFC 7435; the policy (\"tlsharden --list-policies\")"},
	[FINDING_SERVICE_FATAL] =
		{"a service of master.cf dies",
		 "The options of this service in master.cf give its daemon a value on which it "
		 "dies "
		 "when it starts: one that is no level, a switch that is neither yes nor no, an "
		 "empty list, a malformed macro. The service is down, though master(8) runs and "
		 "\"postfix check\" says nothing.",
		 "Write \"-o name=value\" without blanks around \"=\", or \"-o { name = value "
		 "}\", and a bare level.",
		 "master(5); postconf(5)"},
	[FINDING_SERVICE_LEVEL] =
		{"a service of master.cf has TLS switched off",
		 "An \"-o\" option in master.cf wins over main.cf for its service. This one "
		 "listens to, or sends "
		 "to, other hosts, and after all settings of main.cf its mail still passes in "
		 "plaintext.",
		 "Remove the option, or give it the level that the finding names. tlsharden does "
		 "not write "
		 "master.cf: \"postconf -P SERVICE/TYPE/NAME=VALUE\" does.",
		 "master(5); postconf(5), smtp_tls_security_level, smtpd_tls_security_level"},
	[FINDING_STARTTLS_DISCARDED] =
		{"STARTTLS is not offered, or not seen",
		 "A server that discards the EHLO keyword STARTTLS does not offer TLS to anybody. "
		 "A client "
		 "that discards it takes no server's offer. Either way the mail passes in "
		 "plaintext, "
		 "whatever the level says.",
		 "Take \"starttls\" out of the list. For single clients or servers that cannot do "
		 "TLS there "
		 "are smtpd_discard_ehlo_keyword_address_maps and smtp_tls_policy_maps.",
		 "postconf(5), smtpd_discard_ehlo_keywords, smtp_discard_ehlo_keywords"},
	[FINDING_UNKNOWN_VALUE] =
		{"a managed value cannot be known",
		 "The value depends on something that the file does not say: a parameter that is "
		 "built into "
		 "Postfix but not set here (a daemon may find its default, or nothing), an "
		 "obsolete switch "
		 "that is neither yes nor no, or a malformed macro. tlsharden does not guess: it "
		 "leaves this "
		 "parameter alone, sets the others, and ends with status 1.",
		 "Write the value out, or set what it refers to.",
		 "postconf(5), \"Configuration file format\"; Postfix util/mac_expand.c"},
	[FINDING_UNUSABLE_LIST] =
		{"a list of protocols or ciphers that Postfix cannot use",
		 "It has a word that Postfix does not know, and one such word spoils the list. The "
		 "daemon "
		 "runs, but TLS fails. The *_mandatory_* lists count where TLS is required: there "
		 "no mail "
		 "passes. The others count where it is optional: there a server gets its mail in "
		 "plaintext, "
		 "and a client holds its mail back and then sends it in plaintext.",
		 "Delete the line: the defaults follow what is known of protocols and ciphers.",
		 "postconf(5), smtpd_tls_protocols, smtpd_tls_ciphers; Postfix tls/tls_server.c, "
		 "tls/tls_client.c"},
	[FINDING_WRAPPERMODE_LEVEL] =
		{"wrappermode with a level below encrypt",
		 "With smtp_tls_wrappermode = yes the client starts TLS with the first byte. Below "
		 "level "
		 "\"encrypt\" Postfix then defers every delivery.",
		 "Set the level to \"encrypt\", as tlsharden does, or a stronger one.",
		 "postconf(5), smtp_tls_wrappermode"},
	[FINDING_ANONYMOUS_ONLY] =
		{"the server has no certificate by intent",
		 "smtpd_tls_cert_file = none makes the server speak anonymous ciphers only. Few "
		 "clients offer "
		 "those, and TLS 1.3 has none, so that most mail arrives in plaintext.",
		 "Give it a certificate, self-signed if need be: \"postfix tls enable-server\" "
		 "makes one.",
		 "postconf(5), smtpd_tls_cert_file; TLS_README, \"Server-side certificate and "
		 "private key\""},
	[FINDING_BYTE_ORDER_MARK] = {"a byte order mark at the start",
				     "The three bytes EF BB BF that some editors put in front "
				     "become part of the first line: of "
				     "the name of a parameter, which Postfix then does not know, "
				     "so that the setting has no "
				     "effect.",
				     "Remove them: sed -i '1s/^\\xEF\\xBB\\xBF//' main.cf",
				     "Postfix util/readlline.c"},
	[FINDING_CONFLICTING_DUPLICATES] =
		{"one parameter, several values",
		 "The last one counts, and the others look as if they did. Whoever removes the "
		 "last one, or "
		 "edits the first, gets what he does not expect.",
		 "Keep one of them.",
		 "postconf(5), \"Configuration file format\": the last one wins"},
	[FINDING_DANE_WITHOUT_DNSSEC] = {"DANE without DNSSEC",
					 "DANE rests on TLSA records that DNSSEC has signed. "
					 "Without smtp_dns_support_level = dnssec "
					 "Postfix does not ask for them: level \"dane\" is only "
					 "\"may\".",
					 "Set smtp_dns_support_level = dnssec, with a validating "
					 "resolver on this host, or use the "
					 "policy \"dane\".",
					 "postconf(5), smtp_tls_security_level; RFC 7672"},
	[FINDING_DEAD_DUPLICATE] = {"a weak line that a later one overrides",
				    "It has no effect today. It comes alive when somebody deletes "
				    "the line further down.",
				    "Run tlsharden, which raises it too, or delete the line.",
				    "postconf(5), \"Configuration file format\""},
	[FINDING_ENCRYPT_ON_PUBLIC_MX] =
		{"encryption required of every server",
		 "The level requires TLS of every client on port 25. Servers that cannot do it, "
		 "and there are "
		 "some, cannot deliver here: a public mail exchanger must not require it.",
		 "Use \"may\" in main.cf and on the service of port 25. \"encrypt\" is for "
		 "submission and for "
		 "relays whose peers are all known.",
		 "RFC 3207, section 4; postconf(5), smtpd_tls_security_level"},
	[FINDING_ENCRYPT_WITHIN_HOST] =
		{"encryption required of a content filter",
		 "A level of main.cf that requires TLS holds for the services of this host's own "
		 "traffic, too: for the smtpd on a loopback address that takes mail back from a "
		 "filter, and for the transport that takes mail there. Few filters speak TLS: such "
		 "mail is refused, or waits.",
		 "Give the service that the finding names the level \"may\" by an \"-o\" option in "
		 "master.cf; nobody else can listen there.",
		 "FILTER_README; postconf(5), smtp_tls_security_level, smtpd_tls_security_level"},
	[FINDING_IMPLIED_LEVEL] =
		{"a level that only stands between the lines",
		 "The level is good, but nothing sets it: obsolete parameters imply it, or it "
		 "refers to another "
		 "parameter that changes. To set a weaker level beside obsolete parameters "
		 "silences them, "
		 "which has turned mail that was held back into mail sent in plaintext.",
		 "Run tlsharden: it writes the level out as what it is today.",
		 "postconf(5), smtp_enforce_tls, smtp_use_tls, smtpd_enforce_tls, smtpd_use_tls"},
	[FINDING_MISSPELLED] = {"a TLS parameter that Postfix does not know",
				"Postfix takes any name for a parameter of the administrator's own "
				"and says nothing. What "
				"the line was meant to set is not set.",
				"Write the name that the finding suggests, or delete the line.",
				"postconf(5); \"postconf -n\" warns of unused parameters"},
	[FINDING_NO_CERTIFICATE] =
		{"a server level without a certificate",
		 "Without a certificate the server offers STARTTLS and answers it with \"454 4.7.0 "
		 "TLS "
		 "not available\": mail arrives in plaintext as before, and with level \"encrypt\" "
		 "none "
		 "at all. One file of a certificate or its key that is named and does not exist "
		 "has the same effect, even where others are named that do.",
		 "\"postfix tls enable-server\" makes a key and a self-signed certificate and sets "
		 "the "
		 "parameters. For mail between servers that is enough: they do not verify names.",
		 "postconf(5), smtpd_tls_chain_files, smtpd_tls_cert_file; postfix-tls(1)"},
	[FINDING_OBSOLETE] =
		{"an obsolete TLS parameter",
		 "Newer Postfix warns of it and will drop it. Where a security level is set, the "
		 "old switches "
		 "have no effect, so that they mislead who reads them.",
		 "Delete the line once the level is set, or use what the finding names.",
		 "DEPRECATION_README; postconf(5)"},
	[FINDING_PLAINTEXT_AUTH] =
		{"passwords may pass in plaintext",
		 "AUTH is allowed on connections without TLS. Who listens reads the name and the "
		 "password, "
		 "and sends mail by them.",
		 "For the server smtpd_tls_auth_only = yes. For the client level \"encrypt\" or "
		 "stronger towards "
		 "the relay, or smtp_sasl_security_options with \"noplaintext\".",
		 "postconf(5), smtpd_tls_auth_only, smtp_sasl_security_options; SASL_README"},
	[FINDING_SERVICE_LOGLEVEL] =
		{"a service of master.cf logs no TLS, or too much",
		 "An \"-o\" option in master.cf gives this service a TLS log "
		 "level of its own. Without the "
		 "summary nobody can tell its encrypted mail from plaintext; "
		 "with dumps the log grows fast, and from 4 on it holds what was said over TLS.",
		 "Remove the option, or set it to 1.",
		 "postconf(5), smtp_tls_loglevel, smtpd_tls_loglevel"},
	[FINDING_UNEVALUATED] =
		{"a value that cannot be evaluated",
		 "The value refers to a parameter that is built into Postfix and not set in the "
		 "file, so that "
		 "it depends on the daemon what it comes to. What depends on it was not checked.",
		 "Write the value out, or set what it refers to.",
		 "postconf(5), \"Configuration file format\""},
	[FINDING_WEAK_CIPHERS] = {"ciphers that are weaker than Postfix's own",
				  "The setting lets in ciphers that Postfix leaves out by default. "
				  "Some can be broken, some do "
				  "not encrypt at all.",
				  "Delete the line: the defaults follow what is known of ciphers.",
				  "postconf(5), smtp_tls_ciphers, smtpd_tls_ciphers; TLS_README"},
	[FINDING_WEAK_PROTOCOLS] =
		{"protocols that are weaker than Postfix's own",
		 "The list permits SSLv2 or SSLv3, which are broken, or it permits neither TLS 1.2 "
		 "nor 1.3, so that the best that it lets in is what others have given up. To "
		 "permit TLS "
		 "1.0 and 1.1 beside those is another matter: with opportunistic TLS, to forbid "
		 "them is to send in plaintext.",
		 "Delete the line: the defaults follow what is known of protocols.",
		 "postconf(5), smtp_tls_protocols, smtpd_tls_protocols; RFC 7568; RFC 8996; RFC "
		 "9325, section 5.2"},
	[FINDING_WRAPPERMODE_DANE] =
		{"wrappermode with level dane",
		 "Towards a server that publishes no TLSA records, or whose DNS is not signed, "
		 "level \"dane\" is only \"may\". With smtp_tls_wrappermode = yes Postfix defers "
		 "all mail to such a server. tlsharden keeps the level, for to the others it is "
		 "more than \"encrypt\".",
		 "Set the level to \"encrypt\" unless all servers that this client talks to "
		 "publish TLSA records.",
		 "postconf(5), smtp_tls_wrappermode, smtp_tls_security_level; RFC 7672"},
	[FINDING_NO_CA] = {"peers are logged as Untrusted",
			   "Without a list of certificate authorities the client cannot tell a "
			   "certificate that is good "
			   "from one that anybody made. It encrypts all the same, and the log says "
			   "\"Untrusted\".",
			   "smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt, if the log shall "
			   "tell them apart. The "
			   "levels \"verify\" and \"secure\" need it.",
			   "postconf(5), smtp_tls_CAfile; TLS_README"},
	[FINDING_SERVICE_OVERRIDE] =
		{"a service has a level of its own that is fine",
		 "An \"-o\" option in master.cf gives this service another level than main.cf, and "
		 "that is well: "
		 "submission may require TLS, and what stays within the host needs none.",
		 "Nothing.", "master(5)"},
};

const struct explanation *explanation_of(enum finding_code code)
{
	return &texts[code];
}

static void section(struct buf *out, const char *title, const char *text)
{
	buf_addf(out, "\n%s\n", title);
	fold(out, "    ", text);
}

void explain(enum finding_code code, struct buf *out)
{
	const struct explanation *e = explanation_of(code);

	buf_addf(out, "%s (%s): %s\n", finding_name(code), severity_name(finding_severity(code)),
		 e->title);
	section(out, "What it means", e->what);
	section(out, "What to do", e->remedy);
	section(out, "Source", e->source);
}
