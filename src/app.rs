//! The programs: arguments, files, exit statuses.
//!
//! Only this layer touches files, the environment and standard streams, and only it may fail.

mod files;
pub mod lint;
pub mod migrate;
mod output;

use std::process::ExitCode;

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
