//! What `baton doctor` found: named problems, each with what to do next.

/// What can be wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Problem {
    /// The file of keys is missing, cut short, or belongs to other rows.
    KeysUnusable,
    /// One slot of the file of keys is damaged.
    KeyDamaged,
    /// A customer's key is missing or was erased, or two customers have one.
    KeyWrong,
    /// The list of erasures cannot be read.
    ErasuresUnreadable,
    /// Somebody on the list of erasures still has rows.
    ErasureUnfinished,
    /// A row differs from its checksum, or its format is not known.
    RecordDamaged,
    /// A sealed row does not open, or says something that cannot be read.
    RecordUnreadable,
    /// A row whose key means nothing.
    RowUnknown,
    /// Rows of a customer who has no head.
    HeadMissing,
    /// The head tells of more or fewer events than there are.
    HeadDisagrees,
    /// A log with a hole.
    LogGap,
    /// The stored state is not the fold of the log.
    StateDiffers,
    /// Something stands in no list, or in no index, where it should.
    ListMissing,
    /// A list or an index names something that is not there.
    ListStray,
    /// Merged customers do not lead to each other both ways.
    MergeBroken,
    /// A count differs from what is counted.
    CountWrong,
    /// An entry of the audit was changed or removed.
    AuditBroken,
}

impl Problem {
    /// Stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::KeysUnusable => "keys_unusable",
            Self::KeyDamaged => "key_damaged",
            Self::KeyWrong => "key_wrong",
            Self::ErasuresUnreadable => "erasures_unreadable",
            Self::ErasureUnfinished => "erasure_unfinished",
            Self::RecordDamaged => "record_damaged",
            Self::RecordUnreadable => "record_unreadable",
            Self::RowUnknown => "row_unknown",
            Self::HeadMissing => "head_missing",
            Self::HeadDisagrees => "head_disagrees",
            Self::LogGap => "log_gap",
            Self::StateDiffers => "state_differs",
            Self::ListMissing => "list_missing",
            Self::ListStray => "list_stray",
            Self::MergeBroken => "merge_broken",
            Self::CountWrong => "count_wrong",
            Self::AuditBroken => "audit_broken",
        }
    }

    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::KeysUnusable => {
                "put the keys file that belongs to these rows back in its place, from its backup"
            }
            Self::KeyDamaged => {
                "take the keys file from its backup; without this key its customer cannot be read"
            }
            Self::KeyWrong => {
                "take keys and rows from the same backup; if it was erased on purpose, erase the \
                 customer again"
            }
            Self::ErasuresUnreadable => {
                "put the list of erasures back from its backup before the host starts, or erased \
                 customers may come back"
            }
            Self::ErasureUnfinished => "start the host: it finishes erasures before all else",
            Self::RecordDamaged | Self::RecordUnreadable => {
                "the disk gave back other bytes than were written: check it, then restore the \
                 latest export with `baton import`; the host refuses what this row belongs to and \
                 serves the rest"
            }
            Self::RowUnknown => "a newer Baton wrote it: run that one; or import the latest export",
            Self::HeadMissing | Self::HeadDisagrees | Self::LogGap => {
                "import the latest export: this customer's log is not whole"
            }
            Self::StateDiffers | Self::ListMissing | Self::ListStray | Self::CountWrong => {
                "nothing is lost, the logs tell it all: `baton export` and then `baton import` \
                 build the rest anew; and please report this"
            }
            Self::AuditBroken => {
                "keep a copy of this folder: the audit was tampered with, or its disk is damaged; \
                 the latest export has the chain as it was"
            }
            Self::MergeBroken => {
                "import the latest export: the ids of merged customers lead nowhere"
            }
        }
    }
}

/// One thing that is wrong. Names random ids and keyed hashes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub problem: Problem,
    /// Where: a row or a file.
    pub place: String,
    /// What it is like.
    pub what: String,
}

/// How much there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows of all kinds.
    pub rows: u64,
    /// Tenants.
    pub tenants: u64,
    /// Meta apps.
    pub apps: u64,
    /// API keys.
    pub api_keys: u64,
    /// People of tenants.
    pub people: u64,
    /// Modules of tenants.
    pub modules: u64,
    /// Releases of tenants.
    pub releases: u64,
    /// Customers.
    pub customers: u64,
    /// Ids of customers who were merged into others.
    pub merged: u64,
    /// Events of all logs.
    pub events: u64,
    /// Logs that were folded and compared with a stored state.
    pub folded: u64,
    /// Work to be done.
    pub work_open: u64,
    /// Dead letters.
    pub work_dead: u64,
    /// Work that was done, dismissed or cancelled.
    pub work_settled: u64,
    /// What tells redeliveries from news.
    pub identities: u64,
    /// Phone numbers and ids by which customers are found.
    pub links: u64,
    /// Items in quarantine.
    pub quarantined: u64,
    /// Entries of the audit.
    pub audited: u64,
    /// Keys that hold.
    pub keys: u64,
    /// Keys that were erased.
    pub keys_erased: u64,
    /// Customers on the list of erasures.
    pub erased: u64,
}

/// What an examination came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examination {
    /// The first findings, at most `DOCTOR_FINDINGS_MAX`.
    pub findings: Vec<Finding>,
    /// How many more there are.
    pub findings_left_out: u64,
    /// How much was looked at.
    pub counts: Counts,
}

impl Examination {
    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.findings.is_empty()
    }
}
