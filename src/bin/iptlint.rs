//! `iptlint`: lints firewall scripts.

use std::process::ExitCode;

fn main() -> ExitCode {
    iptlint::app::lint::run(std::env::args_os())
}
