#!/usr/bin/env python3
"""Writes a week of a shop that sells over WhatsApp, event by event, as the
host's log would hold it: ninety customers, some of whom bought before; what
they say, how the bot did, baskets, payments, orders, deliveries. Greetings and
thanks repeat, as they do; whoever asks something asks it in words of their own,
slips of the finger among them, so that nearly every question is a text of its
own.

Run it after changing what it holds; the file it writes is kept."""

import datetime
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent
NUMBER = "106540352242922"
MONDAY = datetime.datetime(2026, 11, 23, 1, 0)
PRODUCTS = [("linen throw", 4900), ("ceramic set", 8900), ("walnut tray", 3500), ("wool rug", 21900),
            ("table lamp", 12900), ("cotton bundle", 15900), ("reading chair", 48900)]
COLOURS = ["blue", "sand", "olive", "black", "rust"]
OPENERS = ["hi", "hello!", "hi there", "good morning", "hey, quick question", "hello, is anybody there?",
           "hi, me again :)", "halo kak", "good evening, I saw your {product}"]
QUESTIONS = ["do you have the {product} in {colour}?", "how much is the {product} with delivery?",
             "is the {product} still available, the {colour} one?", "can I get the same {product} as last time but {colour}?",
             "what size is the {product}?", "does the {product} come with a warranty?",
             "which one is softer, the {product} or the {other}?", "could you send me a photo of the {colour} {product}?",
             "I need {count} of the {product}, is there a discount?", "do you ship the {product} to Bandung?",
             "how do I clean the {product}?", "would the {colour} one go with the {other}?"]
FRIDAY = ["will it arrive before Friday?", "can the {product} be here by Friday? it is a present",
          "I need it on Saturday at the latest, is that possible?", "how long does delivery take this week?"]
ANGRY = ["this is the second time my {product} arrives broken, I am really disappointed",
         "nobody answers me, I want my money back for the {product}",
         "I ordered the {product} two weeks ago and still nothing, this is unacceptable"]
PAYING = ["my card was declined, what now?", "the payment for the {product} does not go through",
          "I tried to pay twice and it failed"]
PERSON = ["can I talk to a human please", "please let me speak to somebody about the {product}"]
FILLERS = ["", "", "please", "hey", "sorry,", "one more thing:", "kak", "hmm", "so", "and", "btw", "pls", "if I may ask,"]
THANKS = ["ok", "thanks!", "great, thank you", "perfect, I take it", "ok let me think about it", "yes please", "no, that is all"]


class Shop:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.count = 0

    def id(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def tell(self, who, at, kind, number=True, **body):
        event = {"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), **({"number": NUMBER} if number else {}), "kind": kind, **body}
        self.lines.append((at, {"who": who, "event": event}))

    def fill(self, text):
        product, other = self.random.sample(PRODUCTS, 2)
        return text.format(product=product[0], other=other[0], colour=self.random.choice(COLOURS),
                           count=self.random.randint(2, 9))

    def own_words(self, text):
        text = self.fill(text)
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randint(1, len(text) - 2)
            text = self.random.choice([text[:at] + text[at + 1] + text[at] + text[at + 2:], text[:at] + text[at + 1:]])
        return " ".join(filter(None, [self.random.choice(FILLERS), text, self.random.choice(FILLERS)]))

    def line(self):
        name, minor = self.random.choice(PRODUCTS)
        return {"product": name.replace(" ", "-"), "name": name, "quantity": self.random.choice([1, 1, 1, 2]),
                "unit_price": {"minor": minor, "currency": "USD"},
                "attributes": [["colour", self.random.choice(COLOURS)]]}

    def money(self, lines):
        return {"minor": sum(it["quantity"] * it["unit_price"]["minor"] for it in lines), "currency": "USD"}

    def soon(self, at, low=15, high=240):
        return at + datetime.timedelta(seconds=self.random.randint(low, high))

    def customer(self, who):
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 4, 9])):
            at = MONDAY - datetime.timedelta(days=self.random.randint(5, 300))
            lines = [self.line()]
            self.tell(who, MONDAY - datetime.timedelta(hours=3), "order_changed", number=False, id=self.id("past-"),
                      status="delivered", placed_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"), total=self.money(lines),
                      lines=lines, imported=True)
        for _ in range(self.random.choice([1, 1, 1, 2, 2, 3])):
            day, hour = self.random.randint(0, 6), self.random.randint(0, 13)
            self.session(who, MONDAY + datetime.timedelta(days=day, hours=hour, minutes=self.random.randint(0, 59)))

    def says(self, who, at, text, misses=0.15):
        self.tell(who, at, "message_received", id="wamid." + self.id(""), type="text",
                  text=self.fill(text) if text in OPENERS + THANKS else self.own_words(text))
        at = self.soon(at, 1, 4)
        if self.random.random() < misses:
            self.tell(who, at, "bot_missed", question=None)
        else:
            self.tell(who, at, "bot_answered", intent="answer")
        return self.soon(at)

    def session(self, who, at):
        if self.random.random() < 0.6:
            at = self.says(who, at, self.random.choice(OPENERS), misses=0.02)
        for _ in range(self.random.randint(1, 4)):
            at = self.says(who, at, self.random.choice(QUESTIONS))
        mood = self.random.random()
        if mood < 0.12:
            at = self.says(who, at, self.random.choice(ANGRY), misses=0.6)
        elif mood < 0.18:
            at = self.says(who, at, self.random.choice(PERSON))
        if self.random.random() < 0.45:
            at = self.buys(who, at)
        self.says(who, at, self.random.choice(THANKS), misses=0.01)

    def buys(self, who, at):
        basket, lines = self.id("basket-"), [self.line() for _ in range(self.random.choice([1, 1, 2]))]
        for state in ["quoted", "checkout-offered"]:
            self.tell(who, at, "basket_changed", id=basket, lines=lines, checkout_state=state)
            at = self.soon(at, 5, 60)
            if state == "quoted" and self.random.random() < 0.5:
                at = self.says(who, at, self.random.choice(THANKS), misses=0.01)
        if self.random.random() < 0.35:
            certain = self.random.random() < 0.6
            day = (at + datetime.timedelta(days=self.random.randint(2, 6))).strftime("%Y-%m-%d")
            self.tell(who, at, "delivery_estimated", latest=day, certainty="certain" if certain else "uncertain",
                      **({} if certain else {"reason": "public holiday"}))
            at = self.says(who, self.soon(at), self.random.choice(FRIDAY))
        reference, total = self.id("pay-"), self.money(lines)
        if self.random.random() < 0.18:
            self.tell(who, at, "payment_changed", reference=reference, transaction=self.id("try-"), status="failed",
                      amount=total, reason="insufficient-funds")
            at = self.says(who, self.soon(at), self.random.choice(PAYING))
        if self.random.random() < 0.7:
            order = self.id("order-")
            self.tell(who, at, "order_changed", id=order, status="placed", total=total, lines=lines, basket=basket)
            at = self.soon(at, 2, 30)
            self.tell(who, at, "payment_changed", reference=reference, transaction=self.id("try-"), status="captured",
                      amount=total)
            self.tell(who, at, "order_changed", id=order, status="paid")
            at = self.soon(at)
        return at


def main():
    shop = Shop(20261123)
    for who in range(90):
        shop.customer(who)
    shop.lines.sort(key=lambda line: line[0])
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for _, line in shop.lines)
    (HERE / "week.jsonl").write_text(text)


main()
