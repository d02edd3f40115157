//! Reads variables strictly and gathers every problem instead of stopping at the first.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub name: String,
    /// None where the variable is absent; secrets are described, not shown.
    pub got: Option<String>,
    pub allowed: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.got {
            Some(got) => write!(formatter, "{}: got {got}; allowed: {}", self.name, self.allowed),
            None => write!(formatter, "{}: missing; allowed: {}", self.name, self.allowed),
        }
    }
}

pub struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { get, problems: Vec::new() }
    }

    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub fn refuse<T>(&mut self, name: &str, got: Option<&str>, allowed: impl Into<String>) -> Option<T> {
        let got = got.map(|value| format!("{value:?}"));
        self.problems.push(Problem { name: name.into(), got, allowed: allowed.into() });
        None
    }

    /// For secrets: says what is wrong with the value in words, without it.
    pub fn refuse_secret<T>(&mut self, name: &str, what: &str, allowed: &str) -> Option<T> {
        self.problems.push(Problem { name: name.into(), got: Some(what.into()), allowed: allowed.into() });
        None
    }

    /// An absent variable and an empty one are the same.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    pub fn text(&mut self, name: &str, allowed: &str) -> Option<String> {
        self.checked(name, None, allowed, |value| Some(value.to_owned()))
    }

    /// Parses the value, or the default where the variable is absent; without a default it is required.
    pub fn checked<T>(
        &mut self,
        name: &str,
        default: Option<&str>,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        match self.optional(name).or(default.map(str::to_owned)) {
            None => self.refuse(name, None, allowed),
            Some(value) => match parse(&value) {
                Some(parsed) => Some(parsed),
                None => self.refuse(name, Some(&value), allowed),
            },
        }
    }

    pub fn number(&mut self, name: &str, default: Option<&str>, range: RangeInclusive<u64>) -> Option<u64> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.checked(name, default, &allowed, |value| value.parse().ok().filter(|number| range.contains(number)))
    }

    pub fn port(&mut self, name: &str) -> Option<u16> {
        self.number(name, None, 1..=65_535).and_then(|port| u16::try_from(port).ok())
    }

    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        self.checked(name, None, "true or false", |value| value.parse().ok())
    }

    pub fn one_of<T: Copy>(&mut self, name: &str, default: Option<&str>, values: &[(&str, T)]) -> Option<T> {
        let allowed = values.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(", ");
        self.checked(name, default, &allowed, |value| {
            values.iter().find(|(text, _)| *text == value).map(|(_, parsed)| *parsed)
        })
    }

    /// A file that must be readable now: a wrong mount is told at start, not at the first connection.
    pub fn file(&mut self, name: &str) -> Option<PathBuf> {
        self.checked(name, None, "the path of a readable file", |value| {
            let path = PathBuf::from(value);
            std::fs::File::open(&path)
                .is_ok_and(|file| file.metadata().is_ok_and(|meta| meta.is_file()))
                .then_some(path)
        })
    }

    pub fn optional_file(&mut self, name: &str) -> Option<Option<PathBuf>> {
        match self.optional(name) {
            None => Some(None),
            Some(_) => self.file(name).map(Some),
        }
    }
}
