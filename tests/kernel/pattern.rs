//! A printed rule with unknown values in it, against a line of `iptables-save`.

use std::collections::HashMap;

/// What unknown values turned out to be.
pub(crate) type Bindings = HashMap<String, String>;

/// Whether `actual` is `expected` with a text for each `${NAME}`, the same for the same name.
///
/// New texts of variables are added to `bindings` where it is; the output of a command may be another each time.
pub(crate) fn unify(expected: &str, actual: &str, bindings: &mut Bindings) -> bool {
    if !expected.contains("${") {
        return expected == actual;
    }
    let mut own = bindings.clone();
    // Only the whole text tells whether quotes are needed.
    let fits = matches(&expected.replace('"', ""), &actual.replace('"', ""), &mut own);
    if fits {
        own.retain(|name, _| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        *bindings = own;
    }
    fits
}

fn matches(expected: &str, actual: &str, bindings: &mut Bindings) -> bool {
    let Some((text, rest)) = expected.split_once("${") else { return expected == actual };
    let Some((name, rest)) = rest.split_at_checked(closing(rest)) else { return expected == actual };
    let rest = rest.strip_prefix('}').unwrap_or(rest);
    let literal = actual.strip_prefix(text);
    literal.is_some_and(|actual| value(name, rest, actual, text, bindings)) || vanished(text, rest, actual, bindings)
}

/// Where the brace that is open at the beginning of `text` closes.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The value of `name` at the beginning of `actual`, and `rest` behind it.
fn value(name: &str, rest: &str, actual: &str, before: &str, bindings: &mut Bindings) -> bool {
    if let Some(known) = bindings.get(name).cloned() {
        let behind = actual.strip_prefix(&known);
        // An address of one host is shown with its mask in some places and without in others.
        let tails = [behind, behind.and_then(|behind| behind.strip_prefix("/32"))];
        return tails
            .into_iter()
            .flatten()
            .any(|actual| matches(rest, actual, &mut bindings.clone()) && matches(rest, actual, bindings));
    }
    let word = actual.find(' ').unwrap_or(actual.len());
    for end in (1..=word).rev().filter(|end| actual.is_char_boundary(*end)) {
        let mut own = bindings.clone();
        let found = &actual[..end];
        own.insert(name.to_owned(), found.strip_suffix("/32").unwrap_or(found).to_owned());
        // A target brings options of its own.
        let options = rest.is_empty() && before.ends_with("-j ") && actual[end..].starts_with(" --");
        if options || matches(rest, &actual[end..], &mut own) {
            *bindings = own;
            return true;
        }
    }
    false
}

/// An option whose value is everything is not shown at all.
fn vanished(text: &str, rest: &str, actual: &str, bindings: &mut Bindings) -> bool {
    let options = ["-s ", "-d ", "--sport ", "--dport ", "-p ", "-j "];
    let shown = options.iter().find_map(|option| text.strip_suffix(option));
    let ends = rest.is_empty() || rest.starts_with(' ');
    match shown {
        Some(before) if ends => {
            let joined = format!("{before}{}", rest.strip_prefix(' ').unwrap_or(rest));
            let joined = if rest.is_empty() { joined.trim_end().to_owned() } else { joined };
            matches(&joined, actual, bindings)
        }
        _ => false,
    }
}

#[test]
fn unknown_values_are_the_same_text_each_time() {
    let fits = |expected: &str, actual: &str| unify(expected, actual, &mut Bindings::new());
    assert!(fits("-s ${IP} -i eth0 -j ACCEPT", "-s 192.0.2.1/32 -i eth0 -j ACCEPT"));
    assert!(fits("-s ${IP} -d ${IP} -j ACCEPT", "-s 192.0.2.1/32 -d 192.0.2.1/32 -j ACCEPT"));
    assert!(!fits("-s ${IP} -d ${IP} -j ACCEPT", "-s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT"));
    assert!(!fits("-s ${IP} -j ACCEPT", "-s 192.0.2.1/32 -i eth0 -j ACCEPT"));
    assert!(fits("-s ${ANY} -i eth0 -j ACCEPT", "-i eth0 -j ACCEPT"));
    assert!(fits("-p tcp --dport ${LOW}:1023 -j ${GOAL}", "-p tcp --dport 22:1023 -j REJECT --reject-with tcp-reset"));
    assert!(!fits("-i ${IF} -j ACCEPT", "-i eth0 -j DROP"));
}
