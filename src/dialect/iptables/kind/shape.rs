//! What an option takes, in the few words that a message has room for.

use super::{Kind, mark, rate, time, words};

impl Kind {
    /// The form of the argument, such as `PORT[:PORT]`; empty where there is none.
    pub(in super::super) fn shape(&self) -> String {
        match self {
            Self::Switch | Self::FixedFlags(..) => String::new(),
            Self::Number(low, high) => format!("{low}..{high}"),
            Self::Hexadecimal(high, _) | Self::QuotedNumber(high) | Self::Lowered(high) => format!("0..{high}"),
            Self::Range(high) | Self::AscendingRange(high) | Self::StrictRange(high) => format!("N[:N] up to {high}"),
            Self::Choice(all, _) | Self::Names(all) => one_of(all.iter().map(|(name, _)| *name)),
            Self::Set(all)
            | Self::LooseSet(all)
            | Self::ExactSet(all)
            | Self::BarredSet(all)
            | Self::SetByBeginning(all) => {
                format!("{}[,...]", one_of(all.iter().copied()))
            }
            other => other.word().to_owned(),
        }
    }

    /// The words that the option knows.
    pub(in super::super) fn vocabulary(&self) -> Vec<&'static str> {
        match self {
            Self::Set(all)
            | Self::LooseSet(all)
            | Self::ExactSet(all)
            | Self::BarredSet(all)
            | Self::SetByBeginning(all) => all.to_vec(),
            Self::Choice(all, _) | Self::Names(all) => all.iter().map(|(name, _)| *name).collect(),
            Self::Icmp(all) => all.iter().map(|(name, ..)| *name).collect(),
            Self::NamedRange(all) => all.iter().map(|(name, _)| *name).collect(),
            Self::Tos | Self::TosChange(_) => mark::TOS_NAMES.iter().map(|(name, _)| *name).collect(),
            Self::TcpFlags => words::TCP_FLAGS.to_vec(),
            Self::WeekDays => time::WEEK.to_vec(),
            Self::Rate | Self::FineRate => rate::UNITS.iter().flat_map(|(name, short, _)| [*name, *short]).collect(),
            _ => Vec::new(),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::TcpFlags => "FLAGS FLAGS",
            Self::PortRange | Self::WrappingPortRange | Self::ConnectionPorts => "PORT[:PORT]",
            Self::PortList => "PORT[:PORT][,...]",
            Self::WrappingPort => "PORT",
            Self::NatPorts(_) => "PORT[-PORT]",
            Self::Nat(_) => "[ADDRESS[-ADDRESS]][:PORT[-PORT]]",
            Self::Mark | Self::MarkChange(_) | Self::Realm | Self::Group | Self::Tos | Self::TosChange(_) => {
                "VALUE[/MASK]"
            }
            Self::Rate | Self::FineRate => "N[/second|/minute|/hour|/day]",
            Self::Icmp(_) | Self::NamedRange(_) => "TYPE",
            Self::Mac | Self::GroupMac => "XX:XX:XX:XX:XX:XX",
            Self::Address => "ADDRESS",
            Self::Delay => "MILLISECONDS|inf",
            Self::AddressRange => "ADDRESS[-ADDRESS]",
            Self::Host | Self::Network => "ADDRESS[/MASK]",
            Self::Prefix | Self::Segment => "ADDRESS/LENGTH",
            Self::Protocol => "PROTOCOL",
            Self::Interface => "INTERFACE",
            Self::SetOfPackets => "SET src|dst[,...]",
            Self::Chunks => "any|all|only CHUNK[,...]",
            Self::Owner => "ID[-ID]",
            Self::Date => "YYYY[-MM[-DD[Thh[:mm[:ss]]]]]",
            Self::TimeOfDay => "hh:mm[:ss]",
            Self::WeekDays | Self::MonthDays => "DAY[,...]",
            Self::Probability => "0..1",
            Self::Pattern
            | Self::HexPattern
            | Self::Text(..)
            | Self::Label(_)
            | Self::FileName(..)
            | Self::CounterName => "TEXT",
            _ => "VALUE",
        }
    }
}

/// As many words as are read at a glance.
const FEW: usize = 8;

fn one_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    let shown = words.get(..FEW).unwrap_or(&words).join("|");
    if words.len() > FEW { format!("{shown}|...") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_have_forms() {
        assert_eq!(Kind::PortRange.shape(), "PORT[:PORT]");
        assert_eq!(Kind::Number(0, 63).shape(), "0..63");
        assert_eq!(Kind::Set(&["NEW", "INVALID"]).shape(), "NEW|INVALID[,...]");
        assert_eq!(Kind::Switch.shape(), "");
    }
}
