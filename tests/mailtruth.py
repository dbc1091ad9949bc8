#!/usr/bin/env python3
"""The truth about mail that arrived, from its headers, and what a program says of it.

  mailtruth.py truth DIR            reads the mail in DIR, writes DIR/truth.NAME for each server
  mailtruth.py compare PROGRAM DIR  whether `PROGRAM log` tells of DIR/log.NAME what is true

A line of a truth file is one of
  out QUEUEID RECIPIENT encrypted|plaintext|unknown PROTOCOL CASE
  in QUEUEID encrypted|plaintext|unknown PROTOCOL CASE
PROTOCOL is "-" where there is none, or where no log can tell.

`PROGRAM log --deliveries LOG` prints a line for each delivery, with tabs between its words:
  out|in TIME QUEUEID RECIPIENT|- PEER encrypted|plaintext|unknown PROTOCOL|-
"""

import collections
import glob
import json
import os
import re
import subprocess
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


# ---- what each case must have been: else the traffic is not what it claims to be ----

BOTH = {"encrypted", "plaintext"}
MIXED = {"flipsome", "partial", "in-mid", "in-chunks", "in-filtered", "in-submission"}
ENCRYPTED = set(
    "tls server zero relay deferstwice defersplain gate few wrapped untrusted secure securenext"
    " encrypt lmtp tls12 tls13 in-tls in-wrapped in-certificate in-several in-refused in-relayed".split()
)
PLAINTEXT = set(
    "plain relayplain broken refused midfail defers flip gateplain reuseplain none hostile"
    " hostiledefers hostilerefusal lmtpplain in-plain in-helo in-broken in-left in-lost"
    " in-hostile".split()
)
VERSIONS = {"tls10": "TLSv1", "tls11": "TLSv1.1", "tls12": "TLSv1.2", "tls13": "TLSv1.3"}
# What the log of a must contain for the cases to be there at all.
TRACES = (
    "TLS connection reused to",
    "conn_use=2, .* status=sent",
    "Cannot start TLS: handshake failure$",
    "lost connection with midfail",
    "Server certificate not verified$",
    "TLS is required, but was not offered",
    "TLS is required, but host",
    "status=deferred .*TLS connection established to",
    "status=bounced .*TLS connection established to",
    "status=sent .*TLS connection established to",
    "Verified TLS connection established to",
    "Untrusted TLS connection established to",
    "status=deliverable",
    "orig_queue_id=",
    "starttls=0/1",
    "relay=lmtp.example.*/lmtp.sock|relay=.*lmtp.sock",
)


class Report:
    def __init__(self):
        self.counts = collections.Counter()

    def skip(self, name, why):
        if os.environ.get("CHECK_ALL"):
            self.check(name, [why + ", and CHECK_ALL wants every check"])
            return
        print(f"*** SKIPPED {name}\n    {why}")
        self.counts["skipped"] += 1

    def check(self, name, wrong):
        print(f"FAILED {name}" if wrong else f"ok {name}")
        for text in wrong[:10]:
            print("    " + text)
        if len(wrong) > 10:
            print(f"    and {len(wrong) - 10} more")
        self.counts["failed" if wrong else "passed"] += 1

    def end(self):
        if self.counts["skipped"]:
            print(f"*** {self.counts['skipped']} SKIPPED: see above ***")
        print(f"{self.counts['passed']} passed, {self.counts['failed']} failed")
        return 1 if self.counts["failed"] else 0


def read_truth(path):
    """The truth by key; a key is all that comes before the state."""
    truth = {}
    with open(path, encoding="utf-8") as f:
        for text in f:
            *key, state, protocol, case = text.split()
            truth[tuple(key)] = (state, protocol, case)
    return truth


def check_traffic(report, folder, truths):
    states = collections.defaultdict(set)
    for truth in truths.values():
        for state, protocol, case in truth.values():
            states[case].add(state)
            if case in VERSIONS:
                states[case].add(protocol)
    wrong = []
    for cases, wanted in ((MIXED, BOTH), (ENCRYPTED, {"encrypted"}), (PLAINTEXT, {"plaintext"})):
        for case in cases:
            got = states[case] & BOTH
            if got != wanted:
                wrong.append(f"{case}: want {sorted(wanted)}, got {sorted(got)}")
    report.check("traffic: each case is what it claims to be", wrong)
    for case, version in VERSIONS.items():
        if version not in states[case]:
            report.skip(case, f"{version} is not to be had here")
    with open(folder + "/log.a", encoding="utf-8", errors="replace") as f:
        log = f.read()
    wrong = [t for t in TRACES if not re.search(t, log, re.M)]
    report.check("traffic: the log contains all that makes it hard", wrong)


def run(program, *arguments):
    return subprocess.run([program, "log", *arguments], stdout=subprocess.PIPE, check=False)


def read_deliveries(program, log):
    """What the program says, by key: a list, for nothing may be said twice."""
    said, wrong = collections.defaultdict(list), []
    result = run(program, "--deliveries", log)
    if result.returncode != 0:
        wrong.append(f"exit status {result.returncode}")
    for text in result.stdout.decode("utf-8", "replace").splitlines():
        words = text.split("\t")
        if len(words) != 7 or words[0] not in ("out", "in"):
            wrong.append("not understood: " + text)
            continue
        direction, _time, queue_id, recipient, _peer, state, protocol = words
        key = (direction, queue_id) + ((recipient,) if direction == "out" else ())
        said[key].append((state, protocol))
    return said, wrong


def differences(key, wanted, got):
    name = " ".join(key)
    if not got:
        return [f"{name}: {wanted[0]}, and not listed"]
    if len(got) > 1:
        return [f"{name}: listed {len(got)} times"]
    if got[0][0] != wanted[0]:
        return [f"{name}: {wanted[0]}, and listed as {got[0][0]}"]
    if got[0][1] != wanted[1]:
        return [f"{name}: {wanted[1]}, and listed as {got[0][1]}"]
    return []


def check_log(report, program, server, log, truth):
    said, wrong = read_deliveries(program, log)
    report.check(f"{server}: the output is well-formed", wrong)
    cases = collections.defaultdict(list)
    for key, (state, protocol, case) in truth.items():
        cases[(case, key[0])] += differences(key, (state, protocol), said.get(key))
    for (case, direction), wrong in sorted(cases.items()):
        report.check(f"{server}: {direction} {case}", wrong)
    wrong = [f"{' '.join(key)}: listed as {said[key]}" for key in said if key not in truth]
    report.check(f"{server}: nothing else is listed", wrong)


def check_totals(report, program, server, log, truth):
    wanted = collections.Counter((key[0], value[0]) for key, value in truth.items())
    wrong = []
    try:
        document = json.loads(run(program, "--format", "json", log).stdout)
        for direction in ("out", "in"):
            for state in ("encrypted", "plaintext", "unknown"):
                want, got = wanted[(direction, state)], document[direction][state]
                if want != got:
                    wrong.append(f"{direction} {state}: want {want}, got {got}")
    except (ValueError, KeyError, TypeError) as e:
        wrong.append(f"no totals: {e!r}")
    report.check(f"{server}: totals", wrong)


def compare(program, folder):
    report = Report()
    truths = {server: read_truth(f"{folder}/truth.{server}") for server in SERVERS}
    check_traffic(report, folder, truths)
    for server, truth in truths.items():
        log = f"{folder}/log.{server}"
        check_log(report, program, server, log, truth)
        check_totals(report, program, server, log, truth)
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "truth":
        write_truth(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "compare":
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    else:
        sys.exit("Usage: mailtruth.py truth DIR | compare PROGRAM DIR")
