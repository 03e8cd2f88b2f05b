//! Tests of 32-bit words in a packet, in the language of `-m u32`.

use std::iter::Peekable;
use std::str::Chars;

use crate::model::Argument;

/// How many tests, operations in one test, and ranges in one test the kernel holds.
const MOST: usize = 10;

/// A shift by more bits says nothing.
const LONGEST_SHIFT: u64 = 31;

/// Tests joined by `&&`: a place with its operations, `=`, and ranges separated by commas. Numbers become hexadecimal.
pub(super) fn read(word: &str) -> Result<Argument, String> {
    let mut reader = Reader { rest: word.chars().peekable() };
    let mut tests = vec![reader.test()?];
    while reader.takes("&&")? {
        tests.push(reader.test()?);
    }
    match reader.next() {
        Some(other) => Err(format!("`{other}` follows a range where `,` or `&&` is expected")),
        None if tests.len() > MOST => Err(format!("{} tests are more than {MOST}", tests.len())),
        None => Ok(Argument::Text(tests.join("&&"))),
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    /// The next character that is no blank.
    fn next(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    /// Takes `text` where its first character is next, of which the others must follow.
    fn takes(&mut self, text: &str) -> Result<bool, String> {
        let Some(first) = text.chars().next().filter(|first| self.next() == Some(*first)) else { return Ok(false) };
        for expected in text.chars() {
            if self.rest.next() != Some(expected) {
                return Err(format!("`{first}` stands alone where `{text}` is expected"));
            }
        }
        Ok(true)
    }

    fn test(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut numbers = 0;
        while !self.takes("=")? {
            if numbers > 0 {
                let operator = self.operator()?;
                let value = self.number()?;
                if operator.len() == 2 && value > LONGEST_SHIFT {
                    return Err(format!("a word is not shifted by {value} bits"));
                }
                text.push_str(&format!("{operator}{value:#x}"));
            } else {
                text.push_str(&format!("{:#x}", self.number()?));
            }
            numbers += 1;
        }
        if numbers == 0 || numbers > MOST {
            return Err(format!("a test begins with 1 to {MOST} numbers, not with {numbers}"));
        }
        Ok(format!("{text}={}", self.ranges()?))
    }

    fn operator(&mut self) -> Result<&'static str, String> {
        for operator in ["&", "<<", ">>", "@"] {
            if self.takes(operator)? {
                return Ok(operator);
            }
        }
        Err("an operator `&`, `<<`, `>>` or `@`, or `=` is missing".to_owned())
    }

    fn ranges(&mut self) -> Result<String, String> {
        let mut ranges = Vec::new();
        loop {
            let low = self.number()?;
            ranges.push(if self.takes(":")? { format!("{low:#x}:{:#x}", self.number()?) } else { format!("{low:#x}") });
            if !self.takes(",")? {
                break;
            }
        }
        match ranges.len() {
            1..=MOST => Ok(ranges.join(",")),
            many => Err(format!("{many} ranges are more than {MOST}")),
        }
    }

    fn number(&mut self) -> Result<u64, String> {
        self.next();
        let mut digits = String::new();
        while let Some(next) = self.rest.next_if(char::is_ascii_alphanumeric) {
            digits.push(next);
        }
        let value = super::number(&digits).filter(|value| *value <= u32::MAX.into());
        value.ok_or_else(|| format!("`{digits}` is no number of 32 bits"))
    }
}
