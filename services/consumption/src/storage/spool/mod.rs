//! Metering records on the local disk until Kafka has them. A call reserves room before a provider is asked, so that
//! a call which has cost something can always be recorded; when there is no room, calls are refused.

mod frame;
mod log;
mod writer;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

pub use log::SegmentId;
use writer::Command;

/// Room that one call reserves; a record takes about 700 bytes.
pub const RECORD_ROOM_BYTES: u64 = 2 * 1024;

/// A record on the disk that waits for its delivery.
#[derive(Debug)]
pub struct Pending {
    pub segment: SegmentId,
    pub payload: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    #[error("the spool of metering records is full or its disk refuses writes")]
    Full,
    #[error("the spool of metering records is closed")]
    Closed,
}

/// What metrics show and admission asks, kept by the writer.
#[derive(Default)]
struct Gauges {
    bytes: AtomicU64,
    reserved: AtomicU64,
    pending: AtomicU64,
    failing: AtomicBool,
}

#[derive(Clone)]
pub struct Spool {
    commands: mpsc::UnboundedSender<Command>,
    gauges: Arc<Gauges>,
    max_bytes: u64,
}

/// Room for one record, given back when the record is written or the call needs none.
pub struct Room {
    gauges: Arc<Gauges>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.gauges.reserved.fetch_sub(RECORD_ROOM_BYTES, Ordering::Relaxed);
    }
}

pub struct Opened {
    pub spool: Spool,
    /// Every record to deliver: first those found on the disk, then the new ones. Ends when the spool is closed.
    pub pending: mpsc::UnboundedReceiver<Pending>,
    pub replayed: usize,
    pub torn_bytes: u64,
    /// Ends when every clone of the spool is gone and everything is written.
    pub writer: JoinHandle<()>,
}

impl Spool {
    pub fn open(folder: &Path, max_bytes: u64) -> io::Result<Opened> {
        let (log, found) = log::Log::open(folder)?;
        let gauges = Arc::new(Gauges::default());
        gauges.bytes.store(log.bytes(), Ordering::Relaxed);
        gauges.pending.store(found.records.len() as u64, Ordering::Relaxed);
        let (commands, received) = mpsc::unbounded_channel();
        let (outgoing, pending) = mpsc::unbounded_channel();
        let replayed = found.records.len();
        for (segment, payload) in found.records {
            // The receiver is held right here.
            let _ = outgoing.send(Pending { segment, payload });
        }
        let writer = writer::spawn(log, received, outgoing, Arc::clone(&gauges))?;
        let spool = Self { commands, gauges, max_bytes };
        Ok(Opened { spool, pending, replayed, torn_bytes: found.torn_bytes, writer })
    }

    /// Takes room for one record, before the call is made.
    pub fn reserve(&self) -> Result<Room, SpoolError> {
        if self.gauges.failing.load(Ordering::Relaxed) {
            return Err(SpoolError::Full);
        }
        let reserved = self.gauges.reserved.fetch_add(RECORD_ROOM_BYTES, Ordering::Relaxed) + RECORD_ROOM_BYTES;
        let room = Room { gauges: Arc::clone(&self.gauges) };
        if self.gauges.bytes.load(Ordering::Relaxed) + reserved > self.max_bytes {
            return Err(SpoolError::Full);
        }
        Ok(room)
    }

    /// Hands the record over at once, also where nothing can be awaited (a guard that is dropped); the answer comes
    /// when the disk has it.
    pub fn append(&self, payload: Vec<u8>, room: Room) -> Written {
        let (done, written) = oneshot::channel();
        let _ = self.commands.send(Command::Append { payload, room, done });
        Written(written)
    }

    pub fn delivered(&self, segment: SegmentId) {
        let _ = self.commands.send(Command::Delivered(segment));
    }

    /// Waits until everything that was handed over is on the disk.
    pub async fn flush(&self) -> Result<(), SpoolError> {
        let (done, flushed) = oneshot::channel();
        let _ = self.commands.send(Command::Flush(done));
        flushed.await.map_err(|_| SpoolError::Closed)
    }

    pub fn pending_records(&self) -> u64 {
        self.gauges.pending.load(Ordering::Relaxed)
    }

    /// Share of the room that is taken on the disk; at 1 calls are refused.
    pub fn capacity_ratio(&self) -> f64 {
        if self.gauges.failing.load(Ordering::Relaxed) {
            return 1.0;
        }
        let taken = self.gauges.bytes.load(Ordering::Relaxed) + RECORD_ROOM_BYTES;
        (taken as f64 / self.max_bytes as f64).min(1.0)
    }
}

/// A record that is on its way to the disk.
#[must_use = "await it where the answer must not go before the record is durable"]
pub struct Written(oneshot::Receiver<()>);

impl Written {
    pub async fn durable(self) -> Result<(), SpoolError> {
        self.0.await.map_err(|_| SpoolError::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path, max_bytes: u64) -> Opened {
        Spool::open(folder, max_bytes).expect("a spool")
    }

    #[tokio::test]
    async fn a_record_is_durable_before_its_append_ends_and_is_replayed_with_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = open(folder.path(), 1 << 20);
        let room = first.spool.reserve().expect("room");
        first.spool.append(b"record".to_vec(), room).durable().await.expect("written");
        // No shutdown: what SIGKILL leaves behind is what is on the disk now.
        let mut second = open(folder.path(), 1 << 20);
        assert_eq!(second.replayed, 1);
        assert_eq!(second.pending.recv().await.expect("a record").payload, b"record");
    }

    #[tokio::test]
    async fn room_is_refused_when_the_spool_is_full_and_given_again_after_delivery() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut opened = open(folder.path(), 3 * RECORD_ROOM_BYTES);
        let payload = vec![7; RECORD_ROOM_BYTES as usize - 8];
        for _ in 0..3 {
            let room = opened.spool.reserve().expect("room");
            opened.spool.append(payload.clone(), room).durable().await.expect("written");
        }
        assert!(matches!(opened.spool.reserve(), Err(SpoolError::Full)));
        assert_eq!(opened.spool.capacity_ratio(), 1.0);
        for _ in 0..3 {
            let pending = opened.pending.recv().await.expect("a record");
            opened.spool.delivered(pending.segment);
        }
        while opened.spool.pending_records() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(opened.spool.reserve().is_ok());
    }

    #[tokio::test]
    async fn room_held_by_calls_in_flight_counts_and_comes_back_when_they_need_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = open(folder.path(), 2 * RECORD_ROOM_BYTES);
        let rooms = (opened.spool.reserve().expect("room"), opened.spool.reserve().expect("room"));
        assert!(opened.spool.reserve().is_err());
        drop(rooms);
        assert!(opened.spool.reserve().is_ok());
    }

    #[tokio::test]
    async fn records_written_side_by_side_are_all_there_and_closing_writes_the_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let Opened { spool, mut pending, writer, .. } = open(folder.path(), 1 << 22);
        for index in 0..500_u32 {
            let room = spool.reserve().expect("room");
            let _detached = spool.append(index.to_le_bytes().to_vec(), room);
        }
        drop(spool);
        tokio::task::spawn_blocking(move || writer.join().expect("ended")).await.expect("joined");
        let mut received = 0;
        while pending.recv().await.is_some() {
            received += 1;
        }
        assert_eq!(received, 500);
        assert_eq!(open(folder.path(), 1 << 22).replayed, 500);
    }
}
