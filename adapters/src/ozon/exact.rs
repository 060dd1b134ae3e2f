//! Numbers of any size in JSON, without a digit lost.

use std::borrow::Cow;

/// Puts whole numbers beyond 64 bits into quotes, since they could only be read as fractions. The specification shows
/// such an id: 30000000001280042740.
pub(super) fn exact(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut quoted = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(bytes, at);
                if is_beyond(&json[at..end]) {
                    quoted.push_str(&json[copied..at]);
                    quoted.extend(["\"", &json[at..end], "\""]);
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    quoted.push_str(&json[copied..]);
    Cow::Owned(quoted)
}

/// Returns the place after the closing quote of the text that begins at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    start + bytes[start..].iter().take_while(is_part).count()
}

fn is_beyond(number: &str) -> bool {
    let is_whole = number.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
    is_whole && number.len() > 1 && number.parse::<u64>().is_err() && number.parse::<i64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_beyond_64_bits_are_quoted() {
        for (given, expected) in [
            (r#"{"id":30000000001280042740}"#, r#"{"id":"30000000001280042740"}"#),
            (
                r#"[18446744073709551616, -9223372036854775809]"#,
                r#"["18446744073709551616", "-9223372036854775809"]"#,
            ),
            (
                r#"[18446744073709551615, -9223372036854775808, 0, -1]"#,
                r#"[18446744073709551615, -9223372036854775808, 0, -1]"#,
            ),
            (r#"[1e30, 1234567890123456789012.5]"#, r#"[1e30, 1234567890123456789012.5]"#),
            (
                r#"{"№ 30000000001280042740":"\"30000000001280042740 ё"}"#,
                r#"{"№ 30000000001280042740":"\"30000000001280042740 ё"}"#,
            ),
        ] {
            assert_eq!(exact(given), expected);
        }
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for broken in ["", "\"", "\"\\", "-", "[-", "<html>", "\"ё"] {
            assert_eq!(exact(broken), broken);
        }
    }
}
