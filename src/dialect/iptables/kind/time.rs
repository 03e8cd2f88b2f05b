//! Dates, times of day, days of the week and of the month.

use super::number::{BLANKS, wrapping};
use crate::model::Argument;

/// The days of the week in the order of their numbers, which begin with one.
pub(super) const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The last day of the longest month.
const DAYS_OF_MONTH: u32 = 31;

/// `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`, written in full.
pub(super) fn date(word: &str) -> Result<Argument, String> {
    read_date(word).map(Argument::Text).ok_or_else(|| format!("`{word}` is no date such as 2025-12-31T23:59:59"))
}

/// What ends each part of a date, and its highest number.
const PARTS: [(&str, u32); 6] = [("-", 2038), ("-", 12), ("T", 31), (":", 23), (":", 59), ("", 59)];

fn read_date(word: &str) -> Option<String> {
    let [year, month, day, hour, minute, second] = numbers(word, &PARTS, [0, 1, 1, 0, 0, 0])?;
    // The month 0 is that before January, the day 0 that before the first, and so on, as mktime(3) has it.
    let days = days_before(year.checked_sub(FIRST_YEAR)?, month) + i64::from(day) - 1;
    let (year, month, day) = date_of(u32::try_from(days).ok()?);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

/// The numbers of `text`, each up to its highest; those that are not written are as in `missing`.
fn numbers<const N: usize>(text: &str, parts: &[(&str, u32); N], missing: [u32; N]) -> Option<[u32; N]> {
    let (mut found, mut rest) = (missing, text);
    for (slot, (end, highest)) in found.iter_mut().zip(parts) {
        let signed = rest.trim_start_matches(BLANKS);
        let digits = signed.strip_prefix(['+', '-']).unwrap_or(signed);
        let behind = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = rest.strip_suffix(behind).unwrap_or(rest);
        *slot = wrapping(number, true).filter(|value| value <= highest)?;
        if behind.is_empty() {
            return Some(found);
        }
        rest = behind.strip_prefix(end).filter(|_| !end.is_empty())?;
    }
    None
}

/// The year whose first second the kernel counts as zero.
const FIRST_YEAR: u32 = 1970;

/// How many days lie between the first day of 1970 and the first of a month, of so many years later.
fn days_before(years: u32, month: u32) -> i64 {
    let year = FIRST_YEAR + years;
    // 1972 is the first leap year, and 2000 is one.
    let of_years = 365 * i64::from(years) + i64::from((years + 1) / 4);
    match month {
        0 => of_years - i64::from(DAYS_OF_MONTH),
        _ => of_years + (1..month).map(|month| i64::from(length_of_month(year, month))).sum::<i64>(),
    }
}

/// The date that comes so many days after the first of 1970.
fn date_of(days: u32) -> (u32, u32, u32) {
    let (mut year, mut month, mut left) = (FIRST_YEAR, 1, days);
    while left >= length_of_month(year, month) {
        left -= length_of_month(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    (year, month, left + 1)
}

fn length_of_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => DAYS_OF_MONTH,
    }
}

/// `hh:mm[:ss]`.
pub(super) fn time_of_day(word: &str) -> Result<Argument, String> {
    let time = numbers(word, &[(":", 23), (":", 59), ("", 59)], [0; 3]).filter(|_| word.contains(':'));
    let time = time.map(|[hour, minute, second]| format!("{hour:02}:{minute:02}:{second:02}"));
    time.map(Argument::Text).ok_or_else(|| format!("`{word}` is no time from 00:00:00 to 23:59:59"))
}

/// How many letters iptables looks at in a day of the week, and in one of the month.
const LETTERS: (usize, usize) = (3, 2);

/// The bits of a byte for the days of the week.
const WEEK_BITS: u32 = 32;

/// Days of the week by number, or by a name that begins like one. Numbers beyond the week are no day at all.
pub(super) fn week_days(word: &str) -> Result<Argument, String> {
    let day = |item: &str| match wrapping(item, false) {
        Some(0) => None,
        Some(number) => Some(number % WEEK_BITS),
        None => {
            let begin = WEEK.iter().position(|day| item.get(..2).is_some_and(|two| day.starts_with(two)));
            begin.map(|at| at as u32 + 1)
        }
    };
    days(items(word, LETTERS.0), day, &all_days(true))
}

/// Days of the month by number. No month has a day 0, which iptables takes for all that.
pub(super) fn month_days(word: &str) -> Result<Argument, String> {
    let day = |item: &str| wrapping(item, false).filter(|day| *day <= DAYS_OF_MONTH);
    days(items(word, LETTERS.1), day, &all_days(false))
}

/// The items of a list, of which only so many letters count; a comma at the end is passed over.
fn items(word: &str, letters: usize) -> impl Iterator<Item = &str> {
    word.split_terminator(',').map(move |item| item.get(..letters).unwrap_or(item))
}

/// What iptables makes of days of the month that are none.
pub(super) fn doubt(word: &str) -> Option<String> {
    let zero = items(word, LETTERS.1).find(|item| wrapping(item, false) == Some(0))?;
    Some(format!("no month has a day {}", if zero.is_empty() { "0" } else { zero }))
}

fn days<'a>(
    items: impl Iterator<Item = &'a str>,
    day: impl Fn(&str) -> Option<u32>,
    all: &[String],
) -> Result<Argument, String> {
    let mut found = vec![false; all.len() + 1];
    for item in items {
        let day = day(item).ok_or_else(|| format!("`{item}` is none of {}", all.join(", ")))?;
        found.get_mut(day as usize).into_iter().for_each(|slot| *slot = true);
    }
    let every = [NO_DAY.to_owned()].into_iter().chain(all.iter().cloned());
    let chosen = every.zip(found).filter(|(_, found)| *found).map(|(day, _)| day).collect();
    Ok(Argument::Set { among: None, chosen })
}

/// The day 0, which the kernel keeps beside the others, so that what has it is never all days, nor none; iptables-save
/// does not write it.
const NO_DAY: &str = "0";

/// Whether the day that is none is among the days.
pub(super) fn has_no_day(chosen: &[String]) -> bool {
    chosen.iter().any(|day| day == NO_DAY)
}

/// The days as iptables-save writes them.
pub(super) fn write(chosen: &[String]) -> String {
    let written: Vec<&str> = chosen.iter().map(String::as_str).filter(|day| *day != NO_DAY).collect();
    written.join(",")
}

/// All days of the week, or of the month, as they are written.
fn all_days(week: bool) -> Vec<String> {
    if week {
        WEEK.iter().map(|day| (*day).to_owned()).collect()
    } else {
        (1..=DAYS_OF_MONTH).map(|day| day.to_string()).collect()
    }
}

/// The other days; what is none stays none.
pub(super) fn other_days(chosen: &[String], week: bool) -> Argument {
    let mut others = all_days(week);
    others.retain(|day| !chosen.contains(day));
    if has_no_day(chosen) {
        others.insert(0, NO_DAY.to_owned());
    }
    Argument::Set { among: None, chosen: others }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_full() {
        assert_eq!(read_date("2020").as_deref(), Some("2020-01-01T00:00:00"));
        assert_eq!(read_date("2020-02-30").as_deref(), Some("2020-03-01T00:00:00"));
        assert_eq!(read_date("2020-02-03T04").as_deref(), Some("2020-02-03T04:00:00"));
        assert_eq!(read_date("2020-0").as_deref(), Some("2019-12-01T00:00:00"));
        assert_eq!(read_date("2021-03-0T1:").as_deref(), Some("2021-02-28T01:00:00"));
        assert_eq!(read_date("2020-00-31").as_deref(), Some("2019-12-31T00:00:00"));
        for wrong in ["2020-13", "1969", "2020-1-1T24:00", "1970-0", "1970-01-00", "2020 ", "2020--1", "x", ""] {
            assert_eq!(read_date(wrong), None, "{wrong}");
        }
    }
}
