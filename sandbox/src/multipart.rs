//! Forms with files (`multipart/form-data`, RFC 7578), as far as marketplaces take them.

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) content: &'a [u8],
}

/// The parts of a form in their order; none when it is not one, or ends too soon.
pub(crate) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let delimiter = format!("--{}", parameter(parameters, "boundary")?).into_bytes();
    let mut rest = body.strip_prefix(delimiter.as_slice())?;
    let inner = [b"\r\n", delimiter.as_slice()].concat();
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = place_of(rest, &inner)?;
        parts.push(part(&rest[..end])?);
        rest = &rest[end + inner.len()..];
    }
}

fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let end = place_of(bytes, b"\r\n\r\n")?;
    let headers = std::str::from_utf8(&bytes[..end]).ok()?;
    let header = |wanted: &str| {
        headers.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then_some(value.trim())
        })
    };
    let disposition = header("content-disposition")?;
    let parameters = disposition.split_once(';')?.1;
    Some(Part {
        name: parameter(parameters, "name")?,
        filename: parameter(parameters, "filename").or_else(|| extended(parameters)),
        content_type: header("content-type").map(str::to_lowercase),
        content: &bytes[end + 4..],
    })
}

/// One of `name=value; name="value"`; a quoted value may hold semicolons.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, more) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, more) = quoted.split_once('"')?;
                (value, more.split_once(';').map_or("", |(_, more)| more))
            }
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
        rest = more;
    }
}

/// A name with letters beyond ASCII (`filename*=utf-8''…`, RFC 5987), as some clients send it.
fn extended(parameters: &str) -> Option<String> {
    let value = parameter(parameters, "filename*")?;
    let mut rest = value.strip_prefix("utf-8''")?.bytes();
    let mut bytes = Vec::new();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn place_of(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let place = from + bytes[from..].iter().position(|byte| *byte == first)?;
        if bytes[place..].starts_with(wanted) {
            return Some(place);
        }
        from = place + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"x;y\"";

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = b"--x;y\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n\xd0\x94\xd0\xb0\r\n--x;y\r\nContent-Disposition: form-data; filename=\"a;b.png\"; name=file\r\nContent-Type: image/PNG\r\n\r\n\r\n--x\r\n--x;y--\r\n";
        let parts = parts(TYPE, body).unwrap();
        let [message, file] = &parts[..] else { panic!("two parts") };
        assert_eq!((message.name.as_str(), message.content), ("message", "Да".as_bytes()));
        assert_eq!((&message.filename, &message.content_type), (&None, &None));
        assert_eq!((file.name.as_str(), file.filename.as_deref()), ("file", Some("a;b.png")));
        assert_eq!(
            (file.content_type.as_deref(), file.content),
            (Some("image/png"), &b"\r\n--x"[..])
        );
    }

    #[test]
    fn a_name_beyond_ascii_is_read() {
        let named = "form-data; name=\"file\"; filename*=utf-8''%D0%A7%D0%B5%D0%BA.pdf";
        assert_eq!(extended(named).as_deref(), Some("Чек.pdf"));
        assert_eq!(extended("form-data; filename*=utf-8''%D"), None);
    }

    #[test]
    fn what_is_no_form_or_breaks_off_is_none() {
        let whole = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n";
        let form = "multipart/form-data; boundary=b";
        assert!(parts(form, whole.as_bytes()).is_some());
        for end in 0..whole.len() - 4 {
            assert_eq!(parts(form, &whole.as_bytes()[..end]), None, "{end}");
        }
        assert_eq!(parts("application/json; boundary=b", whole.as_bytes()), None);
        assert_eq!(parts("multipart/form-data", whole.as_bytes()), None);
        assert_eq!(parts(form, b"--b\r\nContent-Type: x\r\n\r\n1\r\n--b--"), None);
    }
}
