//! How a record lies in a segment: length, CRC-32 of the payload (both little-endian u32), payload.

pub const HEADER_BYTES: usize = 8;
/// Longer than any record by far: a length beyond it is damage, not a record.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

pub fn append(payload: &[u8], to: &mut Vec<u8>) {
    debug_assert!(payload.len() <= MAX_PAYLOAD_BYTES);
    to.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    to.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    to.extend_from_slice(payload);
}

/// The records of a segment up to the first that is torn or damaged, and how many bytes are sound. What follows a
/// damaged frame cannot be trusted: its length may be what is wrong.
pub fn read_all(bytes: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(payload) = next(&bytes[at..]) {
        at += HEADER_BYTES + payload.len();
        records.push(payload.to_vec());
    }
    (records, at)
}

fn next(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    // An empty payload is never written, but a file that was extended by zeros before a crash reads as one.
    if length == 0 || length > MAX_PAYLOAD_BYTES {
        return None;
    }
    let payload = rest.get(..length)?;
    (crc32fast::hash(payload) == u32::from_le_bytes(*crc)).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..20)
    }

    fn written(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        payloads.iter().for_each(|payload| append(payload, &mut bytes));
        bytes
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(payloads in payloads()) {
            let bytes = written(&payloads);
            prop_assert_eq!(read_all(&bytes), (payloads, bytes.len()));
        }

        #[test]
        fn a_segment_torn_anywhere_gives_every_whole_record_before_the_tear(payloads in payloads(), cut in any::<prop::sample::Index>()) {
            let bytes = written(&payloads);
            let torn = &bytes[..cut.index(bytes.len() + 1)];
            let (read, sound) = read_all(torn);
            prop_assert!(sound <= torn.len());
            prop_assert_eq!(&payloads[..read.len()], &read[..]);
            prop_assert_eq!(written(&read).len(), sound);
            // Nothing whole is dropped: the next record does not fit into what is left.
            if let Some(next) = payloads.get(read.len()) {
                prop_assert!(torn.len() - sound < HEADER_BYTES + next.len());
            }
        }

        #[test]
        fn one_flipped_bit_never_yields_a_record_that_was_not_written(payloads in payloads(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            prop_assume!(!payloads.is_empty());
            let mut bytes = written(&payloads);
            let index = at.index(bytes.len());
            bytes[index] ^= 1 << bit;
            let (read, _) = read_all(&bytes);
            prop_assert_eq!(&payloads[..read.len()], &read[..]);
            prop_assert!(read.len() < payloads.len());
        }

        #[test]
        fn zeros_after_the_last_record_are_no_records(payloads in payloads(), zeros in 0..64_usize) {
            let mut bytes = written(&payloads);
            let sound = bytes.len();
            bytes.resize(sound + zeros, 0);
            prop_assert_eq!(read_all(&bytes), (payloads, sound));
        }
    }
}
