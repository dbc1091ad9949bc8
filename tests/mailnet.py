"""Where the peers and the servers of tests/mail.sh are: addresses and ports."""

NET, NET6, LOOPBACK = "192.0.2.", "2001:db8::", "127.0.0.1"
SERVERS = {"a": 1, "b": 2, "c": 3, "d": 4}
# The second client has no name.
CLIENT, NAMELESS = 99, 98
FILTER = NET + "90"
# Ports that only the host itself has: there its own mail is taken, there are filters, with the
# address of each, and what is behind them, and what is behind a proxy.
SUBMIT, FILTERS, BEHIND, BEHIND_PROXY = 27, {28: FILTER, 30: LOOPBACK}, 29, 31


def local(server, number):
    return 10000 + 1000 * SERVERS[server] + number
