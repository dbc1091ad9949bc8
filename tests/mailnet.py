"""Where the peers and the servers of tests/mail.sh are: addresses and ports."""

NET = "192.0.2."
SERVERS = {"a": 1, "b": 2, "c": 3, "d": 4}
CLIENT = 99
