//! The threads that evaluate.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use baton_domain::limits::{EVALUATION_LANE_MAX, EVALUATION_QUEUE_MAX};
use baton_sandbox::{EvaluationLost, EvaluatorPool, Job, QueueFull, Urgency};

#[test]
fn results_come_back_and_panics_stay_inside() {
    let pool = EvaluatorPool::new(2).unwrap();
    let lost = pool.run(|| -> u32 { panic!("contained") }).unwrap();
    assert_eq!(lost.wait(), Err(EvaluationLost));
    let results: Vec<_> = (0..100u32)
        .map(|n| pool.run(move || n * 2).unwrap())
        .collect();
    let sum: u32 = results
        .into_iter()
        .map(|pending| pending.wait().unwrap())
        .sum();
    assert_eq!(sum, 9_900);
}

#[test]
fn a_full_queue_says_so_and_dropping_finishes_what_was_accepted() {
    let pool = EvaluatorPool::new(1).unwrap();
    let (release, gate) = mpsc::channel::<()>();
    let (started, running) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    pool.submit(0, Urgency::Now, move || {
        started.send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
    })
    .unwrap();
    running.recv().unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    for owner in 0..EVALUATION_QUEUE_MAX as u64 {
        let done = Arc::clone(&done);
        pool.submit(owner, Urgency::Now, move || {
            done.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    }
    assert_eq!(pool.submit(0, Urgency::Now, || ()), Err(QueueFull));
    assert_eq!(pool.waiting(), EVALUATION_QUEUE_MAX);
    release.send(()).unwrap();
    drop(pool);
    assert_eq!(done.load(Ordering::Relaxed), EVALUATION_QUEUE_MAX);
}

#[test]
fn a_pool_without_threads_does_as_its_runner_says() {
    let kept = Arc::new(Mutex::new(Vec::<Job>::new()));
    let keep = Arc::clone(&kept);
    let pool = EvaluatorPool::run_by(move |job| {
        let mut kept = keep.lock().unwrap();
        if kept.len() == 2 {
            return Err(QueueFull);
        }
        kept.push(job);
        Ok(())
    });
    let (lost, late) = (pool.run(|| 1).unwrap(), pool.run(|| 2).unwrap());
    assert!(matches!(pool.run(|| 3), Err(QueueFull)));
    let jobs: Vec<Job> = kept.lock().unwrap().drain(..).collect();
    let mut jobs = jobs.into_iter();
    drop(jobs.next());
    assert_eq!(lost.wait(), Err(EvaluationLost));
    jobs.for_each(|job| job());
    assert_eq!(late.wait(), Ok(2));
}

#[test]
fn the_last_owner_may_be_a_job() {
    let pool = Arc::new(EvaluatorPool::new(1).unwrap());
    let owner = Arc::clone(&pool);
    let (tell, told) = mpsc::channel();
    let (release, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    pool.submit(0, Urgency::Now, move || {
        gate.lock().unwrap().recv().unwrap();
        drop(owner);
        tell.send(()).unwrap();
    })
    .unwrap();
    drop(pool);
    release.send(()).unwrap();
    told.recv_timeout(std::time::Duration::from_secs(5))
        .unwrap();
}

/// A pool whose `threads` are all busy until `release` is dropped.
fn busy(threads: usize) -> (EvaluatorPool, mpsc::Sender<()>) {
    let pool = EvaluatorPool::new(threads).unwrap();
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let (started, running) = mpsc::channel::<()>();
    for _ in 0..threads {
        let (started, gate) = (started.clone(), Arc::clone(&gate));
        pool.submit(0, Urgency::Now, move || {
            started.send(()).unwrap();
            // Ends when the sender is gone.
            let _ = gate.lock().unwrap().recv();
        })
        .unwrap();
        running.recv().unwrap();
    }
    (pool, release)
}

/// Linux has a niceness for each thread; where it is refused, there is none.
#[cfg(target_os = "linux")]
#[test]
fn threads_of_slow_evaluations_stand_aside_and_only_they() {
    let nice = || rustix::process::getpriority_process(None).unwrap();
    let of = |pool: EvaluatorPool| {
        let job = pool.run(nice).unwrap();
        job.wait().unwrap()
    };
    let here = nice();
    let normal = of(EvaluatorPool::new(1).unwrap());
    let aside = of(EvaluatorPool::aside(1).unwrap());
    assert_eq!((normal, nice()), (here, here));
    assert!(aside > normal, "{aside} is no nicer than {normal}");
}

#[test]
fn owners_take_turns() {
    let (pool, release) = busy(1);
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |owner: u64| {
        let order = Arc::clone(&order);
        let job = move || order.lock().unwrap().push(owner);
        pool.submit(owner, Urgency::Now, job).unwrap();
    };
    for owner in [1, 1, 1, 1, 2, 3, 2] {
        note(owner);
    }
    drop(release);
    drop(pool);
    assert_eq!(*order.lock().unwrap(), [1, 2, 3, 1, 2, 1, 1]);
}

#[test]
fn one_owner_has_not_the_whole_queue() {
    let (pool, release) = busy(1);
    for _ in 0..EVALUATION_LANE_MAX {
        pool.submit(1, Urgency::Now, || ()).unwrap();
    }
    assert_eq!(pool.submit(1, Urgency::Now, || ()), Err(QueueFull));
    assert_eq!(pool.submit(2, Urgency::Now, || ()), Ok(()));
    drop(release);
}

#[test]
fn what_nobody_waits_for_leaves_a_thread_free_and_is_not_forgotten() {
    let pool = EvaluatorPool::new(2).unwrap();
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let (started, running) = mpsc::channel::<()>();
    for _ in 0..2 {
        let (started, gate) = (started.clone(), Arc::clone(&gate));
        pool.submit(1, Urgency::Later, move || {
            started.send(()).unwrap();
            let _ = gate.lock().unwrap().recv();
        })
        .unwrap();
    }
    running.recv().unwrap();
    let awaited = pool.run_for(2, Urgency::Now, || 7).unwrap();
    assert_eq!(awaited.wait(), Ok(7), "no thread was free");
    drop(release);
    running.recv().unwrap();
}

#[test]
fn what_nobody_waits_for_any_more_is_not_run() {
    let (pool, release) = busy(1);
    let ran = Arc::new(AtomicUsize::new(0));
    let job = {
        let ran = Arc::clone(&ran);
        move || ran.fetch_add(1, Ordering::Relaxed)
    };
    drop(pool.run(job).unwrap());
    drop(release);
    drop(pool);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn what_somebody_waits_for_goes_first_but_not_for_ever() {
    let (pool, release) = busy(2);
    let order = Arc::new(Mutex::new(Vec::new()));
    let queue = |owner: u64, urgency: Urgency, what: &'static str| {
        let order = Arc::clone(&order);
        let job = move || order.lock().unwrap().push(what);
        pool.submit(owner, urgency, job).unwrap();
    };
    for _ in 0..4 {
        queue(1, Urgency::Later, "later");
    }
    for _ in 0..40 {
        queue(2, Urgency::Now, "now");
    }
    drop(release);
    drop(pool);
    let order = order.lock().unwrap();
    // Every fourth turn: neither the first four nor after all others.
    let last = order.iter().rposition(|it| *it == "later").unwrap();
    assert!((8..=24).contains(&last), "{order:?}");
}
