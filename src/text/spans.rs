//! Many spans that are asked which of them hold others, or lie in them.

use super::Span;

/// Spans of one file, of which two may overlap or hold each other.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    /// By where they begin.
    all: Vec<Span>,
    /// For each, the furthest end up to it.
    furthest: Vec<u32>,
    /// For each, the nearest end from it on.
    nearest: Vec<u32>,
}

impl Spans {
    /// Whether one of them holds `span`.
    pub fn hold(&self, span: Span) -> bool {
        let begun = self.all.partition_point(|own| own.start <= span.start);
        begun.checked_sub(1).and_then(|last| self.furthest.get(last)).is_some_and(|end| *end >= span.end)
    }

    /// Whether one of them lies within `span`.
    pub fn lie_in(&self, span: Span) -> bool {
        let first = self.all.partition_point(|own| own.start < span.start);
        self.nearest.get(first).is_some_and(|end| *end <= span.end)
    }
}

impl FromIterator<Span> for Spans {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut all: Vec<Span> = spans.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        let reach = |reached: &mut u32, span: &Span| {
            *reached = span.end.max(*reached);
            Some(*reached)
        };
        let furthest = all.iter().scan(0, reach).collect();
        let near = |reached: &mut u32, span: &Span| {
            *reached = span.end.min(*reached);
            Some(*reached)
        };
        let mut nearest: Vec<u32> = all.iter().rev().scan(u32::MAX, near).collect();
        nearest.reverse();
        Self { all, furthest, nearest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_hold_others_and_lie_in_others() {
        let spans: Spans =
            [(10, 20), (12, 14), (30, 35), (13, 13)].map(|(start, end)| Span::new(start, end)).into_iter().collect();
        for (start, end, hold, lie) in [
            (10, 20, true, true),
            (15, 20, true, false),
            (15, 21, false, false),
            (9, 20, false, true),
            (11, 13, true, true),
            (12, 12, true, false),
            (21, 29, false, false),
            (29, 36, false, true),
            (31, 34, true, false),
            (36, 40, false, false),
            (0, 100, false, true),
        ] {
            let span = Span::new(start, end);
            assert_eq!((spans.hold(span), spans.lie_in(span)), (hold, lie), "{start}..{end}");
        }
        assert!(!Spans::default().hold(Span::new(0, 0)) && !Spans::default().lie_in(Span::new(0, 9)));
    }
}
