//! Progress of a long command: on a terminal, and nowhere else.

use std::{pin::pin, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the line is drawn anew.
const DRAW_MS: u64 = 100;
/// How long something may take before it is told that it is waited for.
const MOMENT_MS: u64 = 500;

/// A line that counts on standard error; hidden unless that is a terminal.
pub(super) fn counting(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg}: {human_pos} ({per_sec}, {elapsed})");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(DRAW_MS));
    bar
}

/// Waits for `job`; when it takes longer than a moment, a line on standard error
/// says what for.
pub(super) async fn waiting<T>(what: &'static str, job: impl Future<Output = T>) -> T {
    let mut job = pin!(job);
    let moment = Duration::from_millis(MOMENT_MS);
    if let Ok(done) = tokio::time::timeout(moment, &mut job).await {
        return done;
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(DRAW_MS));
    let done = job.await;
    bar.finish_and_clear();
    done
}
