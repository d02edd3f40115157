//! Segment files: appended to, deleted once everything in them is delivered. There is no file of positions: after a
//! crash whole segments are delivered again, with the same event ids, and consumers count each once.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::frame;

/// Small enough that what is delivered leaves the disk soon, large enough that files are made rarely.
const SEGMENT_BYTES: u64 = 1024 * 1024;

pub type SegmentId = u64;

struct Segment {
    bytes: u64,
    /// Records in it that are not delivered yet.
    pending: usize,
}

pub struct Log {
    folder: PathBuf,
    segments: BTreeMap<SegmentId, Segment>,
    active: Option<(SegmentId, File)>,
    next: SegmentId,
    segment_bytes: u64,
}

/// What was found on the disk at start.
pub struct Found {
    pub records: Vec<(SegmentId, Vec<u8>)>,
    /// Bytes behind the last sound record of a segment, cut off: a write that a crash tore, or damage.
    pub torn_bytes: u64,
}

impl Log {
    pub fn open(folder: &Path) -> io::Result<(Self, Found)> {
        Self::open_with(folder, SEGMENT_BYTES)
    }

    pub(super) fn open_with(folder: &Path, segment_bytes: u64) -> io::Result<(Self, Found)> {
        fs::create_dir_all(folder)?;
        let mut log =
            Self { folder: folder.to_owned(), segments: BTreeMap::new(), active: None, next: 0, segment_bytes };
        let mut found = Found { records: Vec::new(), torn_bytes: 0 };
        let mut ids: Vec<SegmentId> = Vec::new();
        for entry in fs::read_dir(folder)? {
            ids.extend(entry?.file_name().to_str().and_then(id_of));
        }
        ids.sort_unstable();
        for id in ids {
            log.next = id + 1;
            log.restore(id, &mut found)?;
        }
        Ok((log, found))
    }

    fn restore(&mut self, id: SegmentId, found: &mut Found) -> io::Result<()> {
        let path = self.path(id);
        let bytes = fs::read(&path)?;
        let (records, sound) = frame::read_all(&bytes);
        found.torn_bytes += (bytes.len() - sound) as u64;
        if records.is_empty() {
            return fs::remove_file(path);
        }
        if sound < bytes.len() {
            let file = OpenOptions::new().write(true).open(&path)?;
            file.set_len(sound as u64)?;
            file.sync_data()?;
        }
        self.segments.insert(id, Segment { bytes: sound as u64, pending: records.len() });
        found.records.extend(records.into_iter().map(|record| (id, record)));
        Ok(())
    }

    /// Writes records and waits until the disk has them. All of them lie in the returned segment. On an error none
    /// counts as written, and the same call may be made again.
    pub fn append(&mut self, records: &[&[u8]]) -> io::Result<SegmentId> {
        let mut bytes = Vec::new();
        records.iter().for_each(|record| frame::append(record, &mut bytes));
        let (id, mut file) = match self.active.take() {
            Some(active) => active,
            None => self.create()?,
        };
        let before = self.segments.get(&id).map_or(0, |segment| segment.bytes);
        if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_data()) {
            // What was half written must not stand before later records: cut it, and go on in a new file.
            let _ = file.set_len(before);
            self.discard_if_empty(id);
            return Err(error);
        }
        let segment = self.segments.entry(id).or_insert(Segment { bytes: 0, pending: 0 });
        segment.bytes += bytes.len() as u64;
        segment.pending += records.len();
        if segment.bytes < self.segment_bytes {
            self.active = Some((id, file));
        }
        Ok(id)
    }

    /// Counts a record of the segment as delivered; the last one frees the segment's room.
    pub fn delivered(&mut self, id: SegmentId) -> io::Result<()> {
        let Some(segment) = self.segments.get_mut(&id) else { return Ok(()) };
        segment.pending = segment.pending.saturating_sub(1);
        if segment.pending > 0 {
            return Ok(());
        }
        self.segments.remove(&id);
        if self.active.as_ref().is_some_and(|(active, _)| *active == id) {
            self.active = None;
        }
        // Not synchronised: a deletion that a crash undoes only means that records are delivered twice.
        fs::remove_file(self.path(id))
    }

    pub fn bytes(&self) -> u64 {
        self.segments.values().map(|segment| segment.bytes).sum()
    }

    fn create(&mut self) -> io::Result<(SegmentId, File)> {
        let id = self.next;
        self.next += 1;
        let file = OpenOptions::new().append(true).create_new(true).open(self.path(id))?;
        // The file's name must survive as its content does.
        File::open(&self.folder)?.sync_all()?;
        Ok((id, file))
    }

    fn discard_if_empty(&self, id: SegmentId) {
        if !self.segments.contains_key(&id) {
            let _ = fs::remove_file(self.path(id));
        }
    }

    fn path(&self, id: SegmentId) -> PathBuf {
        self.folder.join(format!("{id:020}.segment"))
    }
}

fn id_of(name: &str) -> Option<SegmentId> {
    name.strip_suffix(".segment")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Append(Vec<Vec<u8>>),
        Deliver(prop::sample::Index),
        Crash,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let record = prop::collection::vec(any::<u8>(), 1..40);
        let step = prop_oneof![
            4 => prop::collection::vec(record, 1..5).prop_map(Step::Append),
            4 => any::<prop::sample::Index>().prop_map(Step::Deliver),
            1 => Just(Step::Crash),
        ];
        prop::collection::vec(step, 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_appended_delivered_and_crashed_nothing_undelivered_is_lost(steps in steps()) {
            let folder = tempfile::tempdir()?;
            let (mut log, _) = Log::open_with(folder.path(), 128)?;
            let mut pending: Vec<(SegmentId, Vec<u8>)> = Vec::new();
            for step in steps {
                match step {
                    Step::Append(records) => {
                        let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
                        let id = log.append(&slices)?;
                        pending.extend(records.into_iter().map(|record| (id, record)));
                    }
                    Step::Deliver(index) if !pending.is_empty() => {
                        let (id, _) = pending.remove(index.index(pending.len()));
                        log.delivered(id)?;
                    }
                    Step::Deliver(_) => {}
                    Step::Crash => {
                        let (reopened, found) = Log::open_with(folder.path(), 128)?;
                        log = reopened;
                        prop_assert_eq!(found.torn_bytes, 0);
                        for lost in &pending {
                            prop_assert!(found.records.contains(lost));
                        }
                        pending = found.records;
                    }
                }
            }
            for (id, _) in pending {
                log.delivered(id)?;
            }
            prop_assert_eq!(log.bytes(), 0);
            prop_assert_eq!(fs::read_dir(folder.path())?.count(), 0);
        }
    }

    #[test]
    fn a_write_torn_by_a_crash_is_cut_off_and_later_records_are_still_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut log, _) = Log::open(folder.path()).expect("a log");
        log.append(&[b"first"]).expect("written");
        let path = log.path(0);
        drop(log);
        OpenOptions::new().append(true).open(&path).expect("the segment").write_all(&[9, 0, 0, 0, 1]).expect("torn");

        let (mut log, found) = Log::open(folder.path()).expect("a log");
        assert_eq!(found.torn_bytes, 5);
        log.append(&[b"second"]).expect("written");
        let (_, found) = Log::open(folder.path()).expect("a log");
        let records: Vec<Vec<u8>> = found.records.into_iter().map(|(_, record)| record).collect();
        assert_eq!(records, [b"first".to_vec(), b"second".to_vec()]);
    }
}
