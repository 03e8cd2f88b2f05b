//! From words to options, as getopt and the loop of ipchains around it do it.
//!
//! The words after an option that the program reads itself (a port, a number, a policy)
//! are taken here too. Values that the program looks at while it still reads options are
//! checked at once, so that of several faults the same one comes first.

use super::complaint::{CONFLICT, Complaint, MISSING, UNKNOWN_OPTION};
use super::lexis::{self, Shape, UNKNOWN};
use super::options::{self, Opt, OptionSpec, Takes, Then};
use super::spelling::{find_long, stray, unknown_letter};
use super::usage::{PortUse, Use};
use super::{conflict, values};
use crate::model::{Value, Word};

/// What a command's words are.
#[derive(Default)]
pub(super) struct Scanned {
    /// The options in order.
    pub(super) uses: Vec<Use>,
    /// Words that may be options at run time.
    pub(super) undecided: Vec<usize>,
    /// The first fault.
    pub(super) complaint: Option<Complaint>,
}

/// Finds the options among `words`.
pub(super) fn scan(words: &[Word]) -> Scanned {
    let mut scan = Scan { words, at: 0, bang: None, done: Scanned::default() };
    while scan.at < words.len() {
        if let Err(complaint) = scan.word() {
            scan.done.complaint = Some(complaint);
            return scan.done;
        }
    }
    let pending = scan.bang.map(|at| Complaint::new(MISSING, "nothing appropriate following !").at(at));
    scan.done.complaint = pending;
    scan.done
}

struct Scan<'a> {
    words: &'a [Word],
    /// The next word.
    at: usize,
    /// A `!` that waits for its option.
    bang: Option<usize>,
    done: Scanned,
}

impl<'a> Scan<'a> {
    fn word(&mut self) -> Result<(), Complaint> {
        let Some(word) = self.words.get(self.at) else { return Ok(()) };
        let at = self.at;
        self.at += 1;
        match lexis::shape(&word.value) {
            Shape::Bang if self.bang.is_some() => {
                Err(Complaint::new(CONFLICT, "multiple consecutive ! not allowed").at(at))
            }
            Shape::Bang => {
                self.bang = Some(at);
                Ok(())
            }
            Shape::Long(name, joined) => self.long(at, &name, joined),
            Shape::Cluster(letters) => self.cluster(at, word, &letters),
            Shape::Unknown => {
                self.undecide(at);
                Ok(())
            }
            Shape::End => match self.words.get(self.at) {
                None => Ok(()),
                Some(word) => Err(stray(word, self.done.uses.last()).at(self.at)),
            },
            Shape::Plain if at.checked_sub(1).is_some_and(|before| self.may_take_more(before)) => {
                self.undecide(at);
                Ok(())
            }
            Shape::Plain => Err(stray(word, self.done.uses.last()).at(at)),
        }
    }

    /// Whether the word `at` may turn out to be an option which takes the next word, or a `!` before it.
    fn may_take_more(&self, at: usize) -> bool {
        let is_argument = self.done.uses.last().is_some_and(|found| found.arguments.last() == Some(&at));
        self.done.undecided.contains(&at) || is_argument && self.words.get(at).is_some_and(opens_unknown)
    }

    /// A `!` before such a word may belong to it.
    fn undecide(&mut self, at: usize) {
        self.done.undecided.extend(self.bang.take());
        self.done.undecided.push(at);
    }

    fn long(&mut self, at: usize, name: &str, joined: Option<Value>) -> Result<(), Complaint> {
        let (spec, full) = find_long(name).map_err(|complaint| complaint.at(at))?;
        if spec.takes_long() == Takes::Nothing && joined.is_some() {
            let said = format!("option '--{full}' doesn't allow an argument");
            return Err(Complaint::new(UNKNOWN_OPTION, said).at(at));
        }
        let missing = format!("option '--{full}' requires an argument");
        self.option(At { word: at, bundled: false, missing }, spec, spec.takes_long(), joined)
    }

    fn cluster(&mut self, at: usize, word: &Word, letters: &[(char, usize)]) -> Result<(), Complaint> {
        let end = letters.last().map_or(0, |(_, end)| *end);
        for (letter, after) in letters {
            if *letter == UNKNOWN {
                self.undecide(at);
                return Ok(());
            }
            let spec = options::by_letter(*letter).ok_or_else(|| unknown_letter(*letter).at(at))?;
            let joined = (spec.takes != Takes::Nothing && *after < end).then(|| lexis::part(&word.value, *after..end));
            let bundled =
                letters.len() > 1 && (spec.takes == Takes::Nothing || letters.first() != Some(&(*letter, *after)));
            let missing = format!("option requires an argument -- '{letter}'");
            self.option(At { word: at, bundled, missing }, spec, spec.takes, joined)?;
            if spec.takes != Takes::Nothing {
                // What follows in the word was the argument, or there was nothing more.
                return Ok(());
            }
        }
        Ok(())
    }

    /// An option was found; takes its arguments and lets the first checks look at it.
    fn option(
        &mut self,
        place: At,
        spec: &'static OptionSpec,
        takes: Takes,
        joined: Option<Value>,
    ) -> Result<(), Complaint> {
        let mut found = Use {
            spec,
            word: place.word,
            bang: self.bang.take(),
            bundled: place.bundled,
            joined,
            inner_bang: None,
            arguments: Vec::new(),
            port: None,
            value: None,
        };
        self.argument(&mut found, takes, &place.missing).map_err(|complaint| complaint.at(place.word))?;
        conflict::first(&found, &self.done.uses).map_err(|complaint| complaint.at(place.word))?;
        self.inner_bang(&mut found)?;
        self.further(&mut found).map_err(|complaint| complaint.at(place.word))?;
        values::early(&found, self.words)?;
        if matches!(found.spec.opt, Opt::Help | Opt::Version) {
            // The program answers at once and ends.
            self.at = self.words.len();
        }
        self.done.uses.push(found);
        Ok(())
    }

    fn argument(&mut self, found: &mut Use, takes: Takes, missing: &str) -> Result<(), Complaint> {
        let joined = found.joined.clone();
        match takes {
            Takes::Nothing => {}
            Takes::Argument | Takes::Maybe if joined.is_some() => found.value = joined,
            Takes::OwnWord if joined.is_some() => found.value = self.words.get(found.word).map(|w| w.value.clone()),
            Takes::Argument | Takes::OwnWord => {
                let word = self.take(found).ok_or_else(|| Complaint::new(MISSING, missing))?;
                found.value = Some(word.value.clone());
            }
            Takes::Maybe if self.next_is_argument(found.spec.command) => {
                found.value = self.take(found).map(|word| word.value.clone());
            }
            Takes::Maybe => {}
        }
        Ok(())
    }

    /// A `!` where the argument was expected, as the program's own check sees it.
    fn inner_bang(&mut self, found: &mut Use) -> Result<(), Complaint> {
        let text = found.joined.as_ref().or(found.value.as_ref());
        if found.spec.takes != Takes::OwnWord || !text.is_some_and(|text| text.is("!")) {
            return Ok(());
        }
        let bang = found.arguments.pop().unwrap_or(found.word);
        if found.bang.is_some() {
            return Err(Complaint::new(CONFLICT, "multiple consecutive ! not allowed").at(bang));
        }
        found.inner_bang = Some(bang);
        let missing = || Complaint::new(MISSING, "nothing appropriate following !").at(bang);
        found.value = Some(self.take(found).ok_or_else(missing)?.value.clone());
        Ok(())
    }

    fn further(&mut self, found: &mut Use) -> Result<(), Complaint> {
        match found.spec.then {
            Then::Nothing => {}
            Then::Maybe => {
                if self.next_is_argument(false) {
                    self.take(found);
                }
            }
            Then::Words(count) => {
                for _ in 0..count {
                    let may_be_more =
                        found.arguments.last().and_then(|at| self.words.get(*at)).is_some_and(opens_unknown);
                    if may_be_more && !self.next_is_argument(true) {
                        // One unknown may turn out to be several words.
                        break;
                    }
                    if !self.next_is_argument(true) {
                        return Err(conflict::words_missing(found.spec));
                    }
                    self.take(found);
                }
            }
            Then::Port => found.port = self.port(found),
            Then::RedirectPort => {
                let redirect =
                    found.value.as_ref().is_some_and(|target| target.known().is_none_or(|t| t == "REDIRECT"));
                if redirect && self.next_is_argument(false) {
                    self.take(found);
                }
            }
        }
        Ok(())
    }

    fn port(&mut self, address: &Use) -> Option<PortUse> {
        let bang = self.words.get(self.at).filter(|word| word.value.is("!")).map(|_| self.at);
        let at = self.at + usize::from(bang.is_some());
        let word = self.words.get(at)?;
        if !lexis::is_argument(&word.value) || opens_unknown(word) {
            return None;
        }
        // Behind a word that may be a mark of negation, or nothing, stands the address.
        let open = address.arguments.last().and_then(|at| self.words.get(*at)).is_some_and(opens_unknown);
        if open && word.value.known_prefix().contains(['.', '/']) {
            return None;
        }
        self.at = at + 1;
        Some(PortUse { bang, word: at })
    }

    fn take(&mut self, found: &mut Use) -> Option<&'a Word> {
        let word = self.words.get(self.at)?;
        found.arguments.push(self.at);
        self.at += 1;
        Some(word)
    }

    /// Whether the next word would be taken as an argument that may be missing.
    ///
    /// An unknown that may be no word at all is only taken where one is expected.
    fn next_is_argument(&self, expected: bool) -> bool {
        let word = self.words.get(self.at);
        word.is_some_and(|word| lexis::is_argument(&word.value) && (expected || !opens_unknown(word)))
    }
}

/// Where an option stands, and what getopt says where its argument is missing.
struct At {
    word: usize,
    bundled: bool,
    missing: String,
}

/// Whether the word may turn out to be an option, or nothing. One with a colon in it is a port, or nothing that
/// ipchains takes.
fn opens_unknown(word: &Word) -> bool {
    word.splits && word.value.known_prefix().is_empty() && !word.value.has(':')
}
