# shellcheck shell=bash disable=SC2154
# What the servers of tests/mail.sh are: each function prints a file of the server NAME. Their
# files are all in the folder $run.

# a: loglevel 1. b: 0. c: 2, long queue IDs, ports. d: 0, but connections are reused, which
# the smtp client logs at any level.
number_of() {
	case $1 in a) echo 1 ;; b) echo 2 ;; c) echo 3 ;; d) echo 4 ;; esac
}

has_ipv6() {
	test -e "$run/ipv6"
}

main_cf() { # NAME
	local name=$1 n
	n=$(number_of "$name")
	cat <<-END
		compatibility_level = 3.6
		queue_directory = $run/$name/spool
		data_directory = $run/$name/data
		maillog_file = $run/log.$name
		maillog_file_prefixes = $run
		myhostname = $name.example
		mydestination =
		smtp_bind_address = 192.0.2.$n
		mynetworks = 0.0.0.0/0 [::]/0
		smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
		smtpd_recipient_restrictions = check_recipient_access texthash:$run/access
		disable_dns_lookups = yes
		smtp_dns_support_level = disabled
		smtp_host_lookup = native
		transport_maps = texthash:$run/$name/transport
		virtual_mailbox_domains = regexp:$run/$name/boxes
		virtual_mailbox_maps = static:box/
		virtual_mailbox_base = $run
		virtual_uid_maps = static:65534
		virtual_gid_maps = static:65534
		virtual_minimum_uid = 1
		alias_maps =
		alias_database =
		local_recipient_maps =
		minimal_backoff_time = 1s
		maximal_backoff_time = 2s
		smtp_connection_cache_time_limit = 1s
		smtp_destination_concurrency_limit = 2
		reuse_destination_concurrency_limit = 2
		smtpd_peername_lookup = yes
		smtpd_tls_security_level = may
		smtpd_tls_cert_file = $run/tls/peer.pem
		smtpd_tls_key_file = $run/tls/peer.pem
		smtpd_tls_CAfile = $run/tls/ca.pem
		smtpd_tls_ask_ccert = yes
		smtpd_tls_received_header = yes
		smtp_tls_security_level = may
		smtp_tls_CAfile = $run/tls/ca.pem
		smtp_tls_policy_maps = texthash:$run/policy
		lmtp_tls_security_level = may
		lmtp_tls_CAfile = $run/tls/ca.pem
		lmtp_host_lookup = native
		lmtp_dns_support_level = disabled
		lmtp_bind_address = 192.0.2.$n
		tls_medium_cipherlist = @SECLEVEL=0:aNULL:-aNULL:HIGH:MEDIUM:@STRENGTH
	END
	case $name in
	a) set -- postfix 1 ;;
	b) set -- postfix-b 0 ;;
	c) set -- postfix/outer 2 ;;
	d) set -- mta 0 ;;
	esac
	printf '%s\n' "syslog_name = $1" "smtp_tls_loglevel = $2" "smtpd_tls_loglevel = $2" \
		"lmtp_tls_loglevel = $2"
	if has_ipv6; then
		printf '%s\n' 'inet_protocols = all' 'smtp_address_preference = ipv4' \
			"smtp_bind_address6 = 2001:db8::$n" \
			"inet_interfaces = 127.0.0.1, 192.0.2.$n, [::1], [2001:db8::$n]"
	else
		printf '%s\n' 'inet_protocols = ipv4' "inet_interfaces = 127.0.0.1, 192.0.2.$n"
	fi
	test "$name" != c || printf '%s\n' 'enable_long_queue_ids = yes' \
		'smtpd_client_port_logging = yes'
	# Of a connection that is used again the log tells that it is plaintext, at any level; whether
	# one is depends on what else goes on.
	test "$name" != b || printf '%s\n' 'smtp_connection_cache_on_demand = no'
	test "$name" != d || printf '%s\n' 'smtp_tls_connection_reuse = yes'
	# Two aliases of one recipient are two recipients, of one name.
	printf 'virtual_alias_maps = inline:{ %s }\n' "$(for alias in one two; do
		printf '{ %s@alias.example = twice@tls.example } ' $alias
		printf '{ %s@plainalias.example = twice@plain.example } ' $alias
	done)"
}

# Tags differ from service to service, as on many servers.
master_cf() { # NAME
	local name=$1 address address6 port tag version
	address=192.0.2.$(number_of "$name")
	address6=2001:db8::$(number_of "$name")
	port=1$(number_of "$name")
	tag=$(sed -n 's/^syslog_name = //p' "$run/$name/etc/main.cf")
	cat <<-END
		$address:smtp inet n - n - - smtpd
		$address:587 inet n - n - - smtpd -o syslog_name=$tag/submission
		$address:465 inet n - n - - smtpd -o syslog_name=$tag/smtps -o smtpd_tls_wrappermode=yes
		$address:4650 inet n - n - - smtpd -o syslog_name=$tag/4650 -o smtpd_tls_wrappermode=yes
		$address:2601 inet n - n - - smtpd -o syslog_name=$tag/filtered
		  -o content_filter=forward:[127.0.0.1]:${port}025
		$address:2602 inet n - n - - smtpd -o syslog_name=$tag/filtered
		  -o content_filter=inner:[127.0.0.1]:${port}026
		$address:2603 inet n - n - - smtpd -o syslog_name=$tag/proxied
		  -o smtpd_proxy_filter=127.0.0.1:${port}028
		$address:2604 inet n - n - - smtpd -o syslog_name=$tag/proxied
		  -o smtpd_proxy_filter=127.0.0.1:${port}030 -o smtpd_proxy_options=speed_adjust
		$address:2605 inet n - n - - smtpd -o syslog_name=$tag/front
		  -o smtpd_authorized_xclient_hosts=192.0.2.97,192.0.2.99
		127.0.0.1:${port}031 inet n - n - - smtpd -o syslog_name=$tag/front
		  -o smtpd_authorized_xclient_hosts=127.0.0.1
		$address:2606 inet n - n - - smtpd -o syslog_name=$tag/anonymous
		  -o myhostname=anonymous.$name.example
		  -o smtpd_tls_cert_file=none -o smtpd_tls_key_file=none -o smtpd_tls_ask_ccert=no
		127.0.0.1:${port}025 inet n - n - - smtpd -o syslog_name=$tag/${port}025
		  -o smtpd_authorized_xforward_hosts=127.0.0.0/8 -o smtpd_tls_security_level=none
		127.0.0.1:${port}026 inet n - n - - smtpd -o syslog_name=$tag/${port}026
		127.0.0.1:${port}027 inet n - n - - smtpd -o syslog_name=$tag/local
		127.0.0.1:${port}029 inet n - n - - smtpd -o syslog_name=$tag/${port}029
		  -o smtpd_authorized_xforward_hosts=127.0.0.1,192.0.2.90 -o smtpd_tls_security_level=none
		forward unix - - n - - smtp -o smtp_send_xforward_command=yes
		  -o smtp_bind_address=127.0.0.1
		inner unix - - n - - smtp -o smtp_bind_address=127.0.0.1 -o smtp_bind_address6=::1
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		showq unix n - n - - showq
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		virtual unix - n n - - virtual
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		tlsproxy unix - - n - 0 tlsproxy
		postlog unix-dgram n - n - 1 postlogd
		lmtp unix - - n - - lmtp
		smtp unix - - n - - smtp
		relay unix - - n - - smtp -o syslog_name=$tag/relay
		alone unix - - n - 1 smtp
		one unix - - n - 1 smtp
		must unix - - n - - smtp -o smtp_tls_security_level=encrypt
		secure unix - - n - - smtp -o smtp_tls_security_level=secure
		wrapped unix - - n - - smtp
		  -o smtp_tls_wrappermode=yes -o smtp_tls_security_level=encrypt
		old unix - - n - - smtp -o smtp_tls_protocols=>=TLSv1
		reuse unix - - n - - smtp -o smtp_tls_connection_reuse=yes
	END
	for version in 10:TLSv1 11:TLSv1.1 12:TLSv1.2 13:TLSv1.3; do
		echo "$address:25${version%:*} inet n - n - - smtpd -o smtpd_tls_protocols=${version#*:}"
	done
	! has_ipv6 || cat <<-END
		six unix - - n - - smtp -o inet_protocols=ipv6 -o inet_interfaces=[$address6]
		[$address6]:smtp inet n - n - - smtpd
		[$address6]:2607 inet n - n - - smtpd -o syslog_name=$tag/filtered
		  -o content_filter=inner:[::1]:${port}026
		[::1]:${port}026 inet n - n - - smtpd -o syslog_name=$tag/${port}026
	END
}

# To whom the server $1 sends what another server is to take.
other_than() {
	test "$1" = c && echo a || echo c
}

# Which way each case takes: its domain, its transport, its hosts. A transport map goes before
# all else; so a domain with a box on one server is spoken of by the others only.
transport() { # NAME
	local other
	other=$(other_than "$1")
	cat <<-END
		tls.example smtp:[tls.example]:25
		plain.example smtp:[plain.example]:25
		tls10.$other.example old:[$other.example]:2510
		tls11.$other.example old:[$other.example]:2511
		tls12.$other.example smtp:[$other.example]:2512
		tls13.$other.example smtp:[$other.example]:2513
		server.$other.example smtp:[$other.example]:25
		proxied.$other.example smtp:[$other.example]:2603
		anonymous.$other.example smtp:[$other.example]:2606
		zero.b.example smtp:[b.example]:25
		literal.example smtp:[192.0.2.126]:25
		six.example smtp:[six.example]:25
		sixplain.example smtp:[sixplain.example]:25
		sixliteral.example smtp:[2001:db8::126]:25
		twin.example smtp:[twin.example]:25
		plaintwin.example smtp:[plaintwin.example]:25
		server6.$other.example six:[$other.example]:25
		relay.example relay:[tls.example]:25
		relayplain.example relay:[plain.example]:25
		broken.example smtp:[broken.example]:25
		refused.example smtp:[refused.example]:25
		midfail.example alone:[midfail.example]:25
		partial.example smtp:[partial.example]:25, [plain.example]:25
		defers.example smtp:[defers.example]:25, [plain.example]:25
		deferstwice.example smtp:[defers.example]:25, [tls.example]:25
		defersplain.example smtp:[defersplain.example]:25, [tls.example]:25
		flip.example alone:[flip.example]:25
		flipsome.example alone:[flipsome.example]:25
		gate.example reuse:[gate.example]:25
		gateplain.example smtp:[gateplain.example]:25
		reuseplain.example reuse:[gateplain.example]:25
		few.example reuse:[few.example]:25
		wrapped.example wrapped:[wrapped.example]:465
		untrusted.example smtp:[stranger.example]:25
		secure.example secure:[tls.example]:25
		securenext.example secure:[stranger.example]:25, [tls.example]:25
		none.example one:[both.example]:25
		encrypt.example one:[both.example]:smtp
		hostile.example smtp:[hostile.example]:25
		hostiledefers.example smtp:[hostiledefers.example]:25
		hostilebounces.example smtp:[hostilebounces.example]:25
		hostilerefusal.example smtp:[hostilerefusal.example]:25
		bounces.example smtp:[bounces.example]:25
		lmtp.example lmtp:inet:lmtp.example:24
		lmtpplain.example lmtp:inet:lmtpplain.example:24
		lmtpunix.example lmtp:unix:$run/lmtp.sock
		in-relayed.example smtp:[tls.example]:25
		in-onward.example smtp:[tls.example]:25
		stuck-required.example must:[plain.example]:25
		stuck-refused.example must:[refused.example]:25
		stuck-stranger.example secure:[stranger.example]:25
		back.example discard:
	END
}
