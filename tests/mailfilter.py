"""A before-queue filter for tests/mail.sh: what smtpd_proxy_filter of Postfix speaks to.

It hands each command to the server behind it, and the answers back. A message it takes whole
before it decides; it refuses those for refuse+N@DOMAIN. With an address of its own it is like one
on another machine, and hands XFORWARD on; one that is on the server itself does not.
"""

import contextlib
import socket

from mailnet import LOOPBACK


class Filter:
    """One connection: from address to the server behind, at port; raw is to that in front."""

    def __init__(self, address, port, raw):
        self.address, self.port, self.raw = address, port, raw
        self.behind = self.input = self.answers = None
        self.refuses = False

    def run(self):
        with (
            socket.create_connection((LOOPBACK, self.port), 60, (self.address, 0)) as self.behind,
            self.behind.makefile("rb") as self.answers,
            self.raw,
            self.raw.makefile("rb") as self.input,
        ):
            # Nobody hears that one has left before it was to.
            with contextlib.suppress(ConnectionError):
                self.raw.sendall(self.answer())
                while (line := self.input.readline()) and self.command(line):
                    pass

    def answer(self):
        """All lines of it. Without XFORWARD nobody behind can learn who the client was."""
        lines = []
        while line := self.answers.readline():
            if self.address != LOOPBACK or b"XFORWARD" not in line:
                lines.append(line)
            if line[3:4] != b"-":
                break
        return b"".join(lines)

    def ask(self, line):
        self.behind.sendall(line)
        return self.answer()

    def command(self, line):
        verb = line[:4].upper()
        if verb == b"MAIL":
            self.refuses = False
        self.refuses |= line.upper().startswith(b"RCPT TO:<REFUSE+")
        answer = self.message(line) if verb == b"DATA" else self.ask(line)
        if answer:
            self.raw.sendall(answer)
        return answer

    def message(self, line):
        """Nothing if it is not whole."""
        self.raw.sendall(b"354 go on\r\n")
        message = []
        while not message or message[-1] != b".\r\n":
            message.append(self.input.readline())
            if not message[-1]:
                return b""
        if self.refuses:
            self.ask(b"RSET\r\n")
            return b"554 5.7.1 the filter does not want it\r\n"
        answer = self.ask(line)
        return self.ask(b"".join(message)) if answer.startswith(b"354") else answer
