//! The programs: arguments, files, exit statuses.
//!
//! Only this layer touches files, the environment and standard streams, and only it may fail.

mod arguments;
mod diff;
mod files;
pub mod lint;
pub mod migrate;
mod output;
mod replace;

use std::process::ExitCode;

use crate::analysis::Analysis;
use crate::model::Dialect;
use crate::syntax::Form;

/// There is nothing to report.
const CLEAN: u8 = 0;
/// There are findings.
const FINDINGS: u8 = 1;
/// The job could not be done; this wins over the others.
const FAILED: u8 = 2;

/// The status that a program ends with.
fn exit(status: u8) -> ExitCode {
    ExitCode::from(status)
}

/// What the output calls the language of a file: that of its commands, and the form of the file.
fn dialect_name(analysis: &Analysis<'_>) -> &'static str {
    match (analysis.tree().map(|tree| tree.form), analysis.dialect()) {
        (Some(Form::IpchainsSave), _) => "ipchains-save",
        (Some(Form::IptablesSave), _) => "iptables-save",
        (_, Dialect::Ipchains) => "ipchains-sh",
        (_, Dialect::Iptables) => "iptables-sh",
    }
}
