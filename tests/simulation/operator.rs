//! Whoever operates the machines, and the beginning of it all.

use std::{sync::Arc, time::Duration};

use crate::{
    executor::Group,
    people::{Customer, agent, app, customer},
    sim::{Sim, lock},
    systems::{bot, shop},
};

/// Starts everybody.
pub fn start(sim: &Arc<Sim>) {
    let customers: Vec<_> = (0..sim.plan.customers)
        .map(|which| Customer::new(sim, which))
        .collect();
    let world = |work| sim.spawner.spawn(Group::World, work);
    for one in &customers {
        world(boxed(customer(sim.clone(), one.clone())));
    }
    world(boxed(app(sim.clone(), customers.clone())));
    world(boxed(bot(sim.clone(), customers.clone())));
    world(boxed(shop(sim.clone(), customers)));
    for name in ["ana", "budi"] {
        world(boxed(agent(sim.clone(), name.to_owned())));
    }
    for machine in 0..sim.plan.hosts {
        restart(sim, machine);
        world(boxed(operator(sim.clone(), machine)));
    }
}

type Act = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn boxed(act: impl Future<Output = ()> + Send + 'static) -> Act {
    Box::pin(act)
}

/// Long enough for what waits to come due.
pub async fn days_pass(sim: &Arc<Sim>, by: Duration) {
    let by = i64::try_from(by.as_millis()).expect("some days");
    for machine in 0..sim.plan.hosts {
        lock(&sim.hosts).clock(machine).jump(by);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
}

/// Whoever operates a machine: its host dies, stands still, is started again;
/// its clock jumps.
pub async fn operator(sim: Arc<Sim>, machine: usize) {
    let rates = sim.plan.rates.clone();
    while !sim.is_calm() {
        sim.pause(4 * sim.plan.pause_ms).await;
        if sim.goes_wrong(rates.jump) {
            let clock = lock(&sim.hosts).clock(machine);
            let most = [5_000, 600_000, 14_400_000][sim.below(3)];
            let by = i64::try_from(sim.ms(most)).expect("a jump");
            let back = sim.chance(0.4);
            clock.jump(if back { -by } else { by });
            let set = ["clocks set forward", "clocks set back"];
            sim.oracle().tally.count(set[usize::from(back)]);
            sim.note(|| format!("clock {machine} is {} ms ahead", clock.ahead_ms()));
        }
        if sim.goes_wrong(rates.stall) {
            lock(&sim.hosts).stall(&sim, machine, true);
            sim.pause(150_000).await;
            lock(&sim.hosts).stall(&sim, machine, false);
        }
        let breaks = lock(&sim.hosts).is_broken(machine);
        if breaks || sim.goes_wrong(rates.crash) {
            crash(&sim, machine);
        }
        if !lock(&sim.hosts).is_up(machine) {
            sim.pause(20_000).await;
            restart(&sim, machine);
        }
    }
    if lock(&sim.hosts).is_broken(machine) {
        crash(&sim, machine);
    }
    if !lock(&sim.hosts).is_up(machine) {
        restart(&sim, machine);
    }
}

fn crash(sim: &Sim, machine: usize) {
    let mut hosts = lock(&sim.hosts);
    hosts.kill(sim, machine);
    if hosts.are_all_down() {
        hosts.reopen();
        drop(hosts);
        sim.oracle().reopened();
    }
}

fn restart(sim: &Arc<Sim>, machine: usize) {
    lock(&sim.hosts).start(sim, machine);
}
