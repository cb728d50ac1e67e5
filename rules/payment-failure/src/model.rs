//! Made by `guest-sdk/train/train.py`; do not edit.

use baton_guest::text::Classifier;

/// The trained weights.
pub(crate) static MODEL: Classifier<4096> = Classifier {
    weights: include_bytes!("model.bin"),
    scale: 0.05126396500619883,
    bias: -5.954787068483285,
};

/// Log-odds from which a message counts.
pub(crate) const THRESHOLD: f64 = 0.3;

/// Texts and the log-odds that the training script computes for them.
#[cfg(test)]
pub(crate) const CASES: &[(&str, f64)] = &[
    (
        "I opened the box and the vase is in shards",
        -6.194969656413603,
    ),
    (
        "I've been lied to about the stock twice now",
        -2.0471475112820956,
    ),
    (
        "sudah 20 hari paket hilang dan kalian diam saja",
        -7.891490083805673,
    ),
    ("is this chat handled by people", -8.78207242596571),
    ("it declined both of my cards", -0.3347739734022568),
    ("We would be two adults and a dog", -5.899543388975115),
    ("Nice, I'll tell my friends", -6.509390359502055),
    ("hope you had a good weekend", -7.543615584953661),
    (
        "cuma mau cek pesanan semalam sudah masuk kan",
        -6.573787505453453,
    ),
    (
        "saya ga masalah nunggu batch berikutnya",
        -4.838389714532001,
    ),
    ("maaf baru balas, iya saya mau", -5.098033929852248),
];
