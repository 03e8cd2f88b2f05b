//! Values with a mask: packet and connection marks, the TOS byte, and changes of them.

use super::super::syntax;
use super::number;
use crate::model::Argument;

/// How an option changes a masked value; all are canonically "clear the mask, then xor".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `--set-xmark`: clears the mask, then turns the bits of the value.
    SetXor,
    /// `--set-mark`: clears the mask, then sets the bits of the value.
    Set,
    /// Keeps only the given bits.
    And,
    /// Sets the given bits.
    Or,
    /// Turns the given bits.
    Xor,
    /// A mask on its own.
    Plain,
}

/// Symbolic TOS values; they leave the two ECN bits alone.
pub(super) const TOS_NAMES: [(&str, u32); 5] = [
    ("minimize-delay", 0x10),
    ("maximize-throughput", 0x08),
    ("maximize-reliability", 0x04),
    ("minimize-cost", 0x02),
    ("normal-service", 0x00),
];

/// The bits a symbolic TOS value speaks of.
const TOS_NAME_MASK: u32 = 0x3F;

impl Change {
    pub(super) fn read(self, word: &str) -> Result<Argument, String> {
        if self == Self::Plain {
            let mask = bits(word, u32::MAX)?;
            return Ok(Argument::Text(format!("{mask:#x}")));
        }
        self.apply(word, u32::MAX)
    }

    fn apply(self, word: &str, all: u32) -> Result<Argument, String> {
        let (value, mask) = match self {
            Self::SetXor | Self::Plain => split(word, all)?,
            Self::Set => split(word, all).map(|(value, mask)| (value, mask | value))?,
            Self::And => (0, !bits(word, all)? & all),
            Self::Or => bits(word, all).map(|bits| (bits, bits))?,
            Self::Xor => (bits(word, all)?, 0),
        };
        Ok(Argument::Masked { value, mask })
    }
}

pub(super) fn masked(word: &str) -> Result<Argument, String> {
    Change::SetXor.apply(word, u32::MAX)
}

/// Names of realms and of groups are looked up on the machine, but for that of zero.
pub(super) fn named(word: &str, zero: &str) -> Result<Argument, String> {
    let is_name = word.starts_with(|first: char| first.is_ascii_alphabetic()) && !word.contains('/');
    match word {
        _ if word == zero => Ok(ZERO),
        _ if is_name => Ok(Argument::Text(word.to_owned())),
        _ => masked(word),
    }
}

const ZERO: Argument = Argument::Masked { value: 0, mask: u32::MAX };

pub(super) fn tos(word: &str, change: Change) -> Result<Argument, String> {
    let named = TOS_NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    match named {
        Some((_, value)) if change == Change::SetXor => Ok(Argument::Masked { value: *value, mask: TOS_NAME_MASK }),
        _ => change.apply(word, 0xFF),
    }
}

fn bits(word: &str, all: u32) -> Result<u32, String> {
    let value = number(word).filter(|value| *value <= all.into());
    value.map(|value| value as u32).ok_or_else(|| format!("`{word}` is no number up to {all:#x}"))
}

fn split(word: &str, all: u32) -> Result<(u32, u32), String> {
    let (value, mask) = syntax::masked(word).unwrap_or((word, None));
    Ok((bits(value, all)?, mask.map_or(Ok(all), |mask| bits(mask, all))?))
}
