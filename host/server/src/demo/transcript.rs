//! What the demonstration prints.

use jiff::{Timestamp, tz::TimeZone};

/// Something that was said or done, at a time of the shop's clock.
#[expect(clippy::print_stdout, reason = "the demonstration's result")]
pub fn line(at: Timestamp, who: &str, what: &str) {
    let zone = TimeZone::get("Asia/Jakarta").unwrap_or(TimeZone::UTC);
    let at = zone.to_datetime(at).strftime("%a %d %b %H:%M").to_string();
    let mut lines = what.lines();
    println!("{at}  {who:<9} {}", lines.next().unwrap_or_default());
    for more in lines {
        println!("                            {more}");
    }
}

/// A remark.
#[expect(clippy::print_stdout, reason = "the demonstration's result")]
pub fn note(text: &str) {
    for line in text.lines() {
        println!("  {line}");
    }
}

/// The last line, for programs.
#[expect(clippy::print_stdout, reason = "the demonstration's result")]
pub fn summary(summary: &serde_json::Value) {
    println!("{summary}");
}
