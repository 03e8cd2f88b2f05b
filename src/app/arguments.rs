//! Arguments that both programs take.

use clap::ValueEnum;

use crate::packet::Kernel;

/// The kernel that ipchains rules are for.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum KernelVersion {
    /// Linux 2.2.
    #[default]
    #[value(name = "2.2")]
    V2_2,
    /// The compatibility module of Linux 2.4.
    #[value(name = "2.4")]
    V2_4,
}

impl KernelVersion {
    pub(super) fn kernel(self) -> Kernel {
        match self {
            Self::V2_2 => Kernel::V2_2,
            Self::V2_4 => Kernel::V2_4,
        }
    }
}

/// Reads `NAME=VALUE`.
pub(super) fn definition(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}
