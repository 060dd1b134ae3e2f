//! What a round reads, and in how many calls.

use super::*;

const SKIP_MAX: u32 = 199_990;
const DAY: i64 = 86_400;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn from(seconds: i64) -> Spot {
    Spot { from: Some(at(seconds)), skip: 0 }
}

fn full(times: &[DateTime<Utc>]) -> PageHeld<'_> {
    PageHeld { times, items: times.len(), full: Some(SKIP_MAX) }
}

fn unreadable(times: &[DateTime<Utc>], items: usize) -> PageHeld<'_> {
    PageHeld { times, items, full: Some(SKIP_MAX) }
}

fn last(times: &[DateTime<Utc>]) -> PageHeld<'_> {
    PageHeld { full: None, ..full(times) }
}

fn plan(whole_due: bool, now: DateTime<Utc>) -> Plan {
    Plan { whole_due, fresh_after: 2, now }
}

fn usual() -> Plan {
    plan(false, at(99))
}

#[test]
fn a_full_page_goes_on_from_its_last_item() {
    let next = Cursor::default().after(full(&[at(10), at(20)]), usual());
    assert_eq!(next, Some(Cursor { place: from(20), ..Cursor::default() }));
}

#[test]
fn a_page_within_one_second_is_stepped_over() {
    let here = Cursor { place: from(20), ..Cursor::default() };
    let next = here.after(full(&[at(20), at(20)]), usual()).unwrap();
    assert_eq!(next.place, Spot { skip: 2, ..from(20) });
    let later = next.after(full(&[at(20), at(21)]), usual()).unwrap();
    assert_eq!(later.place, from(21));
}

#[test]
fn a_page_that_cannot_be_read_is_stepped_over_and_ends_nothing() {
    let here = Cursor { place: from(20), ..Cursor::default() };
    let next = here.after(unreadable(&[], 5_000), usual()).unwrap();
    assert_eq!((next.pass, next.place), (Pass::Unanswered, Spot { skip: 5_000, ..from(20) }));
    // Half of it readable and all of one second: the others count too.
    let next = here.after(unreadable(&[at(20)], 2), usual()).unwrap();
    assert_eq!(next.place.skip, 2);
}

#[test]
fn nothing_is_asked_for_deeper_than_the_marketplace_goes() {
    let deep = Cursor { place: Spot { skip: SKIP_MAX, ..from(20) }, ..Cursor::default() };
    let next = deep.after(PageHeld { times: &[], items: 5_000, full: Some(SKIP_MAX) }, usual());
    let next = next.unwrap();
    assert_eq!((next.pass, next.place.skip), (Pass::Processed, 0));
}

#[test]
fn a_cursor_of_an_earlier_program_goes_on_where_it_stood() {
    let kept = serde_json::json!({
        "pass": "processed", "from": "1970-01-01T00:00:20Z", "skip": 3, "whole": true
    });
    let place = Spot { skip: 3, ..from(20) };
    let expected = Cursor { pass: Pass::Processed, place, whole: true, ..Cursor::default() };
    assert_eq!(serde_json::from_value::<Cursor>(kept).unwrap(), expected);
    let written = serde_json::to_value(&expected).unwrap();
    assert_eq!(serde_json::from_value::<Cursor>(written).unwrap(), expected);
}

/// Items leave the list while it is read: none of those that stay may be missed.
#[test]
fn items_that_leave_the_list_make_no_gap() {
    let mut list: Vec<i64> = (0..100).map(|n| n / 3).collect();
    let (mut seen, mut cursor) = (Vec::new(), Cursor::default());
    loop {
        let from = cursor.place.from.map_or(0, second);
        let page: Vec<i64> = list
            .iter()
            .copied()
            .filter(|time| *time >= from)
            .skip(cursor.place.skip as usize)
            .take(10)
            .collect();
        seen.extend(page.iter().copied());
        let times: Vec<_> = page.iter().map(|time| at(*time)).collect();
        let held = if page.len() == 10 { full(&times) } else { last(&times) };
        let next = cursor.after(held, plan(false, at(0))).unwrap();
        if next.pass == Pass::Processed {
            break;
        }
        cursor = next;
        // The first twelve are answered between the pages.
        list.retain(|time| *time >= 4);
    }
    assert!((0..=33).all(|time| seen.contains(&time)), "{seen:?}");
}

/// A cabinet's processed items, one a day for a thousand days, and what is asked of it in one round.
struct Cabinet {
    now: i64,
    /// Days on which the items were written.
    read: Vec<i64>,
    calls: Vec<Pass>,
    /// Whether the end of the round said that everything was read.
    whole: bool,
}

/// Items of a page here; at the marketplace 5 000.
const TAKE: usize = 100;

fn round(whole_due: bool, fresh_after: u32) -> Cabinet {
    let mut cabinet = Cabinet { now: 1_000, read: vec![], calls: vec![], whole: false };
    let mut cursor = Cursor::default();
    loop {
        let now = at(cabinet.now * DAY);
        let (begin, end) = (cursor.place.from, cursor.until(now));
        let listed = (0..1_000).filter(|day| {
            let time = at(day * DAY);
            begin.is_none_or(|begin| time >= begin) && end.is_none_or(|end| time <= end)
        });
        let days: Vec<i64> = listed.skip(cursor.place.skip as usize).take(TAKE).collect();
        let days = if cursor.is_processed() { days } else { vec![] };
        let times: Vec<_> = days.iter().map(|day| at(day * DAY)).collect();
        let held = if days.len() == TAKE { full(&times) } else { last(&times) };
        cabinet.read.extend(days);
        cabinet.calls.push(cursor.pass);
        // The archive is read for days where a key allows few calls.
        cabinet.now += 1;
        match cursor.after(held, Plan { whole_due, fresh_after, now }) {
            Some(next) => cursor = next,
            None => {
                cabinet.whole = cursor.whole;
                return cabinet;
            }
        }
    }
}

#[test]
fn a_usual_round_is_two_calls_and_reads_what_is_recent() {
    let cabinet = round(false, 10);
    assert_eq!(cabinet.calls, [Pass::Unanswered, Pass::Processed]);
    assert!(!cabinet.whole);
    assert!(cabinet.read.iter().all(|day| *day > 960), "{:?}", cabinet.read);
}

#[test]
fn a_whole_round_reads_everything_in_a_call_a_page() {
    let cabinet = round(true, 100);
    // The last item of a page is asked for again, so that none of its second is missed.
    assert_eq!(cabinet.calls.len(), 2 + 10);
    assert!(cabinet.whole);
    assert!((0..1_000).all(|day| cabinet.read.contains(&day)));
}

#[test]
fn a_long_archive_keeps_what_is_new_waiting_for_so_many_pages_at_most() {
    for (fresh_after, calls) in [(1, 33), (2, 20), (5, 14)] {
        let cabinet = round(true, fresh_after);
        assert_eq!(cabinet.calls.len(), calls, "{fresh_after}");
        let waits = cabinet
            .calls
            .split(|pass| *pass == Pass::Unanswered)
            .map(|calls| calls.iter().filter(|pass| **pass == Pass::Archive).count());
        assert!(waits.max() <= Some(fresh_after as usize), "{:?}", cabinet.calls);
        assert!(cabinet.whole);
        assert!((0..1_000).all(|day| cabinet.read.contains(&day)), "nothing is stepped over");
    }
}
