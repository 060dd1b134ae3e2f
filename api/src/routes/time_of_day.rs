//! Times of day as the API has them: `08:30`, by a clock on the wall.

use domain::sla::Shift;

/// Reads a time of day as its minute, up to `24:00`.
pub(crate) fn minute(time: &str) -> Option<u16> {
    let (hours, minutes) = time.split_once(':')?;
    let number = |text: &str| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= Shift::WHOLE_DAY.to).then_some(minute)
}

/// Writes a minute of a day as its time.
pub(crate) fn time(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, expected) in [
            ("00:00", Some(0)),
            ("09:05", Some(545)),
            ("24:00", Some(1_440)),
            ("24:01", None),
            ("09:60", None),
            ("9:00", None),
            ("+9:00", None),
            ("0900", None),
            ("09:00:00", None),
            ("", None),
        ] {
            assert_eq!(minute(text), expected, "{text}");
        }
        assert_eq!([0, 545, 1_440].map(time), ["00:00", "09:05", "24:00"]);
    }
}
