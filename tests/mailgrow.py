#!/usr/bin/env python3
"""A large mail log from a small one, for benchmarks: mailgrow.py LOG MEGABYTES [PEERS] >LARGE

The log is repeated, each time later, with other process and queue IDs. With PEERS the names and
addresses of hosts and domains differ as well, until there are that many names.
"""

import datetime
import re
import sys

STAMP = r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
PID = r"(?<=\[)\d+(?=\]: )"
QUEUE_ID = r"\b(?:[0-9A-F]{10,12}|4[0-9A-Za-z]{15})\b"
# The servers of tests/mail.sh: their own names stay.
PEER = r"\b(?!(?:[a-d]|localhost)\.)[a-z0-9-]+(?=\.example\b)"
ADDRESS = r"\b192\.0\.2\.\d+\b"
WORD = re.compile(f"({STAMP})|({PID})|({QUEUE_ID})|({PEER})|({ADDRESS})", re.M)
TIME, PROCESS, QUEUE, NAME, HOST = range(1, 6)
# Process IDs come again after this many, as they do on any system.
PIDS = 4194304


def parse_time(text):
    return datetime.datetime.strptime("2025 " + text, "%Y %b %d %H:%M:%S")


def template_of(text):
    """The text as a format, and its words: each occurs once, whatever the times it is used."""
    words, names = [], {}

    def slot(match):
        if (match.lastindex, match[0]) not in names:
            names[match.lastindex, match[0]] = f"{len(words)}"
            words.append((match.lastindex, match[0]))
        return f"%({names[match.lastindex, match[0]]})s"

    return WORD.sub(slot, text.replace("%", "%%")), words


class Writer:
    def __init__(self, words, peers):
        self.words = words
        self.times = [parse_time(word) for kind, word in words if kind == TIME]
        self.span = max(self.times) - min(self.times) + datetime.timedelta(seconds=1)
        # So many copies have different peers, then they come again.
        names = sum(kind == NAME for kind, _ in words) or 1
        self.copies = max(1, peers // names)

    def word(self, kind, old, turn):
        if kind == TIME:
            return (parse_time(old) + self.span * turn).strftime("%b %d %H:%M:%S")
        if kind == PROCESS:
            return str((int(old) + turn * 4099) % PIDS + 1)
        if kind == QUEUE:
            return self.queue_id(old, turn)
        peer = turn % self.copies
        if kind == NAME:
            return f"{old}-{peer}" if peer else old
        return f"10.{peer >> 8 & 255}.{peer & 255}.{old[8:]}" if peer else old

    @staticmethod
    def queue_id(old, turn):
        """The old one with four places more, which count the turns."""
        alphabet = "0123456789BCDFGHJKLMNPQRSTVWXYZb" if len(old) > 12 else "0123456789ABCDEF"
        base, tail = len(alphabet), ""
        for _ in range(4):
            tail = alphabet[turn % base] + tail
            turn //= base
        return old[:3] + tail + old[3:]

    def values(self, turn):
        return {str(i): self.word(kind, old, turn) for i, (kind, old) in enumerate(self.words)}


def main(argv):
    if len(argv) not in (3, 4):
        sys.exit("Usage: mailgrow.py LOG MEGABYTES [PEERS]")
    with open(argv[1], encoding="latin-1", newline="\n") as f:
        template, words = template_of(f.read())
    writer = Writer(words, int(argv[3]) if len(argv) == 4 else 0)
    left, turn = int(argv[2]) * 1000000, 0
    out = sys.stdout.buffer
    while left > 0:
        left -= out.write((template % writer.values(turn)).encode("latin-1"))
        turn += 1


if __name__ == "__main__":
    main(sys.argv)
