#!/usr/bin/env python3
"""The truth about mail that arrived, from its headers, and what a program says of it.

  mailtruth.py truth DIR            reads the mail in DIR, writes DIR/truth.NAME for each server
  mailtruth.py compare PROGRAM DIR  whether `PROGRAM log` tells of DIR/log.NAME what is true

A line of a truth file is one of
  out QUEUEID RECIPIENT PEER encrypted|plaintext|unknown PROTOCOL CIPHER CASE
  in QUEUEID PEER encrypted|plaintext|unknown PROTOCOL CIPHER CASE
PEER is the other host's name, or its address if it has none. PROTOCOL and CIPHER are "-" where
there are none, or where no log can tell. QUEUEID is "NOQUEUE/ID" where a message went through a
filter before it had an ID: a log knows no more than that it is NOQUEUE.

`PROGRAM log --deliveries LOG` prints a line for each delivery, with tabs between its words:
  out|in TIME QUEUEID RECIPIENT|- PEER encrypted|plaintext|unknown PROTOCOL|-
"""

import collections
import datetime
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from mailnet import FILTER

SERVERS = "abcd"
# At loglevel 0 nothing tells these; the truth of the log is that it does not know.
SILENT = {("b", "out"), ("b", "in-wrapped")}
# A session that is known by its counters only has no protocol.
NO_PROTOCOL = {("b", "in"), ("d", "in")}

# Each log is cut before every so many lines.
CUT = 97

# Recipients whose mail is for nobody, goes to a socket, or arrives under another name.
UNTOLD = re.compile(r"@(?:alias|plainalias|stuck-|bounces|hostilebounces|lmtpunix)")

HOP = re.compile(r"\sby (\S+) \((?:Postfix|Sink)\) with (E?SMTPS?A?|LMTPS?)(?: id (\w+))?")
LOCAL = re.compile(r"^by (\S+) \(Postfix, from userid \d+\)\s+id (\w+)")
USING = re.compile(r"\n\s+\(using (\S+) with cipher ([^\s)]+)")
CLIENT = re.compile(r"^from \S+ \((\S+) \[(?:IPv6:)?([^]\s]*)\]\)")


class Hop:
    """One Received header: who took it over, under which queue ID, from whom and how."""

    def __init__(self, text):
        local = LOCAL.match(text)
        self.smtp = local is None
        if local:
            self.host, self.queue_id = local.groups()
            return
        host, verb, self.queue_id = HOP.findall(text)[-1]
        # A service may have a name of its own: "anonymous.a.example" is still a.
        self.host = re.sub(r"^.+\.(?=[a-d]\.example$)", "", host)
        self.client_name, self.client = CLIENT.match(text).groups()
        using = USING.search(text)
        self.protocol, self.cipher = using.groups() if using else (None, None)
        if verb.rstrip("A").endswith("S") != bool(using):
            raise ValueError("a hop that contradicts itself: " + text)

    def state(self):
        return "encrypted" if self.protocol else "plaintext"

    def client_peer(self):
        return self.client if self.client_name == "unknown" else self.client_name


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
    for behind, hop in zip(hops, hops[1:]):
        # Taken through a filter: the queue ID is that of the server behind it.
        hop.queue_id = hop.queue_id or f"NOQUEUE/{behind.queue_id}"
    recipients = []
    for name, value in found:
        if name == "received":
            break
        if name == "delivered-to":
            recipients.append(value)
    case = recipients[0].split("@")[1].split(".")[0]
    for hop, origin in zip(hops, hops[1:] + [None]):
        # Hops within a host are no deliveries, nor are those to a socket, nor the way back from
        # a filter.
        if not hop.smtp or hop.client in ("127.0.0.1", "::1", "unix", FILTER):
            continue
        if hop.host[:-8] in SERVERS:
            yield line(hop.host[0], "in", case, hop, hop.queue_id, hop.client_peer())
        if origin:
            for recipient in recipients:
                yield line(origin.host[0], "out", case, hop, origin.queue_id, recipient, hop.host)


def line(server, direction, case, hop, *names):
    state, protocol, cipher = hop.state(), hop.protocol or "-", hop.cipher or "-"
    if (server, direction) in SILENT or (server, case) in SILENT:
        state, protocol, cipher = "unknown", "-", "-"
    if (server, direction) in NO_PROTOCOL:
        protocol, cipher = "-", "-"
    return server, " ".join([direction, *names, state, protocol, cipher, case])


def check_arrival(folder, server, texts):
    """Mail that nobody got would leave a case untested, and no trace of that."""
    arrived = {text.split()[2] for text in texts if text.startswith("out ")}
    with open(f"{folder}/sent.{server}", encoding="utf-8") as f:
        sent = f.read().split()
    lost = [r for r in sent if r not in arrived and not UNTOLD.search(r)]
    if lost:
        sys.exit(f"mailtruth.py: mail of {server} did not arrive: {' '.join(lost)}")


def write_truth(folder):
    truth = collections.Counter()
    for path in glob.glob(folder + "/mail/sink.*") + glob.glob(folder + "/box/new/*"):
        # Several mails may have come the same way, and one may have a recipient twice.
        truth |= collections.Counter(lines_of(path))
    for server in SERVERS:
        texts = sorted(text for name, text in truth.elements() if name == server)
        check_arrival(folder, server, texts)
        with open(f"{folder}/truth.{server}", "w", encoding="utf-8") as f:
            f.writelines(text + "\n" for text in texts)


# ---- what each case must have been: else the traffic is not what it claims to be ----

BOTH = {"encrypted", "plaintext"}
MIXED = {"flipsome", "partial", "in-mid", "in-chunks", "in-filtered", "in-submission", "in-proxied"}
ENCRYPTED = set(
    "tls server zero relay deferstwice defersplain gate few wrapped untrusted secure securenext"
    " encrypt lmtp tls12 tls13 anonymous proxied literal six sixliteral plaintwin server6"
    " in-tls in-wrapped in-certificate in-several in-refused in-relayed in-onward in-fronttls"
    " in-namelesstls in-six".split()
)
PLAINTEXT = set(
    "plain relayplain broken refused midfail defers flip gateplain reuseplain none hostile"
    " hostiledefers hostilerefusal lmtpplain sixplain twin in-plain in-helo in-broken in-left"
    " in-lost in-hostile in-front in-nameless in-sixplain".split()
)
# Where there is IPv6.
SIX = set("six sixplain sixliteral twin plaintwin server6 in-six in-sixplain".split())
VERSIONS = {"tls10": "TLSv1", "tls11": "TLSv1.1", "tls12": "TLSv1.2", "tls13": "TLSv1.3"}
# What the log of a must contain for the cases to be there at all.
TRACES = (
    "to=<twice@tls.example>, orig_to=<one@alias.example>.* status=sent",
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
    "Anonymous TLS connection established to",
    "Verified TLS connection established to",
    "Untrusted TLS connection established to",
    "status=deliverable",
    "status=undeliverable",
    " postfix/smtpd.* disconnect from c.example.* mail=1 rcpt=1 rset=1 quit=1",
    "/proxied/smtpd.* disconnect from c.example.* mail=1 rcpt=1 rset=1 quit=1",
    "orig_queue_id=",
    "NOQUEUE: client=client.example",
    "client=filter.example.192.0.2.90., orig_client=client.example",
    "postfix/11029/smtpd.* client=localhost.127.0.0.1.$",
    "proxy-accept: END-OF-MESSAGE: ",
    "proxy-reject: END-OF-MESSAGE: ",
    "/proxied/smtpd.* lost connection after DATA",
    "starttls=0/1",
    "disconnect from second.example.* xclient=0/2 starttls=1",
    "client=unknown.unknown.",
    "relay=lmtp.example.*/lmtp.sock|relay=.*lmtp.sock",
)
SIX_TRACES = (
    "to=<twice@tls.example>, orig_to=<one@alias.example>.* status=sent",
    "to=<probe@six.example>.*status=deliverable",
    "relay=c.example.2001:db8::3.:25",
    "established to 2001:db8::126.2001:db8::126.:25",
    "established to twin.example.192.0.2.118.:25",
    "relay=::1.::1.:11026",
    "client=client.example.2001:db8::99.$",
    "client=unknown.2001:db8::98.$",
    "client=localhost.::1.$",
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


class Truth:
    """A line of a truth file: what a list of deliveries must say, and what it cannot."""

    def __init__(self, text):
        *key, peer, self.state, self.protocol, self.cipher, self.case = text.split()
        self.direction = key[0]
        self.key = (key[0], key[1].split("/")[0], *key[2:])
        self.wanted = (peer, self.state, self.protocol)


def read_truth(path):
    with open(path, encoding="utf-8") as f:
        return [Truth(text) for text in f]


def check_traffic(report, folder, truths):
    states = collections.defaultdict(set)
    for truth in truths.values():
        for t in truth:
            states[t.case].add(t.state)
            if t.case in VERSIONS:
                states[t.case].add(t.protocol)
    wrong, absent = [], set()
    if not SIX & states.keys():
        absent = SIX
        report.skip("IPv6", "it is not to be had here")
    for cases, wanted in ((MIXED, BOTH), (ENCRYPTED, {"encrypted"}), (PLAINTEXT, {"plaintext"})):
        for case in cases - absent:
            got = states[case] & BOTH
            if got != wanted:
                wrong.append(f"{case}: want {sorted(wanted)}, got {sorted(got)}")
    report.check("traffic: each case is what it claims to be", wrong)
    for case, version in VERSIONS.items():
        if version not in states[case]:
            report.skip(case, f"{version} is not to be had here")
    with open(folder + "/log.a", encoding="utf-8", errors="replace") as f:
        log = f.read()
    traces = TRACES if absent else TRACES + SIX_TRACES
    wrong = [t for t in traces if not re.search(t, log, re.M)]
    report.check("traffic: the log contains all that makes it hard", wrong)


def run(program, *arguments, text=None):
    return subprocess.run(
        [program, "log", *arguments], input=text, stdout=subprocess.PIPE, check=False
    )


def read_deliveries(program, log, text=None):
    """What the program says, by key: a list, for it may say too much. A log "-" is the text."""
    said, wrong = collections.defaultdict(list), []
    result = run(program, "--deliveries", log, text=text)
    if result.returncode != 0:
        wrong.append(f"exit status {result.returncode}")
    for text in result.stdout.decode("utf-8", "replace").splitlines():
        words = text.split("\t")
        if len(words) != 7 or words[0] not in ("out", "in"):
            wrong.append("not understood: " + text)
            continue
        direction, _time, queue_id, recipient, peer, state, protocol = words
        key = (direction, queue_id) + ((recipient,) if direction == "out" else ())
        said[key].append((peer, state, protocol))
    return said, wrong


def differences(truth, got):
    """Takes what is true from what was said; what is left in the end should not be there."""
    if truth.wanted in got:
        got.remove(truth.wanted)
        return []
    return [f"{' '.join(truth.key)}: {truth.wanted}, and listed as {got or 'nothing'}"]


def check_log(report, program, server, log, truth):
    said, wrong = read_deliveries(program, log)
    report.check(f"{server}: the output is well-formed", wrong)
    cases = collections.defaultdict(list)
    for t in truth:
        cases[(t.case, t.direction)] += differences(t, said[t.key])
    for (case, direction), wrong in sorted(cases.items()):
        report.check(f"{server}: {direction} {case}", wrong)
    wrong = [f"{' '.join(key)}: listed as {left}" for key, left in said.items() if left]
    report.check(f"{server}: nothing else is listed", wrong)


def lines_after(line):
    """What that host says a minute later: a message comes, and is tried."""
    form = "%Y %b %d %H:%M:%S"
    when = datetime.datetime.strptime("2024 " + line[:15].decode(), form)
    stamp = (when + datetime.timedelta(minutes=1)).strftime(form)[5:].encode()
    begin = stamp + b" " + line.split()[3] + b" x/"
    return [
        begin + b"qmgr[1]: 40000: from=<>, size=1, nrcpt=1 (queue active)\n",
        begin + b"smtp[2]: 40000: to=<a@b>, relay=none, delay=1, status=deferred (no)\n",
    ]


def check_cuts(report, program, server, log, truth):
    """A log that begins in the middle knows less, and nothing that is wrong."""
    states, wrong = collections.defaultdict(set), []
    for t in truth:
        states[t.key] |= {t.state, "unknown"}
    with open(log, "rb") as f:
        lines = f.readlines()
    lines += lines_after(lines[-1])
    for at in range(CUT, len(lines), CUT):
        said, odd = read_deliveries(program, "-", b"".join(lines[at:]))
        wrong += odd
        for key, got in said.items():
            if not {state for _, state, _ in got} <= states[key]:
                wrong.append(f"from line {at + 1} on, {' '.join(key)}: listed as {got}")
    report.check(f"{server}: from the middle on", wrong)


def differences_of_totals(direction, truth, totals):
    states = collections.Counter(t.state for t in truth)
    wanted = {state: states[state] for state in ("encrypted", "plaintext", "unknown")}
    wanted["protocols"] = collections.Counter(t.protocol for t in truth if t.protocol != "-")
    wanted["ciphers"] = collections.Counter(t.cipher for t in truth if t.cipher != "-")
    return [
        f"{direction} {name}: want {want}, got {totals[name]}"
        for name, want in wanted.items()
        if totals[name] != want
    ]


def differences_of_trust(truth, trust):
    """Of what was sent: a server without a certificate is anonymous, and no other is."""
    want = sum(t.cipher.startswith("ADH-") for t in truth)
    got = trust.get("Anonymous", 0)
    return [f"out anonymous: want {want}, got {got}"] if want != got else []


def check_totals(report, program, server, log, truth):
    wrong = []
    try:
        document = json.loads(run(program, "--format", "json", log).stdout)
        for direction in ("out", "in"):
            those = [t for t in truth if t.direction == direction]
            wrong += differences_of_totals(direction, those, document[direction])
            if direction == "out":
                wrong += differences_of_trust(those, document[direction]["trust"])
    except (ValueError, KeyError, TypeError) as e:
        wrong.append(f"no totals: {e!r}")
    report.check(f"{server}: totals", wrong)


def lines_of_host(path, host):
    """The lines of a log under another name of its host."""
    with open(path, "rb") as f:
        return [re.sub(rb"^(.{15}) \S+", rb"\1 " + host, line) for line in f]


def interleaved(logs):
    """Lines of several logs in the order of time; of one second a line of each in turn.

    Those of one log stay in their order, though a few are late.
    """
    placed = []
    for number, lines in enumerate(logs):
        turn, second = 0, b""
        for line in lines:
            turn = turn + 1 if line[:15] <= second else 0
            second = max(second, line[:15])
            placed.append((second, turn, number, line))
    return b"".join(line for *_, line in sorted(placed))


def listed(program, *logs, text=None):
    return collections.Counter(run(program, "--deliveries", *logs, text=text).stdout.splitlines())


def check_many_hosts(report, program, folder, servers, what):
    """The log of a central host says what those of the hosts say, and so do all of these."""
    logs = [
        lines_of_host(f"{folder}/log.{server}", b"mx%d" % i) for i, server in enumerate(servers)
    ]
    paths, wanted = [], collections.Counter()
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        for i, lines in enumerate(logs):
            paths.append(f"{place}/mx{i}.log")
            with open(paths[-1], "wb") as f:
                f.writelines(lines)
            wanted += listed(program, paths[-1])
        results = {
            "one log": listed(program, "-", text=interleaved(logs)),
            "logs": listed(program, *paths),
            "logs, the last one first": listed(program, *reversed(paths)),
        }
    wrong = ["nothing is listed"] if not wanted else []
    for how, got in results.items():
        wrong += [f"{how}: not {line}" for line in wanted - got]
        wrong += [f"{how}: {line}" for line in got - wanted]
    report.check(f"many hosts: {what}", wrong)


def compare(program, folder):
    report = Report()
    truths = {server: read_truth(f"{folder}/truth.{server}") for server in SERVERS}
    check_traffic(report, folder, truths)
    for server, truth in truths.items():
        log = f"{folder}/log.{server}"
        check_log(report, program, server, log, truth)
        check_totals(report, program, server, log, truth)
        check_cuts(report, program, server, log, truth)
    check_many_hosts(report, program, folder, SERVERS, "those that sent to each other")
    check_many_hosts(report, program, folder, "ccc", "three with the same processes and queue IDs")
    return report.end()


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "truth":
        write_truth(sys.argv[2])
    elif len(sys.argv) == 4 and sys.argv[1] == "compare":
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    else:
        sys.exit("Usage: mailtruth.py truth DIR | compare PROGRAM DIR")
