# shellcheck shell=sh disable=SC2154
# What tests/root.sh and tests/postfix.sh share: each is a list of functions called check_...
# and mount_..., which run one after the other, each in a process and an empty folder of its
# own. What a machine cannot do is skipped, and said aloud.

# What becomes of a check that cannot be made here, as an exit status.
SKIPPED=77

# ---- what the checks say; top is their folder ----

fail() {
	printf '    %s\n' "$*"
	sed 's/^/    | /' "$top/err" 2>/dev/null
	exit 1
}

skip() {
	printf '    %s\n' "$*"
	exit $SKIPPED
}

need() {
	command -v "$1" >/dev/null 2>&1 && return 0
	test -z "${CHECK_ALL-}" || fail "$1 is not installed, and CHECK_ALL wants every check"
	skip "$1 is not installed"
}

assert_equal() { # WHAT WANTED GOT
	test "$2" = "$3" || fail "$1: want <$2>, got <$3>"
}

# ---- all of them ----

# None can be made here: that is no failure, unless somebody wants them all.
skip_all() { # SCRIPT REASON
	echo "*** SKIPPED: $1 $2 ***" >&2
	test -z "${CHECK_ALL-}" || exit 1
	exit 0
}

# ONLY is a part of the names of those that are wanted, for who works on one of them.
# Each by "SHELL SCRIPT PROGRAM CHECK FOLDER", behind the words that prefix_of CHECK leaves in
# prefix. Where those do not work here, the check is skipped.
run_checks() { # SHELL SCRIPT FOLDER
	passed=0 failed=0 skipped=0
	for check in $(sed -n 's/^\(\(check\|mount\)_[a-z0-9_]*\)() {$/\1/p' "$2"); do
		case $check in
		*${ONLY-}*) ;;
		*) continue ;;
		esac
		prefix_of "$check"
		mkdir -m 0755 "$3/$check"
		if test -n "$prefix" && ! $prefix true 2>/dev/null; then
			said='    no mount namespace can be made here' rc=$SKIPPED
		else
			said=$($prefix "$1" "$2" "$3/tlsharden" "$check" "$3/$check" 2>&1)
			rc=$?
		fi
		case $rc in
		0) verdict=ok passed=$((passed + 1)) ;;
		"$SKIPPED") verdict='*** SKIPPED' skipped=$((skipped + 1)) ;;
		*) verdict=FAILED failed=$((failed + 1)) ;;
		esac
		echo "$verdict ${check#*_}"
		test $rc -eq 0 || printf '%s\n' "$said"
	done
	test $skipped -eq 0 || echo "*** $skipped SKIPPED: see above ***"
	echo "$passed passed, $failed failed"
	test $failed -eq 0 && test $((passed + skipped)) -gt 0
}
