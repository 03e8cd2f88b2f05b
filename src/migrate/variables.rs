//! The variables of loops that the output adds.

/// What they are called: by no name that the script uses itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LoopVariables {
    /// For chains.
    pub(super) chain: &'static str,
    /// For devices.
    pub(super) device: &'static str,
    /// For the bits of marks.
    pub(super) mask: &'static str,
}

impl LoopVariables {
    /// Those for a script with this text.
    pub(super) fn of(script: &str) -> Self {
        let free = |usual, other| if is_used(script, usual) { other } else { usual };
        Self { chain: free("chain", "fw_chain"), device: free("device", "fw_device"), mask: free("mask", "fw_mask") }
    }

    /// The beginning of a loop over chains.
    pub(super) fn over_chains(self) -> String {
        format!("for {} in ", self.chain)
    }
}

/// Whether a script asks for the value of a variable.
fn is_used(script: &str, name: &str) -> bool {
    script.match_indices(name).any(|(at, _)| {
        let (before, behind) = (&script[..at], &script[at + name.len()..]);
        let asked = before.ends_with('$') || before.ends_with("${") || before.ends_with("${#");
        asked && !behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_script_uses_is_taken() {
        let chain = |script: &str| LoopVariables::of(script).chain;
        assert_eq!(chain("# each chain\nfor chain in input output; do echo; done\n"), "chain");
        assert_eq!(chain("echo $chains ${chain_of}\n"), "chain");
        assert_eq!(chain("for chain in input; do ipchains -F $chain; done\n"), "fw_chain");
        assert_eq!(chain("ipchains -F \"${chain}\"\n"), "fw_chain");
    }
}
