//! Made by `guest-sdk/train/train.py`; do not edit.

use baton_guest::text::Classifier;

/// The trained weights.
pub(crate) static MODEL: Classifier<4096> = Classifier {
    weights: include_bytes!("model.bin"),
    scale: 0.05858427653026584,
    bias: -4.571885469356103,
};

/// Log-odds from which a message counts.
pub(crate) const THRESHOLD: f64 = 0.3;

/// Texts and the log-odds that the training script computes for them.
#[cfg(test)]
pub(crate) const CASES: &[(&str, f64)] = &[
    (
        "I opened the box and the vase is in shards",
        -6.712827953017538,
    ),
    (
        "I've been lied to about the stock twice now",
        -8.386660021568296,
    ),
    (
        "sudah 20 hari paket hilang dan kalian diam saja",
        -9.716213258150617,
    ),
    ("is this chat handled by people", 0.008100715387210577),
    ("it declined both of my cards", -3.2621027735561143),
    ("We would be two adults and a dog", -5.245296456891367),
    ("Nice, I'll tell my friends", -7.561501812049009),
    ("hope you had a good weekend", -6.487235524622232),
    (
        "cuma mau cek pesanan semalam sudah masuk kan",
        -7.995310969079664,
    ),
    (
        "saya ga masalah nunggu batch berikutnya",
        -7.920899628635048,
    ),
    ("maaf baru balas, iya saya mau", -2.3961200609269753),
];
