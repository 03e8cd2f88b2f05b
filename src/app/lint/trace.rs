//! `iptlint trace`: what becomes of packets.

mod packets;
mod single;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use super::super::arguments::KernelVersion;
use super::super::output::print;
use super::super::{CLEAN, FINDINGS};
use super::rules::{failed, load};
use super::run_args::RunArgs;
use crate::analysis::Analysis;
use crate::logic::Formula;
use crate::model::{Family, Ruleset};
use crate::packet::{Filter, Host, Trace};
use crate::report::Failure;
use crate::report::trace::{Told, trace};

/// Arguments of `iptlint trace`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A script or save file; `-` is standard input.
    file: PathBuf,
    #[command(flatten)]
    packet: single::Args,
    /// Ask for many packets instead, one JSON object a line; `-` is standard input.
    ///
    /// Fields: `level` (`host`, or `chain` to ask only `chain`), `path` (in, out, fwd), `iif`, `oif`, `oif_addr`,
    /// `proto`, `src`, `dst`, `sport`, `dport`, `tcp_flags` (letters), `icmp_type`, `icmp_code`, `frag`, `tos`,
    /// `state`, and `reply` (true: it is an answer). One JSON object a line comes back, with `verdict` (accept,
    /// deny, reject, masq, redirect, depends), `at` (the chain that settled it), and where they apply
    /// `redirect_port`, `mark`, `tos_out` and `snat`. With iptables, `masq` is any rewritten source, and `redirect`
    /// any delivery to this host by the nat table; `at` is the chain's name in iptables.
    #[arg(long, value_name = "FILE", conflicts_with = "single")]
    packets: Option<PathBuf>,
    /// An address of this host; may be given many times, the first of a device is its primary one.
    #[arg(long = "address", value_name = "IF=ADDR", value_parser = own_address)]
    addresses: Vec<(String, Ipv4Addr)>,
    /// The kernel that ipchains rules are for: it decides what the sender of a rejected packet is told.
    #[arg(long, value_enum, default_value_t, value_name = "VERSION")]
    kernel: KernelVersion,
    #[command(flatten)]
    run: RunArgs,
}

fn own_address(text: &str) -> Result<(String, Ipv4Addr), String> {
    let (device, address) = text.split_once('=').ok_or("it has no `=`")?;
    let address = address.parse().map_err(|_| format!("`{address}` is no IPv4 address"))?;
    Ok((device.to_owned(), address))
}

pub(super) fn run(args: &Args) -> u8 {
    match traced(args) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

fn traced(args: &Args) -> Result<u8, Failure> {
    let read = args.run.load(&args.file)?;
    let mut analysis = read.analyse(&args.run.settings());
    load(&mut analysis, &read.installed);
    let filter = filter(&mut analysis).with_kernel(args.kernel.kernel());
    let host = Host { addresses: args.addresses.clone() };
    match &args.packets {
        Some(path) => packets::run(&filter.brief(), &host, path),
        None => one(&analysis, &filter, &host, &args.packet),
    }
}

/// The rules of the file's dialect; where it has none, those of a fresh kernel.
fn filter(analysis: &mut Analysis<'_>) -> Filter {
    let dialect = analysis.dialect();
    let fresh = Ruleset::new(dialect, Family::V4);
    let fits = |own: &&Ruleset| own.dialect == dialect && own.family == Family::V4;
    let ruleset = analysis.rulesets.iter().find(fits).unwrap_or(&fresh);
    Filter::new(ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE)
}

fn one(analysis: &Analysis<'_>, filter: &Filter, host: &Host, args: &single::Args) -> Result<u8, Failure> {
    let packet = args.packet().map_err(|message| Failure { path: None, message })?;
    let mut steps = Trace::default();
    let decision = filter.pass(&packet, host, Some(&mut steps));
    let told = Told {
        sources: analysis.sources,
        conditions: Some(&analysis.evaluation.conditions),
        dialect: filter.dialect(),
        packet: &packet,
        trace: &steps,
        decision: &decision,
    };
    written(&trace(&told))?;
    Ok(if decision.known().is_some() { CLEAN } else { FINDINGS })
}

fn written(text: &str) -> Result<(), Failure> {
    print(text).map_err(|message| Failure { path: None, message })
}
