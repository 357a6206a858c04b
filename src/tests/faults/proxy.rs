//! A wire that does what wires do: it is slow, it is cut in the middle, it dies and says
//! nothing, it hands over one byte at a time.

use super::dice::Dice;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
};

/// After this a dead wire is dropped by whoever is in between.
const DEAD_FOR: Duration = Duration::from_secs(2);
const SLOW_BYTES: usize = 128;
const SLOW_EVERY: Duration = Duration::from_millis(10);

#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    Late(Duration),
    CutAfter(u64),
    DeadAfter(u64),
    ByteByByte,
    Slow,
    ResetAfter(Duration),
}

pub struct Proxy {
    pub addr: String,
    mended: Arc<AtomicBool>,
    faults: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn before(server: String, mut dice: Dice) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            addr: listener.local_addr().unwrap().to_string(),
            mended: Arc::default(),
            faults: Arc::default(),
        };
        let (mended, faults) = (proxy.mended.clone(), proxy.faults.clone());
        tokio::spawn(async move {
            while let Ok((outer, _)) = listener.accept().await {
                let fault = if mended.load(Ordering::SeqCst) {
                    Fault::None
                } else {
                    any(&mut dice)
                };
                faults.fetch_add(u64::from(!matches!(fault, Fault::None)), Ordering::SeqCst);
                tokio::spawn(carry(outer, server.clone(), fault, mended.clone()));
            }
        });
        proxy
    }

    /// From here on every wire is a good one; the bad ones are dropped. Gives how many there were.
    pub fn is_mended(&self) -> u64 {
        self.mended.store(true, Ordering::SeqCst);
        self.faults.load(Ordering::SeqCst)
    }
}

fn any(dice: &mut Dice) -> Fault {
    match dice.below(8) {
        0 => Fault::Late(Duration::from_millis(dice.below(200))),
        1 => Fault::CutAfter(200 + dice.below(4_000)),
        2 => Fault::DeadAfter(200 + dice.below(4_000)),
        3 => Fault::ByteByByte,
        4 => Fault::Slow,
        5 | 6 => Fault::ResetAfter(Duration::from_millis(200 + dice.below(2_000))),
        _ => Fault::None,
    }
}

async fn carry(outer: TcpStream, server: String, fault: Fault, mended: Arc<AtomicBool>) {
    let Ok(inner) = TcpStream::connect(server).await else {
        return;
    };
    if matches!(fault, Fault::ResetAfter(_)) {
        // Dropped without a goodbye: what is on its way is lost.
        drop(outer.set_zero_linger());
        drop(inner.set_zero_linger());
    }
    let ((from_outer, to_outer), (from_inner, to_inner)) = (outer.into_split(), inner.into_split());
    let end = async {
        match fault {
            Fault::ResetAfter(after) => tokio::time::sleep(after).await,
            Fault::None => std::future::pending().await,
            _ => {
                while !mended.load(Ordering::SeqCst) {
                    tokio::time::sleep(SLOW_EVERY).await;
                }
            }
        }
    };
    tokio::select! {
        () = pass(from_outer, to_inner, fault) => {}
        () = pass(from_inner, to_outer, fault) => {}
        () = end => {}
    }
}

async fn pass(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, fault: Fault) {
    let mut piece = vec![0; 16 * 1024];
    let mut passed = 0_u64;
    loop {
        let Ok(read @ 1..) = from.read(&mut piece).await else {
            return;
        };
        let mut bytes = &piece[..read];
        match fault {
            Fault::Late(by) => tokio::time::sleep(by).await,
            Fault::CutAfter(most) | Fault::DeadAfter(most) if passed + read as u64 > most => {
                bytes = &bytes[..usize::try_from(most - passed).unwrap()];
                drop(to.write_all(bytes).await);
                if matches!(fault, Fault::DeadAfter(_)) {
                    tokio::time::sleep(DEAD_FOR).await;
                }
                return;
            }
            _ => {}
        }
        passed += read as u64;
        let (step, pause) = match fault {
            Fault::ByteByByte => (1, Duration::ZERO),
            Fault::Slow => (SLOW_BYTES, SLOW_EVERY),
            _ => (usize::MAX, Duration::ZERO),
        };
        for part in bytes.chunks(step) {
            if to.write_all(part).await.is_err() {
                return;
            }
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }
}
