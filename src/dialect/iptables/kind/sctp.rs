//! Which of some SCTP chunks a packet has.

use crate::model::Argument;

/// Chunk types in the order of their numbers, with the flags of each from the highest bit down.
const CHUNKS: [(&str, &str); 22] = [
    ("DATA", "IUBE"),
    ("INIT", ""),
    ("INIT_ACK", ""),
    ("SACK", ""),
    ("HEARTBEAT", ""),
    ("HEARTBEAT_ACK", ""),
    ("ABORT", "T"),
    ("SHUTDOWN", ""),
    ("SHUTDOWN_ACK", ""),
    ("ERROR", ""),
    ("COOKIE_ECHO", ""),
    ("COOKIE_ACK", ""),
    ("ECN_ECNE", ""),
    ("ECN_CWR", ""),
    ("SHUTDOWN_COMPLETE", "T"),
    ("I_DATA", "IUBE"),
    ("ASCONF_ACK", ""),
    ("RE_CONFIG", ""),
    ("PAD", ""),
    ("FORWARD_TSN", ""),
    ("ASCONF", ""),
    ("I_FORWARD_TSN", ""),
];

/// How many chunks with flags the kernel has room for.
const MOST_FLAGGED: usize = 4;

/// Whether the packet has one of them, all of them, or no others.
const SCOPES: [&str; 3] = ["any", "all", "only"];

/// `SCOPE CHUNK[:FLAGS][,CHUNK[:FLAGS]...]`, the chunks in any order; a flag in small letters is not set.
pub(super) fn read(scope: &str, chunks: &str) -> Result<Argument, String> {
    let known = SCOPES.iter().find(|name| name.eq_ignore_ascii_case(scope));
    let scope = known.ok_or_else(|| format!("`{scope}` is none of {}", SCOPES.join(", ")))?;
    if let Some(whole) = ["ALL", "NONE"].into_iter().find(|whole| whole.eq_ignore_ascii_case(chunks)) {
        return Ok(Argument::Text(format!("{scope} {whole}")));
    }
    let mut found: Vec<Option<String>> = vec![None; CHUNKS.len()];
    for item in chunks.split(',').filter(|item| !item.is_empty()) {
        let (name, flags) = item.split_once(':').unwrap_or((item, ""));
        let at = CHUNKS.iter().position(|(chunk, _)| chunk.eq_ignore_ascii_case(name));
        let slot = at.and_then(|at| Some((found.get_mut(at)?, CHUNKS.get(at)?)));
        let (slot, (_, known)) = slot.ok_or_else(|| format!("`{name}` is no chunk of SCTP"))?;
        let both = slot.clone().unwrap_or_default() + flags;
        *slot = Some(flags_of(name, &both, known)?);
    }
    // iptables notes flags by the place in its list, where this chunk stands at another one than its number.
    let unnoted = CHUNKS.iter().position(|(chunk, _)| *chunk == "I_DATA");
    let flagged = found.iter().flatten().filter(|flags| !flags.is_empty()).count();
    if flagged > MOST_FLAGGED {
        return Err(format!("{flagged} chunks have flags, and the kernel has room for {MOST_FLAGGED}"));
    }
    if let Some(Some(flags)) = unnoted.and_then(|at| found.get_mut(at)) {
        flags.clear();
    }
    Ok(Argument::Text(format!("{scope} {}", listed(&found))))
}

/// The flags in the order of their bits.
fn flags_of(chunk: &str, flags: &str, known: &str) -> Result<String, String> {
    // A dash stands for the bits that mean nothing, of which iptables takes the highest.
    if let Some(wrong) = flags.chars().find(|flag| *flag != '-' && !known.contains(flag.to_ascii_uppercase())) {
        return Err(format!("the chunk {chunk} has no flag `{wrong}`"));
    }
    // Where a flag is given both ways, set counts.
    let said = |flag: char| {
        let set = flags.contains(flag).then_some(flag);
        set.or_else(|| flags.contains(flag.to_ascii_lowercase()).then(|| flag.to_ascii_lowercase()))
    };
    let dash = flags.contains('-').then_some('-');
    Ok(dash.into_iter().chain(known.chars().filter_map(said)).collect())
}

fn listed(found: &[Option<String>]) -> String {
    if found.iter().all(Option::is_none) {
        return "NONE".to_owned();
    }
    let named = CHUNKS.iter().zip(found).filter_map(|((chunk, _), flags)| Some((chunk, flags.as_ref()?)));
    let one = |(chunk, flags): (&&str, &String)| {
        if flags.is_empty() { (*chunk).to_owned() } else { format!("{chunk}:{flags}") }
    };
    named.map(one).collect::<Vec<_>>().join(",")
}
