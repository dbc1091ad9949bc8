#!/bin/sh
# Speed and memory, side by side with other tools: tests/bench.sh BUILD, or `make bench`.
#
# Whole processes, medians, by hyperfine. Nothing here fails for being slow. Peers
# that are not installed are named and left out. Prints a table in Markdown.
set -u
export LC_ALL=C

build=$(cd "${1:-build}" && pwd) || exit 2
program=$build/tlsharden
fixtures=$(cd "$(dirname "$0")/fixtures" && pwd) || exit 2
for tool in hyperfine /usr/bin/time; do
	command -v "$tool" >/dev/null 2>&1 || {
		echo "bench: $tool is needed and not installed" >&2
		exit 2
	}
done
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1
mkdir conf
: >conf/master.cf

# median PREPARE COMMAND: seconds.
median() {
	hyperfine --shell=none --warmup "${warmup:-3}" --runs "${runs:-40}" --ignore-failure \
		--prepare "$1" --export-csv time.csv "$2" >/dev/null 2>hyperfine.err ||
		cat hyperfine.err >&2
	awk -F, 'END { print $(NF - 4) }' time.csv
}

row() { # WHAT OURS PEER THEIRS GOAL
	awk -v what="$1" -v ours="$2" -v peer="$3" -v theirs="$4" -v goal="$5" 'BEGIN {
		r = ours / theirs
		printf "| %s | %.2f ms | %s: %.2f ms | %s | %s |\n", what, ours * 1000, peer,
			theirs * 1000, sprintf(r < 0.1 ? "%.4f" : "%.2f", r),
			goal == "" ? "" : goal (r <= goal + 0 ? ", met" : ", missed")
	}'
}

mbs() { # WHAT SECONDS BYTES KIB
	awk -v what="$1" -v s="$2" -v b="$3" -v k="$4" 'BEGIN {
		rate = b / s / 1e6
		times = k * 1024 / b
		printf "| %s | %.0f ms |  | %.0f MB/s | 200 MB/s, %s |\n", what, s * 1000, rate,
			(rate >= 200 ? "met" : "missed")
		printf "| its memory | %.0f MB | the file: %.0f MB | %.1f | 4, %s |\n", k / 1e3, b / 1e6,
			times, (times <= 4 ? "met" : "missed")
	}'
}

# What a sync costs here, for the apply rows contain three.
fsync_time() {
	dd if=/dev/zero of=sync.a bs=4k count=1 2>/dev/null
	with=$(median true 'dd if=/dev/zero of=sync.a bs=4k count=1 conv=notrunc,fsync')
	without=$(median true 'dd if=/dev/zero of=sync.a bs=4k count=1 conv=notrunc')
	awk -v a="$with" -v b="$without" 'BEGIN { printf "%.2f", (a - b) * 1000 }'
}

echo "One fsync takes about $(fsync_time) ms here."
echo
echo '| what | tlsharden | beside | ratio | goal |'
echo '| --- | --- | --- | --- | --- |'

for name in debian postfix-dist; do
	cp "$fixtures/$name.cf" base.cf
	touch -d 2020-01-01 base.cf
	# The backups of earlier runs go too, as a fresh machine has none.
	cat >fresh.sh <<-'EOF'
		rm -f conf/main.cf*
		cp -p base.cf conf/main.cf
	EOF
	ours=$(median 'sh fresh.sh' "$program -q conf/main.cf")
	if command -v postconf >/dev/null 2>&1; then
		theirs=$(median 'sh fresh.sh' "postconf -c $dir/conf -e smtpd_tls_security_level=may smtp_tls_security_level=may smtp_tls_loglevel=1 smtpd_tls_loglevel=1")
		row "apply, $name.cf" "$ours" 'postconf -e' "$theirs" 0.5
	else
		echo "bench: no postconf here: left out" >&2
	fi
	theirs=$(median 'sh fresh.sh' "sed -i -e s/^smtpd_tls_security_level.*/smtpd_tls_security_level=may/ -e s/^smtp_tls_security_level.*/smtp_tls_security_level=may/ -e s/^smtp_tls_loglevel.*/smtp_tls_loglevel=1/ -e s/^smtpd_tls_loglevel.*/smtpd_tls_loglevel=1/ conf/main.cf")
	row "apply, $name.cf" "$ours" 'sed -i (no sync, no backup)' "$theirs" ''
	if command -v augtool >/dev/null 2>&1; then
		cat >edits.aug <<-EOF
			set /augeas/load/Postfix_Main/lens Postfix_Main.lns
			set /augeas/load/Postfix_Main/incl $dir/conf/main.cf
			load
			set /files$dir/conf/main.cf/smtpd_tls_security_level may
			set /files$dir/conf/main.cf/smtp_tls_security_level may
			set /files$dir/conf/main.cf/smtp_tls_loglevel 1
			set /files$dir/conf/main.cf/smtpd_tls_loglevel 1
			save
		EOF
		theirs=$(median 'sh fresh.sh' 'augtool --noautoload --noload -f edits.aug')
		row "apply, $name.cf" "$ours" augtool "$theirs" ''
	else
		echo "bench: no augtool here: left out" >&2
	fi
done

"$program" -q conf/main.cf >/dev/null 2>&1
runs=300
row 'nothing to do' "$(median true "$program conf/main.cf")" 'true' "$(median true true)" 2
runs=10

awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "parameter_%06d = some value number %d\n", i, i }' >million.cf
bytes=$(wc -c <million.cf)
peak() {
	/usr/bin/time -f %M -o peak "$@" >/dev/null 2>&1
	tail -n 1 peak
}
mbs 'dry run, a million lines' "$(median true "$program -n million.cf")" "$bytes" "$(peak "$program" -n million.cf)"
printf 'rm -f m.cf*; cp million.cf m.cf; sync\n' >copy.sh
sh copy.sh
kib=$(peak "$program" -q m.cf)
mbs 'apply, a million lines' "$(median 'sh copy.sh' "$program -q --no-backup m.cf")" "$bytes" "$kib"
"$program" -q --no-backup m.cf >/dev/null 2>&1
mbs 'nothing to do, a million lines' "$(median true "$program m.cf")" "$bytes" "$(peak "$program" m.cf)"

mkdir many
awk -v text="$(cat "$fixtures/debian.cf")" 'BEGIN {
	for (i = 0; i < 10000; i++) { f = sprintf("many/%04d", i); print text >f; close(f) }
}'
printf '"%s" -n many/*\n' "$program" >dry.sh
printf 'cat many/*\n' >cat.sh
row 'dry run, ten thousand files' "$(median true 'sh dry.sh')" cat "$(median true 'sh cat.sh')" 6

# Logs: real traffic, repeated. It needs root, and a Postfix, for its servers.
if [ "$(id -u)" -ne 0 ] || ! command -v postfix >/dev/null 2>&1; then
	echo "bench: logs need root and Postfix: left out" >&2
	exit 0
fi
mail=$fixtures/../mail.sh
mkdir traffic && bash "$mail" --make "$dir/traffic" >&2 &&
	bash "$mail" --grow traffic/log.a 200 >large.log || exit 1
chmod 755 "$dir"
# grep is done at the first match where its output goes to /dev/null.
printf '"%s" log large.log >report\n' "$program" >log.sh
printf 'grep -F -c status=sent large.log >count\n' >grep.sh
printf 'pflogsumm large.log >summary\n' >sum.sh
# By turns, for a machine is not as fast in one minute as in the next.
scripts='log.sh grep.sh'
if command -v pflogsumm >/dev/null 2>&1; then
	scripts="$scripts sum.sh"
else
	echo "bench: no pflogsumm here: left out" >&2
fi
for _ in 1 2 3 4 5; do
	for script in $scripts; do
		runs=5 warmup=1
		[ "$script" != sum.sh ] || runs=1 warmup=0
		median true "sh $script" >>"$script.times"
	done
done
of_rounds() { # SCRIPT
	sort -g "$1.times" | sed -n 3p
}
row 'a log of 200 MB' "$(of_rounds log.sh)" 'grep -F -c status=sent' "$(of_rounds grep.sh)" 2
[ "$scripts" = 'log.sh grep.sh' ] ||
	row 'a log of 200 MB' "$(of_rounds log.sh)" pflogsumm "$(of_rounds sum.sh)" 0.02
# Of so many names every third gets mail.
bash "$mail" --grow traffic/log.a 1100 400000 >peers.log
"$program" log --by peer --format json peers.log >peers.json
printf '| a log of %d MB, %d peers: memory | %d MB | | | 64 MiB |\n' \
	"$(($(wc -c <peers.log) / 1000000))" "$(grep -o '"key"' peers.json | wc -l)" \
	"$(($(peak "$program" log --by peer --format json peers.log) / 1000))"
rm peers.log large.log
# A log without end has no file, and what is known of it fits all the same.
bash "$mail" --grow traffic/log.a 10000 | /usr/bin/time -f %M -o peak "$program" log - >report
printf '| a log of 10 GB by a pipe: memory | %d MB | | | 64 MiB |\n' "$(($(tail -n 1 peak) / 1000))"
