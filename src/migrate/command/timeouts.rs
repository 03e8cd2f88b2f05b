//! Timeouts of masqueraded connections.

use super::{Line, is_literal};
use crate::dialect::ipchains::Opt;
use crate::migrate::roles::variable;
use crate::migrate::rule::{Trouble, Wording};

/// `-S tcp tcpfin udp` sets kernel parameters; 0 keeps the old value.
pub(super) fn timeouts(wording: &Wording<'_>) -> Result<Vec<Line>, Trouble> {
    const PARAMETERS: [&[&str]; 3] =
        [&["tcp_timeout_established"], &["tcp_timeout_fin_wait"], &["udp_timeout", "udp_timeout_stream"]];
    let found = wording.find(Opt::Set).ok_or(Trouble::RunTime)?;
    let all = wording.text(found.value_word());
    if found.further().is_empty() && all.starts_with('$') && variable(&all).is_some() {
        // All three are in one variable.
        let set = PARAMETERS.iter().zip(1..).flat_map(|(names, number)| {
            names
                .iter()
                .map(move |name| format!("[ ${number} = 0 ] || sysctl -w net.netfilter.nf_conntrack_{name}=${number}"))
        });
        let commands: Vec<String> = std::iter::once(format!("set -- {all}")).chain(set).collect();
        return Ok(vec![Line::Shell(format!("({})", commands.join("; ")))]);
    }
    if found.further().len() != 2 {
        return Err(Trouble::RunTime);
    }
    let words = std::iter::once(found.value_word()).chain(found.further().iter().copied());
    let mut lines = Vec::new();
    for (word, parameters) in words.zip(PARAMETERS) {
        let text = wording.text(word);
        if wording.words.get(word).and_then(|word| word.known()) == Some("0") {
            continue;
        }
        let guard = if is_literal(&text) { String::new() } else { format!("[ {text} = 0 ] || ") };
        lines.extend(
            parameters
                .iter()
                .map(|name| Line::Shell(format!("{guard}sysctl -w net.netfilter.nf_conntrack_{name}={text}"))),
        );
    }
    Ok(if lines.is_empty() { vec![Line::Shell(":".to_owned())] } else { lines })
}
