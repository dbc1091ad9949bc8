"""Clients for tests/mail.sh that do just what they are told, and all that they are told to."""

import functools
import itertools
import os
import socket
import ssl

from mailnet import BEHIND_PROXY, CLIENT, LOOPBACK, NAMELESS, NET, NET6, SERVERS, SUBMIT, local


class Client:
    """A client that does just what it is told; the server's answers must be as told, too."""

    def __init__(
        self, folder, server, port=25, wrapped=False, certificate=None, source=NET + str(CLIENT)
    ):
        self.context = ssl.create_default_context(cafile=f"{folder}/tls/ca.pem")
        self.context.check_hostname = False
        if certificate:
            self.context.load_cert_chain(f"{folder}/tls/{certificate}.pem")
        net = NET6 if ":" in source else NET
        target = LOOPBACK if source == LOOPBACK else net + str(SERVERS[server])
        self.socket = socket.create_connection((target, port), 60, (source, 0))
        if wrapped:
            self.encrypt()
        self.input = self.socket.makefile("rb")
        self.expect("220")

    def encrypt(self):
        self.socket = self.context.wrap_socket(self.socket, server_hostname="odd.example")
        self.input = self.socket.makefile("rb")

    def expect(self, code):
        while (line := self.input.readline().decode()) and line[3:4] == "-":
            pass
        if not line.startswith(code):
            raise RuntimeError(f"wanted {code}, got {line!r}")

    def say(self, line, code="250", end="\r\n"):
        self.socket.sendall((line + end).encode())
        self.expect(code)

    def hello(self, name="client.example", verb="EHLO"):
        self.say(f"{verb} {name}")
        return self

    def starttls(self):
        self.say("STARTTLS", "220")
        self.encrypt()
        return self.hello()

    def speak_for(self, name, address):
        """As a proxy does; the session begins again, but for TLS."""
        self.say(f"XCLIENT NAME={name} ADDR={address}", "220")
        return self.hello(name)

    def envelope(self, recipients, sender="sender@client.example"):
        self.say(f"MAIL FROM:<{sender}>")
        for recipient in recipients:
            self.say(f"RCPT TO:<{recipient}>")

    def message(self, *recipients, sender="sender@client.example"):
        self.envelope(recipients, sender)
        self.say("DATA", "354")
        self.say("From: sender@client.example\r\nSubject: test\r\n\r\ntext\r\n.")
        return self

    def chunks(self, recipient):
        self.envelope([recipient])
        self.say("BDAT 17\r\nSubject: test\r\n\r\n", end="")
        self.say("BDAT 6 LAST\r\ntext\r\n", end="")
        return self

    def quit(self):
        self.say("QUIT", "221")
        self.leave()

    def refused(self, recipient):
        self.envelope([recipient])
        self.say("DATA", "354")
        self.say("Subject: unwanted\r\n\r\ntext\r\n.", "554")
        return self

    def lost(self, recipient):
        self.envelope([recipient])
        self.say("DATA", "354")
        self.socket.sendall(b"Subject: never whole\r\n")
        self.leave()

    def leave(self):
        self.input.close()
        self.socket.close()


def send_all(folder, server):
    numbers = itertools.count(1)

    def to(case):
        return f"user+{next(numbers)}@in-{case}.example"

    def client(*args, **kwargs):
        return Client(folder, server, *args, **kwargs)

    tls = client().hello().starttls()
    tls.message(to("tls")).message(to("tls")).message(to("tls")).quit()
    client().hello().message(to("plain")).message(to("plain")).quit()
    client().hello(verb="HELO").message(to("helo")).quit()
    # Encrypted from there on, and not before. At loglevel 0 (b) a log has counters only, which
    # are the same as for two messages after STARTTLS: no reader can tell.
    if server != "b":
        client().hello().message(to("mid")).starttls().message(to("mid")).quit()
    for port in (465, 4650):
        wrapped = client(port, wrapped=True).hello()
        wrapped.message(to("wrapped")).message(to("wrapped")).quit()
    client(587).hello().starttls().message(to("submission")).quit()
    client(587).hello().message(to("submission")).quit()
    client(certificate="peer").hello().starttls().message(to("certificate")).quit()
    client().hello().starttls().message(to("several"), to("several"), to("several")).quit()
    client().hello().starttls().chunks(to("chunks")).chunks(to("chunks")).quit()
    client().hello().chunks(to("chunks")).quit()
    broken = client().hello()
    broken.say("STARTTLS", "220")
    broken.socket.sendall(b"this is no TLS record, whatever it may look like\r\n")
    broken.leave()
    client().hello().message(to("broken")).quit()
    client().hello().starttls().leave()
    client().hello().message(to("left")).quit()
    client().hello().starttls().lost(to("lost"))
    client().hello().message(to("lost")).quit()
    refused = client().hello().starttls()
    refused.say("MAIL FROM:<sender@client.example>")
    refused.say("RCPT TO:<nobody@nowhere.example>", "554")
    refused.say("RSET")
    refused.message(to("refused")).quit()
    hostile(client, to)
    # In and out again, under one queue ID.
    client().hello().starttls().message(to("relayed")).quit()
    for port in (2601, 2602):
        client(port).hello().starttls().message(to("filtered")).quit()
        client(port).hello().message(to("filtered")).quit()
    proxied(client, to, server)
    fronted(client, to, local(server, BEHIND_PROXY))
    client(source=NET + str(NAMELESS)).hello().message(to("nameless")).quit()
    client(source=NET + str(NAMELESS)).hello().starttls().message(to("namelesstls")).quit()
    if os.path.exists(folder + "/ipv6"):
        over_ipv6(client, to)


def over_ipv6(client, to):
    for number in (CLIENT, NAMELESS):
        six = functools.partial(client, source=NET6 + str(number))
        six().hello().starttls().message(to("six")).message(to("six")).quit()
        six().hello().message(to("sixplain")).message(to("sixplain"), to("sixplain")).quit()
        six(2607).hello().starttls().message(to("six")).quit()
        six(2607).hello().message(to("sixplain")).quit()
    first = ("first.example", f"IPV6:{NET6}97")
    client(2605).hello().speak_for(*first).message(to("sixplain")).quit()
    client(2605).hello().starttls().speak_for(*first).message(to("six")).quit()


def fronted(client, to, inside):
    """XCLIENT: who hands over the mail may not be who has connected."""
    first, second = ("first.example", "192.0.2.97"), ("second.example", "192.0.2.96")
    client(2605).hello().message(to("front")).quit()
    client(2605).hello().starttls().speak_for(*first).message(to("fronttls")).quit()
    client(2605).hello().speak_for(*first).starttls().message(to("fronttls")).quit()
    client(2605).hello().speak_for(*first).message(to("front")).quit()
    many = client(2605).hello().starttls().message(to("fronttls"))
    many.speak_for(*first).message(to("fronttls")).speak_for(*second).message(to("fronttls")).quit()
    many = client(2605).hello().speak_for(*first).message(to("front"))
    many.speak_for(*second).message(to("front")).message(to("front")).quit()
    client(2605).hello().speak_for("[UNAVAILABLE]", "192.0.2.95").message(to("front")).quit()
    client(2605).hello().speak_for("[UNAVAILABLE]", "[UNAVAILABLE]").message(to("front")).quit()
    client(2605).hello().starttls().speak_for(*first).leave()
    client(2605).hello().speak_for(*first).message(to("front")).quit()
    # The proxy may be of the host itself: its clients are not.
    proxy = functools.partial(client, inside, source=LOOPBACK)
    proxy().hello().speak_for(*first).message(to("front")).quit()
    proxy().hello().speak_for(*first).starttls().message(to("fronttls")).quit()


def proxied(client, to, server):
    """Through a filter before the queue: no message has a queue ID when it is taken."""
    for port in (2603, 2604):
        tls = client(port).hello().starttls()
        tls.message(to("proxied")).refused("refuse+1@in-proxied.example").message(to("proxied"))
        tls.message(to("proxied"), to("proxied")).chunks(to("proxied")).message(to("onward")).quit()
        plain = client(port).hello().refused("refuse+1@in-proxied.example")
        plain.message(to("proxied")).message(to("proxied")).quit()
        client(port).hello().starttls().lost(to("proxied"))
        client(port).hello().lost(to("proxied"))
        client(port).hello().message(to("proxied")).quit()
        if server != "b":
            client(port).hello().message(to("proxied")).starttls().message(to("proxied")).quit()


def hostile(client, to):
    """Names of a kind that only an attacker has, in all places that get into a log."""
    lure = "TLS connection established from client.example[192.0.2.99]: TLSv1.3 with cipher x"
    c = client().hello(lure.replace(" ", "_"))
    c.say(f'MAIL FROM:<"Anonymous {lure} (256/256 bits)"@client.example>')
    c.say(f'RCPT TO:<"disconnect from {lure} starttls=1 commands=3"@nowhere.example>', "554")
    c.say("RSET")
    c.message(to("hostile")).quit()


def submit(folder, server, lines):
    """A message for each line of recipients, through the port that only the host itself has."""
    client = Client(folder, server, port=local(server, SUBMIT), source=LOOPBACK).hello()
    for line in lines:
        client.message(*line.split(), sender="sender@back.example")
    client.quit()
