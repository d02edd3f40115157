//! Server-sent events as providers send them: the `data` of each event.

/// More than any event of a provider; one that does not end is not gathered for ever.
const MAX_EVENT_BYTES: usize = 1024 * 1024;

#[derive(Default)]
pub struct SseParser {
    buffer: Vec<u8>,
    data: String,
}

#[derive(Debug, PartialEq, Eq)]
pub struct TooLong;

impl SseParser {
    /// Takes the next bytes, wherever they were cut, and gives the events that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, TooLong> {
        self.buffer.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut begin = 0;
        while let Some(length) = self.buffer[begin..].iter().position(|byte| *byte == b'\n') {
            let line = &self.buffer[begin..begin + length];
            begin += length + 1;
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            if line.is_empty() {
                if !self.data.is_empty() {
                    events.push(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
        }
        self.buffer.drain(..begin);
        if self.buffer.len() + self.data.len() > MAX_EVENT_BYTES { Err(TooLong) } else { Ok(events) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_names_and_line_ends_of_both_kinds_are_understood() {
        let mut parser = SseParser::default();
        let events =
            parser.push(b": hello\r\nevent: x\r\ndata: {\"a\":1}\r\n\r\ndata:two\ndata: lines\n\n\n").expect("events");
        assert_eq!(events, ["{\"a\":1}", "two\nlines"]);
    }

    #[test]
    fn an_event_without_an_end_is_refused_at_a_mebibyte() {
        let mut parser = SseParser::default();
        assert_eq!(parser.push(&vec![b'x'; MAX_EVENT_BYTES + 1]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_bytes_are_cut(texts in prop::collection::vec("[a-zäö€ ]{1,20}", 1..6), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let bytes: Vec<u8> = texts.iter().flat_map(|text| format!("data: {text}\n\n").into_bytes()).collect();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
            at.sort_unstable();
            let mut parser = SseParser::default();
            let mut events = Vec::new();
            for pair in at.windows(2) {
                events.extend(parser.push(&bytes[pair[0]..pair[1]]).expect("short"));
            }
            prop_assert_eq!(events, texts);
        }
    }
}
