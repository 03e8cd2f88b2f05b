//! Which options go together, as the program decides while it reads them.

use super::complaint::{CONFLICT, Complaint, MISSING};
use super::options::{Negation, Opt, OptionSpec};
use super::usage::Use;

/// Commands that may stand beside each other; all others exclude each other.
const PAIRS: &[(Opt, Opt)] = &[(Opt::List, Opt::Zero), (Opt::Masquerading, Opt::List), (Opt::Masquerading, Opt::Set)];

/// The checks that are made as soon as an option and its argument are there.
pub(super) fn first(found: &Use, before: &[Use]) -> Result<(), Complaint> {
    negation(found)?;
    for other in before {
        if found.spec.command && other.spec.command && !pair(found.spec.opt, other.spec.opt) {
            let said = format!("Can't use {} with {}", found.spec.name(), other.spec.name());
            return Err(Complaint::new(CONFLICT, said));
        }
        if found.spec.opt == other.spec.opt {
            return Err(Complaint::new(CONFLICT, format!("multiple {} flags not allowed", found.spec.name()))
                .meaning(format!("`{}` is given twice", found.spec.name())));
        }
    }
    Ok(())
}

fn negation(found: &Use) -> Result<(), Complaint> {
    match found.bang {
        Some(bang) if found.spec.negation == Negation::Never => {
            Err(Complaint::new(CONFLICT, format!("cannot have ! before {}", found.spec.name())).at(bang))
        }
        _ => Ok(()),
    }
}

fn pair(a: Opt, b: Opt) -> bool {
    // The program answers `-h` and `-V` at once.
    matches!(a, Opt::Help | Opt::Version) || PAIRS.contains(&(a, b)) || PAIRS.contains(&(b, a))
}

/// The program's complaint where the further words of `spec` are missing.
pub(super) fn words_missing(spec: &OptionSpec) -> Complaint {
    let said = match spec.opt {
        Opt::Policy => "-P requires a chain and a policy",
        Opt::Replace => "-R requires a rule number",
        Opt::Set => "-S requires TCP, TCPFIN and UDP timeouts",
        _ => "-t requires two hex bytes",
    };
    Complaint::new(MISSING, said)
}
