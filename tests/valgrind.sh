#!/bin/sh
# The program in all its modes under valgrind: tests/valgrind.sh PROGRAM, or
# `make valgrind`. $VALGRIND is the command with its options.
set -u
export LC_ALL=C

program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1") || exit 2
fixtures=$(cd "$(dirname "$0")/fixtures" && pwd) || exit 2
valgrind=${VALGRIND:-valgrind -q --error-exitcode=99}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir" || exit 1
failed=0 runs=0

fresh() {
	rm -rf conf backups
	mkdir conf backups
	cp "$fixtures"/*.cf conf
	cp "$fixtures/debian.cf" conf/main.cf
	ln -s debian-2013.cf conf/link.cf
}

# expect STATUS INPUT ARGUMENTS...: what the program has to return.
expect() {
	runs=$((runs + 1))
	want=$1 input=$2
	shift 2
	# shellcheck disable=SC2086
	$valgrind --log-file=log "$program" "$@" <"$input" >out 2>err
	status=$?
	if test $status -ne "$want" || test -s log; then
		echo "tlsharden $* <$input: status $status, wanted $want"
		cat log err
		failed=$((failed + 1))
	fi >&2
}

fresh
# Some of the fixtures are malformed.
expect 2 /dev/null -n conf/*.cf
expect 2 /dev/null --check conf/*.cf
expect 2 /dev/null -v -n --color=always conf/*.cf
expect 2 /dev/null --check --color=always conf/*.cf
expect 2 /dev/null --backup-dir backups conf/*.cf
expect 2 /dev/null -v conf/*.cf
fresh
expect 2 /dev/null --no-backup conf/*.cf
expect 2 /dev/null --no-backup conf/*.cf
fresh
expect 0 /dev/null conf
expect 0 /dev/null -v conf/link.cf
for input in debian postfix-dist crlf no-newline comments-inside empty; do
	expect 0 "conf/$input.cf" -
done
expect 1 conf/expansion-unknown.cf -
expect 2 conf/pasted-terminal.cf -
expect 0 conf/debian-2013.cf -n -
expect 1 conf/wrappermode.cf --check -
expect 2 /dev/null --backup-dir nowhere conf/quoted.cf
expect 2 /dev/null nowhere /dev/null
expect 2 /dev/null conf/debian.cf -- -
expect 2 /dev/null --color=mauve conf
expect 2 /dev/null --no-such-option
expect 2 /dev/null
expect 0 /dev/null --help
expect 0 /dev/null --version

echo "$runs runs under valgrind, $failed of them failed"
test $failed -eq 0
