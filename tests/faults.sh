#!/bin/sh
# SPDX-License-Identifier: ISC
#
# faults - each system call of the program fails, one after the other.
#
# Usage: tests/faults.sh PROGRAM
#
# strace(1) first lists the calls of a run, and then lets it fail: each call that
# the program itself makes, with each error that it may meet there. Afterwards the
# file must be the old one, with exit status 2 and one line that says why, or the
# new one with its backup; and nothing else may be left.
#
# tests/check_faults.c does this inside the library, more thoroughly. What is added
# here is what lies around it: main, the C library, and the way out.
#
# All errors are tried in the first scenario; in the others each call has but one
# of them, unless CHECK_ALL is set. With a sanitizer, which is slow, that is all there is.

set -u
LC_ALL=C
TZ=UTC
export LC_ALL TZ

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
	echo "usage: tests/faults.sh PROGRAM" >&2
	exit 2
fi
program=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")

skip() {
	echo "*** SKIPPED: $1 ***" >&2
	[ -z "${CHECK_ALL-}" ] || {
		echo "faults: CHECK_ALL wants every check" >&2
		exit 1
	}
	exit 0
}

command -v strace > /dev/null || skip "strace is not installed"
strace -o /dev/null -e trace=close -e inject=close:error=EIO:when=1000 true > /dev/null 2>&1 ||
	skip "strace cannot let system calls fail here"

# LeakSanitizer cannot work in a process that is traced, and lines need not be counted here.
ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0
GCOV_PREFIX=/dev/null
export ASAN_OPTIONS GCOV_PREFIX
instrumented=''
grep -q -e __asan_init -e '\.gcda' "$program" && instrumented=yes

work=$(mktemp -d) || exit 2
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
cd "$work" || exit 2
mkdir etc real bak names || exit 2
umask 022

nl='
'
weak="# of a mail server
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtpd_tls_loglevel = 0
smtp_tls_loglevel = 0
"
hard="# of a mail server
smtpd_tls_security_level = may
smtp_tls_security_level = may
smtpd_tls_loglevel = 1
smtp_tls_loglevel = 1
"
injected=0
failures=0

# ---- the scenarios ----

# Each makes what is there before a run, but for the file, and sets: words, the
# options; target, what etc/main.cf leads to; old and new, what it holds and what it
# becomes; there and kept, how many backups there are before and afterwards.
plain() {
	words='' target=etc/main.cf old=$weak new=$hard there=0 kept=1
}

no_backup() {
	plain
	words=--no-backup kept=0
}

backup_dir() {
	plain
	words='--backup-dir bak'
}

symbolic_link() {
	plain
	target=real/main.cf
	ln -s ../real/main.cf etc/main.cf
}

hard_link() {
	plain
	printf '%s' "$old" > "$target"
	ln "$target" names/other
}

restore() {
	plain
	words=--restore old=$hard new=$weak there=1 kept=2
	printf '%s' "$new" > etc/main.cf.tlsharden-20200101T000000Z
}

restore_copied() {
	restore
	printf '%s' "$old" > "$target"
	ln "$target" names/other
}

scenarios='plain no_backup backup_dir symbolic_link hard_link restore restore_copied'

# prepare SCENARIO: all is as it is before a run.
prepare() {
	rm -f etc/* real/* bak/* names/*
	"$1"
	printf '%s' "$old" > "$target"
}

# ---- the calls, and how they fail ----

# errors_of CALL: sets errors to what it may fail with; to nothing where it is left out.
errors_of() {
	case $1 in
	openat | open) errors='EACCES EMFILE EIO' ;;
	close) errors='EIO' ;;
	dup | fcntl) errors='EMFILE' ;;
	read | pread64) errors='EIO' ;;
	write | writev) errors='ENOSPC EIO' ;;
	lseek | _llseek) errors='EIO' ;;
	newfstatat | fstat | fstatat64 | statx | stat | lstat) errors='EIO EACCES' ;;
	getdents64) errors='EIO' ;;
	readlink | readlinkat) errors='EIO EACCES' ;;
	getcwd) errors='ENOENT' ;;
	ioctl) errors='EIO ENOTTY' ;;
	flock) errors='ENOLCK EINTR' ;;
	ftruncate) errors='EIO' ;;
	fchown | fchownat) errors='EPERM' ;;
	fchmod) errors='EPERM' ;;
	flistxattr | fgetxattr) errors='EIO' ;;
	fsetxattr | fremovexattr) errors='EPERM ENOSPC' ;;
	utimensat) errors='EPERM' ;;
	linkat) errors='EPERM EIO ENOSPC' ;;
	renameat | renameat2) errors='EIO ENOSPC EINVAL' ;;
	unlinkat) errors='EIO' ;;
	fsync) errors='EIO ENOSPC' ;;
	setitimer | rt_sigaction | rt_sigprocmask) errors='EINVAL' ;;
	getrandom) errors='ENOSYS' ;;
	brk | mmap | mremap | munmap) errors='ENOMEM' ;;
	# These cannot fail.
	umask | geteuid | getuid | getegid | getgid | getpid | exit_group) errors='' ;;
	*) errors='unknown' ;;
	esac
	# A sanitizer, or what counts lines, asks for memory of its own and dies where it gets none.
	case $instrumented$1 in
	yesbrk | yesmmap | yesmremap | yesmunmap | yesmprotect | yesmadvise | yesprctl) errors='' ;;
	yessigaltstack | yessched_yield | yesfutex | yesgettid) errors='' ;;
	esac
}

# What the C library says of an error.
cause_of() {
	case $1 in
	EACCES) cause='Permission denied' ;;
	EIO) cause='Input/output error' ;;
	EMFILE) cause='Too many open files' ;;
	ENOENT) cause='No such file or directory' ;;
	ENOLCK) cause='No locks available' ;;
	ENOMEM) cause='out of memory' ;;
	ENOSPC) cause='No space left on device' ;;
	EPERM) cause='Operation not permitted' ;;
	EINVAL) cause='Invalid argument' ;;
	*) cause="no cause known for $1" ;;
	esac
}

# list_calls TRACE: the calls that the program makes itself, one a line: which call,
# which of its kind in the whole run, and what it is about where that matters.
list_calls() {
	awk '
		!match($0, /^[a-z_0-9]+\(/) { next }
		{ call = substr($0, 1, RLENGTH - 1); n[call]++; about = "-" }
		# What main does first. Before that the dynamic loader was at work.
		/^fcntl\(0, F_GETFD/ { ours = 1 }
		# After all that main does it is written down which lines ran.
		/\.gcda"/ { exit }
		!ours { next }
		/^write\(2,/ { about = "message" }
		/^close\(1\)/ { about = "end" }
		# To ask where the heap ends cannot fail. What a refusal leads to is tried
		# with no memory to be had in another way.
		/^brk\(NULL\)/ { next }
		call == "brk" { about = "memory" (n["mmap"] + 1) }
		{ print call, n[call], about }' "$1"
}

# ---- what must be true afterwards ----

# slurp FILE: sets text to what it holds.
slurp() {
	text='' line=''
	while IFS= read -r line; do
		text=$text$line$nl
	done < "$1"
	text=$text$line
}

# What a program says that cannot write down which lines ran is no message of it.
hear() {
	said='' line=''
	while IFS= read -r line; do
		case $line in
		profiling:*) ;;
		*) said=$said$line$nl ;;
		esac
	done < ./message
	said=$said$line
}

complain() {
	echo "faults: $scenario: $call, call $n of its kind: $error: $*"
	failures=$((failures + 1))
}

# Sets backups to how many there are, and litter to what should not be there.
look_around() {
	backups=0 litter=''
	for file in etc/* real/* bak/*; do
		[ -e "$file" ] || [ -h "$file" ] || continue
		case $file in
		*/main.cf) ;;
		*.tlsharden-*Z | *.tlsharden-*Z-[0-9])
			backups=$((backups + 1))
			slurp "$file"
			case $there.$text in
			?".$old" | [!0]".$new") ;;
			*) complain "$file is not whole" ;;
			esac
			;;
		*) litter="$litter $file" ;;
		esac
	done
}

# Where the lock cannot be had or looked at, nobody can tell whose file it is.
may_be_left() {
	case $call in
	unlinkat) return 0 ;;
	flock | newfstatat | fstat | fstatat64 | statx | stat | lstat) ;;
	*) return 1 ;;
	esac
	for file in $litter; do
		case $file in
		*/main.cf.tmp) [ ! -s "$file" ] || return 1 ;;
		*) return 1 ;;
		esac
	done
}

# One line, which names the file or standard output, and the cause.
judge_message() {
	cause_of "$error"
	case $about.$said in
	message.*) return ;;
	memory*."tlsharden: out of memory$nl") return ;;
	*."tlsharden: "*main.cf*": "*"$cause"*"$nl") ;;
	*."tlsharden: "*master.cf*": "*"$cause"*"$nl") ;;
	*."tlsharden: standard output: $cause$nl") ;;
	*) complain "said: $said" ;;
	esac
	case ${said%"$nl"} in
	*"$nl"*) complain "said more than one line: $said" ;;
	esac
}

# Exit status 2, and the file is not as it was: for two reasons only.
judge_exception() {
	case $call.$about.$said in
	# The message is about this.
	fsync.*"may not survive a power failure"*) judge_message ;;
	# It was seen before that the diff has arrived. Nothing real can fail here.
	close.end.*"in force after"*"tlsharden: standard output: "*) ;;
	*) complain "exit status 2, and the file was replaced; said: $said" ;;
	esac
}

# Whether nobody can go on as if nothing had happened.
must_be_told() {
	case $call.$about in
	write.message) return 1 ;;
	write.* | writev.* | ftruncate.* | fsync.* | fchmod.* | fchown.* | getdents64.*) ;;
	*) return 1 ;;
	esac
}

judge() {
	slurp "$target"
	case $text in
	"$old") is=old wanted=$there ;;
	"$new") is=new wanted=$kept ;;
	*) is=torn wanted=$there ;;
	esac
	hear
	case $status.$is in
	0.new) must_be_told && complain "it was ignored" ;;
	2.old) judge_message ;;
	2.new) judge_exception ;;
	*) complain "exit status $status, and the file is $is; said: $said" ;;
	esac
	look_around
	[ -z "$litter" ] || may_be_left || complain "left behind:$litter"
	[ "$backups" -eq "$wanted" ] || [ "$call.$is" = unlinkat.old ] ||
		complain "$backups backups, not $wanted; the file is $is"
}

# ---- all of them ----

# run_strace OPTION...: what the program does under it, with the words of the scenario.
run_strace() {
	# shellcheck disable=SC2086
	strace "$@" "$program" $words etc/main.cf > ./diff 2> ./message < /dev/null
	status=$?
}

# Where a heap that grows is refused, there is no memory to be had in another way either.
injection() {
	case $about in
	memory*) how="-e inject=brk:retval=0:when=$n+ -e inject=mmap:error=ENOMEM:when=${about#memory}+" ;;
	*) how="-e inject=$call:error=$error:when=$n" ;;
	esac
}

# A fault that does not happen proves nothing.
count_it() {
	while read -r line; do
		case $line in
		*"(INJECTED)") injected=$((injected + 1)) && return ;;
		esac
	done < ./trace
	complain "it did not fail"
}

fail_once() {
	prepare "$scenario"
	injection
	# shellcheck disable=SC2086
	run_strace -o ./trace -e "trace=$call,mmap" $how
	count_it
	judge
}

# choose_errors: only one of them, each time another one, where not all are to be tried.
choose_errors() {
	if [ -z "$instrumented" ]; then
		[ -z "${CHECK_ALL-}" ] && [ "$scenario" != "${scenarios%% *}" ] || return 0
	fi
	# shellcheck disable=SC2086
	set -- $errors
	[ $# -eq 0 ] && return
	shift $((n % $#))
	errors=$1
}

fail_each() {
	while read -r call n about; do
		errors_of "$call"
		choose_errors
		for error in $errors; do
			case $error in
			unknown) complain "add to errors_of() how it may fail" ;;
			*) fail_once ;;
			esac
		done
	done < ./calls
}

for scenario in $scenarios; do
	prepare "$scenario"
	run_strace -o ./trace
	list_calls ./trace > ./calls
	call=none n=0 about=- error=none
	judge
	[ $status -eq 0 ] || complain "the run that nothing befalls: exit status $status"
	fail_each
done

echo "faults: $injected faults injected, $failures failures"
[ $failures -eq 0 ] && [ $injected -gt 0 ]
