//! Distinctive values of a customer and of the host, and how they may be
//! written.

pub const NUMBER: &str = "109988776655443";
pub const PHONE: &str = "6287712345601";
pub const NAME: &str = "Zubaidah Qandisa";
pub const TEXT: &str = "xylophone kettle of my grandmother";
pub const ADDRESS: &str = "Jalan Merpati 77";
pub const EMAIL: &str = "zubaidah@qandisa.example";
pub const USER_ID: &str = "ID.4455667788990011";
pub const EXTERNAL: &str = "buyer-qandisa-1";
pub const TOKEN: &str = "EAAGraphTokenOfTheTest";
pub const SECRET: &str = "b0a1c2d3e4f5061728394a5b6c7d8e9f";
pub const VERIFY: &str = "verify-word-of-the-test";
/// A wamid holds the phone number in base64.
pub const WAMID: &str = "wamid.HBgNNjI4NzcxMjM0NTYwMRUCABIYFDNBNjA1Nzc4OTAxMjM0NTY3ODkwAA==";
pub const SEND_KEY: &str = "welcome-for-6287712345601";

/// What may not be found, with a word for it. Encodings of the phone number
/// too: hexadecimal, and base64 at each of the three places it may begin at.
pub fn forbidden(keys: &[&str]) -> Vec<(String, String)> {
    let plain = [
        PHONE,
        NAME,
        "Qandisa",
        TEXT,
        "xylophone",
        ADDRESS,
        EMAIL,
        USER_ID,
        EXTERNAL,
        TOKEN,
        SECRET,
        VERIFY,
        WAMID,
        "HBgNNjI4NzcxMjM0NTYwMRUC",
        SEND_KEY,
    ];
    let plain = plain
        .iter()
        .chain(keys)
        .map(|it| (format!("{it:?}"), (*it).to_owned()));
    let base64 = (0..3).map(|shift| {
        let bytes = [&b"xx"[..shift], PHONE.as_bytes()].concat();
        let whole = base64(&bytes);
        // The first and last characters depend on what stands beside it.
        let inner = whole[if shift == 0 { 0 } else { shift + 1 }..whole.len() - 3].to_owned();
        (format!("the phone in base64 at {shift}"), inner)
    });
    let hexed = ("the phone in hexadecimal".to_owned(), hex::encode(PHONE));
    plain.chain(base64).chain([hexed]).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..three.len()].copy_from_slice(three);
        let word = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for at in 0..4 {
            let index = (word >> (18 - 6 * at)) & 63;
            text.push(LETTERS[index as usize] as char);
        }
    }
    text
}
