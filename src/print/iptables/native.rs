//! Matches of which iptables-nft makes comparisons of the kernel's own, and reads them back.

use crate::dialect::iptables::extensions::Extension;
use crate::model::{Argument, OptionUse, PortRange};

/// The options that come back; `None` where nothing is compared, so that the whole match is forgotten.
pub(super) fn kept(extension: &Extension, options: &[OptionUse]) -> Option<Vec<OptionUse>> {
    // The extension is there for this one after all, and comes back as it went in.
    if options.is_empty() || options.iter().any(|option| option.name == "--tcp-option") {
        return Some(options.to_vec());
    }
    let compares = |option: &&OptionUse| {
        let row = extension.option(&option.name);
        !row.is_some_and(|row| row.is_left_out(option) || row.looks_at_nothing(option))
    };
    let kept: Vec<OptionUse> = options.iter().filter(compares).map(without_negation).collect();
    (!kept.is_empty()).then_some(kept)
}

/// The highest port that has another above it.
const LAST_BUT_ONE: u16 = u16::MAX - 1;

/// Ports that are not from 0 to some port are those above it.
fn without_negation(option: &OptionUse) -> OptionUse {
    match &option.argument {
        Some(Argument::Ports(ranges)) if option.negated => match ranges.as_slice() {
            [PortRange { low: 0, high: high @ 1..=LAST_BUT_ONE }] => {
                let above = PortRange { low: high + 1, high: u16::MAX };
                OptionUse { negated: false, argument: Some(Argument::Ports(vec![above])), ..option.clone() }
            }
            _ => option.clone(),
        },
        _ => option.clone(),
    }
}
