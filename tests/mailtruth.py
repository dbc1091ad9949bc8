#!/usr/bin/env python3
"""The truth about mail that arrived, from its headers, and what a program says of it.

  mailtruth.py truth DIR   reads the mail in DIR, writes DIR/truth.NAME for each server NAME

A line of a truth file is one of
  out QUEUEID RECIPIENT encrypted|plaintext|unknown PROTOCOL CASE
  in QUEUEID encrypted|plaintext|unknown PROTOCOL CASE
PROTOCOL is "-" where there is none, or where no log can tell. No log is read here.
"""

import glob
import re
import sys

SERVERS = "abcd"
# At loglevel 0 nothing tells these; the truth of the log is that it does not know.
SILENT = {("b", "out"), ("b", "in-wrapped")}
# A session that is known by its counters only has no protocol.
NO_PROTOCOL = {("b", "in"), ("d", "in")}

HOP = re.compile(r"\sby (\S+) \((?:Postfix|Sink)\) with (E?SMTPS?A?|LMTPS?) id (\w+)")
LOCAL = re.compile(r"^by (\S+) \(Postfix, from userid \d+\)\s+id (\w+)")
USING = re.compile(r"\n\s+\(using (\S+) with cipher ")
CLIENT = re.compile(r"^from .*?\[([^]\s]*)\]\)", re.S)


class Hop:
    """One Received header: who took it over, under which queue ID, from whom and how."""

    def __init__(self, text):
        local = LOCAL.match(text)
        self.smtp = local is None
        if local:
            self.host, self.queue_id = local.groups()
            return
        self.host, verb, self.queue_id = HOP.findall(text)[-1]
        self.client = CLIENT.match(text).group(1)
        using = USING.search(text)
        self.protocol = using.group(1) if using else None
        if verb.rstrip("A").endswith("S") != bool(using):
            raise ValueError("a hop that contradicts itself: " + text)

    def state(self):
        return "encrypted" if self.protocol else "plaintext"


def headers(path):
    """Each header with its continuation lines as they are, from the top."""
    with open(path, encoding="utf-8", errors="replace") as f:
        text = f.read().split("\n\n", 1)[0]
    for header in re.split(r"\n(?=\S)", text):
        name, _, value = header.partition(":")
        yield name.lower(), value.lstrip(" ")


def lines_of(path):
    """Who took part in this mail, each with a line for its truth."""
    found = list(headers(path))
    hops = [Hop(value) for name, value in found if name == "received"]
    recipients = []
    for name, value in found:
        if name == "received":
            break
        if name == "delivered-to":
            recipients.append(value)
    case = recipients[0].split("@")[1].split(".")[0]
    for hop, origin in zip(hops, hops[1:] + [None]):
        # Hops within a host are no deliveries, nor are those to a socket.
        if not hop.smtp or hop.client in ("127.0.0.1", "unix"):
            continue
        if hop.host[:-8] in SERVERS:
            yield line(hop.host[0], "in", case, hop, hop.queue_id)
        if origin:
            for recipient in recipients:
                yield line(origin.host[0], "out", case, hop, origin.queue_id, recipient)


def line(server, direction, case, hop, *names):
    state, protocol = hop.state(), hop.protocol or "-"
    if (server, direction) in SILENT or (server, case) in SILENT:
        state, protocol = "unknown", "-"
    if (server, direction) in NO_PROTOCOL:
        protocol = "-"
    return server, " ".join([direction, *names, state, protocol, case])


def write_truth(folder):
    truth = {server: set() for server in SERVERS}
    for path in glob.glob(folder + "/mail/sink.*") + glob.glob(folder + "/box/new/*"):
        for server, text in lines_of(path):
            truth[server].add(text)
    for server, texts in truth.items():
        with open(f"{folder}/truth.{server}", "w", encoding="utf-8") as f:
            f.writelines(text + "\n" for text in sorted(texts))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "truth":
        write_truth(sys.argv[2])
    else:
        sys.exit("Usage: mailtruth.py truth DIR")
