#!/bin/sh
# What needs root: tests/root.sh PROGRAM, or `make check-root`.
#
# Each check is a function that runs in a process and an empty folder of its
# own; those that mount do so in a mount namespace of their own, so that no
# mount outlives them. What a machine cannot do is skipped, and said aloud;
# with CHECK_ALL set a program that is not installed is a failure.
set -u
export LC_ALL=C
# shellcheck source=tests/checks.sh
. "$(dirname "$0")/checks.sh"

NOBODY=65534
MAIL=8

WEAK='myhostname = mx.example.org
smtp_tls_loglevel = 0
'

# ---- what the checks do ----

# A weak main.cf in etc, that etc itself, and what main.cf shall become.
make_weak() {
	mkdir -p "$top/etc"
	printf '%s' "$WEAK" >"$top/etc/main.cf"
	chmod 0644 "$top/etc/main.cf"
	touch -d '2001-02-03 04:05:06' "$top/etc/main.cf"
	printf '%s' "$WEAK" >"$top/old"
	"$program" - <"$top/old" >"$top/want" 2>"$top/err" || fail "cannot harden a stream"
}

# Runs the program, as "$1" if that is not empty: words before the program.
run_as() {
	prefix=$1
	shift
	# shellcheck disable=SC2086
	$prefix "$program" "$@" >"$top/out" 2>"$top/err" </dev/null
	status=$?
}

run() {
	run_as '' "$@"
}

# By what a file is known to be the same one, unwritten.
look_at() {
	stat -c '%d:%i %s %y %a %u:%g %h' "$1"
}

only_backup() { # in FOLDER
	set -- "$1"/*.tlsharden-*Z
	test $# -eq 1 && test -f "$1" || fail "not exactly one backup: $*"
	backup=$1
}

assert_hardened() { # EXTRA ENTRIES OF etc
	assert_equal 'exit status' 0 "$status"
	cmp -s etc/main.cf "$top/want" || fail 'main.cf is not what it should be'
	test ! -e etc/main.cf.tmp || fail 'main.cf.tmp was left'
}

remember() {
	before=$(look_at etc/main.cf)
	entries=$(ls -A etc)
}

# After a refusal: exit status 2, nothing changed, nothing left, and the reason given.
assert_refused() { # REASON, as a pattern of grep -E
	assert_equal 'exit status' 2 "$status"
	cmp -s etc/main.cf "$top/old" || fail 'the file changed'
	assert_equal 'the file' "$before" "$(look_at etc/main.cf)"
	assert_equal 'the folder' "$entries" "$(ls -A etc)"
	grep -Eiq "$1" "$top/err" || fail "the reason is not given: $1"
}

attributes() {
	getfattr -d -m - --absolute-names "$1" | sed 1d
}

acl() {
	getfacl -cnpE "$1"
}

mount_tmpfs() { # FOLDER OPTIONS
	mkdir -p "$1"
	mount -t tmpfs -o "mode=755,$2" tlsharden-test "$1" || skip 'no tmpfs can be mounted here'
}

# A file system that has what a probe tries: the one here, else an ext4 of our own on etc.
need_ext4() { # PROBE
	mkdir -p etc
	: >etc/probe
	"$1" etc/probe 2>/dev/null && rm -f etc/probe && return 0
	rm -f etc/probe
	command -v mkfs.ext4 >/dev/null 2>&1 && truncate -s 8M image &&
		mkfs.ext4 -q image >/dev/null 2>&1 && mount -o loop image etc 2>/dev/null &&
		rmdir etc/lost+found && : >etc/probe && "$1" etc/probe 2>/dev/null &&
		rm -f etc/probe && return 0
	skip "no file system here can do this ($1)"
}

can_have_attributes() {
	setfattr -n user.probe -v 1 "$1" && setfattr -n trusted.probe -v 1 "$1"
}

can_have_acl() {
	setfacl -m u:1:r "$1"
}

can_be_immutable() {
	chattr +i "$1" && chattr -i "$1"
}

# ---- owner, mode, attributes: on the new file, on a linked backup, on a copied one ----

# Calls "$2", which prints something about the file "$3"; it must stay the same.
assert_kept() { # WHAT FUNCTION
	was=$("$2" etc/main.cf)
	run etc/main.cf
	assert_hardened
	only_backup etc
	assert_equal "$1" "$was" "$("$2" etc/main.cf)"
	assert_equal "$1 of the backup" "$was" "$("$2" "$backup")"
	# Again, with a backup that is a copy: the file has another link.
	cat "$top/old" >etc/main.cf
	rm -f "$backup"
	ln etc/main.cf etc/other
	run etc/main.cf
	assert_hardened
	only_backup etc
	test ! "$backup" -ef etc/other || fail 'the backup should be a copy'
	assert_equal "$1, with a link" "$was" "$("$2" etc/main.cf)"
	assert_equal "$1 of the copied backup" "$was" "$("$2" "$backup")"
}

owner_and_mode() {
	stat -c '%u:%g %a' "$1"
}

check_owner() {
	make_weak
	chown $NOBODY:$MAIL etc/main.cf
	assert_kept 'owner, group and mode' owner_and_mode
	assert_equal 'owner' "$NOBODY:$MAIL 644" "$(owner_and_mode etc/main.cf)"
}

keep_mode() {
	make_weak
	chown $NOBODY:$MAIL etc/main.cf
	chmod "$1" etc/main.cf
	assert_kept 'owner, group and mode' owner_and_mode
	assert_equal 'owner' "$NOBODY:$MAIL $2" "$(owner_and_mode etc/main.cf)"
}

check_mode_0640() {
	keep_mode 0640 640
	grep -q 'not readable by all' "$top/err" || fail 'no warning that not all can read it'
}

check_mode_0600() {
	keep_mode 0600 600
}

check_mode_02644() {
	keep_mode 02644 2644
}

check_setgid_folder() {
	make_weak
	chgrp $MAIL etc
	chmod 02775 etc
	assert_kept 'owner, group and mode' owner_and_mode
	assert_equal 'owner' '0:0 644' "$(owner_and_mode etc/main.cf)"
}

check_sticky_folder() {
	make_weak
	chown $NOBODY:$MAIL etc/main.cf
	chmod 1777 etc
	assert_kept 'owner, group and mode' owner_and_mode
	assert_equal 'owner' "$NOBODY:$MAIL 644" "$(owner_and_mode etc/main.cf)"
}

check_acl() {
	need setfacl
	need_ext4 can_have_acl
	make_weak
	setfacl -m u:1:rw,u:$NOBODY:r,g:$MAIL:rw,m::r etc/main.cf || fail 'setfacl'
	assert_kept 'the ACL' acl
}

check_default_acl() {
	need setfacl
	need_ext4 can_have_acl
	make_weak
	chmod 0640 etc/main.cf
	setfacl -d -m u:$NOBODY:rwx,g:$MAIL:rwx,o::rwx etc || fail 'setfacl'
	assert_kept 'the want of an ACL' acl
	! acl etc/main.cf | grep -q "$NOBODY" || fail 'the default ACL leaked in'
}

check_attributes() {
	need setfattr
	need_ext4 can_have_attributes
	make_weak
	setfattr -n user.note -v 'for people' etc/main.cf &&
		setfattr -n user.empty etc/main.cf &&
		setfattr -n trusted.note -v 'for root' etc/main.cf || fail 'setfattr'
	assert_kept 'extended attributes' attributes
	assert_equal 'their number' 3 "$(attributes etc/main.cf | grep -c =\\\|empty)"
}

can_have_security() {
	setfattr -n security.probe -v 1 "$1"
}

mount_security() {
	need setfattr
	need_ext4 can_have_security
	make_weak
	setfattr -n security.tlsharden -v 'of some module' etc/main.cf &&
		setfattr -n security.SMACK64 -v postfix etc/main.cf || fail 'setfattr'
	assert_kept 'attributes of security modules' attributes
	assert_equal 'their number' 2 "$(attributes etc/main.cf | grep -c 'tlsharden\|SMACK64')"
}

LABEL=system_u:object_r:postfix_etc_t:s0

can_be_labelled() {
	setfattr -n security.selinux -v $LABEL "$1"
}

mount_label() {
	need setfattr
	need_ext4 can_be_labelled
	make_weak
	setfattr -n security.selinux -v $LABEL etc/main.cf || fail 'setfattr'
	assert_kept 'the label of SELinux' attributes
	attributes etc/main.cf | grep -q "^security.selinux=\"$LABEL" || fail 'the label is lost'
}

can_be_sealed() {
	setfattr -n security.ima -v 0x0404 "$1" && setfattr -n security.evm -v 0x0204 "$1"
}

seals() {
	attributes "$1" | grep -c '^security\.\(ima\|evm\)='
}

# These vouch for the old bytes. The backup that is the old file itself has them, of course.
mount_seals() {
	need setfattr
	need_ext4 can_be_sealed
	make_weak
	can_be_sealed etc/main.cf || fail 'setfattr'
	run etc/main.cf
	assert_hardened
	only_backup etc
	assert_equal 'seals of the new file' 0 "$(seals etc/main.cf)"
	assert_equal 'seals of the backup' 2 "$(seals "$backup")"
	rm -f "$backup"
	make_weak
	can_be_sealed etc/main.cf || fail 'setfattr'
	ln etc/main.cf etc/other
	run etc/main.cf
	assert_hardened
	only_backup etc
	assert_equal 'seals of the new file, with a link' 0 "$(seals etc/main.cf)"
	assert_equal 'seals of the copied backup' 0 "$(seals "$backup")"
}

check_attributes_of_a_crash() {
	need setfattr
	need_ext4 can_have_attributes
	make_weak
	(umask 077 && : >etc/main.cf.tmp)
	setfattr -n user.left -v over etc/main.cf.tmp || fail 'setfattr'
	run etc/main.cf
	assert_hardened
	assert_equal 'attributes' '' "$(attributes etc/main.cf)"
}

check_hard_link() {
	make_weak
	ln etc/main.cf etc/other
	run etc/main.cf
	assert_hardened
	grep -qi 'hard link' "$top/err" || fail 'no warning of the hard link'
	cmp -s etc/other "$top/old" || fail 'the other name has other bytes now'
}

# ---- files of this host ----

# Below /etc by its name or by where it is.
mount_live() {
	make_weak
	echo 'smtpd_tls_cert_file = /nonexistent' >>etc/main.cf
	mount_tmpfs /etc size=1m
	mkdir /etc/postfix
	cp etc/main.cf /etc/postfix/main.cf
	ln -s "$top/etc/main.cf" /etc/linked.cf
	ln -s /etc/postfix link
	for name in /etc/postfix /etc/postfix/main.cf /etc/linked.cf link link/main.cf; do
		run --check "$name"
		grep -q '/nonexistent does not exist' "$top/out" || fail "$name is not of this host"
	done
	run --check etc/main.cf
	! grep -q '/nonexistent does not exist' "$top/out" || fail 'it is not known whose file it is'
}

# ---- what cannot be written ----

fill() { # FOLDER
	dd if=/dev/zero of="$1/fill" bs=4096 2>/dev/null
	! dd if=/dev/zero of="$1/more" bs=4096 count=1 2>/dev/null || fail "$1 is not full"
	rm -f "$1/more"
}

# A file of more than one block, so that a disk can be full in the midst of it.
make_large() {
	make_weak
	n=0
	while test $n -lt 300; do
		echo "# The comment number $n is as long as the comments of many a main.cf are."
		n=$((n + 1))
	done >>etc/main.cf
	touch -d '2001-02-03 04:05:06' etc/main.cf
	cp etc/main.cf old
	"$program" - <old >want 2>err || fail 'cannot harden a stream'
}

# As long as the disk has too little room, all stays as it is; then the run succeeds.
assert_refused_until_there_is_room() { # FOLDER BLOCKSIZE LEAST REFUSALS, ARGUMENTS
	full=$1 block=$2 least=$3 free=0
	shift 3
	fill "$full"
	size=$(stat -c %s "$full/fill")
	while
		truncate -s $((size - free * block)) "$full/fill" && sync -f "$full/fill"
		remember
		left=$(ls -A "$full")
		run "$@"
		test $status -ne 0
	do
		assert_refused 'no space left'
		assert_equal 'the full folder' "$left" "$(ls -A "$full")"
		free=$((free + 1))
		test $((free * block)) -le "$size" || fail 'there is no room with all free'
	done
	assert_hardened
	test $free -ge "$least" || fail "refused $free times only"
}

mount_full_disk() {
	mount_tmpfs etc size=128k
	make_large
	assert_refused_until_there_is_room etc 4096 5 etc/main.cf
	only_backup etc
	cmp -s "$backup" old || fail 'the backup has other bytes'
}

mount_full_disk_with_a_link() {
	mount_tmpfs etc size=128k
	make_large
	ln etc/main.cf etc/other
	assert_refused_until_there_is_room etc 4096 10 etc/main.cf
	only_backup etc
	cmp -s "$backup" old || fail 'the backup has other bytes'
}

# Here blocks are promised before they are there, and the folder itself needs some.
mount_full_ext4() {
	truncate -s 2M image && mkfs.ext4 -q -b 1024 -m 0 image >/dev/null 2>&1 &&
		mkdir -p etc && mount -o loop image etc 2>/dev/null || skip 'no ext4 can be mounted here'
	make_large
	ln etc/main.cf etc/other
	assert_refused_until_there_is_room etc 1024 20 etc/main.cf
	only_backup etc
	cmp -s "$backup" old || fail 'the backup has other bytes'
}

mount_no_inodes() {
	mount_tmpfs etc size=1m,nr_inodes=16
	make_weak
	n=0 refused=0
	while touch "etc/fill$n" 2>/dev/null; do n=$((n + 1)); done
	while
		remember
		run etc/main.cf
		test $status -ne 0
	do
		assert_refused 'no space left'
		n=$((n - 1)) refused=$((refused + 1))
		rm "etc/fill$n" || fail 'there is no room with all inodes free'
	done
	assert_hardened
	test $refused -ge 2 || fail "refused $refused times only"
}

mount_full_backup_folder() {
	mount_tmpfs backup size=128k
	make_large
	assert_refused_until_there_is_room backup 4096 5 --backup-dir backup etc/main.cf
	only_backup backup
	cmp -s "$backup" old || fail 'the backup has other bytes'
}

mount_backup_elsewhere() {
	mount_tmpfs backup size=1m
	make_weak
	chown $NOBODY:$MAIL etc/main.cf
	chmod 0640 etc/main.cf
	was=$(stat -c '%u:%g %a %s %y' etc/main.cf)
	run --backup-dir backup etc/main.cf
	assert_hardened
	assert_equal 'the folder' main.cf "$(ls -A etc)"
	only_backup backup
	cmp -s "$backup" "$top/old" || fail 'the backup has other bytes'
	assert_equal 'the backup' "$was" "$(stat -c '%u:%g %a %s %y' "$backup")"
}

mount_read_only() {
	mount_tmpfs etc size=1m
	make_weak
	mount -o remount,ro etc || skip 'cannot remount'
	remember
	run etc/main.cf
	assert_refused 'read-only'
	run -n etc/main.cf
	assert_equal 'exit status of a dry run' 0 "$status"
	grep -q '^+smtp_tls_loglevel = 1' "$top/out" || fail 'the dry run prints no diff'
	mount -o remount,rw etc && cat "$top/want" >etc/main.cf && mount -o remount,ro etc ||
		skip 'cannot remount'
	remember
	run etc/main.cf
	assert_equal 'exit status with nothing to change' 0 "$status"
	assert_equal 'the file' "$before" "$(look_at etc/main.cf)"
}

mount_over_main_cf() {
	make_weak
	cp -p etc/main.cf inner
	mount --bind inner etc/main.cf || skip 'no bind mount can be made here'
	remember
	run etc/main.cf
	assert_refused 'mount'
	umount etc/main.cf
	cmp -s etc/main.cf "$top/old" || fail 'the file below the mount changed'
}

mount_folder() {
	make_weak
	was=$(stat -c %i etc/main.cf)
	mkdir bound
	mount --bind etc bound || skip 'no bind mount can be made here'
	run bound/main.cf
	assert_hardened
	only_backup etc
	assert_equal 'the inode of the backup' "$was" "$(stat -c %i "$backup")"
	rm -f "$backup"
	make_weak
	mount -o remount,bind,ro bound || skip 'no mount can be made read-only here'
	remember
	run bound/main.cf
	assert_refused 'read-only'
}

# The same file system, but no link leads from one mount into the other.
mount_backup_folder() {
	make_weak
	mkdir inner backup
	mount --bind inner backup || skip 'no bind mount can be made here'
	was=$(stat -c %i etc/main.cf)
	run --backup-dir backup etc/main.cf
	assert_hardened
	only_backup inner
	cmp -s "$backup" "$top/old" || fail 'the backup has other bytes'
	test "$was" != "$(stat -c %i "$backup")" || fail 'the backup should be a copy'
}

mount_target_of_a_link() {
	mount_tmpfs real size=1m
	make_weak
	mv etc/main.cf real/main.cf && ln -s ../real/main.cf etc/main.cf || fail 'no link'
	run etc/main.cf
	assert_hardened
	only_backup real
	assert_equal 'the link' ../real/main.cf "$(readlink etc/main.cf)"
	assert_equal 'the folder' main.cf "$(ls -A etc)"
	test ! -e real/main.cf.tmp || fail 'main.cf.tmp was left'
}

# What lies below an overlay is copied up as soon as it is to be changed, or linked. With two
# file systems and no help (xino) a new link then looks like another inode than the file.
over() { # OPTIONS
	mkdir lower merged
	mkdir -p upper/work upper/data
	make_weak
	mv etc lower && mount -t overlay -o "lowerdir=lower,upperdir=upper/data,workdir=upper/work$1" \
		tlsharden-test merged 2>/dev/null || skip 'no overlay can be mounted here'
	ln -s merged/etc etc
}

overlaid() { # OPTIONS
	over "$1"
	run etc/main.cf
	assert_hardened
	only_backup merged/etc
	cmp -s "$backup" "$top/old" || fail 'the backup has other bytes'
	cmp -s lower/etc/main.cf "$top/old" || fail 'the file below changed'
	# And again, with all of it in the upper layer.
	rm -f "$backup"
	cat "$top/old" >etc/main.cf
	run etc/main.cf
	assert_hardened
	only_backup merged/etc
}

mount_overlay() {
	overlaid ''
}

mount_overlay_of_two() {
	mount_tmpfs upper size=1m
	overlaid ,xino=off
}

mount_overlay_of_two_with_xino() {
	mount_tmpfs upper size=1m
	overlaid ,xino=on
}

mount_overlay_without_backup() {
	mount_tmpfs upper size=1m
	over ,xino=off
	run --no-backup etc/main.cf
	assert_hardened
	assert_equal 'the folder' main.cf "$(ls -A merged/etc)"
	cmp -s lower/etc/main.cf "$top/old" || fail 'the file below changed'
}

# A file system that knows no owners, modes and hard links; the options say what all files have.
without_links() { # OPTIONS
	need mkfs.vfat
	need mkfs.exfat
	mkdir -p etc
	truncate -s 8M image
	mkfs.vfat image >/dev/null 2>&1 && mount -t vfat -o "loop,$1" image etc 2>/dev/null && return 0
	mkfs.exfat image >/dev/null 2>&1 && mount -t exfat -o "loop,$1" image etc 2>/dev/null && return 0
	# Where the kernel has neither of them, but FUSE.
	device=$(losetup -f --show image 2>/dev/null) &&
		mount.exfat-fuse -o "$1" "$device" etc >/dev/null 2>&1
	mounted=$?
	losetup -d "$device" 2>/dev/null
	test $mounted -eq 0 || skip 'no file system without links can be mounted here'
}

mount_without_links() {
	without_links fmask=0177,dmask=0022
	make_weak
	! ln etc/main.cf etc/other 2>/dev/null || fail 'there are links after all'
	was=$(owner_and_mode etc/main.cf)
	run etc/main.cf
	assert_hardened
	only_backup etc
	cmp -s "$backup" old || fail 'the backup has other bytes'
	assert_equal 'owner, group and mode' "$was" "$(owner_and_mode etc/main.cf)"
}

# The edit lock wants a file that only its owner can read and write; here all can be read.
mount_without_modes() {
	without_links fmask=0133,dmask=0022
	make_weak
	remember
	run etc/main.cf
	assert_refused 'mode 0644'
	mv etc/main.cf etc/other.cf
	entries=$(ls -A etc)
	run etc/other.cf
	assert_equal 'exit status' 2 "$status"
	assert_equal 'the folder' "$entries" "$(ls -A etc)"
	cmp -s etc/other.cf old || fail 'the file changed'
	grep -q 'mode 0644' err || fail 'the reason is not given'
}

# The flag "$1" on "$2" is set for the run only: it would keep rm from its work, too.
refused_with_flag() { # FLAG PATH REASON
	need chattr
	need_ext4 can_be_immutable
	make_weak
	remember
	trap 'chattr -i -a etc etc/main.cf 2>/dev/null' EXIT
	trap 'exit 130' INT TERM
	chattr "$1" "$2" || fail 'chattr'
	run etc/main.cf
	chattr -i -a etc etc/main.cf
	assert_refused "$3"
}

mount_immutable() {
	refused_with_flag +i etc/main.cf 'chattr -i'
}

mount_append_only() {
	refused_with_flag +a etc/main.cf 'chattr -a'
}

mount_immutable_folder() {
	refused_with_flag +i etc 'not permitted'
}

check_no_right_to_chown() {
	need setpriv
	make_weak
	chown $NOBODY:$MAIL etc/main.cf
	remember
	run_as 'setpriv --inh-caps=-chown --bounding-set=-chown' etc/main.cf
	assert_refused 'owner'
}

# ---- other users ----

AS_NOBODY="setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups"

check_without_permission() {
	need setpriv
	make_weak
	remember
	run_as "$AS_NOBODY" etc/main.cf
	assert_refused 'permission denied'
	run_as "$AS_NOBODY" -n etc/main.cf
	assert_equal 'exit status of a dry run' 0 "$status"
	chmod 0600 etc/main.cf
	remember
	run_as "$AS_NOBODY" etc/main.cf
	assert_refused 'permission denied'
	cat "$top/want" >etc/main.cf
	chmod 0644 etc/main.cf
	run_as "$AS_NOBODY" etc/main.cf
	assert_equal 'exit status with nothing to change' 0 "$status"
}

# In a folder of his own a user still cannot give the new file to root.
check_file_of_root() {
	need setpriv
	make_weak
	chown $NOBODY:$NOBODY etc
	remember
	run_as "$AS_NOBODY" etc/main.cf
	assert_refused 'owner'
}

# In a folder such as /tmp only its owner can rename or remove a file.
check_sticky_folder_of_root() {
	need setpriv
	make_weak
	chmod 1777 etc
	remember
	run_as "$AS_NOBODY" etc/main.cf
	assert_refused 'owner|not permitted'
	chown $NOBODY:$NOBODY etc/main.cf
	run_as "$AS_NOBODY" etc/main.cf
	assert_hardened
	only_backup etc
	assert_equal 'owner' "$NOBODY:$NOBODY 644" "$(owner_and_mode etc/main.cf)"
}

# What another user has put there cannot be removed, but root can do it.
check_sticky_temporary() {
	need setpriv
	make_weak
	chmod 1777 etc
	$AS_NOBODY sh -c 'umask 077; : >etc/main.cf.tmp' || fail 'cannot plant it'
	chown $MAIL:$MAIL etc/main.cf
	remember
	run_as "setpriv --reuid=$MAIL --regid=$MAIL --clear-groups" etc/main.cf
	assert_refused 'permission denied|not permitted'
	run etc/main.cf
	assert_hardened
	only_backup etc
}

# Who can write into the folder of the backups knows their names, and may plant links there.
check_planted_backup() {
	need setpriv
	make_weak
	mkdir -m 1777 backup
	mkdir -m 0700 secret
	echo precious >secret/there
	now=$(date +%s)
	for seconds in 0 1 2 3 4 5 6 7 8 9; do
		name=$(printf '%s/etc/main.cf' "$top" | tr / %)$(date -u -d "@$((now + seconds))" \
			+.tlsharden-%Y%m%dT%H%M%SZ)
		$AS_NOBODY ln -s ../secret/new "backup/$name" &&
			$AS_NOBODY ln -s ../secret/there "backup/$name-2" || fail 'cannot plant it'
	done
	run --backup-dir backup etc/main.cf
	assert_hardened
	assert_equal 'what the links lead to' there "$(ls -A secret)"
	assert_equal 'what was there' precious "$(cat secret/there)"
	assert_equal 'links' 20 "$(find backup -type l | wc -l)"
	assert_equal 'backups' 1 "$(find backup -type f | wc -l)"
	cmp -s "$(find backup -type f)" old || fail 'the backup has other bytes'
}

# Whoever made main.cf.tmp may keep it open, and write into what becomes the live file.
check_planted_temporary() {
	need setpriv
	make_weak
	chgrp $NOBODY etc
	chmod 0775 etc
	$AS_NOBODY sh -c 'umask 077; : >etc/main.cf.tmp' || fail 'cannot plant it'
	planted=$(stat -c %i etc/main.cf.tmp)
	exec 3<>etc/main.cf.tmp
	run etc/main.cf 3>&-
	printf 'evil\n' >&3
	assert_hardened
	test "$planted" != "$(stat -c %i etc/main.cf)" || fail 'the planted inode is in use'
	assert_equal 'owner' '0:0 644' "$(owner_and_mode etc/main.cf)"
	exec 3>&-
}

# ---- logs ----

session='2026-07-13T10:00:00Z mx postfix/smtp[77]: Trusted TLS connection established to mx.one.example[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
2026-07-13T10:00:01Z mx postfix/smtp[77]: 4PbC4z6W5Qz3tG1: to=<a@one.example>, relay=mx.one.example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)'

make_logs() { # FOLDER
	mkdir -p "$1"
	printf '%s\n' "$session" >"$1/mail.log"
	chmod 0600 "$1/mail.log"
}

assert_listed() { # DELIVERIES
	assert_equal 'exit status' 0 "$status"
	assert_equal 'deliveries' "$1" "$(grep -c encrypted "$top/out")"
}

# The line of the trace in which a pattern is found first.
first_call() {
	grep -n "$1" "$top/trace" | head -n 1 | cut -d: -f1
}

# Only root can open the log, and nobody alone reads it, or makes anything of it.
check_log_is_read_by_nobody() {
	need strace
	need gzip
	make_logs logs
	gzip -c logs/mail.log >logs/old.gz
	chmod 0600 logs/old.gz
	strace -f -o trace true 2>/dev/null || skip 'nothing can be traced here'
	run_as "strace -f -y -o $top/trace -e trace=read,pread64,setresuid,execve" \
		log --deliveries logs/mail.log logs/old.gz
	assert_listed 2
	dropped=$(first_call "setresuid($NOBODY, $NOBODY, $NOBODY) *= 0")
	test -n "$dropped" || fail 'root never became nobody'
	first=$(first_call 'read[0-9]*([0-9]*<[^>]*/\(mail.log\|old.gz\)>')
	test -n "$first" || fail 'the logs were not seen to be read'
	unpacks=$(first_call 'execve(.*gzip')
	test -n "$unpacks" || fail 'gzip was not seen to run'
	test "$dropped" -lt "$first" || fail 'a log was read with the rights of root'
	test "$dropped" -lt "$unpacks" || fail 'gzip ran with the rights of root'
}

# What the process is while it waits for more of its input: nobody, with no group and no
# capability of root. A line that has come out says that it reads.
check_log_gives_up_all_of_root() {
	make_logs logs
	mkfifo in out
	"$program" log --deliveries - <in >out 2>err &
	pid=$!
	exec 3>in 4<out
	cat logs/mail.log >&3
	read -r line <&4
	test -n "$line" || fail 'no delivery came out'
	cp "/proc/$pid/status" status
	exec 3>&- 4<&-
	wait $pid
	group=$(id -g nobody 2>/dev/null || echo $NOBODY)
	assert_equal 'users' "$NOBODY $NOBODY $NOBODY $NOBODY" "$(of_status Uid)"
	assert_equal 'groups' "$group $group $group $group" "$(of_status Gid)"
	assert_equal 'more groups' "$group" "$(of_status Groups)"
	assert_equal 'capabilities' 0000000000000000 "$(of_status CapEff)"
	assert_equal 'capabilities to be had' 0000000000000000 "$(of_status CapPrm)"
}

of_status() { # NAME
	sed -n "s/^$1:[[:space:]]*//p" status | tr '\t' ' ' | sed 's/ *$//'
}

# Capabilities that survive the change of users are a way back: then nothing is read.
check_log_refuses_a_way_back() {
	need setpriv
	make_logs logs
	setpriv --securebits=+no_setuid_fixup true 2>/dev/null || skip 'no securebits here'
	run_as 'setpriv --securebits=+no_setuid_fixup' log logs/mail.log
	assert_equal 'exit status' 2 "$status"
	grep -q 'cannot be given up for good' "$top/err" || fail 'the reason is not given'
	assert_equal 'the report' '' "$(cat "$top/out")"
}

# Where the kernel knows no other user, as in a container that maps root alone.
check_log_refuses_to_stay_root() {
	unshare -r true 2>/dev/null || skip 'no user namespace can be made here'
	make_logs logs
	run_as 'unshare -r' log logs/mail.log
	assert_equal 'exit status' 2 "$status"
	grep -q 'cannot become nobody' "$top/err" || fail 'the reason is not given'
	assert_equal 'the report' '' "$(cat "$top/out")"
}

# What the system has, in a folder of our own.
mount_log_of_the_system() {
	mount_tmpfs /var/log size=1m
	make_logs logs
	cp logs/mail.log /var/log/maillog
	run log --deliveries
	assert_listed 1
	grep -q 'reading /var/log/maillog' "$top/err" || fail 'it does not say which one'
	printf '%s\n' "$session" "$session" >/var/log/mail.log
	run log --deliveries
	assert_listed 2
	grep -q 'reading /var/log/mail.log' "$top/err" || fail 'it does not say which one'
	run log -q --deliveries
	assert_equal 'messages after -q' '' "$(cat "$top/err")"
	rm /var/log/mail.log
	mkdir /var/log/mail.log
	run log
	assert_equal 'exit status' 2 "$status"
	grep -q '/var/log/mail.log: Is a directory' "$top/err" || fail 'the reason is not given'
}

# The journal needs rights, so journalctl is started before they are dropped.
mount_log_of_the_journal() {
	mount_tmpfs /var/log size=1m
	make_logs logs
	mkdir bin
	printf '#!/bin/sh\nid -u >%s/user\necho "$*" >%s/words\ncat %s/logs/mail.log\n' \
		"$top" "$top" "$top" >bin/journalctl
	chmod 0755 bin/journalctl
	run_as "env PATH=$top/bin:$PATH" log --deliveries
	assert_listed 1
	grep -q 'reading the journal' "$top/err" || fail 'it does not say which one'
	assert_equal 'user' 0 "$(cat user)"
	assert_equal 'words' '--no-pager -q -o short-iso SYSLOG_FACILITY=2 + SYSLOG_IDENTIFIER=systemd-journald' "$(cat words)"
	printf '#!/bin/sh\necho "no journal here" >&2\nexit 1\n' >bin/journalctl
	run_as "env PATH=$top/bin:$PATH" log
	assert_equal 'exit status' 2 "$status"
	grep -q 'the journal: no journal here' "$top/err" || fail 'the reason is not given'
}

# ---- one check, in a process of its own ----

if test $# -eq 3; then
	program=$1 top=$3
	cd "$top" || exit 1
	umask 022
	"$2"
	exit 0
fi

# ---- all of them ----

if test $# -ne 1; then
	echo 'Usage: tests/root.sh PROGRAM' >&2
	exit 2
fi
test "$(id -u)" -eq 0 || skip_all tests/root.sh 'must be run by root'

# Nobody must reach all of this: in a home of mode 0700 he would not.
folder=$(mktemp -d /tmp/tlsharden-root.XXXXXX) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 0755 "$folder"
cp "$1" "$folder/tlsharden" && chmod 0755 "$folder/tlsharden" || exit 1

prefix_of() { # CHECK
	case $1 in
	*acl | *attributes* | mount_*) prefix='unshare -m' ;;
	*) prefix= ;;
	esac
}

run_checks sh "$0" "$folder"
