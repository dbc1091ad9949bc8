#!/bin/sh
# SPDX-License-Identifier: ISC
#
# examples - what the documentation says, held against the program.
#
# Usage: tests/examples.sh [--update] PROGRAM
#
# Every block of README.md that is fenced as ```console runs: its lines that
# start with "$ " are the commands, what stands below one is its output, both
# streams. A block starts in a folder of its own with fresh copies of
# tests/fixtures/*.cf and *.log, is one shell, and has the program in its PATH. That folder
# is shown as /tmp/tour. The time in the name of a backup does not count, nor does whether
# two of them fell into one second.
#
# Options and the codes of findings must be the same in the program, the manual
# page and README.md.
#
# --update puts the real output into README.md instead.

set -u
LC_ALL=C
export LC_ALL

update=
if [ "${1-}" = --update ]; then
	update=yes
	shift
fi
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
	echo "usage: tests/examples.sh [--update] PROGRAM" >&2
	exit 2
fi
program=$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")
root=$(cd "$(dirname "$0")/.." && pwd -P)
readme=$root/README.md
manual=$root/man/tlsharden.8

work=$(mktemp -d) || exit 2
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
mkdir "$work/bin" "$work/blocks" || exit 2
ln -s "$program" "$work/bin/tlsharden" || exit 2

passed=0
failed=0

# verdict GROUP FILE: FILE says what is wrong; if it is empty all is well.
verdict() {
	if [ -s "$2" ]; then
		echo "examples: $1: FAILED"
		sed 's/^/    /' "$2"
		failed=$((failed + 1))
	else
		echo "examples: $1: ok"
		passed=$((passed + 1))
	fi
}

# same NAME1 FILE1 NAME2 FILE2: says what is in one of two sorted lists only.
same() {
	[ -s "$2" ] || echo "nothing found in $1"
	[ -s "$4" ] || echo "nothing found in $3"
	comm -23 "$2" "$4" | sed "s|^|in $1, not in $3: |"
	comm -13 "$2" "$4" | sed "s|^|in $3, not in $1: |"
}

mask_time() {
	sed 's/[0-9]\{8\}T[0-9]\{6\}Z\(-[0-9]\)*/YYYYMMDDTHHMMSSZ/g' "$1"
}

# ---- the tables of findings, out of the program's own ----

findings_of_program() {
	"$program" --explain all | sed -n 's/^\([a-z-]*\) (\([a-z]*\)): \(.*\)$/\1|\2|\3/p'
}

findings_for_readme() {
	printf '| code | severity | meaning |\n| --- | --- | --- |\n'
	findings_of_program | sed 's/^\([^|]*\)|\([^|]*\)|\(.*\)$/| `\1` | \2 | \3 |/'
}

findings_for_manual() {
	echo '.Bl -tag -width Ds'
	findings_of_program | sed 's/^\([^|]*\)|\([^|]*\)|\(.*\)$/.It Cm \1 Pq \2\
\3/' | sed '/^[^.]/s/^./\U&/; /^[^.]/s/$/./'
	echo '.El'
}

# between FILE FIRST LAST: the lines of FILE between two lines.
between() {
	awk -v first="$2" -v last="$3" '$0 == last { inside = 0 } inside { print } $0 == first { inside = 1 }' "$1"
}

# put_between FILE FIRST LAST TEXT: puts the file TEXT between two lines of FILE.
put_between() {
	awk -v first="$2" -v last="$3" -v text="$4" '
		$0 == last { inside = 0 }
		!inside { print }
		$0 == first { inside = 1; while ((getline line < text) > 0) print line; close(text) }' \
		"$1" > "$work/put" && cat "$work/put" > "$1"
}

readme_first='<!-- findings -->' readme_last='<!-- /findings -->'
manual_first='.\\" findings: made by tests/examples.sh --update' manual_last='.\\" end of findings'
findings_for_readme > "$work/findings.readme"
findings_for_manual > "$work/findings.manual"
if [ -n "$update" ]; then
	put_between "$readme" "$readme_first" "$readme_last" "$work/findings.readme"
	put_between "$manual" "$manual_first" "$manual_last" "$work/findings.manual"
else
	between "$readme" "$readme_first" "$readme_last" |
		diff -u - "$work/findings.readme" > "$work/wrong"
	verdict "table of findings in README.md" "$work/wrong"
	between "$manual" "$manual_first" "$manual_last" |
		diff -u - "$work/findings.manual" > "$work/wrong"
	verdict "table of findings in the manual page" "$work/wrong"
fi

# ---- the console blocks of README.md ----

# Writes each block to blocks/N, with a leading zero so that the names sort.
split_blocks() {
	awk -v dir="$work/blocks" '
		/^```/ && inside { inside = 0; close(file); next }
		/^```console$/ { inside = 1; file = sprintf("%s/%03d", dir, ++n); printf "" > file; next }
		/^```/ { inside = 2; file = "/dev/null"; next }
		inside == 1 { print > file }' "$readme"
}

# A shell script that says and runs the commands of a block, one after the other.
script_of() {
	sed -n "s/^\\\$ //p" "$1" | while IFS= read -r command; do
		quoted=$(printf '%s\n' "$command" | sed "s/'/'\\\\''/g")
		printf '%s\n' "status=\$?; printf '%s\\n' '\$ $quoted'; (exit \$status)" "$command"
	done
}

# run_block BLOCK: what it really prints goes to BLOCK.is.
run_block() {
	folder=$work/tour
	rm -rf "$folder"
	mkdir "$folder" || exit 2
	cp "$root"/tests/fixtures/*.cf "$root"/tests/fixtures/*.log "$folder" || exit 2
	script_of "$1" > "$1.sh"
	(
		cd "$folder" || exit 2
		exec env -i PATH="$work/bin:$PATH" HOME="$folder" TZ=UTC LC_ALL=C \
			GCOV_ERROR_FILE=/dev/null sh "$1.sh"
	) > "$1.raw" 2>&1 < /dev/null
	sed "s|$folder|/tmp/tour|g" "$1.raw" > "$1.is"
}

check_block() {
	mask_time "$1" > "$1.want.masked"
	mask_time "$1.is" > "$1.is.masked"
	{
		grep -q '^\$ ' "$1" || echo "no command in it"
		diff -u "$1.want.masked" "$1.is.masked" | tail -n +3
	} > "$1.wrong"
	verdict "README.md, console block $(basename "$1")" "$1.wrong"
}

# Puts what is into README.md where it is not the same but for the time.
update_readme() {
	for block in "$work"/blocks/???; do
		mask_time "$block" > "$block.want.masked"
		mask_time "$block.is" > "$block.is.masked"
		cmp -s "$block.want.masked" "$block.is.masked" && cp "$block" "$block.is"
	done
	awk -v dir="$work/blocks" '
		/^```/ && inside { inside = 0; print; next }
		/^```console$/ {
			inside = 1
			print
			file = sprintf("%s/%03d.is", dir, ++n)
			while ((getline line < file) > 0)
				print line
			close(file)
			next
		}
		/^```/ { inside = 2 }
		inside != 1 { print }' "$readme" > "$work/README.md" || exit 2
	if cmp -s "$work/README.md" "$readme"; then
		echo "examples: README.md is as it should be"
	else
		cat "$work/README.md" > "$readme" || exit 2
		echo "examples: README.md updated"
	fi
}

split_blocks
[ -e "$work/blocks/001" ] || {
	echo "no console block in README.md" > "$work/none"
	verdict "README.md, console blocks" "$work/none"
}
for block in "$work"/blocks/???; do
	[ -e "$block" ] || continue
	run_block "$block"
	[ -n "$update" ] || check_block "$block"
done
if [ -n "$update" ]; then
	[ $failed -eq 0 ] || exit 1
	update_readme
	exit
fi

# ---- options ----

# The words that are options, one a line, sorted.
option_words() {
	tr -c 'A-Za-z0-9-' '\n' | grep -E '^(-[A-Za-z]|--[a-z][a-z-]*)$' | sort -u
}

# options_of_help [log]: those that --help lists.
options_of_help() {
	"$program" "$@" --help | sed -n 's/^ *\(-[^ ]*\( --[^ ]*\)\{0,1\}\).*/\1/p' | option_words
}

# options_of_manual SECTION NEXT: those that a section of the manual page explains.
options_of_manual() {
	sed -n "/^\.Sh $1/,/^\.Sh $2/s/^\.It Fl //p" "$manual" |
		awk '{ for (i = 1; i <= NF; i++)
			if (i == 1 || $(i - 1) == "Fl") print "-" $i }' | option_words
}

# options_of_readme SECTION NEXT: those in the table of a section of README.md.
options_of_readme() {
	sed -n "/^## $1/,/^## $2/s/^| \(\`-[^|]*\)|.*/\1/p" "$readme" | option_words
}

options_of_help > "$work/help"
options_of_help log > "$work/help.log"
options_of_manual OPTIONS LOGS > "$work/manual"
options_of_manual LOGS SAFE > "$work/manual.log"
options_of_readme Options Reading > "$work/readme"
options_of_readme 'Reading logs' Exit > "$work/readme.log"
for of in '' .log; do
	name="--help of tlsharden$(echo "$of" | tr . ' ')"
	same "$name" "$work/help$of" "the manual page" "$work/manual$of" > "$work/wrong"
	verdict "options of $name and of the manual page" "$work/wrong"
	same "$name" "$work/help$of" README.md "$work/readme$of" > "$work/wrong"
	verdict "options of $name and of README.md" "$work/wrong"
done

# What is used anywhere in running text must be among them.
sort -u "$work/help" "$work/help.log" > "$work/help.all"
{
	sed -n 's/^\.[A-Z].*Fl /Fl /p' "$manual" |
		awk '{ for (i = 1; i <= NF; i++) if ($i == "Fl") print "-" $(i + 1) }'
	grep -o 'tlsharden -[^|;)>`]*' "$manual"
} | option_words > "$work/used"
same "the manual page's text" "$work/used" --help "$work/help.all" | grep -v '^in --help' > "$work/wrong"
verdict "options in the text of the manual page" "$work/wrong"
grep -o 'tlsharden -[^|;)>`]*' "$readme" | option_words > "$work/used"
same "README.md's text" "$work/used" --help "$work/help" | grep -v '^in --help' > "$work/wrong"
verdict "options in the text of README.md" "$work/wrong"
cat "$readme" "$manual" | grep -o 'tlsharden log [^|;)>`]*' | option_words > "$work/used"
comm -23 "$work/used" "$work/help.log" > "$work/wrong"
verdict "options of log in running text" "$work/wrong"

# ---- findings ----

sed -n 's/.*{"\([a-z-]*\)", SEVERITY_\([A-Z]*\)}.*/\1 \2/p' "$root/src/finding.c" |
	tr '[:upper:]' '[:lower:]' | sort -u > "$work/source"
sed -n '/^\.Sh FINDINGS/,/^\.Sh ENV/s/^\.It Cm \([a-z-]*\) Pq \([a-z]*\)$/\1 \2/p' "$manual" |
	sort -u > "$work/manual"
same src/finding.c "$work/source" "the manual page" "$work/manual" > "$work/wrong"
verdict "codes and severities of findings" "$work/wrong"

# ---- exit statuses ----

sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EX/s/^\.It \([0-9]\)$/\1/p' "$manual" > "$work/manual"
sed -n 's/^.*EXIT_[A-Z_]* = \([0-9]\).*/\1/p' "$root/include/status.h" > "$work/source"
sed -n '/^## Exit status/,/^## [^E]/s/^| \([0-9]\) |.*/\1/p' "$readme" > "$work/readme"
{
	same include/status.h "$work/source" "the manual page" "$work/manual"
	same include/status.h "$work/source" README.md "$work/readme"
} > "$work/wrong"
verdict "exit statuses" "$work/wrong"

echo "examples: $passed passed, $failed failed"
[ $failed -eq 0 ]
