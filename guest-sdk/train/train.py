"""Trains the text models of the stock rules and measures them.

    python3 guest-sdk/train/train.py DATA_FOLDER

DATA_FOLDER holds `intents_en_train.csv` (Bitext, CDLA-Sharing-1.0) and
`reviews_id_train.csv` (PRDECT-ID, MIT); they stay outside the repository.
Needs numpy, scikit-learn, pyyaml and chatterbot-corpus (small talk, BSD). Each rule gets `src/model.rs` and
`src/model.bin`. A rule of your own: add an entry to MODELS.
"""

import csv
import pathlib
import random
import re
import sys

import chatterbot_corpus
import numpy
import yaml
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from text_model import Table, features

HERE = pathlib.Path(__file__).parent
RULES = HERE.parent.parent / "rules"
TEMPLATE_ROUNDS = 30

# Which labels a rule looks for, which say nothing about it, and how much a
# word must weigh before it speaks: log-odds of `threshold`.
MODELS = {
    "complaint": dict(
        yes=["complaint"], skip=[], bits=14, threshold=0.5,
        intents=["complaint"], reviews=True, small_talk=True,
    ),
    "asks-for-person": dict(
        yes=["person"], skip=[], bits=12, threshold=0.3,
        intents=["contact_human_agent", "contact_customer_service"], reviews=False, small_talk=False,
    ),
    "payment-failure": dict(
        yes=["payment"], skip=[], bits=12, threshold=0.3,
        intents=["payment_issue"], reviews=False, small_talk=True,
    ),
}


def read_labelled(path):
    """(label, language, line) for each line of examples or challenge."""
    label = language = None
    for line in path.read_text().splitlines():
        if match := re.fullmatch(r"\[(\w+) (\w+)\]", line):
            label, language = match.groups()
        elif line and not line.startswith("#"):
            yield label, language, line


def expand(line, chance):
    """One message of a template."""
    pick = lambda match: chance.choice(match[1].split("|"))
    return re.sub(r"\s+", " ", re.sub(r"\{([^}]*)\}", pick, line)).strip()


def read_corpus(data, model, chance):
    """(text, label 0 or 1, weight, source) of everything there is to learn."""
    with open(data / "intents_en_train.csv") as file:
        for row in csv.DictReader(file):
            yield row["utterance"], int(row["intent"] in model["intents"]), 1.0, "intents"
    with open(data / "reviews_id_train.csv") as file:
        for row in csv.DictReader(file):
            negative = model["reviews"] and row["sentiment"] == "Negative"
            yield row["review"], int(negative), 1.0, "reviews"
    if model["small_talk"]:
        for text in read_small_talk():
            yield text, 0, 1.0, "small talk"
    for label, language, line in read_labelled(HERE / "examples.txt"):
        if label in model["skip"]:
            continue
        for text in sorted({expand(line, chance) for _ in range(TEMPLATE_ROUNDS)}):
            yield text, int(label in model["yes"]), 1.5, "examples"


def read_small_talk():
    """English and Indonesian talk about anything. It has bots that talk of
    being bots, so it is no example of not asking for a person."""
    folder = pathlib.Path(chatterbot_corpus.__file__).parent / "data"
    for path in sorted([*folder.glob("english/*.yml"), *folder.glob("indonesian/*.yml")]):
        if path.stem not in ["coding", "tech_support"]:
            for talk in yaml.safe_load(path.read_text())["conversations"]:
                yield from (str(said) for said in talk)


def matrix(texts, bits):
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        indices = list(features(text, bits))
        rows += [row] * len(indices)
        columns += indices
        values += [max(len(indices), 1) ** -0.5] * len(indices)
    return csr_matrix((values, (rows, columns)), shape=(len(texts), 1 << bits))


def fit(corpus, model):
    texts, labels, weights, _ = zip(*corpus)
    learner = LogisticRegression(C=model.get("c", 10.0), max_iter=2000)
    learner.fit(matrix(texts, model["bits"]), labels, sample_weight=weights)
    # One step in 127 of the largest weights: a few outliers may clip.
    coefficients = learner.coef_[0]
    scale = float(numpy.quantile(numpy.abs(coefficients), 0.9995)) / 127
    quantised = numpy.clip(numpy.round(coefficients / scale), -127, 127).astype(int)
    return Table(model["bits"], quantised.tolist(), scale, float(learner.intercept_[0]))


def measure(table, cases, threshold):
    """Precision and recall as text."""
    fired = [(table.log_odds(text) >= threshold, label) for text, label in cases]
    hit = sum(1 for fires, label in fired if fires and label)
    fires, wanted = sum(f for f, _ in fired), sum(label for _, label in fired)
    show = lambda part, whole: f"{part}/{whole} = {part / whole:.3f}" if whole else "none"
    return f"precision {show(hit, fires)}, recall {show(hit, wanted)}"


def challenge(model):
    for label, language, line in read_labelled(HERE / "challenge.txt"):
        if label not in model["skip"]:
            yield line, int(label in model["yes"]), language


def write(name, table, model):
    folder = RULES / name / "src"
    (folder / "model.bin").write_bytes(bytes(w & 0xFF for w in table.weights))
    samples = [line for line, *_ in challenge(model)][::9]
    cases = "".join(
        f"    ({rust_string(text)}, {table.log_odds(text)!r}),\n" for text in samples
    )
    (folder / "model.rs").write_text(
        f"""//! Made by `guest-sdk/train/train.py`; do not edit.

use baton_guest::text::Classifier;

/// The trained weights.
pub(crate) static MODEL: Classifier<{1 << table.bits}> = Classifier {{
    weights: include_bytes!("model.bin"),
    scale: {table.scale!r},
    bias: {table.bias!r},
}};

/// Log-odds from which a message counts.
pub(crate) const THRESHOLD: f64 = {model["threshold"]!r};

/// Texts and the log-odds that the training script computes for them.
#[cfg(test)]
pub(crate) const CASES: &[(&str, f64)] = &[
{cases}];
"""
    )


def rust_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main(data):
    for name, model in MODELS.items():
        chance = random.Random(7)
        corpus = list(read_corpus(data, model, chance))
        chance.shuffle(corpus)
        cut = len(corpus) // 5
        held_out, rest = corpus[:cut], corpus[cut:]
        table = fit(rest, model)
        print(f"{name}: {len(corpus)} texts, {sum(row[1] for row in corpus)} of them wanted")
        for source in ["intents", "reviews", "small talk", "examples"]:
            cases = [(text, label) for text, label, _, origin in held_out if origin == source]
            print(f"  a fifth of {source}: {measure(table, cases, model['threshold'])}")
        for language in ["en", "id"]:
            cases = [(text, label) for text, label, of in challenge(model) if of == language]
            print(f"  challenge {language}: {measure(table, cases, model['threshold'])}")
            for text, label in cases:
                odds = table.log_odds(text)
                if (odds >= model["threshold"]) != bool(label) and "-v" in sys.argv:
                    print(f"    {'missed' if label else 'false'} {odds:.2f} {text}")
        if "-n" not in sys.argv:
            write(name, fit(corpus, model), model)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
