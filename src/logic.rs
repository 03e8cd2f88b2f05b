//! Boolean functions as reduced, ordered, hash-consed decision diagrams.
//!
//! One arena serves the conditions of a script (which outcomes of its tests
//! lead to a command). Two functions are equal exactly when their [`Formula`]s
//! are. The arena has a node budget; past it an operation answers with
//! [`Formula::UNDECIDED`], which no caller may take for true or false.

use std::collections::HashMap;

/// A Boolean function of one [`Formulas`] arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Formula(u32);

impl Formula {
    /// Never holds.
    pub const FALSE: Self = Self(0);
    /// Always holds.
    pub const TRUE: Self = Self(1);
    /// The budget was used up: nothing is known.
    pub const UNDECIDED: Self = Self(u32::MAX);

    /// Whether it holds always, for certain.
    pub fn is_true(self) -> bool {
        self == Self::TRUE
    }

    /// Whether it holds never, for certain.
    pub fn is_false(self) -> bool {
        self == Self::FALSE
    }
}

/// A variable of the arena, numbered in the order of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Variable(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    variable: u32,
    low: Formula,
    high: Formula,
}

/// The arena that holds the nodes of its formulas.
#[derive(Clone)]
pub struct Formulas {
    nodes: Vec<Node>,
    unique: HashMap<Node, Formula>,
    both: HashMap<(Formula, Formula), Formula>,
    negated: HashMap<Formula, Formula>,
    budget: usize,
}

impl Formulas {
    /// An arena that makes at most `budget` nodes.
    pub fn new(budget: usize) -> Self {
        let leaf = |value| Node { variable: u32::MAX, low: Formula(value), high: Formula(value) };
        Self {
            nodes: vec![leaf(0), leaf(1)],
            unique: HashMap::new(),
            both: HashMap::new(),
            negated: HashMap::new(),
            budget,
        }
    }

    /// The function that is `variable` itself.
    pub fn variable(&mut self, variable: Variable) -> Formula {
        self.node(variable.0, Formula::FALSE, Formula::TRUE)
    }

    /// Holds where `a` does not.
    pub fn not(&mut self, a: Formula) -> Formula {
        match a {
            Formula::FALSE => return Formula::TRUE,
            Formula::TRUE => return Formula::FALSE,
            Formula::UNDECIDED => return a,
            _ => {}
        }
        if let Some(known) = self.negated.get(&a) {
            return *known;
        }
        let Node { variable, low, high } = self.at(a);
        let low = self.not(low);
        let high = self.not(high);
        let result = self.node(variable, low, high);
        self.negated.insert(a, result);
        result
    }

    /// Holds where both do.
    pub fn and(&mut self, a: Formula, b: Formula) -> Formula {
        if a.is_false() || b.is_false() {
            return Formula::FALSE;
        }
        if a == Formula::UNDECIDED || b == Formula::UNDECIDED {
            return Formula::UNDECIDED;
        }
        if a.is_true() || a == b {
            return b;
        }
        if b.is_true() {
            return a;
        }
        let key = (a.min(b), a.max(b));
        if let Some(known) = self.both.get(&key) {
            return *known;
        }
        let (left, right) = (self.at(a), self.at(b));
        let variable = left.variable.min(right.variable);
        let branch = |node: Node, whole, high| match (node.variable == variable, high) {
            (false, _) => whole,
            (true, false) => node.low,
            (true, true) => node.high,
        };
        let low = self.and(branch(left, a, false), branch(right, b, false));
        let high = self.and(branch(left, a, true), branch(right, b, true));
        let result = self.node(variable, low, high);
        self.both.insert(key, result);
        result
    }

    /// Holds where at least one does.
    pub fn or(&mut self, a: Formula, b: Formula) -> Formula {
        if a.is_true() || b.is_true() {
            return Formula::TRUE;
        }
        let (a, b) = (self.not(a), self.not(b));
        let neither = self.and(a, b);
        self.not(neither)
    }

    /// Holds where `a` does and `b` does not.
    pub fn and_not(&mut self, a: Formula, b: Formula) -> Formula {
        let b = self.not(b);
        self.and(a, b)
    }

    /// Whether `a` holds wherever `b` is needed: `a` implies `b`, for certain.
    pub fn implies(&mut self, a: Formula, b: Formula) -> bool {
        self.and_not(a, b).is_false()
    }

    /// Whether some outcome of the variables makes both hold; an undecided answer counts as yes.
    pub fn compatible(&mut self, a: Formula, b: Formula) -> bool {
        !self.and(a, b).is_false()
    }

    /// One assignment under which `a` holds: the variables it needs and their values.
    pub fn example(&self, a: Formula) -> Option<Vec<(Variable, bool)>> {
        let mut path = Vec::new();
        let mut at = a;
        loop {
            match at {
                Formula::TRUE => return Some(path),
                Formula::FALSE | Formula::UNDECIDED => return None,
                _ => {
                    let node = self.at(at);
                    let take = node.low.is_false();
                    path.push((Variable(node.variable), take));
                    at = if take { node.high } else { node.low };
                }
            }
        }
    }

    fn at(&self, formula: Formula) -> Node {
        self.nodes[formula.0 as usize]
    }

    fn node(&mut self, variable: u32, low: Formula, high: Formula) -> Formula {
        if low == Formula::UNDECIDED || high == Formula::UNDECIDED {
            return Formula::UNDECIDED;
        }
        if low == high {
            return low;
        }
        let node = Node { variable, low, high };
        if let Some(known) = self.unique.get(&node) {
            return *known;
        }
        if self.nodes.len() >= self.budget {
            return Formula::UNDECIDED;
        }
        let formula = Formula(self.nodes.len() as u32);
        self.nodes.push(node);
        self.unique.insert(node, formula);
        formula
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_functions_are_equal_formulas() {
        let mut f = Formulas::new(1000);
        let (a, b, c) = (f.variable(Variable(0)), f.variable(Variable(1)), f.variable(Variable(2)));
        let bc = f.or(b, c);
        let left = f.and(a, bc);
        let (ab, ac) = (f.and(a, b), f.and(a, c));
        let right = f.or(ab, ac);
        assert_eq!(left, right);
        assert!(f.implies(ab, bc));
        assert!(!f.implies(bc, ab));
        let none = f.and_not(a, a);
        assert!(none.is_false());
    }

    #[test]
    fn an_example_makes_the_formula_hold() {
        let mut f = Formulas::new(1000);
        let (a, b) = (f.variable(Variable(0)), f.variable(Variable(1)));
        let not_a = f.not(a);
        let both = f.and(not_a, b);
        assert_eq!(f.example(both), Some(vec![(Variable(0), false), (Variable(1), true)]));
        assert_eq!(f.example(Formula::FALSE), None);
    }

    #[test]
    fn past_the_budget_nothing_is_known() {
        let mut f = Formulas::new(3);
        let a = f.variable(Variable(0));
        let b = f.variable(Variable(1));
        assert_ne!(a, Formula::UNDECIDED);
        assert_eq!(f.and(a, b), Formula::UNDECIDED);
        assert!(!Formula::UNDECIDED.is_true() && !Formula::UNDECIDED.is_false());
        assert!(f.compatible(b, a));
    }
}
