//! Lists and ranges whose items have a form of their own.

use std::net::Ipv6Addr;

use super::number;
use super::number::wrapping;
use crate::model::{Argument, written_v6};

/// How many items the kernel has room for in a list.
const MOST: usize = 16;

/// Names of TCP options that can be taken out.
const TCP_OPTIONS: [(&str, u64); 6] =
    [("wscale", 3), ("mss", 2), ("sack-permitted", 4), ("sack", 5), ("timestamp", 8), ("md5", 19)];

/// Other names for words of a list, each with the canonical one. Empty words count for nothing.
pub(super) fn names(word: &str, names: &[(&str, &str)]) -> Result<Argument, String> {
    let mut chosen: Vec<&str> = Vec::new();
    for item in word.split(',').filter(|item| !item.is_empty()) {
        let found = names.iter().find(|(name, _)| *name == item);
        let all = || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        chosen.push(found.ok_or_else(|| format!("`{item}` is none of {}", all()))?.1);
    }
    if chosen.is_empty() {
        return Err(format!("`{word}` names nothing"));
    }
    let mut ordered: Vec<String> = Vec::new();
    for (_, canonical) in names.iter().filter(|(_, canonical)| chosen.contains(canonical)) {
        if !ordered.iter().any(|there| there == canonical) {
            ordered.push((*canonical).to_owned());
        }
    }
    Ok(Argument::Set { among: None, chosen: ordered })
}

/// The option that is one byte without a length.
const PADDING: u64 = 0;

/// `type[:length]` of extension headers' options, of which the kernel keeps eight bits each.
pub(super) fn header_options(word: &str) -> Result<Argument, String> {
    let byte = |text: &str| {
        let value = wrapping(text, false).filter(|_| !text.is_empty());
        value.map(|value| u64::from(value & 0xFF)).ok_or_else(|| format!("`{text}` is no number of an option"))
    };
    let mut items = Vec::new();
    for (at, item) in word.split(',').enumerate() {
        let (kind, length) = match item.split_once(':') {
            Some(_) if at + 1 == MOST => return Err(format!("item {MOST} of `{word}` can have no length")),
            Some((kind, length)) => (byte(kind)?, Some(byte(length)?)),
            None => (byte(item)?, None),
        };
        items.push(match length {
            Some(_) if kind == PADDING => {
                return Err("the option 0 is one byte of padding and has no length".to_owned());
            }
            // The kernel keeps this length for "any".
            Some(length) if length != 255 => format!("{kind}:{length}"),
            _ => kind.to_string(),
        });
    }
    limited(items)
}

fn limited(items: Vec<String>) -> Result<Argument, String> {
    if items.len() > MOST {
        return Err(format!("{} items are more than {MOST}", items.len()));
    }
    Ok(Argument::Text(items.join(",")))
}

/// IPv6 addresses.
pub(super) fn addresses(word: &str) -> Result<Argument, String> {
    let address = |item: &str| item.parse::<Ipv6Addr>().map_err(|_| format!("`{item}` is no address"));
    let all: Result<Vec<Ipv6Addr>, String> = word.split(',').map(address).collect();
    limited(all?.into_iter().map(written_v6).collect())
}

/// TCP options by name or number; those that pad and end the list cannot be taken out.
pub(super) fn tcp_options(word: &str) -> Result<Argument, String> {
    let mut found: Vec<u64> = Vec::new();
    for item in word.split(',') {
        let named = TCP_OPTIONS.iter().find(|(name, _)| *name == item).map(|(_, value)| *value);
        let value = named.or_else(|| number(item)).filter(|value| (2..=255).contains(value));
        let value = value.ok_or_else(|| format!("`{item}` is no TCP option from 2 to 255"))?;
        if found.contains(&value) {
            return Err(format!("the TCP option {value} is there twice"));
        }
        found.push(value);
    }
    found.sort_unstable();
    Ok(Argument::Text(found.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")))
}

/// `low[:high]` of one byte, by name or number.
pub(super) fn named_range(word: &str, names: &[(&str, u8)]) -> Result<Argument, String> {
    let end = |text: &str, default| {
        let begins = |name: &str| name.get(..text.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(text));
        let whole = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let named = whole.or_else(|| names.iter().find(|(name, _)| begins(name))).map(|(_, value)| u64::from(*value));
        let value = if text.is_empty() && word.contains(':') { Some(default) } else { named.or_else(|| number(text)) };
        value.filter(|value| *value <= 255).ok_or_else(|| format!("`{text}` is no type"))
    };
    let (low, high) = match word.split_once(':') {
        Some((low, high)) => (end(low, 0)?, end(high, 255)?),
        None => (end(word, 0)?, end(word, 0)?),
    };
    if low > high {
        return Err(format!("the range `{word}` runs backwards"));
    }
    Ok(Argument::Range { low, high })
}
