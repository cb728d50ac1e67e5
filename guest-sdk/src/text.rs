//! Reading a customer's words: a linear classifier small and quick enough for
//! a guest.
//!
//! A text becomes words, pairs of neighbouring words and four-byte pieces of
//! words, so that spellings and endings nobody thought of still count. Each
//! is hashed to a place in a table of signed bytes; their sum, over the root
//! of their number, is the log-odds of the class. A table of 8 KiB judges a
//! chat message in a few microseconds, without allocating. The training
//! script, `guest-sdk/train/train.py`, writes tables; the generated test
//! cases hold both sides to the same arithmetic.

/// Longer words are cut: names and links add noise, not meaning.
const WORD_BYTES_MAX: usize = 32;
/// Length of the pieces of words.
const GRAM_BYTES: usize = 4;

const SEED_WORD: u32 = 0x811C_9DC5;
const SEED_PAIR: u32 = 0x9E37_79B9;
const SEED_GRAM: u32 = 0x85EB_CA6B;

/// A trained table of `N` weights; `N` is a power of two.
#[derive(Debug)]
pub struct Classifier<const N: usize> {
    /// Signed bytes.
    pub weights: &'static [u8; N],
    /// Log-odds of one step of a weight.
    pub scale: f64,
    /// Log-odds of a text without any word.
    pub bias: f64,
}

/// What a classifier makes of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict<'t> {
    /// Above 0 when the class is likelier than not; 2 is 88 %, 4 is 98 %.
    pub log_odds: f64,
    /// The words that speak most for the class, heaviest first.
    pub words: [Option<&'t str>; 3],
}

impl<const N: usize> Classifier<N> {
    const SHIFT: u32 = {
        assert!(
            N.is_power_of_two() && N > 1,
            "a table has a power of two of weights"
        );
        32 - N.trailing_zeros()
    };

    /// Judges `text`.
    pub fn judge<'t>(&self, text: &'t str) -> Verdict<'t> {
        let (mut sum, mut count) = (0, 0);
        let mut heaviest = Heaviest::default();
        let mut previous = SEED_PAIR;
        for word in Words::of(text) {
            let before = sum;
            let bytes = word.bytes();
            let hashed = fnv(SEED_WORD, bytes);
            sum += self.weight(hashed) + self.weight(fnv(previous, &hashed.to_le_bytes()));
            count += 2;
            previous = fnv(SEED_PAIR, bytes);
            for gram in word.marked().windows(GRAM_BYTES) {
                // A word of two letters with its marks is one piece, the word
                // itself again.
                if word.len > GRAM_BYTES - 2 {
                    sum += self.weight(fnv(SEED_GRAM, gram));
                    count += 1;
                }
            }
            heaviest.offer(sum - before, &text[word.start..word.end]);
        }
        let evidence = if count == 0 {
            0.0
        } else {
            f64::from(sum) / f64::from(count).sqrt()
        };
        Verdict {
            log_odds: self.bias + self.scale * evidence,
            words: heaviest.words(),
        }
    }

    fn weight(&self, hashed: u32) -> i32 {
        let place = hashed.wrapping_mul(0x9E37_79B1) >> Self::SHIFT;
        i32::from(self.weights[place as usize].cast_signed())
    }
}

impl Verdict<'_> {
    /// The words, as part of a sentence: `"kecewa", "rusak"`.
    pub fn quoted(&self) -> String {
        let mut sentence = String::new();
        for word in self.words.iter().flatten() {
            if !sentence.is_empty() {
                sentence.push_str(", ");
            }
            sentence.push('"');
            sentence.push_str(word);
            sentence.push('"');
        }
        sentence
    }

    /// A score that rises from `least` at `threshold` to 0.95 four log-odds
    /// above it; `None` below the threshold.
    pub fn score(&self, threshold: f64, least: f64) -> Option<f64> {
        let excess = self.log_odds - threshold;
        (excess >= 0.0).then(|| least + (0.95 - least) * (excess / 4.0).min(1.0))
    }
}

/// The three words of most weight so far.
#[derive(Default)]
struct Heaviest<'t>([(i32, Option<&'t str>); 3]);

impl<'t> Heaviest<'t> {
    fn offer(&mut self, weight: i32, word: &'t str) {
        let lighter = |(held, _): &(i32, Option<&str>)| weight > *held;
        if let Some(place) = self.0.iter().position(lighter) {
            self.0[place..].rotate_right(1);
            self.0[place] = (weight, Some(word));
        }
    }

    fn words(&self) -> [Option<&'t str>; 3] {
        // A word far lighter than the first explains nothing.
        let least = self.0[0].0 / 4;
        self.0.map(|(weight, word)| word.filter(|_| weight > least))
    }
}

/// A word in lower case, between its marks `<` and `>`.
struct Word {
    marked: [u8; WORD_BYTES_MAX + 2],
    len: usize,
    start: usize,
    end: usize,
}

impl Word {
    fn new(start: usize) -> Self {
        let mut marked = [0; WORD_BYTES_MAX + 2];
        marked[0] = b'<';
        Self {
            marked,
            len: 0,
            start,
            end: start,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.marked[1..=self.len]
    }

    fn marked(&self) -> &[u8] {
        &self.marked[..self.len + 2]
    }

    /// Appends a letter; the third in a row of the same takes the second
    /// back, and is itself not taken: `lamaaaa` is `lama`.
    fn push(&mut self, byte: u8, run: &mut usize) {
        let repeats = self.len > 0 && self.marked[self.len] == byte;
        *run = if repeats { *run + 1 } else { 1 };
        if *run > 2 {
            self.len -= usize::from(*run == 3);
            // The run is one letter long now, and stays so.
            return;
        }
        if self.len < WORD_BYTES_MAX {
            self.len += 1;
            self.marked[self.len] = byte;
        }
    }

    fn finish(mut self, end: usize) -> Self {
        self.marked[self.len + 1] = b'>';
        self.end = end;
        self
    }
}

/// The words of a text: runs of letters, a run of digits as `0`, pictographs
/// one by one.
struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let mut word = Word::new(self.at);
        let (mut run, mut kind) = (0, Kind::Gap);
        for (offset, char) in self.text[self.at..].char_indices() {
            let here = self.at + offset;
            let found = Kind::of(char);
            match (kind, found) {
                (Kind::Gap, Kind::Gap | Kind::Apostrophe) => {}
                (Kind::Gap, _) => {
                    word = Word::new(here);
                    kind = found;
                    take(&mut word, char, found, &mut run);
                }
                (_, Kind::Apostrophe) | (Kind::Digit, Kind::Digit) => {}
                (Kind::Letter, Kind::Letter) => take(&mut word, char, found, &mut run),
                _ => {
                    self.at = here;
                    return Some(word.finish(here));
                }
            }
        }
        self.at = self.text.len();
        (kind != Kind::Gap).then(|| word.finish(self.at))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Pictograph,
    Apostrophe,
    Gap,
}

impl Kind {
    fn of(char: char) -> Self {
        match char {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{1fff}' => Self::Letter,
            '0'..='9' => Self::Digit,
            '\'' | '\u{2019}' => Self::Apostrophe,
            '\u{1f000}'.. => Self::Pictograph,
            _ => Self::Gap,
        }
    }
}

fn take(word: &mut Word, char: char, kind: Kind, run: &mut usize) {
    let char = if kind == Kind::Digit {
        '0'
    } else {
        char.to_ascii_lowercase()
    };
    let mut utf8 = [0; 4];
    for byte in char.encode_utf8(&mut utf8).bytes() {
        word.push(byte, run);
    }
}

fn fnv(seed: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(seed, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Words::of(text)
            .map(|word| String::from_utf8_lossy(word.bytes()).into_owned())
            .collect()
    }

    #[test]
    fn a_text_becomes_words() {
        assert_eq!(
            words("Don't ship 12 345 to me!"),
            ["dont", "ship", "0", "0", "to", "me"]
        );
        assert_eq!(words("x2y"), ["x", "0", "y"]);
        assert_eq!(words("Lamaaaa BANGET, good"), ["lama", "banget", "good"]);
        assert_eq!(words("ok👍👍"), ["ok", "👍", "👍"]);
        assert_eq!(words("café"), ["café"]);
        assert!(words(" ... ' ").is_empty());
    }

    #[test]
    fn the_heaviest_words_explain() {
        let mut heaviest = Heaviest::default();
        for (weight, word) in [(5, "a"), (40, "b"), (30, "c"), (-3, "d"), (35, "e")] {
            heaviest.offer(weight, word);
        }
        assert_eq!(heaviest.words(), [Some("b"), Some("e"), Some("c")]);
        let mut one = Heaviest::default();
        one.offer(100, "much");
        one.offer(10, "little");
        assert_eq!(one.words(), [Some("much"), None, None]);
    }

    #[test]
    fn the_score_rises_from_the_threshold() {
        let verdict = |log_odds| Verdict {
            log_odds,
            words: [None; 3],
        };
        assert_eq!(verdict(0.9).score(1.0, 0.6), None);
        assert_eq!(verdict(1.0).score(1.0, 0.6), Some(0.6));
        assert_eq!(verdict(9.0).score(1.0, 0.6), Some(0.95));
    }
}
