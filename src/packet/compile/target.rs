//! The arguments of the targets that rewrite addresses and ports.

use std::net::Ipv4Addr;

use crate::model::{Address, Argument, PortRange, Target};
use crate::packet::program::{Addresses, Ports, Translation};

/// What a target of the nat table does.
pub(super) fn translation(target: &Target, name: &str) -> Option<Translation> {
    Some(match name {
        "MASQUERADE" => Translation::Masquerade(to_ports(target)?),
        "REDIRECT" => Translation::Redirect(to_ports(target)?),
        "SNAT" => {
            let (addresses, ports) = to_address(target, "--to-source")?;
            Translation::Source(addresses, ports)
        }
        "DNAT" => {
            let (addresses, ports) = to_address(target, "--to-destination")?;
            Translation::Destination(addresses, ports)
        }
        "NETMAP" => match argument(target, "--to")? {
            Argument::Network(Address::V4(network)) => Translation::Netmap(*network),
            _ => return None,
        },
        _ => return None,
    })
}

fn argument<'t>(target: &'t Target, name: &str) -> Option<&'t Argument> {
    target.options.iter().find(|option| option.name == name).and_then(|option| option.argument.as_ref())
}

/// Whether ports are picked at random, although the packet's own may do.
fn is_random(target: &Target) -> bool {
    target.options.iter().any(|option| option.name.starts_with("--random"))
}

fn to_ports(target: &Target) -> Option<Ports> {
    match argument(target, "--to-ports") {
        None if is_random(target) => Some(Ports::Any),
        None => Some(Ports::Keep),
        Some(Argument::Text(text)) => ports(text),
        Some(_) => None,
    }
}

/// `[address[-address]][:ports]` in the canonical spelling of [`crate::dialect`].
fn to_address(target: &Target, option: &str) -> Option<(Addresses, Ports)> {
    let Argument::Text(text) = argument(target, option)? else { return None };
    let (addresses, given) = match text.split_once(':') {
        Some((addresses, given)) => (addresses, ports(given)?),
        None if is_random(target) => (text.as_str(), Ports::Any),
        None => (text.as_str(), Ports::Keep),
    };
    if addresses.is_empty() {
        return Some((None, given));
    }
    let (first, last) = addresses.split_once('-').unwrap_or((addresses, addresses));
    let address = |text: &str| text.parse::<Ipv4Addr>().ok().map(u32::from);
    Some((Some((address(first)?, address(last)?)), given))
}

/// `port[-port]`; with `/base` the port is shifted, which counts as any port of the range.
fn ports(text: &str) -> Option<Ports> {
    if let Some((range, _)) = text.split_once('/') {
        let (low, high) = range.split_once('-')?;
        let _: (u16, u16) = (low.parse().ok()?, high.parse().ok()?);
        return Some(Ports::Any);
    }
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let range = PortRange { low: low.parse().ok()?, high: high.parse().ok()? };
    Some(Ports::Among(range))
}
