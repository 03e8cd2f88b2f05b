//! Dates, times of day, days of the week and of the month.

use super::number;
use crate::model::Argument;

/// The days of the week in the order of their numbers, which begin with one.
pub(super) const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The last day of the longest month.
const DAYS_OF_MONTH: u64 = 31;

/// The years whose seconds the kernel counts.
const YEARS: std::ops::RangeInclusive<u64> = 1970..=2038;

/// `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`, written in full.
pub(super) fn date(word: &str) -> Result<Argument, String> {
    read_date(word).map(Argument::Text).ok_or_else(|| format!("`{word}` is no date such as 2025-12-31T23:59:59"))
}

fn read_date(word: &str) -> Option<String> {
    let (date, time) = word.split_once('T').map_or((word, None), |(date, time)| (date, Some(time)));
    let parts: Option<Vec<u64>> = date.split('-').map(decimal).collect();
    let (year, month, day) = match parts?.as_slice() {
        [year] if time.is_none() => (*year, 1, 1),
        [year, month] if time.is_none() => (*year, *month, 1),
        [year, month, day] => (*year, *month, *day),
        _ => return None,
    };
    let valid = YEARS.contains(&year) && (1..=12).contains(&month) && (1..=DAYS_OF_MONTH).contains(&day);
    let time = time.filter(|time| !time.is_empty()).map_or(Some([0; 3]), |time| clock(time, 1))?;
    // A day that the month does not have is one of the next month, as in mktime(3).
    let length = length_of_month(year, month);
    let (month, day) = if day > length { (month + 1, day - length) } else { (month, day) };
    valid.then(|| format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", time[0], time[1], time[2]))
}

fn length_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => DAYS_OF_MONTH,
    }
}

/// `hh:mm[:ss]`.
pub(super) fn time_of_day(word: &str) -> Result<Argument, String> {
    let time = clock(word, 2).map(|[hour, minute, second]| format!("{hour:02}:{minute:02}:{second:02}"));
    time.map(Argument::Text).ok_or_else(|| format!("`{word}` is no time from 00:00:00 to 23:59:59"))
}

/// Hours, minutes and seconds, of which at least `least` are written.
fn clock(text: &str, least: usize) -> Option<[u64; 3]> {
    // What is missing beside a colon is zero.
    let number = |text: &str| if text.is_empty() { Some(0) } else { decimal(text) };
    let (first, others) = text.split_once(':').map_or((text, None), |(first, others)| (first, Some(others)));
    let others = others.into_iter().flat_map(|others| others.split(':')).map(number);
    let parts: Option<Vec<u64>> = std::iter::once(number(first)).chain(others).collect();
    let parts = parts.filter(|parts| (least..=3).contains(&parts.len()))?;
    let part = |at: usize| parts.get(at).copied().unwrap_or(0);
    let time = [part(0), part(1), part(2)];
    (time[0] < 24 && time[1] < 60 && time[2] < 60).then_some(time)
}

fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Days of the week by number or by a name that begins like one.
pub(super) fn week_days(word: &str) -> Result<Argument, String> {
    let position = |item: &str| match number(item) {
        Some(day) => Some(day),
        None => {
            let begin =
                WEEK.iter().position(|day| item.get(..3) == Some(*day) || item.len() == 2 && day.starts_with(item));
            begin.map(|at| at as u64 + 1)
        }
    };
    // A comma at the end is passed over.
    days(word.strip_suffix(',').unwrap_or(word).split(','), position, &all_days(true))
}

/// Days of the month by number.
pub(super) fn month_days(word: &str) -> Result<Argument, String> {
    // No month has a day 0, which iptables takes for all that.
    let real = word.split(',').filter(|item| !item.is_empty() && number(item) != Some(0));
    days(real, number, &all_days(false))
}

/// What iptables makes of days of the month that are none.
pub(super) fn doubt(word: &str) -> Option<String> {
    let zero = word.split(',').find(|item| number(item) == Some(0))?;
    Some(format!("no month has a day {zero}"))
}

fn days<'a>(
    items: impl Iterator<Item = &'a str>,
    position: impl Fn(&str) -> Option<u64>,
    all: &[String],
) -> Result<Argument, String> {
    let mut found = vec![false; all.len()];
    for item in items {
        let day = position(item).and_then(|day| usize::try_from(day).ok()?.checked_sub(1));
        let slot = day.and_then(|day| found.get_mut(day));
        *slot.ok_or_else(|| format!("`{item}` is none of {}", all.join(", ")))? = true;
    }
    let chosen = all.iter().zip(found).filter(|(_, found)| *found).map(|(day, _)| day.clone()).collect();
    Ok(Argument::Set { among: None, chosen })
}

/// All days of the week, or of the month, as they are written.
fn all_days(week: bool) -> Vec<String> {
    if week {
        WEEK.iter().map(|day| (*day).to_owned()).collect()
    } else {
        (1..=DAYS_OF_MONTH).map(|day| day.to_string()).collect()
    }
}

/// The other days.
pub(super) fn other_days(chosen: &[String], week: bool) -> Argument {
    let mut others = all_days(week);
    others.retain(|day| !chosen.contains(day));
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
        assert_eq!((read_date("2020-13"), read_date("1969"), read_date("2020-1-1T24:00")), (None, None, None));
    }
}
