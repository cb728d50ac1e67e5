//! What a rule is run on: values of fields that somebody wrote, or that a
//! decision recorded.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use baton_domain::{
    decide::{DecisionRecord, PolicyRun, RuleRun},
    field::{Field, FieldValue},
    module::{Declaration, FieldSource, Read, Reads, SettingValue},
    signal::ScoredSignal,
};
use baton_sandbox::{Compiled, Lineup, Ready, RecordedReads, Timed, run_one_rule, run_policy};

/// Values of fields, and the settings that were chosen. A field that is not
/// among them is not known.
#[derive(Debug, Clone, Default)]
pub(super) struct Moment {
    pub(super) fields: BTreeMap<Field, FieldValue>,
    pub(super) settings: BTreeMap<Arc<str>, SettingValue>,
}

/// What a decision recorded, as far as a module can be run on it.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) moment: Moment,
    /// The run of the module itself; absent when it did not run then.
    pub(super) run: Option<RuleRun>,
}

/// A module that is ready to run on one moment, as often as wanted.
pub(super) struct Staged {
    ready: Arc<Ready>,
    source: Arc<dyn FieldSource>,
}

impl Staged {
    /// Runs it, in a fresh instance.
    pub(super) fn run(&self) -> Timed<RuleRun> {
        run_one_rule(&self.ready, &self.source)
    }

    /// Runs it as a policy on these signals, in a fresh instance.
    pub(super) fn decide(&self, signals: &[ScoredSignal]) -> Timed<PolicyRun> {
        let lineup = Lineup::of_policy(self.ready.clone());
        run_policy(&lineup, &self.source, signals)
    }
}

impl Moment {
    /// Makes a rule ready to run on it: granted what it imports, as a host
    /// would.
    pub(super) fn stage(&self, module: &Compiled) -> anyhow::Result<Staged> {
        let ready = module
            .activate(module.inspected().fields(), &self.settings)
            .context("the module cannot be activated")?;
        let fields = self.fields.iter();
        let reads = fields
            .map(|(field, value)| Read::Field(*field, value.clone()))
            .collect();
        let source = Arc::new(RecordedReads::new(&reads));
        let ready = Arc::new(ready);
        Ok(Staged { ready, source })
    }

    /// Fields that a run read and that are not among the values: they were not
    /// known.
    pub(super) fn unnamed(&self, reads: &Reads) -> Vec<Field> {
        let fields = reads.iter().filter_map(|read| match read {
            Read::Field(field, _) => Some(*field),
            Read::Setting(..) => None,
        });
        fields
            .filter(|field| !self.fields.contains_key(field))
            .collect()
    }
}

impl Recorded {
    /// What `record` holds for the module of this declaration: what its own run
    /// read, and for the fields that it did not read then, what others read at
    /// that moment. Settings that the module does not declare any more are
    /// left out.
    pub(super) fn of(record: DecisionRecord, declaration: &Declaration) -> Self {
        let mut moment = Moment::default();
        let (own, others): (Vec<_>, Vec<_>) = record
            .rules
            .into_iter()
            .partition(|run| run.module == declaration.name);
        let run = own.into_iter().next();
        let reads = run.iter().flat_map(|run| &run.reads);
        for read in reads.chain(others.iter().flat_map(|run| &run.reads)) {
            if let Read::Field(field, value) = read {
                let known = moment.fields.entry(*field);
                known.or_insert_with(|| value.clone());
            }
        }
        for read in run.iter().flat_map(|run| &run.reads) {
            if let Read::Setting(name, Some(value)) = read
                && declares(declaration, name, value)
            {
                moment.settings.insert(name.clone(), value.clone());
            }
        }
        Self { moment, run }
    }
}

fn declares(declaration: &Declaration, name: &Arc<str>, value: &SettingValue) -> bool {
    declaration
        .settings
        .iter()
        .any(|setting| setting.name == *name && value.as_kind(setting.kind).is_some())
}
