//! Deadlines of what people owe: whatever is promised has its row, due when it
//! says, and none is lost or taken back while it holds.

use baton_domain::{
    care::{CarePolicy, Deadline, deadlines},
    state::CustomerState,
};
use baton_store::WorkKey;

use super::{Oracle, Who};

/// Minutes of silence after which policy gives back, as the tenants of a run
/// have it.
pub const AUTO_RETURN_MINUTES: u32 = 120;

/// Whether a timer of this name is a deadline of people's: it fires while they
/// own.
pub(super) fn is_deadline(timer: &str) -> bool {
    ["first-reply", "next-step", "auto-return"].contains(&timer)
}

impl Oracle {
    /// What a state promises is in the rows.
    pub(super) fn check_deadlines(&mut self, who: &Who, state: &CustomerState) {
        let policy = CarePolicy {
            auto_return_minutes: Some(AUTO_RETURN_MINUTES),
            ..CarePolicy::default()
        };
        for (number, conversation) in state.conversations() {
            for (deadline, due) in deadlines(conversation, &policy) {
                let (name, count) = (deadline.as_str(), deadline.number());
                let key = format!("care/{name}/{}/{number}/{count}", who.1);
                let row = self.work.get(&(who.clone(), WorkKey(key.as_str().into())));
                let may_be_later = matches!(deadline, Deadline::AutoReturn(_));
                let holds = row.is_some_and(|row| row.keeps(due, may_be_later));
                let row = row.cloned();
                self.check(holds, || {
                    format!("{key} is promised for {due} and its row is {row:?}")
                });
            }
        }
    }
}
