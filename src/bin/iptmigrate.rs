//! `iptmigrate`: migrates ipchains scripts to iptables.

use std::process::ExitCode;

fn main() -> ExitCode {
    iptlint::app::migrate::run(std::env::args_os())
}
