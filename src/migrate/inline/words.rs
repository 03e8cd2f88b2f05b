//! The words that a function is given, and what `shift` leaves of them.

use super::given::{Given, Said};

pub(super) struct Words {
    given: Vec<Given>,
    shifted: usize,
}

impl Words {
    pub(super) fn new(given: Vec<Given>) -> Self {
        Self { given, shifted: 0 }
    }

    /// The words from the one with this number on; how many words the caller had is not known.
    fn from(&self, number: usize) -> Option<&[Given]> {
        let first = self.shifted + number - 1;
        let passed_over = self.given.get(..first.min(self.given.len()))?;
        let unknown = passed_over.iter().any(|given| given.said == Said::Caller);
        (!unknown).then(|| self.given.get(first..).unwrap_or_default())
    }

    /// The word with this number, if there is one; `None` where that is not known.
    pub(super) fn get(&self, number: usize) -> Option<Option<&Given>> {
        let word = self.from(number)?.first();
        word.is_none_or(|given| given.said != Said::Caller).then_some(word)
    }

    pub(super) fn count(&self) -> Option<usize> {
        let words = self.from(1)?;
        words.iter().all(|given| given.said != Said::Caller).then_some(words.len())
    }

    pub(super) fn shift(&mut self, count: usize) -> Option<()> {
        (count == 0 || self.get(count)?.is_some()).then_some(())?;
        self.from(count + 1)?;
        self.shifted += count;
        Some(())
    }

    /// All words from one on, one by one, in quotes or as the shell cuts them.
    pub(super) fn passed(&self, number: usize, quoted: bool) -> Option<String> {
        let text = |given: &Given| match (quoted, &given.said) {
            (true, _) => Some(given.text.clone()),
            (false, Said::Caller) => Some("$@".to_owned()),
            (false, Said::Pieces(_)) => given.bare(None),
            (false, Said::Other) => None,
        };
        Some(self.from(number)?.iter().map(text).collect::<Option<Vec<String>>>()?.join(" "))
    }

    /// All words with blanks between them, for a text in quotes.
    pub(super) fn joined(&self) -> Option<String> {
        let text = |given: &Given| match given.said {
            Said::Caller => Some("$*".to_owned()),
            Said::Pieces(_) => given.bare(None),
            Said::Other => None,
        };
        Some(self.from(1)?.iter().map(text).collect::<Option<Vec<String>>>()?.join(" "))
    }
}
