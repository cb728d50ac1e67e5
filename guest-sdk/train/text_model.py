"""Features of a text, as `baton_guest::text` computes them in a guest.

Both sides must agree bit for bit; the generated test cases hold them to it.
"""

import math
import re

MASK = 0xFFFFFFFF
WORD_BYTES_MAX = 32


def words(text):
    """Lower-case words: runs of letters, with digits as one `0`."""
    text = text.replace("'", "").replace("\u2019", "")
    word, last_digit = bytearray(), False
    for char in text:
        code = ord(char)
        lower = ord(char.lower()) if code < 0x80 else code
        if 0x61 <= lower <= 0x7A or (0xC0 <= code < 0x2000):
            if last_digit:
                yield b"0"
                last_digit = False
            word += chr(lower).encode()
            continue
        if word:
            yield shorten(word)
            word = bytearray()
        if 0x30 <= code <= 0x39:
            last_digit = True
            continue
        if last_digit:
            yield b"0"
            last_digit = False
        if code >= 0x1F000:
            yield char.encode()
    if word:
        yield shorten(word)
    if last_digit:
        yield b"0"


def shorten(word):
    """`lamaaaa` is `lama`; at most WORD_BYTES_MAX bytes."""
    return re.sub(rb"(.)\1\1+", rb"\1", bytes(word), flags=re.S)[:WORD_BYTES_MAX]


def fnv(seed, data):
    """FNV-1a, 32 bits, from a seed."""
    for byte in data:
        seed = ((seed ^ byte) * 0x01000193) & MASK
    return seed


SEED_WORD, SEED_PAIR, SEED_GRAM = 0x811C9DC5, 0x9E3779B9, 0x85EBCA6B
GRAM_BYTES = 4


def features(text, bits):
    """Indices into the table, one for each occurrence."""
    shift, previous = 32 - bits, SEED_PAIR
    for word in words(text):
        hashed = fnv(SEED_WORD, word)
        yield spread(hashed, shift)
        yield spread(fnv(previous, hashed.to_bytes(4, "little")), shift)
        previous = fnv(SEED_PAIR, word)
        marked = b"<" + word + b">"
        if len(marked) > GRAM_BYTES:
            for start in range(len(marked) - GRAM_BYTES + 1):
                yield spread(fnv(SEED_GRAM, marked[start : start + GRAM_BYTES]), shift)


def spread(hashed, shift):
    """FNV's low bits are its best: multiply them up, then take the top."""
    return ((hashed * 0x9E3779B1) & MASK) >> shift


class Table:
    """A trained table of bytes."""

    def __init__(self, bits, weights, scale, bias):
        self.bits, self.weights, self.scale, self.bias = bits, weights, scale, bias

    def log_odds(self, text):
        found = [self.weights[index] for index in features(text, self.bits)]
        if not found:
            return self.bias
        return self.bias + self.scale * sum(found) / math.sqrt(len(found))
