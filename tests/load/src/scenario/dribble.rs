//! Connections that send a byte now and then, half of them in the header and
//! half in the body: they are closed in time and cost the others little.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{Stage, row};
use crate::{
    drive::drive,
    report::Row,
    requests::{APP, Requests},
};

/// Connections that dribble.
const DRIBBLING: usize = 2_000;
/// Pause between two bytes.
const PAUSE: Duration = Duration::from_millis(500);
/// How long they are watched; one that lives longer was not closed.
const WATCHED: Duration = Duration::from_secs(10);
/// Goals.
const REAPED_SECONDS_MAX: f64 = 6.0;
const P99_MS_MAX: f64 = 1_000.0;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let (server, mut requests) = stage.host("dribble")?;
    let port = server.port;
    let dribbling = thread::spawn(move || dribble(port));
    let valid = drive(port, 64, WATCHED, &mut requests)?;
    let lives = dribbling
        .join()
        .map_err(|_| anyhow::anyhow!("the dribbling panicked"))??;
    let open = lives.iter().filter(|it| it.is_none()).count();
    let longest = lives.iter().flatten().max().copied().unwrap_or_default();
    let p99 = valid.percentile_ms(0.99);
    server.end()?;
    Ok(vec![
        row(
            &format!("{DRIBBLING} dribbling connections: closed after"),
            match open {
                0 => format!("{:.1} s at most", longest.as_secs_f64()),
                open => format!("{open} still open after {} s", WATCHED.as_secs()),
            },
            format!("≤ {REAPED_SECONDS_MAX} s"),
            open == 0 && longest.as_secs_f64() <= REAPED_SECONDS_MAX,
        ),
        row(
            "valid load beside them",
            format!(
                "{:.0}/s, p99 {p99:.1} ms, errors {}",
                valid.rate(),
                valid.errors()
            ),
            "p99 < 1 s, no errors",
            p99 < P99_MS_MAX && valid.errors() == 0,
        ),
    ])
}

/// How long each connection lived; `None` for one that outlived the watch.
fn dribble(port: u16) -> anyhow::Result<Vec<Option<Duration>>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut complete = Vec::new();
    Requests::new(1, 0)?.make(1, &mut complete);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let header = format!("POST /webhooks/whatsapp/{APP} HTTP/1.1\r\nhost: x\r\nx-slow: ");
    // Everything but the end of the body.
    let body = complete[..complete.len() - 200].to_vec();
    let each = (0..DRIBBLING).map(|at| {
        let begin = if at % 2 == 0 {
            header.as_bytes()
        } else {
            body.as_slice()
        };
        one(address, begin)
    });
    Ok(runtime.block_on(join_all(each)))
}

async fn one(address: SocketAddr, begin: &[u8]) -> Option<Duration> {
    let opened = Instant::now();
    let dribbling = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(begin).await.ok()?;
        let mut answer = [0; 1_024];
        loop {
            tokio::select! {
                // An answer such as 408 comes before the end.
                read = stream.read(&mut answer) => if matches!(read, Ok(0) | Err(_)) {
                    return Some(());
                },
                () = sleep(PAUSE) => stream.write_all(b"a").await.ok()?,
            }
        }
    };
    match timeout(WATCHED, dribbling).await {
        Ok(_) => Some(opened.elapsed()),
        Err(_) => None,
    }
}
