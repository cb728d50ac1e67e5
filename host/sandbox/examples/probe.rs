use std::{collections::*, sync::Arc, time::*};
use baton_domain::{field::*, module::*, money::*};
use baton_sandbox::*;
struct M(BTreeMap<Field, FieldValue>);
impl FieldSource for M { fn read(&self, f: Field) -> FieldValue { self.0.get(&f).cloned().unwrap_or_else(|| FieldValue::nothing(f.shape())) } }
fn main() {
    let usd = |minor| FieldValue::Money(Money::new(minor, Currency::parse("USD").unwrap()));
    let src: Arc<dyn FieldSource> = Arc::new(M(BTreeMap::from([(Field::BasketValue, usd(82_000)), (Field::BasketCheckoutState, FieldValue::text("open"))])));
    let sb = Sandbox::new().unwrap();
    let c = Inspected::inspect(std::fs::read("target/guests/high-basket-value.wasm").unwrap()).unwrap().compile(&sb).unwrap();
    let r = Arc::new(c.activate(&Field::ALL.iter().copied().collect(), &BTreeMap::new()).unwrap());
    let x = run_one_rule(&r, &src); println!("{x:?}");
    for _ in 0..3 {
        let mut t: Vec<Duration> = (0..60000).map(|_| { let s = Instant::now(); drop(run_one_rule(&r, &src)); s.elapsed() }).skip(3000).collect();
        t.sort(); println!("p50 {:?} p99 {:?}", t[t.len()/2], t[t.len()*99/100]);
    }
    let thr = |n: usize| { let h: Vec<_> = (0..n).map(|_| { let (r, src) = (r.clone(), src.clone()); std::thread::spawn(move || { let s = Instant::now(); for _ in 0..60000 { drop(run_one_rule(&r, &src)); } s.elapsed() }) }).collect();
        let m = h.into_iter().map(|h| h.join().unwrap()).max().unwrap(); (n * 60000) as f64 / m.as_secs_f64() };
    for _ in 0..2 { let a = thr(1); let b = thr(2); println!("1: {a:.0}/s 2: {b:.0}/s x{:.2}", b / a); }
}
