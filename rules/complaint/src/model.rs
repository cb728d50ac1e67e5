//! Made by `guest-sdk/train/train.py`; do not edit.

use baton_guest::text::Classifier;

/// The trained weights.
pub(crate) static MODEL: Classifier<16384> = Classifier {
    weights: include_bytes!("model.bin"),
    scale: 0.053409343883347754,
    bias: -2.8736796711537367,
};

/// Log-odds from which a message counts.
pub(crate) const THRESHOLD: f64 = 0.5;

/// Texts and the log-odds that the training script computes for them.
#[cfg(test)]
pub(crate) const CASES: &[(&str, f64)] = &[
    (
        "I opened the box and the vase is in shards",
        0.1791768933071185,
    ),
    (
        "I've been lied to about the stock twice now",
        -1.2419140164191083,
    ),
    (
        "sudah 20 hari paket hilang dan kalian diam saja",
        0.8112521303033655,
    ),
    ("is this chat handled by people", -4.252263069372084),
    ("it declined both of my cards", -4.7800266778393805),
    ("We would be two adults and a dog", -4.782607337658627),
    ("Nice, I'll tell my friends", -6.351461268113878),
    ("hope you had a good weekend", -4.175730497347896),
    (
        "cuma mau cek pesanan semalam sudah masuk kan",
        -2.977183004902988,
    ),
    (
        "saya ga masalah nunggu batch berikutnya",
        -1.1204500465975293,
    ),
    ("maaf baru balas, iya saya mau", -1.8918109199046975),
];
