//! What the library says becomes of a packet, against what the real kernel does with it.
//!
//! Needs root, iptables, iproute2 and nftables; without them these tests are skipped, unless the
//! environment variable `IPTLINT_REQUIRE_KERNEL` is 1. All traffic stays in network namespaces.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod answers;
mod chosen;
#[path = "../random/dice.rs"]
mod dice;
#[path = "../kernel/driver.rs"]
mod driver;
mod firewalls;
mod flows;
mod lab;
mod netlink;
mod random;
mod sandbox;
mod scripts;
mod trace;
mod wire;

use std::process::Command;

/// Whether tests of the kernel can run; says why not, which is a failure where they must.
#[allow(clippy::print_stdout, reason = "a skipped test must be seen in its output")]
fn ready() -> bool {
    let works = |program: &str| {
        Command::new("unshare")
            .args(["-n", program, "list", "ruleset"])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let ready = works("nft");
    if !ready {
        let required = std::env::var("IPTLINT_REQUIRE_KERNEL").is_ok_and(|value| value == "1");
        assert!(!required, "nft does not run in a network namespace: it takes root, unshare and nftables");
        println!("skipped: it takes root, unshare and nftables");
    }
    ready
}
