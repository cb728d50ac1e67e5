//! What is looked up only when someone reads the metrics: the process, and what
//! waits in the store.

use baton_store::{StoreError, WorkKind};
use metrics::{Counter, Gauge};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::{Counters, Metrics, catalogue, counter, counters, gauge, kind_of_work};
use crate::host::Host;

pub(super) struct Gauges {
    memory: Gauge,
    files: Gauge,
    quarantine_items: Gauge,
    quarantine_bytes: Gauge,
    evaluations_waiting: Gauge,
    connections: Gauge,
    door: Vec<(&'static str, Counter)>,
    lags: [(WorkKind, Gauge); 4],
    modules_run: Counter,
    modules_skipped: Counter,
    residents: Gauge,
    resident_bytes: Gauge,
    residency: Counters,
    artefacts: Counters,
}

impl Gauges {
    pub(super) fn new(to: &PrometheusRecorder) -> Self {
        gauge(to, &catalogue::BUILD, Some(env!("CARGO_PKG_VERSION"))).set(1);
        let plain = |row| gauge(to, row, None);
        let lag = |kind| gauge(to, &catalogue::WORK_LAG, Some(kind_of_work(kind)));
        let of_door = |what: &&'static str| (*what, counter(to, &catalogue::DOOR, Some(what)));
        let door = catalogue::DOOR.values.iter().map(of_door);
        Self {
            memory: plain(&catalogue::MEMORY),
            files: plain(&catalogue::FILES),
            quarantine_items: plain(&catalogue::QUARANTINE_ITEMS),
            quarantine_bytes: plain(&catalogue::QUARANTINE_BYTES),
            evaluations_waiting: plain(&catalogue::EVALUATIONS_WAITING),
            connections: plain(&catalogue::CONNECTIONS),
            door: door.collect(),
            lags: WorkKind::ALL.map(|kind| (kind, lag(kind))),
            modules_run: counter(to, &catalogue::MODULE_RUNS, Some("run")),
            modules_skipped: counter(to, &catalogue::MODULE_RUNS, Some("skipped")),
            residents: plain(&catalogue::RESIDENTS),
            resident_bytes: plain(&catalogue::RESIDENT_BYTES),
            residency: counters(to, &catalogue::RESIDENCY),
            artefacts: counters(to, &catalogue::ARTEFACTS),
        }
    }
}

impl Gauges {
    fn of_modules(&self, host: &Host) {
        let residents = host.residents.counts();
        self.residents.set(residents.tenants as f64);
        self.resident_bytes.set(residents.bytes as f64);
        self.residency.set("loaded", residents.loads);
        self.residency.set("evicted", residents.evictions);
        let Some(kept) = host.library.kept_counts() else {
            return;
        };
        for (what, count) in [
            ("found", kept.found),
            ("missed", kept.missed),
            ("removed", kept.removed),
            ("unwritten", kept.unwritten),
        ] {
            self.artefacts.set(what, count);
        }
    }
}

impl Metrics {
    /// Everything, in Prometheus' text form.
    ///
    /// # Errors
    /// The store's, when what waits in it cannot be read.
    pub async fn rendered(&self, host: &Host) -> Result<String, StoreError> {
        let gauges = &self.gauges;
        let now = host.clock.now();
        for (kind, lag) in &gauges.lags {
            let oldest = host.store.next_due(*kind).await?;
            let age = oldest.map_or(0.0, |due| now.duration_since(due).as_secs_f64());
            lag.set(age.max(0.0));
        }
        let counts = &host.door.counts;
        gauges.connections.set(counts.connections_open.get() as f64);
        for (name, _, count) in counts.each() {
            if let Some((_, counter)) = gauges.door.iter().find(|(what, _)| *what == name) {
                counter.absolute(count);
            }
        }
        let size = host.store.quarantine_size().await?;
        gauges.quarantine_items.set(size.items as f64);
        gauges.quarantine_bytes.set(size.bytes as f64);
        gauges
            .evaluations_waiting
            .set(host.evaluators.waiting() as f64);
        let runs = host.evaluators.memo_counts();
        gauges.modules_run.absolute(runs.made);
        gauges.modules_skipped.absolute(runs.skipped);
        gauges.of_modules(host);
        if let Some(bytes) = resident_bytes() {
            gauges.memory.set(bytes as f64);
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            gauges.files.set(files.count() as f64);
        }
        Ok(self.recorder.handle().render())
    }
}

/// From `/proc/self/status`; `None` where there is none.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accept::Counts;

    #[test]
    fn everything_that_the_front_door_counts_is_shown() {
        let counts = Counts::default();
        let counted = counts.each().map(|(name, _, _)| name);
        let counted: Vec<_> = counted.filter(|name| *name != "connections_open").collect();
        assert_eq!(counted, catalogue::DOOR.values);
    }
}
