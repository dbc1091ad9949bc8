#!/usr/bin/env bash
# What a running Postfix does: tests/postfix.sh PROGRAM, or `make check-root`.
#
# First --reload and --restore on one that runs. Then what the findings say of Postfix: each
# is shown on it, with the finding on the same files, and beside it a near miss that has
# neither. Each check has a Postfix of its own: its files are in a folder of its own, and it
# lives in a network and a process namespace that end with the check. The one of this host,
# if there is one, is not touched.
set -u
export LC_ALL=C
# shellcheck source=tests/checks.sh
. "$(dirname "$0")/checks.sh"

# How often something is looked for, ten times a second, before it is taken for missing.
PATIENCE=600

# ---- a Postfix ----

# The settings that all have, behind the lines that a check wants. Who changed main.cf just
# now is waited for by Postfix; nobody did.
configure() { # LINES
	printf '%s\n' "$1" >etc/main.cf
	cat >>etc/main.cf <<EOF
compatibility_level = 3.6
queue_directory = $top/queue
data_directory = $top/data
maillog_file = $top/log
maillog_file_prefixes = $top
myhostname = mx.example.org
mydestination =
local_recipient_maps =
alias_maps =
notify_classes =
inet_protocols = ipv4
relayhost = [127.0.0.1]:2525
EOF
	touch -d '2001-02-03 04:05:06' etc/main.cf
}

# Where mail goes: an smtpd of another name, which throws it away.
peer() { # OPTION...
	printf '2525 inet n - n - - smtpd -o syslog_name=peer -o myhostname=peer.example.net\n'
	printf ' -o smtpd_tls_security_level=may -o smtpd_tls_loglevel=1 -o content_filter=discard:\n'
	printf ' -o smtpd_tls_cert_file=%s -o smtpd_tls_key_file=%s\n' "$cert" "$key"
	printf ' -o smtpd_relay_restrictions=permit_mynetworks,reject -o mydestination=example.net\n'
	test $# -eq 0 || printf ' %s\n' "$@"
}

# master.cf with services of a check's own, and options for the smtpd of port 25.
services() { # LINES OF SERVICES, LINES OF OPTIONS
	sed '/^127\|^2525/,$d' "$here/master.cf" >etc/master.cf
	test -z "${2-}" || sed -i "/^smtp  *inet/a\\  $2" etc/master.cf
	printf '%s\n' "$1" >>etc/master.cf
	touch -d '2001-02-03 04:05:06' etc/master.cf
}

running() {
	test -e queue/pid/master.pid && kill -0 "$(tr -d ' ' <queue/pid/master.pid)" 2>/dev/null
}

# The daemons outlive their master by a moment, and hold on to its sockets.
stopped() {
	local exe
	! running || return 1
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe" 2>/dev/null) in
		"$daemons"/*) return 1 ;;
		esac
	done
}

stop() {
	! running || kill "$(tr -d ' ' <queue/pid/master.pid)"
	await_that stopped
}

start() {
	stop
	rm -rf queue && cp -a "$here/queue" queue && : >log || fail 'no queue'
	"$daemons/master" -w -c "$top/etc" || fail "master does not start: $(cat log)"
}

# Starts with these lines in main.cf.
with() { # LINES
	configure "$1"
	start
}

await_that() { # COMMAND...
	local n=0
	until "$@"; do
		n=$((n + 1))
		test $n -lt $PATIENCE || fail "in vain: $*; the log: $(tail -n 20 log)"
		sleep 0.1
	done
}

await() { # PATTERN of grep -E, in the log
	await_that grep -Eq -e "$1" log
}

assert_unlogged() { # PATTERN
	! grep -Eq -e "$1" log || fail "the log has: $(grep -E -e "$1" log)"
}

# ---- SMTP ----

# One reply, onto the end of the file "said".
hear() {
	local line
	while IFS= read -r -t 60 -u 3 line; do
		printf '%s\n' "${line%$'\r'}" >>said
		[[ $line =~ ^[0-9]{3}- ]] || return 0
	done
	return 1
}

# A connection to the port, and the commands one by one; all replies are in "said".
talk() { # PORT COMMAND...
	local command
	: >said
	exec 3<>"/dev/tcp/127.0.0.1/$1" || fail "nobody listens on port $1"
	shift
	hear || fail 'there is no greeting'
	for command; do
		printf '%s\r\n' "$command" >&3
		hear || break
	done
	exec 3>&-
}

assert_said() { # PATTERN
	grep -Eq -e "$1" said || fail "it did not say $1: $(cat said)"
}

assert_unsaid() { # PATTERN
	! grep -Eq -e "$1" said || fail "it said $1: $(cat said)"
}

assert_offered() {
	talk 25 'EHLO client.example.net'
	assert_said '^250[- ]STARTTLS'
}

assert_not_offered() {
	talk 25 'EHLO client.example.net'
	assert_unsaid STARTTLS
}

assert_takes_plaintext() {
	talk 25 'EHLO client.example.net' 'MAIL FROM:<me@example.net>'
	assert_said '^250 2.1.0'
}

assert_wants_tls() {
	talk 25 'EHLO client.example.net' 'MAIL FROM:<me@example.net>'
	assert_said '^530 5.7.0'
}

answer_to_starttls() {
	talk 25 'EHLO client.example.net' STARTTLS
	tail -n 1 said
}

# Whether TLS comes about, with such options of openssl s_client.
handshake() { # OPTION...
	timeout 60 openssl s_client -starttls smtp -connect 127.0.0.1:25 -brief "$@" \
		</dev/null >tls 2>&1
	grep -q '^CONNECTION ESTABLISHED' tls
}

# No greeting comes: the daemon died, and master waits a minute before it starts another one.
assert_smtpd_dies() { # PATTERN
	local line
	exec 3<>/dev/tcp/127.0.0.1/25 || fail 'nobody listens'
	await "smtpd\\[[0-9]+\\]: fatal: $1"
	await 'smtpd: bad command startup -- throttling'
	! IFS= read -r -t 0.2 -u 3 line || fail "there is a greeting: $line"
	exec 3>&-
}

# Mail for elsewhere; then it is known what became of it, or the client is dead.
send() {
	printf 'Subject: test\n\ntest\n' |
		sendmail -C "$top/etc" -f me@example.org you@example.net || fail 'sendmail'
	await 'postfix/smtp\[.*status=|/smtp: bad command startup'
}

assert_sent_encrypted() {
	send
	await 'postfix/smtp\[.*status=sent'
	await 'peer/smtpd\[.* TLS connection established from'
}

assert_sent_in_plaintext() {
	send
	await 'postfix/smtp\[.*status=sent'
	assert_unlogged 'TLS connection established'
}

assert_deferred() { # PATTERN
	send
	await "postfix/smtp\\[.*status=deferred.*$1"
}

# ---- findings ----

judge() {
	"$program" --check "$@" etc >found 2>&1
	test $? -le 1 || fail "--check fails: $(cat found)"
}

finds() { # SEVERITY CODE PATTERN
	grep -Eq -e "^etc/[a-z]+\\.cf:[0-9]+: $1: .*$3.*\\[$2\\]\$" found
}

assert_finds() { # SEVERITY CODE [PATTERN [OPTION]]
	judge ${4+"$4"}
	finds "$1" "$2" "${3-}" || fail "no $1 $2 with ${3-}: $(cat found)"
}

assert_finds_not() { # CODE [OPTION]
	judge ${2+"$2"}
	! grep -q "\\[$1\\]\$" found || fail "there should be no $1: $(cat found)"
}

# ---- --reload and --restore on a Postfix that runs ----

count_reloads() {
	grep -c 'master\[[0-9]*\]: reload' log
}

run() {
	"$program" "$@" >out 2>err </dev/null
	status=$?
}

assert_run() { # STATUS PATTERN in what it says
	assert_equal 'exit status' "$1" "$status"
	grep -Eq -e "$2" err || fail "it does not say $2"
}

# What it offers on a new connection, once the daemons from before are gone.
offers() {
	talk 25 'EHLO client.example.net'
	grep -q STARTTLS said
}

offers_none() {
	! offers
}

to_reload() {
	configure "$certificate"
	cp etc/main.cf old
	"$program" - <old >want 2>err || fail 'cannot harden a stream'
	! cmp -s old want || fail 'there is nothing to harden'
}

check_reload() {
	to_reload
	start
	assert_not_offered
	run --reload etc
	assert_run 0 'hardened, and Postfix has reloaded it'
	cmp etc/main.cf want || fail 'main.cf is not what it should be'
	await_that offers
	assert_equal 'reloads' 1 "$(count_reloads)"
	# Once more there is nothing to change, and nothing to tell.
	run --reload --verbose etc
	assert_run 0 'nothing to change'
	run --reload --quiet etc
	assert_equal 'what it says' '' "$(cat out err)"
	assert_equal 'reloads' 1 "$(count_reloads)"
}

check_reload_where_postfix_complains() {
	to_reload
	start
	configure "mail_owner = nosuch
$certificate"
	cp etc/main.cf old
	run --reload etc
	assert_run 2 'check" failed with status 1: .*unknown user name value: nosuch'
	assert_run 2 'the old file is back in place'
	cmp etc/main.cf old || fail 'main.cf is not what it was'
	assert_equal 'the folder' "$entries" "$(ls -A etc)"
	assert_equal 'reloads' 0 "$(count_reloads)"
	running || fail 'it was stopped'
}

check_reload_where_it_does_not_run() {
	to_reload
	start
	stop
	run --reload etc
	assert_run 0 'hardened, but nothing was reloaded: Postfix is not running'
	cmp etc/main.cf want || fail 'main.cf is not what it should be'
	! running || fail 'it was started'
}

check_reload_where_there_is_none() {
	local folder
	to_reload
	for folder in ${PATH//:/ } /usr/sbin /usr/local/sbin /sbin; do
		test ! -x "$folder/postfix" || mount --bind /dev/null "$folder/postfix" ||
			skip 'no bind mount can be made here'
	done
	run --reload etc
	assert_run 0 'hardened, but nothing was reloaded: Postfix is not installed'
	cmp etc/main.cf want || fail 'main.cf is not what it should be'
}

check_restore() {
	to_reload
	cp old etc/main.cf
	run etc
	assert_run 0 'in force after "postfix reload"'
	start
	assert_offered
	run --restore --reload etc
	assert_run 0 'restored from .*, and Postfix has reloaded it'
	cmp etc/main.cf old || fail 'the old one is not back'
	await_that offers_none
	run --restore --reload etc
	assert_run 0 'restored from .*, and Postfix has reloaded it'
	cmp etc/main.cf want || fail 'the second one does not undo the first one'
	await_that offers
	assert_equal 'reloads' 2 "$(count_reloads)"
}

# ---- levels on which a daemon dies ----

check_fatal_value_of_the_server() {
	local value
	for value in MAY encrypt verify; do
		with "smtpd_tls_security_level = $value
$certificate"
		assert_offered
		assert_finds_not fatal-value
	done
	await 'unsupported TLS level "verify", using "encrypt"'
	for value in 'may # comment' '"may"' 'may encrypt' dane dane-only; do
		with "smtpd_tls_security_level = $value
$certificate"
		postfix -c "$top/etc" check || fail 'postfix check says something'
		assert_smtpd_dies "Invalid TLS level \"$value\""
		assert_finds error fatal-value 'smtpd\(8\) stops with a fatal error on this value'
	done
}

check_fatal_value_of_the_client() {
	local value
	with 'smtp_tls_security_level = may'
	assert_sent_encrypted
	assert_finds_not fatal-value
	for value in 'may # comment' '"may"'; do
		with "smtp_tls_security_level = $value"
		send
		await "smtp\\[[0-9]+\\]: fatal: Invalid TLS level \"$value\""
		assert_unlogged 'status='
		assert_finds error fatal-value 'smtp\(8\) stops with a fatal error on this value'
	done
}

check_fatal_macro() {
	local value
	# Of a parameter that nobody knows nobody reads the value, and there are literal dollars.
	# shellcheck disable=SC2016
	with 'my_own = ${foo
smtpd_banner = $myhostname ESMTP $$'
	talk 25 QUIT
	assert_said '^220 mx.example.org ESMTP \$$'
	assert_finds_not fatal-macro
	# shellcheck disable=SC2016
	for value in '${foo' '$' '${}' '${a-b}' '${foo?{a}:{b}c}' '$my_own'; do
		with "smtpd_banner = $value
my_own = \$my_other
my_other = \$my_own"
		assert_smtpd_dies 'dictionary mail_dict: macro processing error'
		assert_finds error fatal-macro smtpd_banner
	done
}

# It is one daemon that dies of it: the one that reads the parameter.
check_fatal_macro_of_the_client() {
	# shellcheck disable=SC2016
	with 'smtp_helo_name = ${foo'
	talk 25 QUIT
	send
	await 'smtp\[[0-9]+\]: fatal: dictionary mail_dict: macro processing error'
	assert_finds error fatal-macro smtp_helo_name
}

# ---- levels that are none ----

check_policy_unmet() {
	with 'smtp_tls_security_level = may'
	assert_sent_encrypted
	judge
	! finds error policy-unmet 'smtp_tls_security_level' || fail 'it is good enough'
	with ''
	assert_not_offered
	assert_sent_in_plaintext
	assert_finds error policy-unmet 'smtpd_tls_security_level is not set: other servers cannot encrypt'
	assert_finds error policy-unmet 'smtp_tls_security_level is not set: mail leaves in plaintext'
}

check_loglevel() {
	local value
	for value in 1 summary,untrusted; do
		with "smtp_tls_security_level = may
smtp_tls_loglevel = $value"
		assert_sent_encrypted
		await 'postfix/smtp\[.*TLS connection established to'
		judge
		! finds error policy-unmet smtp_tls_loglevel || fail 'it is good enough'
	done
	for value in 0 '1 # one line' '"1"'; do
		with "smtp_tls_security_level = may
smtp_tls_loglevel = $value"
		assert_sent_encrypted
		assert_unlogged 'postfix/smtp\[.*TLS connection established to'
		assert_finds error policy-unmet "smtp_tls_loglevel = $value.*logs? (nothing|does not show)"
	done
}

# Something said over TLS, which only a dump can show.
secret_over_tls() {
	local line to from
	coproc TLS { timeout 60 openssl s_client -starttls smtp -connect 127.0.0.1:25 -quiet 2>tls; }
	exec {from}<&"${TLS[0]}" {to}>&"${TLS[1]}"
	printf 'NOOP secret@example.net\r\n' >&"$to"
	while IFS= read -r -t 60 -u "$from" line && [[ $line != '250 2.0.0 Ok'* ]]; do :; done
	[[ $line == '250 2.0.0 Ok'* ]] || fail "no session over TLS: $(cat tls)"
	printf 'QUIT\r\n' >&"$to"
	await 'smtpd\[.*: disconnect from'
}

# What level 4 shows is what was said, level 3 only what was said before.
check_dumps() {
	with "smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
$certificate"
	secret_over_tls
	assert_unlogged 'secret@| 0000 '
	judge
	! finds error policy-unmet smtpd_tls_loglevel || fail 'it is good enough'
	with "smtpd_tls_security_level = may
smtpd_tls_loglevel = 3
$certificate"
	secret_over_tls
	await ' 0000 '
	assert_unlogged 'secret@'
	assert_finds error policy-unmet 'smtpd_tls_loglevel = 3: .*dumps of the TLS handshake'
	with "smtpd_tls_security_level = may
smtpd_tls_loglevel = 4
$certificate"
	secret_over_tls
	await 'secret@'
	assert_finds error policy-unmet 'smtpd_tls_loglevel = 4: .*dumps of what is said over TLS'
}

# ---- certificates and keys ----

check_no_certificate() {
	with "smtpd_tls_security_level = may
$certificate"
	handshake || fail "no TLS: $(cat tls)"
	assert_finds_not no-certificate --live
	with 'smtpd_tls_security_level = may'
	assert_equal 'the answer' '454 4.7.0 TLS not available due to local problem' \
		"$(answer_to_starttls)"
	assert_takes_plaintext
	assert_finds warning no-certificate '454, and mail arrives in plaintext'
	with 'smtpd_tls_security_level = encrypt'
	assert_equal 'the answer' '454 4.7.0 TLS not available due to local problem' \
		"$(answer_to_starttls)"
	assert_wants_tls
	assert_finds warning no-certificate '454, and no mail is accepted'
}

# One that is missing takes the others with it.
check_missing_certificate() {
	local settings
	cat "$key" "$cert" >etc/chain.pem
	chmod 600 etc/chain.pem
	# Beside a chain, what is named in the old way does not count.
	with "smtpd_tls_security_level = may
smtpd_tls_chain_files = $top/etc/chain.pem
smtpd_tls_cert_file = /nonexistent"
	handshake || fail "no TLS: $(cat tls)"
	assert_finds_not no-certificate --live
	for settings in 'smtpd_tls_cert_file = /nonexistent' \
		"smtpd_tls_eccert_file = /nonexistent
$certificate" \
		'smtpd_tls_chain_files = /nonexistent' \
		"smtpd_tls_chain_files = $top/etc/chain.pem, /nonexistent" \
		"smtpd_tls_chain_files = /nonexistent, $top/etc/chain.pem" \
		"smtpd_tls_cert_file = $cert
smtpd_tls_key_file = /nonexistent"; do
		with "smtpd_tls_security_level = may
$settings"
		! handshake || fail "there is TLS with $settings"
		assert_takes_plaintext
		assert_finds warning no-certificate '/nonexistent does not exist: STARTTLS will fail' \
			--live
		assert_finds_not no-certificate
	done
}

# What the findings advise; it works on the folder that Postfix was built for.
check_enable_server() {
	local system
	system=$(postconf -dh config_directory)
	cp -a "$system" system
	with ''
	cp etc/main.cf etc/master.cf system/
	mount --bind system "$system" || skip 'no bind mount can be made here'
	postfix tls enable-server >out 2>err ||
		fail "postfix tls enable-server: $(cat out log)"
	cp system/main.cf etc/main.cf
	touch -d '2001-02-03 04:05:06' etc/main.cf
	start
	handshake || fail "no TLS: $(cat tls)"
	assert_finds_not no-certificate --live
	assert_finds_not key-readable --live
}

check_anonymous_only() {
	with "smtpd_tls_security_level = may
$certificate"
	handshake -tls1_3 && handshake -tls1_2 || fail "no TLS: $(cat tls)"
	assert_finds_not anonymous-only
	with 'smtpd_tls_security_level = may
smtpd_tls_cert_file = none'
	handshake -tls1_2 -cipher aNULL:@SECLEVEL=0 || fail "no anonymous cipher: $(cat tls)"
	! handshake -tls1_2 || fail 'another cipher will do'
	! handshake -tls1_3 || fail 'TLS 1.3 has it'
	assert_finds warning anonymous-only
	assert_finds_not no-certificate
}

# Postfix says nothing, and takes the key as root.
check_key_readable() {
	cp "$key" etc/key.pem
	cp "$cert" etc/cert.pem
	chmod 644 etc/cert.pem etc/key.pem
	with "smtpd_tls_security_level = may
smtpd_tls_chain_files = $top/etc/key.pem, $top/etc/cert.pem"
	handshake || fail "no TLS: $(cat tls)"
	assert_unlogged warning
	assert_finds error key-readable 'the private key .*/key\.pem;' --live
	judge --live
	! finds error key-readable 'cert\.pem' || fail 'there is no key in cert.pem'
	chmod 600 etc/key.pem
	start
	handshake || fail "no TLS with a key that root alone can read: $(cat tls)"
	assert_finds_not key-readable --live
}

# ---- lists ----

check_empty_list() {
	local name
	with "smtpd_tls_security_level = may
smtpd_tls_protocols =
$certificate"
	handshake || fail "no TLS: $(cat tls)"
	assert_finds_not fatal-value
	for name in smtpd_tls_ciphers smtpd_tls_mandatory_ciphers tls_high_cipherlist; do
		with "smtpd_tls_security_level = may
$name =
$certificate"
		assert_smtpd_dies "bad string length 0 < 1: $name"
		assert_finds error fatal-value "$name = : it must not be empty"
	done
}

# Which of the lists counts depends on the level: the other one may hold anything.
check_unusable_list_of_the_server() {
	local value
	for value in 'smtpd_tls_protocols = >=TLSv1.2' 'smtpd_tls_protocols = !SSLv2, !SSLv3' \
		'smtpd_tls_ciphers = high'; do
		with "smtpd_tls_security_level = may
$value
$certificate"
		handshake || fail "no TLS with $value: $(cat tls)"
		assert_finds_not unusable-list
	done
	for value in 'smtpd_tls_protocols = bogus' 'smtpd_tls_protocols = !SSLv2, !SSLv4' \
		'smtpd_tls_protocols = >=TLSv1.9' 'smtpd_tls_ciphers = bogus'; do
		with "smtpd_tls_security_level = may
$value
$certificate"
		! handshake || fail "there is TLS with $value"
		assert_takes_plaintext
		assert_finds error unusable-list 'where TLS is optional there is none'
		with "smtpd_tls_security_level = encrypt
$value
$certificate"
		handshake || fail "no TLS with $value at level encrypt: $(cat tls)"
		value=${value/_tls_/_tls_mandatory_}
		with "smtpd_tls_security_level = encrypt
$value
$certificate"
		! handshake || fail "there is TLS with $value"
		assert_wants_tls
		assert_finds error unusable-list 'where TLS is required no mail passes'
		with "smtpd_tls_security_level = may
$value
$certificate"
		handshake || fail "no TLS with $value at level may: $(cat tls)"
	done
}

sent_by_now() {
	postqueue -c "$top/etc" -f
	grep -q 'postfix/smtp\[.*status=sent' log
}

# The client holds the mail back for a while, and then sends it in plaintext.
check_unusable_list_of_the_client() {
	local value
	for value in 'protocols = bogus' 'ciphers = bogus'; do
		with "smtp_tls_security_level = may
smtp_tls_mandatory_$value"
		assert_sent_encrypted
		with "minimal_backoff_time = 1s
smtp_tls_security_level = may
smtp_tls_$value"
		send
		await_that sent_by_now
		await 'postfix/smtp\[.*Cannot start TLS: handshake failure'
		assert_unlogged 'TLS connection established'
		assert_finds error unusable-list 'where TLS is optional there is none'
		with "smtp_tls_security_level = encrypt
smtp_tls_$value"
		assert_sent_encrypted
		with "smtp_tls_security_level = encrypt
smtp_tls_mandatory_$value"
		assert_deferred 'Cannot start TLS: handshake failure'
		assert_finds error unusable-list 'where TLS is required no mail passes'
	done
}

check_weak_ciphers() {
	local value
	for value in 'smtpd_tls_ciphers = medium' 'tls_medium_cipherlist = ALL:!eNULL'; do
		with "smtpd_tls_security_level = may
$value
$certificate"
		! handshake -tls1_2 -cipher eNULL:@SECLEVEL=0 || fail "no encryption with $value"
		assert_finds_not weak-ciphers
	done
	for value in 'smtpd_tls_ciphers = null' 'tls_medium_cipherlist = ALL:eNULL'; do
		with "smtpd_tls_security_level = may
$value
$certificate"
		handshake -tls1_2 -cipher eNULL:@SECLEVEL=0 || fail "encryption with $value"
		grep -q '^Ciphersuite: .*NULL' tls || fail "another cipher: $(cat tls)"
		assert_finds warning weak-ciphers
	done
}

# SSLv3 is not to be had of OpenSSL any more, but what --explain says of strict lists is: at
# level may they lead to plaintext. Hence there is no finding that asks for one.
check_strict_protocols() {
	services "$(peer '-o { smtpd_tls_protocols = >=TLSv1, <=TLSv1.2 }')"
	with 'smtp_tls_security_level = may
smtp_tls_protocols = >=TLSv1.2'
	assert_sent_encrypted
	assert_finds_not weak-protocols
	with 'smtp_tls_security_level = may
smtp_tls_protocols = >=TLSv1.3
minimal_backoff_time = 1s'
	send
	await_that sent_by_now
	assert_unlogged 'TLS connection established'
	assert_finds_not weak-protocols
}

# ---- what goes together, and what does not ----

check_wrappermode_of_the_client() {
	local level
	services "$(peer '-o smtpd_tls_wrappermode=yes')"
	with 'smtp_tls_wrappermode = yes
smtp_tls_security_level = encrypt'
	assert_sent_encrypted
	assert_finds_not wrappermode-level
	# There is no STARTTLS, and none is wanted.
	services "$(peer '-o smtpd_tls_wrappermode=yes' '-o smtpd_discard_ehlo_keywords=starttls')"
	with 'smtp_tls_wrappermode = yes
smtp_tls_security_level = encrypt
smtp_discard_ehlo_keywords = starttls'
	assert_sent_encrypted
	assert_finds_not starttls-discarded
	for level in '' none may dane; do
		with "smtp_tls_wrappermode = yes
smtp_tls_security_level = $level"
		assert_deferred ''
		await 'smtp_tls_wrappermode requires "smtp_tls_security_level = encrypt"'
		assert_finds error wrappermode-level
	done
	with 'smtp_tls_wrappermode = yes
smtp_dns_support_level = dnssec
smtp_tls_security_level = dane'
	assert_deferred ''
	await 'smtp_tls_wrappermode requires "smtp_tls_security_level = encrypt"'
	assert_finds warning wrappermode-dane
	assert_finds_not wrappermode-level
}

check_dane_without_dnssec() {
	with 'smtp_dns_support_level = dnssec
smtp_tls_security_level = dane'
	assert_sent_encrypted
	assert_unlogged 'dnssec lookups disabled'
	assert_finds_not dane-without-dnssec
	with 'smtp_tls_security_level = dane'
	assert_sent_encrypted
	await 'warning: .*dane configured with dnssec lookups disabled'
	assert_finds warning dane-without-dnssec 'it is only may'
	# As at level may, mail passes where TLS is not offered.
	services "$(peer '-o smtpd_tls_security_level=none')"
	start
	assert_sent_in_plaintext
	services "$(peer)"
	with 'smtp_tls_security_level = dane-only'
	assert_deferred 'client TLS configuration problem'
	await 'warning: .*dane-only configured with dnssec lookups disabled'
	assert_finds error dane-only-without-dnssec 'all mail is deferred'
}

check_no_ca() {
	with "smtp_tls_security_level = may
smtp_tls_loglevel = 1
smtp_tls_CAfile = $cert"
	assert_sent_encrypted
	await 'postfix/smtp\[.* Trusted TLS connection established to'
	assert_finds_not no-ca
	with 'smtp_tls_security_level = may
smtp_tls_loglevel = 1'
	assert_sent_encrypted
	await 'postfix/smtp\[.* Untrusted TLS connection established to'
	assert_finds note no-ca
}

check_starttls_discarded() {
	with "smtpd_tls_security_level = may
smtpd_discard_ehlo_keywords = chunking
smtp_tls_security_level = may
smtp_discard_ehlo_keywords = chunking
$certificate"
	assert_offered
	assert_sent_encrypted
	assert_finds_not starttls-discarded
	services "$(peer '-o smtpd_discard_ehlo_keywords=')"
	with "smtpd_tls_security_level = may
smtpd_discard_ehlo_keywords = chunking, StartTLS
smtp_tls_security_level = may
smtp_discard_ehlo_keywords = chunking, StartTLS
$certificate"
	assert_not_offered
	assert_sent_in_plaintext
	assert_finds error starttls-discarded 'smtpd_.*no client is offered TLS'
	assert_finds error starttls-discarded 'smtp_.*no server.s offer of TLS is seen'
}

check_encrypt_on_public_mx() {
	with "smtpd_tls_security_level = may
$certificate"
	assert_takes_plaintext
	assert_finds_not encrypt-on-public-mx
	with "smtpd_tls_security_level = encrypt
$certificate"
	assert_wants_tls
	assert_finds warning encrypt-on-public-mx
}

check_encrypt_within_host() {
	services "$(peer)
127.0.0.1:2526 inet n - n - - smtpd -o smtpd_tls_security_level=may"
	with "smtpd_tls_security_level = encrypt
$certificate"
	talk 2526 'EHLO filter.example.org' 'MAIL FROM:<me@example.net>'
	assert_said '^250 2.1.0'
	assert_finds_not encrypt-within-host
	services "$(peer)
127.0.0.1:2526 inet n - n - - smtpd"
	start
	talk 2526 'EHLO filter.example.org' 'MAIL FROM:<me@example.net>'
	assert_said '^530 5.7.0'
	assert_finds warning encrypt-within-host '127.0.0.1:2526'
}

# Stands in for Dovecot: whoever comes may enter.
authenticator() {
	cat >auth.sh <<'EOF'
#!/bin/sh
printf 'VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tCRAM-MD5\tdictionary\tactive\n'
printf 'SPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n'
while read -r word number rest; do
	case $word in
	AUTH) printf 'OK\t%s\tuser=me\n' "$number" ;;
	esac
done
EOF
	chmod 755 auth.sh
	printf 'auth unix - n n - - spawn user=nobody argv=%s/auth.sh\n' "$top"
}

check_plaintext_auth_of_the_server() {
	local setting auth='smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth'
	services "$(authenticator)"
	for setting in 'smtpd_tls_auth_only = yes' 'smtpd_tls_security_level = encrypt' \
		'smtpd_sasl_security_options = noanonymous, noplaintext'; do
		with "smtpd_tls_security_level = may
$certificate
$auth
$setting"
		talk 25 'EHLO client.example.net'
		assert_unsaid 'AUTH.* PLAIN'
		assert_finds_not plaintext-auth
	done
	with "smtpd_tls_security_level = may
$certificate
$auth"
	talk 25 'EHLO client.example.net' 'AUTH PLAIN AG1lAHNlY3JldA=='
	assert_said '^250[- ]AUTH.* PLAIN'
	assert_said '^235 2.7.0'
	assert_finds warning plaintext-auth 'passwords may arrive in plaintext'
}

assert_keeps_password() {
	assert_unlogged 'sasl_method=PLAIN'
	judge
	! finds warning plaintext-auth smtp_sasl_auth_enable || fail "there is nothing to find: $(cat found)"
}

check_plaintext_auth_of_the_client() {
	local auth='smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = inline:{{[127.0.0.1]:2525=me:secret}}'
	compgen -G '/usr/lib*/sasl2/libplain.so' >/dev/null ||
		compgen -G '/usr/lib/*/sasl2/libplain.so' >/dev/null ||
		need 'the module "plain" of Cyrus SASL'
	services "$(authenticator
	peer '-o smtpd_sasl_auth_enable=yes' '-o smtpd_sasl_type=dovecot' \
		'-o smtpd_sasl_path=private/auth' '-o smtpd_tls_security_level=none' \
		'-o { smtpd_sasl_mechanism_filter = plain }')"
	with "smtp_tls_security_level = may
$auth"
	assert_deferred 'SASL authentication failed'
	assert_keeps_password
	with "smtp_tls_security_level = encrypt
smtp_sasl_security_options = noanonymous
$auth"
	assert_deferred 'TLS is required'
	assert_keeps_password
	with "smtp_tls_security_level = may
smtp_sasl_security_options = noanonymous
$auth"
	assert_sent_in_plaintext
	await 'peer/smtpd\[.*sasl_method=PLAIN'
	assert_finds warning plaintext-auth 'passwords may leave without TLS'
}

# ---- names ----

check_byte_order_mark() {
	with "smtpd_tls_security_level = may
$certificate"
	assert_offered
	assert_finds_not byte-order-mark
	with $'\xef\xbb\xbf'"smtpd_tls_security_level = may
$certificate"
	assert_not_offered
	assert_finds warning byte-order-mark
	judge
	finds error policy-unmet 'smtpd_tls_security_level is not set' || fail "$(cat found)"
}

check_misspelled() {
	with "smtpd_tls_security_level = may
$certificate"
	assert_offered
	assert_finds_not misspelled-parameter
	with "smtpd_tsl_security_level = may
$certificate"
	assert_not_offered
	postconf -c "$top/etc" -n 2>&1 | grep -q 'unused parameter: smtpd_tsl_security_level' ||
		fail 'postconf -n does not warn'
	assert_finds warning misspelled-parameter 'did you mean smtpd_tls_security_level'
}

check_duplicates() {
	with "smtpd_tls_security_level = may
smtpd_tls_security_level = may
$certificate"
	assert_finds_not conflicting-duplicates
	with "smtpd_tls_security_level = encrypt
smtpd_tls_security_level = may
$certificate"
	assert_takes_plaintext
	await 'overriding earlier entry: smtpd_tls_security_level=encrypt'
	assert_finds warning conflicting-duplicates
	with "smtpd_tls_security_level = none
smtpd_tls_security_level = may
$certificate"
	assert_offered
	assert_finds warning dead-duplicate
	with "smtpd_tls_security_level = none
$certificate"
	assert_not_offered
	assert_finds_not dead-duplicate
}

# What obsolete parameters stand for; to set a level beside them silences them.
check_implied_level() {
	with "smtpd_enforce_tls = yes
smtp_enforce_tls = yes
$certificate"
	assert_wants_tls
	assert_deferred 'Server certificate not verified'
	assert_finds warning implied-level 'smtpd_enforce_tls = yes at line 1 stands for "encrypt"'
	assert_finds warning implied-level 'smtp_enforce_tls = yes at line 2 stands for "verify"'
	assert_finds warning obsolete-parameter smtpd_enforce_tls
	with "smtpd_enforce_tls = yes
smtp_enforce_tls = yes
smtpd_tls_security_level = may
smtp_tls_security_level = may
$certificate"
	assert_takes_plaintext
	assert_sent_encrypted
	assert_finds_not implied-level
	assert_finds warning obsolete-parameter smtpd_enforce_tls
	with "smtpd_use_tls = yes
smtp_use_tls = yes
$certificate"
	assert_offered
	assert_sent_encrypted
	assert_finds warning implied-level 'smtpd_use_tls = yes at line 1 stands for "may"'
	with "smtpd_tls_security_level = may
$certificate"
	assert_finds_not obsolete-parameter
}

# A name of which postconf knows the default, and the daemon finds nothing.
check_unknown_value() {
	# shellcheck disable=SC2016
	with 'smtpd_tls_security_level = ${smtp_enforce_tls?{encrypt}:{may}}
'"$certificate"
	assert_takes_plaintext
	assert_equal 'what postconf says' encrypt \
		"$(postconf -c "$top/etc" -xh smtpd_tls_security_level)"
	assert_finds error unknown-value 'smtp_enforce_tls is built into Postfix, but not set'
	# shellcheck disable=SC2016
	with 'smtpd_tls_security_level = ${smtp_enforce_tls?{encrypt}:{may}}
smtp_enforce_tls = no
'"$certificate"
	assert_wants_tls
	assert_finds_not unknown-value
}

check_switch_that_is_none() {
	with "smtpd_use_tls = yes
$certificate"
	assert_offered
	assert_finds_not unknown-value
	with "smtpd_use_tls = maybe
$certificate"
	assert_smtpd_dies 'bad boolean configuration: smtpd_use_tls = maybe'
	assert_finds error unknown-value 'neither yes nor no'
}

# ---- master.cf ----

check_service_level() {
	services "$(peer)" '-o { smtpd_tls_security_level = may }'
	with "smtpd_tls_security_level = encrypt
$certificate"
	assert_takes_plaintext
	assert_offered
	assert_finds note service-override 'smtp/inet .smtpd.: smtpd_tls_security_level = may'
	assert_finds_not service-level
	services "$(peer)" '-o smtpd_tls_security_level=none'
	with "smtpd_tls_security_level = may
$certificate"
	assert_not_offered
	assert_finds error service-level 'smtp/inet'
	services "$(peer)" '-o smtpd_discard_ehlo_keywords=starttls'
	start
	assert_not_offered
	assert_finds error starttls-discarded 'smtp/inet'
	services "$(peer)" '-o smtpd_tls_security_level=encrypt'
	start
	assert_wants_tls
	assert_finds warning encrypt-on-public-mx 'smtp/inet'
}

check_service_fatal() {
	local option
	services "$(peer)" '-o smtpd_tls_security_level=may'
	with "$certificate"
	assert_offered
	assert_finds_not service-fatal
	for option in '-o smtpd_tls_security_level = may' '-o smtpd_tls_security_level=dane' \
		'-o smtpd_tls_security_level="may"'; do
		services "$(peer)" "$option"
		start
		assert_smtpd_dies '(invalid "-o smtpd_tls_security_level" option|Invalid TLS level)'
		assert_finds error service-fatal 'smtp/inet'
	done
}

# What kills a daemon as an option, too, and what it dies of in main.cf.
check_service_values() {
	local option
	services "$(peer)" '-o smtpd_tls_auth_only=yes -o smtpd_tls_ciphers=high'
	with "smtpd_tls_security_level = may
$certificate"
	assert_offered
	assert_finds_not service-fatal
	# shellcheck disable=SC2016
	for option in '-o smtpd_tls_auth_only=ye' '-o myhostname=${foo' \
		'-o smtpd_tls_ciphers='; do
		services "$(peer)" "$option"
		start
		assert_smtpd_dies '(bad boolean configuration|dictionary mail_dict: macro processing|.*smtpd_tls_ciphers)'
		assert_finds error service-fatal 'smtp/inet'
	done
}

# Without a certificate of its own, though main.cf has one; with a list that nobody understands.
check_service_without_tls() {
	services "$(peer)" '-o smtpd_tls_ask_ccert=no'
	with "smtpd_tls_security_level = may
$certificate"
	handshake || fail "no TLS: $(cat tls)"
	assert_finds_not no-certificate
	assert_finds_not unusable-list
	services "$(peer)" '-o smtpd_tls_cert_file= -o smtpd_tls_key_file='
	start
	assert_equal 'the answer' '454 4.7.0 TLS not available due to local problem' \
		"$(answer_to_starttls)"
	assert_finds warning no-certificate 'smtp/inet'
	services "$(peer)" '-o smtpd_tls_protocols=SSLv5'
	start
	! handshake || fail 'there is TLS'
	assert_finds error unusable-list 'smtp/inet'
}

# The client that no rule is about.
check_lmtp() {
	local level
	services "$(peer)"
	for level in may encrypt; do
		with "default_transport = lmtp:inet:[127.0.0.1]:2525
lmtp_tls_security_level = $level"
		judge
		! finds error '(fatal-value|wrappermode-level)' lmtp || fail 'there is nothing wrong'
	done
	with 'default_transport = lmtp:inet:[127.0.0.1]:2525
lmtp_tls_security_level = may # comment'
	send_by_lmtp
	await 'lmtp\[[0-9]+\]: fatal: Invalid TLS level "may # comment"'
	assert_finds error fatal-value 'lmtp\(8\) stops'
	with 'default_transport = lmtp:inet:[127.0.0.1]:2525
lmtp_tls_wrappermode = yes
lmtp_tls_security_level = may'
	send_by_lmtp
	await 'lmtp_tls_wrappermode requires "lmtp_tls_security_level = encrypt"'
	assert_finds error wrappermode-level lmtp_tls_security_level
}

send_by_lmtp() {
	printf 'Subject: test\n\ntest\n' |
		sendmail -C "$top/etc" -f me@example.org you@example.net || fail 'sendmail'
}

# postscreen(8) has no TLS but by tlsproxy(8).
check_tlsproxy() {
	local service='2526 inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy'
	services "$(peer)
$service"
	with "smtpd_tls_security_level = may
postscreen_greet_wait = 1s
postscreen_access_list =
postscreen_bare_newline_enable = yes
$certificate"
	timeout 60 openssl s_client -starttls smtp -connect 127.0.0.1:2526 -brief </dev/null >tls 2>&1
	grep -q '^CONNECTION ESTABLISHED' tls || fail "no TLS: $(cat tls log)"
	assert_finds_not service-level
	with "smtpd_tls_security_level = may
postscreen_greet_wait = 1s
postscreen_access_list =
postscreen_bare_newline_enable = yes
tlsproxy_tls_security_level = none
$certificate"
	timeout 60 openssl s_client -starttls smtp -connect 127.0.0.1:2526 -brief </dev/null >tls 2>&1
	! grep -q '^CONNECTION ESTABLISHED' tls || fail "there is TLS: $(cat tls log)"
	assert_finds error service-level 'tlsproxy/unix'
}

check_service_loglevel() {
	services "$(peer)" '-o smtpd_tls_loglevel=1'
	with "smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
$certificate"
	secret_over_tls
	await 'TLS connection established from'
	assert_finds_not service-loglevel
	services "$(peer)" '-o smtpd_tls_loglevel=0'
	start
	secret_over_tls
	assert_unlogged 'TLS connection established from'
	assert_finds warning service-loglevel 'does not show its TLS sessions'
	services "$(peer)" '-o smtpd_tls_loglevel=4'
	start
	secret_over_tls
	await 'secret@'
	assert_finds warning service-loglevel 'dumps of what is said over TLS'
}

check_master_syntax() {
	with "smtpd_tls_security_level = may
$certificate"
	assert_offered
	assert_finds_not master-syntax
	services '2526 inet n - n - smtpd'
	! postfix -c "$top/etc" reload >out 2>&1 || fail 'it takes up the file'
	assert_equal 'reloads' 0 "$(count_reloads)"
	assert_offered
	assert_finds error master-syntax
	stop
	! postfix -c "$top/etc" start >out 2>&1 || fail 'it starts'
	! running || fail 'it runs'
}

# ---- one check, in a process of its own ----

if test $# -eq 3; then
	program=$1 top=$3 here=$(dirname "$3")
	cert=$here/cert.pem key=$here/key.pem
	certificate="smtpd_tls_cert_file = $cert
smtpd_tls_key_file = $key"
	daemons=$(postconf -dh daemon_directory)
	cd "$top" || exit 1
	umask 022
	ip link set lo up || exit 1
	mkdir etc
	cp -a "$here/data" data
	cp "$here/master.cf" etc/master.cf
	services "$(peer)"
	configure ''
	entries=$(ls -A etc)
	"$2"
	stop
	exit 0
fi

# ---- all of them ----

if test $# -ne 1; then
	echo 'Usage: tests/postfix.sh PROGRAM' >&2
	exit 2
fi
PATH=$PATH:/usr/sbin:/sbin
test "$(id -u)" -eq 0 || skip_all tests/postfix.sh 'must be run by root'
for word in postfix postconf openssl unshare ip; do
	command -v $word >/dev/null 2>&1 || skip_all tests/postfix.sh "needs $word"
done
prefix_of() { # CHECK
	prefix='unshare -m -n -p --fork --kill-child --mount-proc'
}
prefix_of any
$prefix ip link set lo up 2>/dev/null ||
	skip_all tests/postfix.sh 'needs namespaces of mounts, processes and networks'

folder=$(mktemp -d /tmp/tlsharden-postfix.XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0755 "$folder"
cp "$1" "$folder/tlsharden" && chmod 0755 "$folder/tlsharden" || exit 1

# What all begin with: the services that Postfix comes with, but for chroot; empty queues; a
# certificate.
prepare() {
	local meta
	meta=$(postconf -dh meta_directory)
	mkdir etc queue data && chown "$(postconf -dh mail_owner)" data || return 1
	awk '/^[a-z]/ { $5 = "n" } 1' "$meta/master.cf.proto" >master.cf && cp master.cf etc || return 1
	printf 'queue_directory = %s\ndata_directory = %s\n' "$PWD/queue" "$PWD/data" >etc/main.cf
	touch -d '2001-02-03 04:05:06' etc/*
	postfix -c "$PWD/etc" check || return 1
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=peer.example.net 2>/dev/null && chmod 600 key.pem
}
(cd "$folder" && prepare) || { echo 'tests/postfix.sh: Postfix cannot be prepared' >&2; exit 1; }

run_checks bash "$0" "$folder"
