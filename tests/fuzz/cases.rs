//! How many cases there are, and where each gets its chance from.

use std::time::{Duration, Instant};

use fastrand::Rng;

/// Where the seeds start when nobody says otherwise: the same every time.
const SEED: u64 = 20_261_124;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

/// As many cases as the environment asks for, or else `usual`.
pub fn cases(usual: u64) -> impl Iterator<Item = Case> {
    let start = number("BATON_FUZZ_SEED").unwrap_or(SEED);
    let seconds = number("BATON_FUZZ_SECONDS").map(Duration::from_secs);
    let count = number("BATON_FUZZ_CASES").unwrap_or(usual);
    let began = Instant::now();
    println!("seeds from {start} on");
    (0..)
        .take_while(move |at| match seconds {
            Some(seconds) => began.elapsed() < seconds,
            None => *at < count,
        })
        .map(move |at| Case {
            seed: start.wrapping_add(at),
        })
}

/// One case; tells its seed when it fails.
pub struct Case {
    seed: u64,
}

impl Case {
    /// What this case draws from.
    pub fn random(&self) -> Rng {
        Rng::with_seed(self.seed)
    }

    /// Differs from case to case.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.seed;
            println!("failed: BATON_FUZZ_SEED={seed} BATON_FUZZ_CASES=1 shows it again");
        }
    }
}
