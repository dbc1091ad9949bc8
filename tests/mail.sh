#!/usr/bin/env bash
# Whether `log` is right about real mail: tests/mail.sh PROGRAM, or `make check-mail`, as root.
#
#   tests/mail.sh PROGRAM          sends mail, lets PROGRAM read the logs, compares with the truth
#   tests/mail.sh --compare PROGRAM DIR   the same with mail that was sent before
#   tests/mail.sh --make DIR       sends mail; leaves log.NAME and truth.NAME in DIR
#   tests/mail.sh --grow LOG MEGABYTES [PEERS]   a large log for benchmarks, from a small one
#
# Four Postfix instances (a to d) and the odd peers of tests/peer.py exchange some hundred
# messages in namespaces of their own: no packet leaves, no process outlives them. The truth
# is in the Received headers of what arrived; tests/mailtruth.py reads them, and never a log.
set -u
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd) || exit 1
export PYTHONDONTWRITEBYTECODE=1
. "$here/mailservers.sh" || exit 1

die() {
	echo "mail.sh: $*" >&2
	exit 1
}

# ---- the servers ----

configure() { # NAME
	mkdir -p "$run/$1/etc" "$run/$1/spool" "$run/$1/data"
	chown postfix "$run/$1/data"
	main_cf "$1" >"$run/$1/etc/main.cf"
	master_cf "$1" >"$run/$1/etc/master.cf"
	transport "$1" | grep -v "\.$1\.example " >"$run/$1/transport"
	printf '/%s/ box\n' '^in-.*\.example$' "\\.$1\\.example\$" >"$run/$1/boxes"
	: >>"$run/log.$1"
	# This makes the folders of the queue, too.
	postfix -c "$run/$1/etc" check >"$run/$1/said" 2>&1 || die "$(cat "$run/$1/said")"
}

# A server has to know its own addresses from those of the others, which are all of this host.
set_up_network() {
	local address n
	ip link set lo up || die 'no network'
	for n in 1 2 3 4; do
		ip address add "192.0.2.$n/24" dev lo || die 'no network'
	done
	# Not every kernel has IPv6. A network of it does not make all of its addresses this host's.
	for address in $(python3 "$here/peer.py" addresses6); do
		ip -6 address add "$address/128" dev lo nodad 2>"$run/said" || return 0
	done
	: >"$run/ipv6"
}

certificate() { # NAME CA
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1.example" -keyout "$run/tls/$1.key" \
		-out "$run/tls/$1.csr" 2>"$run/said" &&
		printf 'subjectAltName = DNS:*.example, DNS:tls.example\n' >"$run/tls/ext" &&
		openssl x509 -req -in "$run/tls/$1.csr" -CA "$run/tls/$2.pem" -CAkey "$run/tls/$2.key" \
			-CAcreateserial -days 30 -extfile "$run/tls/ext" -out "$run/tls/$1.crt" 2>"$run/said" &&
		cat "$run/tls/$1.key" "$run/tls/$1.crt" >"$run/tls/$1.pem" || die "$(cat "$run/said")"
}

authority() { # NAME
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=test authority $1" \
		-keyout "$run/tls/$1.key" -out "$run/tls/$1.pem" 2>"$run/said" || die "$(cat "$run/said")"
}

# ---- the mail ----

# A line for each message: its recipients, each with a number of its own.
message() { # CASE [PREFIX...]
	local case=$1 prefix line=
	shift
	for prefix in "${@:-user}"; do
		count=$((count + 1))
		line="$line $prefix+$count@$case.example"
	done
	echo "$line"
}

messages() { # NUMBER CASE...
	local number=$1 case i
	shift
	for ((i = 0; i < number; i++)); do
		for case; do
			message "$case"
		done
	done
}

mail_of() { # NAME
	local count=0 other
	other=$(other_than "$1")
	case $1 in
	a | c)
		messages 12 none encrypt
		messages "$GATED" gate gateplain
		messages 8 reuseplain few
		messages 4 plain tls
		messages 3 {tls10,tls11,tls12,tls13,server,proxied,anonymous}.$other broken midfail refused
		messages 2 relay relayplain defers deferstwice defersplain wrapped untrusted \
			secure securenext hostile hostiledefers hostilebounces hostilerefusal bounces \
			lmtp lmtpplain lmtpunix zero.b literal
		! has_ipv6 || messages 2 six sixplain twin plaintwin sixliteral server6.$other
		messages 1 stuck-required stuck-refused stuck-stranger flip
		message flipsome odd even odd
		message tls r s t u v
		message server.$other r s t
		message partial r s t u v w
		message partial r s
		echo {one,two}@alias.example
		echo {one,two}@plainalias.example {one,two}@alias.example
		;;
	b)
		messages 3 tls plain server.$other
		! has_ipv6 || messages 2 six sixplain
		message tls r s t
		;;
	d)
		messages "$GATED" gate gateplain
		messages 6 tls plain few
		! has_ipv6 || messages 2 six sixplain
		message tls r s t
		;;
	esac
}

send_from() { # NAME
	local line
	# Some as a user does, the others faster.
	for line in "$1.1@tls.example" "$1.2@plain.example" "$1.3@tls.example $1.4@tls.example"; do
		# shellcheck disable=SC2086
		printf 'Subject: test\n\ntext\n' |
			sendmail -C "$run/$1/etc" -i -f sender@back.example $line ||
			die "$1: sendmail failed"
	done
	mail_of "$1" | tee "$run/sent.$1" | python3 "$here/peer.py" submit "$run" "$1" ||
		die "$1 takes no mail"
}

probe_from() { # NAME
	local other
	other=$(other_than "$1")
	set -- "$1" probe@{tls,plain,bounces,{server,proxied,anonymous}."$other"}.example
	! has_ipv6 || set -- "$@" probe@{six,sixplain,server6."$other"}.example
	sendmail -C "$run/$1/etc" -bv -f sender@back.example "${@:2}" >>"$run/$1/said" 2>&1
}

GATED=15

# ---- waiting: always for something to be seen, never for time to pass ----

wait_for() { # WHAT COMMAND...
	local what=$1 last=$((SECONDS + 90))
	shift
	while test $SECONDS -lt $last; do
		"$@" && return 0
		sleep 0.1
	done
	die "in vain waited for $what"
}

queue() { # NAME
	postqueue -c "$run/$1/etc" -j 2>>"$run/$1/said"
}

gated_are_queued() {
	local name
	for name in a c d; do
		test "$(queue $name | grep -c '@gate')" -eq $((2 * GATED)) || return 1
	done
}

# Only what can never be delivered is left, and has been tried. What waits is tried again.
drained() {
	local name all=0
	for name in $SERVERS; do
		queue "$name" >"$run/$name/queue"
		if grep -v '@stuck-' "$run/$name/queue" | grep -q .; then
			postqueue -c "$run/$name/etc" -f
			all=1
		elif grep '@stuck-' "$run/$name/queue" | grep -qv delay_reason; then
			all=1
		fi
	done
	return $all
}

# A session that ends writes a line; it is needed, too.
sessions_ended() {
	local name
	for name in $SERVERS; do
		test "$(grep -c 'smtpd\[[0-9]*\]: connect from' "$run/log.$name")" -eq \
			"$(grep -c 'smtpd\[[0-9]*\]: disconnect from' "$run/log.$name")" || return 1
	done
}

SERVERS='a b c d'

in_parallel() { # COMMAND NAMES...
	local command=$1 name pids=() pid rc=0
	shift
	for name; do
		"$command" "$name" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || rc=1
	done
	test $rc -eq 0 || exit 1
}

start() {
	postfix -c "$run/$1/etc" start >>"$run/$1/said" 2>&1 || die "$1: $(cat "$run/$1/said")"
}

stop() {
	postfix -c "$run/$1/etc" stop >>"$run/$1/said" 2>&1
}

clients() {
	python3 "$here/peer.py" clients "$run" "$1" || die "the clients of $1 failed"
}

# ---- all of it, inside of the namespaces ----

inside() {
	run=$1
	mkdir -p "$run/tls" "$run/mail" "$run/box"
	chown 65534:65534 "$run/box"
	set_up_network
	{ printf '%s localhost\n' 127.0.0.1 ::1 && python3 "$here/peer.py" hosts; } >"$run/hosts"
	mount --bind "$run/hosts" /etc/hosts && mount --bind /dev/null /etc/resolv.conf || die 'no mount'
	authority ca && authority other && certificate peer ca && certificate stranger other
	printf '%s\n' '[both.example]:25 none' '[both.example]:smtp encrypt' >"$run/policy"
	echo 'nowhere.example 554 5.7.1 not here' >"$run/access"
	python3 "$here/peer.py" sinks "$run" &
	in_parallel configure $SERVERS
	wait_for 'the sinks' test -e "$run/ready"
	in_parallel start $SERVERS
	in_parallel send_from $SERVERS
	in_parallel clients a b c
	in_parallel probe_from a c
	wait_for 'a full queue' gated_are_queued
	: >"$run/gate"
	wait_for 'the end of all deliveries' drained
	wait_for 'the end of all sessions' sessions_ended
	in_parallel stop $SERVERS
	python3 "$here/mailtruth.py" truth "$run"
}

can_unshare() {
	unshare --net --mount --pid --fork --kill-child --mount-proc true 2>/dev/null
}

# The first process of the namespace takes all others with it when it ends.
make_mail() { # DIR
	local rc
	chmod 0755 "$folder"
	mkdir "$folder/run"
	unshare --net --mount --pid --fork --kill-child --mount-proc \
		"$BASH" "$here/mail.sh" --inside "$folder/run" &
	child=$!
	wait $child
	rc=$?
	child=
	test $rc -eq 0 || return 1
	mkdir -p "$1" && cp "$folder"/run/log.? "$folder"/run/truth.? "$1"
}

# While it waits, unshare(1) heeds no gentler signal.
child=
clean() {
	if test -n "$child"; then
		kill -KILL "$child" && wait "$child" 2>/dev/null
	fi
	rm -rf "$folder"
}

make_folder() {
	folder=$(mktemp -d /tmp/tlsharden-mail.XXXXXX) || exit 1
	trap clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# ---- what there is to do ----

skip() {
	echo "*** SKIPPED: $* ***" >&2
	test -z "${CHECK_ALL-}" || exit 1
	exit 0
}

check_tools() {
	local tool
	test "$(id -u)" -eq 0 || skip 'tests/mail.sh must be run by root'
	for tool in python3 openssl ip unshare postfix postqueue sendmail; do
		command -v $tool >/dev/null 2>&1 || skip "$tool is not installed"
	done
	can_unshare || skip 'no namespaces can be made here'
}

# The lines of all the checks, then how many.
compare() { # PROGRAM DIR
	python3 "$here/mailtruth.py" compare "$1" "$2"
}

case $#:${1-} in
2:--inside) inside "$2" ;;
2:--make)
	check_tools
	make_folder
	make_mail "$2"
	;;
3:--compare) compare "$2" "$3" ;;
3:--grow | 4:--grow)
	shift
	python3 "$here/mailgrow.py" "$@"
	;;
1:[!-]*)
	check_tools
	make_folder
	make_mail "$folder/made" || die 'the mail could not be sent'
	compare "$1" "$folder/made"
	;;
*)
	sed -n '4,7s/^# *//p' "$0" >&2
	exit 2
	;;
esac
