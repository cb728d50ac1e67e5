"""Features of a text, as `baton_guest::text` computes them in a guest.

Both sides must agree bit for bit; the generated test cases hold them to it.
"""

import math

MASK = 0xFFFFFFFF
WORD_BYTES_MAX = 32


def words(text):
    """Lower-case words: runs of letters, a run of digits as `0`, pictographs
    one by one."""
    word, kind = Word(), None
    for char in text.replace("'", "").replace("\u2019", ""):
        found = kind_of(char)
        if kind and (found != kind or kind == "pictograph"):
            yield bytes(word.letters)
            word, kind = Word(), None
        if found and not (found == "digit" and kind):
            word.push("0" if found == "digit" else lower(char))
        kind = found
    if kind:
        yield bytes(word.letters)


def kind_of(char):
    if "a" <= char <= "z" or "A" <= char <= "Z" or "\u00c0" <= char <= "\u1fff":
        return "letter"
    if "0" <= char <= "9":
        return "digit"
    return "pictograph" if char >= "\U0001f000" else None


def lower(char):
    return char.lower() if char.isascii() else char


class Word:
    """At most WORD_BYTES_MAX bytes; three and more of the same in a row
    become one: `lamaaaa` is `lama`."""

    def __init__(self):
        self.letters, self.run = bytearray(), 0

    def push(self, char):
        for byte in char.encode():
            repeats = bool(self.letters) and self.letters[-1] == byte
            self.run = self.run + 1 if repeats else 1
            if self.run == 3:
                self.letters.pop()
            elif self.run < 3 and len(self.letters) < WORD_BYTES_MAX:
                self.letters.append(byte)


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
