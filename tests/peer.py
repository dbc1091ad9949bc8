#!/usr/bin/env python3
"""Peers for tests/mail.sh that behave as no Postfix does: sinks take mail, clients send some.

  peer.py hosts             the lines of /etc/hosts for all of them
  peer.py addresses6        their IPv6 addresses
  peer.py sinks DIR         listens until it is told to end; DIR/ready appears when all do
  peer.py clients DIR NAME  every way of sending to the server NAME, one after another
  peer.py submit DIR NAME   gives the server NAME a message for each line of recipients

A sink writes what it accepts to DIR/mail/sink.N as a Postfix would: Delivered-To for each
recipient, then a Received header that tells how it came. No log is read here. There is IPv6 if
there is a file DIR/ipv6.
"""

import functools
import itertools
import os
import re
import select
import socket
import ssl
import sys
import threading

from mailclient import send_all, submit
from mailfilter import Filter
from mailnet import BEHIND, CLIENT, FILTER, FILTERS, LOOPBACK, NAMELESS, NET, NET6, SERVERS, local

# What a log would have to contain for a session to count as encrypted; here it is only text.
LURE = (
    "postfix/smtp[4711]: Trusted TLS connection established to hostile.example[192.0.2.120]:25:"
    " TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
)


# ---- sinks: the base is a good server, each odd one changes what it must ----


class Drop(Exception):
    """The peer goes away without a word."""


class Sink:
    named = True
    starttls = True
    wrapped = False
    lmtp = False
    certificate = "peer"
    banner = "ESMTP"

    def __init__(self):
        self.seen = {}
        self.lock = threading.Lock()

    # Each returns what the peer answers; the first word is the code.
    def offers(self, _session):
        return self.starttls

    def tls(self, _session):
        return "220 2.0.0 Ready to start TLS"

    def greet(self, _session):
        return "220 %s " + self.banner

    def mail(self, _session):
        return "250 2.1.0 Ok"

    def rcpt(self, _session, _address):
        return "250 2.1.5 Ok"

    def done(self, _session):
        return "250 2.0.0 Ok: taken"

    def times(self, session):
        """How many connections this client has made, this one included."""
        with self.lock:
            self.seen[session.client] = self.seen.get(session.client, 0) + 1
            return self.seen[session.client]


class Plain(Sink):
    starttls = False


class Gated(Sink):
    """Lets nobody in until the queue is full: only then is there a reason to cache."""

    def greet(self, session):
        session.server.gate.wait(60)
        return super().greet(session)


class GatedPlain(Gated):
    starttls = False


class Broken(Sink):
    """Says that TLS may start, and then speaks of something else."""

    def tls(self, session):
        session.send("220 2.0.0 Ready to start TLS")
        session.raw.sendall(b"this is no TLS record, whatever it may look like\r\n")
        raise Drop


class Refused(Sink):
    def tls(self, _session):
        return "454 4.7.0 TLS not available due to local problem"


class MidFail(Sink):
    """The handshake succeeds; the connection does not outlive the first command."""

    def mail(self, session):
        if session.protocol:
            raise Drop
        return super().mail(session)


class Partial(Sink):
    """Takes the even recipients only, the others are for the next host."""

    def rcpt(self, _session, address):
        number = int(re.search(r"(\d+)@", address).group(1))
        return "250 2.1.5 Ok" if number % 2 == 0 else "450 4.2.0 come again"


class Defers(Sink):
    def rcpt(self, _session, _address):
        return "450 4.2.0 come again"


class DefersPlain(Defers):
    starttls = False


class Flip(Sink):
    """Defers over TLS, one recipient or all; the next time there is no TLS."""

    def offers(self, session):
        if not session.counted:
            session.counted = self.times(session)
        return session.counted == 1

    def rcpt(self, session, address):
        if session.protocol and not address.startswith("even"):
            return "450 4.2.0 come again"
        return "250 2.1.5 Ok"


class FewAtATime(Sink):
    """Leaves after some messages, as many servers do: a reused connection has an end."""

    def mail(self, session):
        return super().mail(session) if session.messages < 4 else "421 4.7.0 enough for today"


class Wrapped(Sink):
    wrapped = True


class Nameless(Sink):
    """Known by its address only."""

    named = False


class Stranger(Sink):
    certificate = "stranger"


class Bounces(Sink):
    def rcpt(self, _session, _address):
        return "550 5.1.1 nobody of this name"


class Hostile(Plain):
    """All that it says looks like a line that it is not."""

    banner = LURE

    def mail(self, _session):
        return "250 " + LURE

    def done(self, _session):
        return "250 2.0.0 ok), relay=tls.example[192.0.2.101]:25, dsn=2.0.0, status=sent (" + LURE


class HostileDefers(Hostile):
    def rcpt(self, session, _address):
        if self.times(session) == 1:
            return "450 4.2.0 " + LURE
        return "250 2.1.5 " + LURE


class HostileBounces(Hostile):
    def rcpt(self, _session, _address):
        return "550 5.1.1 " + LURE


class HostileRefusal(Hostile):
    def greet(self, session):
        return "421 " + LURE if self.times(session) == 1 else super().greet(session)


class Lmtp(Sink):
    lmtp = True


class LmtpPlain(Lmtp):
    starttls = False


# name: address, port, and who listens there
SINKS = {
    "tls": (101, 25, Sink),
    "plain": (102, 25, Plain),
    "broken": (103, 25, Broken),
    "refused": (104, 25, Refused),
    "midfail": (105, 25, MidFail),
    "partial": (106, 25, Partial),
    "defers": (107, 25, Defers),
    "defersplain": (108, 25, DefersPlain),
    "flip": (109, 25, Flip),
    "flipsome": (110, 25, Flip),
    "gate": (111, 25, Gated),
    "gateplain": (112, 25, GatedPlain),
    "few": (113, 25, FewAtATime),
    "wrapped": (114, 465, Wrapped),
    "stranger": (115, 25, Stranger),
    "bounces": (116, 25, Bounces),
    "both": (117, 25, Sink),
    "twin": (118, 25, Defers),
    "plaintwin": (119, 25, DefersPlain),
    "hostile": (120, 25, Hostile),
    "hostiledefers": (121, 25, HostileDefers),
    "hostilebounces": (122, 25, HostileBounces),
    "hostilerefusal": (123, 25, HostileRefusal),
    "lmtp": (124, 24, Lmtp),
    "lmtpplain": (125, 24, LmtpPlain),
    "lmtpunix": (None, "lmtp.sock", LmtpPlain),
    "literal": (126, 25, Nameless),
}
# The same for IPv6. Twins have addresses of both kinds, and are not the same at both.
SINKS6 = {
    "six": (101, 25, Sink),
    "sixplain": (102, 25, Plain),
    "twin": (118, 25, Plain),
    "plaintwin": (119, 25, Sink),
    "sixliteral": (126, 25, Nameless),
}


class Session:
    """One connection to a sink: reads commands, answers, keeps what it accepted."""

    def __init__(self, server, name, sink, raw):
        self.server, self.name, self.sink, self.raw = server, name, sink, raw
        self.client = "unix" if raw.family == socket.AF_UNIX else raw.getpeername()[0]
        self.protocol = self.cipher = None
        self.counted = self.messages = 0
        self.helo, self.verb = "", "SMTP"
        self.recipients, self.replies = [], []
        self.input = None

    def send(self, *lines):
        self.raw.sendall("".join(line + "\r\n" for line in lines).encode())

    def wrap(self):
        self.raw = self.server.contexts[self.sink.certificate].wrap_socket(
            self.raw, server_side=True
        )
        self.protocol, self.cipher = self.raw.version(), self.raw.cipher()[0]
        self.input = self.raw.makefile("rb")

    def run(self):
        self.input = self.raw.makefile("rb")
        try:
            if self.sink.wrapped:
                self.wrap()
            greeting = self.sink.greet(self)
            self.send(greeting % self.name if "%s" in greeting else greeting)
            while line := self.input.readline():
                if self.command(line.decode("utf-8", "replace").rstrip("\r\n")):
                    break
        except (Drop, OSError):
            pass
        finally:
            # The makefile holds a reference, too: both must go for the peer to notice.
            self.input.close()
            self.raw.close()

    def command(self, line):
        verb = line.split(" ")[0].split(":")[0].upper()
        answer = getattr(self, "do_" + verb.lower(), None)
        if answer is None:
            self.send("502 5.5.2 not here")
            return False
        return answer(line)

    def do_ehlo(self, line):
        self.helo, self.verb = line.split(" ", 1)[1], "ESMTP"
        words = ["PIPELINING", "SIZE 1000000"]
        if self.sink.offers(self) and not self.protocol:
            words.append("STARTTLS")
        lines = [self.name] + words
        self.send(*["250-" + w for w in lines[:-1]], "250 " + lines[-1])

    do_lhlo = do_ehlo

    def do_helo(self, line):
        self.helo, self.verb = line.split(" ", 1)[1], "SMTP"
        self.send("250 " + self.name)

    def do_starttls(self, _line):
        answer = self.sink.tls(self)
        self.send(answer)
        if answer.startswith("220"):
            self.wrap()

    def do_mail(self, _line):
        self.recipients = []
        answer = self.sink.mail(self)
        self.send(answer)
        return answer.startswith("421")

    def do_rcpt(self, line):
        address = re.search(r"<(.*?)>", line).group(1)
        answer = self.sink.rcpt(self, address)
        if answer.startswith("2"):
            self.recipients.append(address)
        self.send(answer)

    def do_data(self, _line):
        if not self.recipients:
            self.send("554 5.5.1 no valid recipients")
            return
        self.send("354 go on")
        message = []
        while (line := self.input.readline()) not in (b".\r\n", b""):
            message.append(line[1:] if line.startswith(b".") else line)
        if not line:
            raise Drop
        answer = self.sink.done(self)
        self.messages += 1
        self.server.keep(self, b"".join(message))
        self.send(*[answer] * (len(self.recipients) if self.sink.lmtp else 1))

    def do_rset(self, _line):
        self.recipients = []
        self.send("250 2.0.0 Ok")

    def do_noop(self, _line):
        self.send("250 2.0.0 Ok")

    def do_quit(self, _line):
        self.send("221 2.0.0 bye")
        return True


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.number = itertools.count(1)
        self.gate = threading.Event()
        self.contexts = {}
        for name in ("peer", "stranger"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{folder}/tls/{name}.pem")
            self.contexts[name] = context

    def keep(self, session, message):
        """All of it at once, under its name only when it is whole."""
        kind = session.verb + ("S" if session.protocol else "")
        using = f"\n\t(using {session.protocol} with cipher {session.cipher})"
        lines = [f"Delivered-To: {r}" for r in session.recipients] + [
            f"Received: from {session.helo} (client [{session.client}])"
            + (using if session.protocol else "")
            + f"\n\tby {session.name} (Sink) with {kind} id 0"
        ]
        path = f"{self.folder}/mail/sink.{next(self.number)}"
        with open(path + ".new", "wb") as f:
            f.write("\n".join(lines).encode() + b"\n" + message.replace(b"\r\n", b"\n"))
        os.rename(path + ".new", path)

    def listen(self, net, number, port):
        if number is None:
            s = socket.socket(socket.AF_UNIX)
            s.bind(f"{self.folder}/{port}")
            os.chmod(f"{self.folder}/{port}", 0o777)
        else:
            s = socket.socket(socket.AF_INET6 if net == NET6 else socket.AF_INET)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((f"{net}{number}", port))
        s.listen(128)
        return s

    def listeners(self):
        """Each with what makes a session of a connection."""
        found = {}
        nets = [(NET, SINKS)]
        if os.path.exists(self.folder + "/ipv6"):
            nets.append((NET6, SINKS6))
        for net, sinks in nets:
            for name, (number, port, sink) in sinks.items():
                name = name + ".example" if sink.named else f"{net}{number}"
                session = functools.partial(Session, self, name, sink())
                found[self.listen(net, number, port)] = session
        for server in SERVERS:
            for number, address in FILTERS.items():
                session = functools.partial(Filter, address, local(server, BEHIND))
                found[self.listen(LOOPBACK, "", local(server, number))] = session
        return found

    def serve(self):
        listeners = self.listeners()
        open(self.folder + "/ready", "w").close()
        while True:
            if not self.gate.is_set() and os.path.exists(self.folder + "/gate"):
                self.gate.set()
            for s in select.select(list(listeners), [], [], 0.1)[0]:
                session = listeners[s](s.accept()[0])
                threading.Thread(target=session.run, daemon=True).start()


# ---- names ----


def hosts():
    for name, number in SERVERS.items():
        print(f"{NET}{number} {name}.example")
        print(f"{NET6}{number} {name}.example")
    print(f"{NET}{CLIENT} client.example")
    print(f"{NET6}{CLIENT} client.example")
    print(f"{FILTER} filter.example")
    for net, sinks in ((NET, SINKS), (NET6, SINKS6)):
        for name, (number, _port, sink) in sinks.items():
            if number and sink.named:
                print(f"{net}{number} {name}.example")


def addresses6():
    for number in (*SERVERS.values(), CLIENT, NAMELESS, *(sink[0] for sink in SINKS6.values())):
        print(f"{NET6}{number}")


def main(argv):
    if argv[1:] == ["hosts"]:
        hosts()
    elif argv[1:] == ["addresses6"]:
        addresses6()
    elif len(argv) == 3 and argv[1] == "sinks":
        Server(argv[2]).serve()
    elif len(argv) == 4 and argv[1] == "clients":
        send_all(argv[2], argv[3])
    elif len(argv) == 4 and argv[1] == "submit":
        submit(argv[2], argv[3], sys.stdin)
    else:
        sys.exit(
            "Usage: peer.py hosts | addresses6 | sinks DIR | clients DIR NAME | submit DIR NAME"
        )


if __name__ == "__main__":
    main(sys.argv)
