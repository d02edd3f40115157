//! The one thread that writes the spool. It takes whatever has gathered while the disk was busy and makes it durable
//! with one `fdatasync`, so that the cost of a sync is shared by all calls that end at the same time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::log::Log;
use super::{Gauges, Pending, Room};

const BATCH: usize = 1_024;
const RETRY_AFTER: Duration = Duration::from_millis(200);

pub enum Command {
    Append { payload: Vec<u8>, room: Room, done: oneshot::Sender<()> },
    Delivered(super::SegmentId),
    Flush(oneshot::Sender<()>),
}

type Append = (Vec<u8>, Room, oneshot::Sender<()>);

pub fn spawn(
    log: Log,
    commands: mpsc::UnboundedReceiver<Command>,
    outgoing: mpsc::UnboundedSender<Pending>,
    gauges: Arc<Gauges>,
) -> io::Result<JoinHandle<()>> {
    let writer = Writer { log, outgoing, gauges };
    thread::Builder::new().name("spool".into()).spawn(move || writer.run(commands))
}

struct Writer {
    log: Log,
    outgoing: mpsc::UnboundedSender<Pending>,
    gauges: Arc<Gauges>,
}

impl Writer {
    fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        while commands.blocking_recv_many(&mut batch, BATCH) > 0 {
            let mut appends: Vec<Append> = Vec::new();
            let mut flushes = Vec::new();
            for command in batch.drain(..) {
                match command {
                    Command::Append { payload, room, done } => appends.push((payload, room, done)),
                    Command::Delivered(segment) => self.delivered(segment),
                    Command::Flush(done) => flushes.push(done),
                }
            }
            if !appends.is_empty() {
                self.append(appends);
            }
            self.gauges.bytes.store(self.log.bytes(), Ordering::Relaxed);
            for done in flushes {
                let _ = done.send(());
            }
        }
    }

    /// Does not give up: a record that a call has earned is written when the disk takes it again. Meanwhile no new
    /// call gets room.
    fn append(&mut self, appends: Vec<Append>) {
        let payloads: Vec<&[u8]> = appends.iter().map(|(payload, ..)| payload.as_slice()).collect();
        let segment = loop {
            match self.log.append(&payloads) {
                Ok(segment) => break segment,
                Err(error) => {
                    if !self.gauges.failing.swap(true, Ordering::Relaxed) {
                        tracing::error!(error = %error, "the spool's disk refuses writes; calls are refused until it takes them");
                    }
                    thread::sleep(RETRY_AFTER);
                }
            }
        };
        self.gauges.failing.store(false, Ordering::Relaxed);
        self.gauges.pending.fetch_add(appends.len() as u64, Ordering::Relaxed);
        self.gauges.bytes.store(self.log.bytes(), Ordering::Relaxed);
        for (payload, room, done) in appends {
            drop(room);
            // Nobody may wait any more (a caller that went away), and nobody may deliver any more (shutdown); the
            // record is on the disk either way.
            let _ = done.send(());
            let _ = self.outgoing.send(Pending { segment, payload });
        }
    }

    fn delivered(&mut self, segment: super::SegmentId) {
        if let Err(error) = self.log.delivered(segment) {
            tracing::warn!(error = %error, "a delivered segment of the spool could not be deleted");
        }
        // The room first: who sees that nothing is pending finds the room that it gave back.
        self.gauges.bytes.store(self.log.bytes(), Ordering::Release);
        self.gauges.pending.fetch_sub(1, Ordering::Release);
    }
}
