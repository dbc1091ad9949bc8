#!/bin/sh
# No input makes the program quadratic: tests/linear.sh PROGRAM, or `make check-linear`.
# With a word behind it only the rows whose names have it.
#
# Clocks lie on a busy machine; instructions do not. Each kind of file is made in a
# size and in four times that size, and callgrind counts what the program needs for
# both. Linear is 4, what is sorted is a little more, quadratic is 16; 6 is too much.
# What has a bound, as references have, is measured where the bound is reached.
set -u
export LC_ALL=C

program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") || exit 2
command -v valgrind >/dev/null 2>&1 || {
	echo '*** SKIPPED: valgrind is not installed ***' >&2
	test -z "${CHECK_ALL-}"
	exit
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir" || exit 1
only=${2-} failed=0 rows=0

# instructions ARGUMENTS: how many the program needs for main.cf. It may find fault with it.
instructions() {
	# shellcheck disable=SC2086
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=log \
		"$program" $1 <main.cf >/dev/null 2>&1
	status=$?
	if test $status -gt 2; then
		echo "status $status" >&2
		cat log >&2
		return 1
	fi
	sed -n 's/.*Collected : //p' log
}

# make FILE SIZE PROGRAM-OF-AWK: to awk n is the size, and times(s) is s n times.
make() {
	awk -v n="$2" "
	function times(s,  i) {
		for (i = 1; i < n; i *= 2) s = s s
		return substr(s, 1, length(s) / i * n)
	}
	BEGIN { $3 }" >"$1"
}

# make_both SIZE PROGRAM-FOR-MAIN.CF PROGRAM-FOR-MASTER.CF, of which the latter may be empty.
make_both() {
	rm -f master.cf
	make main.cf "$1" "$2"
	test -z "$3" || make master.cf "$1" "$3"
}

# row WHAT ARGUMENTS SIZE PROGRAM-OF-AWK [PROGRAM-FOR-MASTER.CF]
row() {
	case $1 in *"$only"*) ;; *) return ;; esac
	rows=$((rows + 1))
	make_both "$3" "$4" "${5-}" && one=$(instructions "$2") || exit 1
	make_both $(($3 * 4)) "$4" "${5-}" && four=$(instructions "$2") || exit 1
	awk -v what="$1" -v one="$one" -v four="$four" 'BEGIN {
		ratio = one > 0 ? four / one : 99
		printf "%-58s %11.0f %11.0f %6.2f%s\n", what, one, four, ratio,
			ratio < 6 ? "" : "  NOT LINEAR"
		exit ratio >= 6
	}' || failed=$((failed + 1))
}

weak='smtp_tls_loglevel = 0'
level='smtp_tls_security_level ='

printf '%-58s %11s %11s %6s\n' "instructions for" n 4n ratio
row 'a parameter that is to be raised, over and over' "-n main.cf" 1000 \
	"for (; n > 0; n--) print \"$weak\""
row 'the same on standard input' - 1000 \
	"for (; n > 0; n--) print \"$weak\""
row 'the same, its findings' "--check main.cf" 1000 \
	"for (; n > 0; n--) print \"$weak\""
row 'the same in colour' "-n --color=always main.cf" 1000 \
	"for (; n > 0; n--) print \"$weak\""
row 'the same with reasons' "-n -v main.cf" 1000 \
	"for (; n > 0; n--) print \"$weak\""
row 'the same, each far from the next' "-n main.cf" 500 \
	"for (; n > 0; n--) printf \"$weak\\n%s\", \"#\\n#\\n#\\n#\\n#\\n#\\n#\\n#\\n\""
row 'a good one, over and over' "-n main.cf" 1000 \
	"for (; n > 0; n--) print \"$level may\""
row 'a good one beside wrappermode' "-n main.cf" 1000 \
	"print \"smtp_tls_wrappermode = yes\"; for (; n > 0; n--) print \"$level may\""
row 'one of another kind, over and over' "-n main.cf" 2000 \
	'for (; n > 0; n--) print "relayhost = x"'
row 'a level left alone, over and over' "-n main.cf" 1000 \
	"for (; n > 0; n--) print \"$level \$mail_version\""
row 'an empty level, and a long switch' "-n main.cf" 1000 \
	"print \"smtp_use_tls =\" times(\"no x \"); for (; n > 0; n--) print \"$level\""
row 'levels that come to nothing, and a long switch' "-n main.cf" 2000 \
	"print \"smtp_use_tls =\" times(\"no x \"); for (; n > 0; n--) print \"$level \$n\" n"
row 'levels that come to nothing, and a switch with comments' "-n main.cf" 4000 \
	"print \"smtp_use_tls = no\"; printf \"%s\", times(\"#\\n\"); for (; n > 0; n--) print \"$level \$n\" n"
row 'levels by reference beside a long wrappermode' "-n main.cf" 2000 \
	"print \"smtp_tls_wrappermode =\" times(\"no x \"); for (; n > 0; n--) print \"$level \${n\" n \":may}\""
row 'levels by reference, dane, and a long DNS level' "-n main.cf" 4000 \
	"print \"smtp_dns_support_level =\" times(\"no x \"); for (; n > 0; n--) print \"$level \${n\" n \":dane}\""
row 'names, no two the same' "-n main.cf" 2000 \
	'for (; n > 0; n--) print "n" n " = x"'
row 'names, each leading to the next' "-n main.cf" 2000 \
	"print \"$level \$n\" n; for (; n > 0; n--) print \"n\" n \" = \$n\" n - 1"
row 'a reference to each of many names' "-n main.cf" 1000 \
	"printf \"$weak\"; for (i = n; i > 0; i--) printf \"\$n%d\", i; print \"\"; for (; n > 0; n--) print \"n\" n \" =\""
row 'references to a name with comments behind it' "-n main.cf" 4000 \
	"print \"a =\"; printf \"%s\", times(\"#\\n\"); print \"$weak\" times(\"\$a\")"
row 'references to a name with a comment inside its value' "-n main.cf" 8000 \
	"print \"a =\"; print \"#\" times(\"#\"); print \" \\\\\"; print \"$weak\" times(\"\$a\")"
row 'references to a name amid blanks' "-n main.cf" 2000 \
	"print \"a =\" times(\" \"); print \"$weak\" times(\"\$a\")"
row 'references to a name in front of a long one' "-n main.cf" 16000 \
	"print \"a =\"; print \"b =\" times(\"x\"); print \"$weak\" times(\"\$a\")"
row 'questions about a long name' "-n main.cf" 8000 \
	"print \"a =\" times(\"xyz\"); print \"$weak\" times(\"\${a:}\")"
row 'names of TLS that Postfix does not know, all in use' "--check main.cf" 2000 \
	'for (i = n; i > 0; i--) print "smtp_tls_n" i " = x"; for (; n > 0; n--) print "n" n " = $smtp_tls_n" n'
row 'names of TLS in use in one value' "--check main.cf" 2000 \
	'for (i = n; i > 0; i--) print "smtp_tls_n" i " = x"; printf "n ="; for (; n > 0; n--) printf " $smtp_tls_n%d", n; print ""'
row 'names of TLS in use in master.cf' "--check main.cf" 1000 \
	'for (i = n; i > 0; i--) print "smtp_tls_n" i " = x"' \
	'for (; n > 0; n--) print "n" n " unix - - n - - pipe\n -o x=$smtp_tls_n" n'
row 'names of TLS that are of tables' "--check main.cf" 1000 \
	'for (i = n; i > 0; i--) print "tls" i "_start_tls = x"; for (; n > 0; n--) print "n" n " = ldap:tls" n'
row 'names of TLS that are of services' "--check main.cf" 1000 \
	'for (i = n; i > 0; i--) print "tls" i "_extra_recipient_limit = x"' \
	'for (; n > 0; n--) print "tls" n " unix - n n - - pipe"'
row 'clients in master.cf' "--check main.cf" 500 'print "relayhost = x"' \
	'for (; n > 0; n--) print "n" n " unix - - n - - smtp"'
row 'clients in master.cf, each for a filter' "--check main.cf" 250 'print "relayhost = x"' \
	'for (; n > 0; n--) print "n" n " unix - - n - - smtp\n -o content_filter=n" n ":x"'
row 'continuation lines' "-n main.cf" 2000 \
	"print \"$weak\"; printf \"%s\", times(\" x\\n\")"
row 'continuation lines with comments in between' "-n main.cf" 1000 \
	"print \"$weak\"; printf \"%s\", times(\"#\\n x\\n\")"
row 'comments inside a value' "-n main.cf" 2000 \
	"print \"$weak\"; printf \"%s\", times(\"#\\n\"); print \" x\""
row 'lines that go on with nothing' "-n main.cf" 2000 \
	'printf "%s", times(" x\n")'
row 'examples' "-n main.cf" 2000 \
	"printf \"%s\", times(\"#$weak\\n\")"
row 'empty lines' "-n main.cf" 5000 'printf "%s", times("\n")'
row 'lines that end in CR LF' "-n main.cf" 1000 \
	"for (; n > 0; n--) printf \"$weak\\r\\n\""
row 'malformed lines' "-n main.cf" 1000 'for (; n > 0; n--) print "x"'
row 'names whose sign does not come' "-n main.cf" 1000 'for (; n > 0; n--) print "x\n#"'
row 'lines without a name' "-n main.cf" 1000 'for (; n > 0; n--) print "="'
row 'lines with a NUL' "-n main.cf" 1000 'for (; n > 0; n--) printf "x = %c\n", 0'
row 'NUL bytes' "-n main.cf" 50000 'for (; n > 0; n--) printf "%c", 0'
row 'a long value' "-n main.cf" 50000 "print \"$weak\" times(\"x\")"
row 'a long level' "-n main.cf" 50000 "print \"$level\" times(\"may \")"
row 'a long comment' "-n main.cf" 50000 'print "#" times("x")'
row 'a long name' "-n main.cf" 50000 'print times("x")'
row 'a long blank line' "-n main.cf" 50000 'print times(" ")'
row 'bytes that are no text' "-n --color=always main.cf" 5000 'print "#" times("\377")'
row 'CR and nothing else' "-n main.cf" 50000 'printf "%s", times("\r")'
row 'words of a loglevel' "-n main.cf" 5000 "print \"$weak\" times(\", cache\")"
row 'dollars' "-n main.cf" 50000 "print \"$weak\" times(\"\$\")"
row 'braces' "-n main.cf" 50000 "print \"$weak\" times(\"{\")"
row 'braces of a macro' "-n main.cf" 50000 "print \"$weak\$\" times(\"{\")"
row 'macros that are not closed' "-n main.cf" 5000 "print \"$weak\" times(\"\${\")"
row 'macros inside macros' "-n main.cf" 5000 "print \"$weak\" times(\"\${a:\") times(\"}\")"
row 'operands inside operands' "-n main.cf" 5000 "print \"$weak\" times(\"\${{\") times(\"}=={}}\")"
row 'brackets inside brackets' "-n main.cf" 5000 "print \"$weak\" times(\"\$(a:\") times(\")\")"
row 'choices, one after the other' "-n main.cf" 2000 "print \"$weak\" times(\"\${a?{b}:{c}}\")"
row 'comparisons, one after the other' "-n main.cf" 2000 "print \"$weak\" times(\"\${{a}<={b}?{c}}\")"
row 'digits' "-n main.cf" 20000 "print \"$weak\${{\" times(\"1\") \"}<{\" times(\"2\") \"}}\""

# Logs: `log` reads whatever is called main.cf.
at='Nov 23 12:00:00 mx postfix'
row 'recipients of one message' "log main.cf" 4000 \
	"print \"$at/smtp[1]: Trusted TLS connection established to a.example[192.0.2.1]:25: TLSv1.3 with cipher X (1/1 bits)\"; for (; n > 0; n--) print \"$at/smtp[1]: 4ABCDE: to=<u\" n \"@a.example>, relay=a.example[192.0.2.1]:25, delay=1, status=sent (x)\""
row 'messages of one session' "log main.cf" 1000 \
	"print \"$at/smtpd[1]: connect from c.example[192.0.2.9]\"; for (; n > 0; n--) print \"$at/smtpd[1]: 4ABCDE\" n \": client=c.example[192.0.2.9]\""
row 'sessions without an end' "log main.cf" 1000 \
	"for (; n > 0; n--) print \"$at/smtpd[\" n \"]: connect from c.example[192.0.2.9]\""
row 'peers, no two the same' "log main.cf" 1000 \
	"for (; n > 0; n--) print \"$at/smtp[\" n \"]: 4ABCDE\" n \": to=<u@a\" n \".example>, relay=a\" n \".example[192.0.2.1]:25, delay=1, status=sent (x)\""
row 'daemons, no two the same' "log main.cf" 1000 \
	"for (; n > 0; n--) print \"$at/s\" n \"/smtp[1]: 4ABCDE: to=<u@a.example>, relay=a.example[192.0.2.1]:25, delay=1, status=sent (x)\""
row 'new settings, over and over' "log main.cf" 1000 \
	"for (; n > 0; n--) print \"$at/master[2]: reload -- version 3.7.11, configuration /etc/postfix\\n$at/smtp[1]: 4ABCDE\" n \": to=<u@a.example>, relay=a.example[192.0.2.1]:25, delay=1, status=sent (x)\""
row 'failures, no two the same' "log main.cf" 1000 \
	"for (; n > 0; n--) print \"$at/smtp[1]: SSL_connect error to a\" n \".example[192.0.2.1]:25: -1\""
row 'protocols, no two the same' "log main.cf" 1000 \
	"for (; n > 0; n--) print \"$at/smtp[1]: Trusted TLS connection established to a.example[192.0.2.1]:25: V\" n \" with cipher X (1/1 bits)\\n$at/smtp[1]: 4ABCDE\" n \": to=<u@a.example>, relay=a.example[192.0.2.1]:25, delay=1, status=sent (x)\""
row 'a long line of a log' "log main.cf" 50000 \
	"print \"$at/smtp[1]: 4ABCDE: to=<\" times(\"u\") \"@a.example>, relay=a.example[192.0.2.1]:25, delay=1, status=sent (x)\""
row 'a long line that is none' "log main.cf" 50000 "print times(\"a b[1]: \")"
echo "$rows kinds of files, $failed of them not linear"
test $failed -eq 0
