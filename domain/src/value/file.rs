//! Files that a reply carries: what they are, and which a channel takes.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::{FileId, MessageFile, Personal};

/// Longest name of a file that is kept, in characters: what file systems take in Cyrillic letters, and a bit less.
const NAME_CHARS_MAX: usize = 120;

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FileKind {
    /// A picture.
    Jpeg,
    /// A picture.
    Png,
    /// A document.
    Pdf,
}

/// A file that a reply carries. Its content is kept beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingFile {
    /// Its id.
    pub file_id: FileId,
    /// Its name, with an extension that says what it is.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// Which files a reply may carry in one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRules {
    /// What they may be.
    pub kinds: &'static [FileKind],
    /// Greatest size of one.
    pub size_bytes_max: u64,
    /// Greatest size of all of one reply together.
    pub total_bytes_max: u64,
    /// Most in one reply.
    pub count_max: usize,
    /// Whether a reply may carry a text and files at once.
    pub with_text: bool,
}

/// Why a reply cannot carry a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The marketplace has no call for it in this channel.
    #[error("no files are taken here")]
    NotTaken,
    /// It is of no kind that the marketplace takes, whatever its name says.
    #[error("the content is of no kind that is taken")]
    Kind,
    /// It is too large.
    #[error("the file has {size_bytes} bytes, at most {size_bytes_max} are taken")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
        /// Greatest size of one.
        size_bytes_max: u64,
    },
    /// All of them together are too large.
    #[error("the files have {total_bytes} bytes together, at most {total_bytes_max} are taken")]
    TooLargeTogether {
        /// Their size.
        total_bytes: u64,
        /// Greatest size of all.
        total_bytes_max: u64,
    },
    /// There are too many.
    #[error("there are {count} files, at most {count_max} are taken")]
    TooMany {
        /// How many there are.
        count: usize,
        /// Most in one reply.
        count_max: usize,
    },
    /// The marketplace takes a text or a file, each by itself.
    #[error("a text and a file are taken only one after the other")]
    NotWithText,
}

impl FileKind {
    /// Returns what a content is; none when it is nothing that is known here. Names lie, contents begin as they must.
    #[must_use]
    pub fn of_content(content: &[u8]) -> Option<Self> {
        let begins: [(&[u8], Self); 3] = [
            (b"\xff\xd8\xff", Self::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Self::Png),
            (b"%PDF-", Self::Pdf),
        ];
        begins.into_iter().find(|(begin, _)| content.starts_with(begin)).map(|(_, kind)| kind)
    }

    /// Returns its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// Tells whether it is a picture.
    #[must_use]
    pub fn is_image(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }

    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Pdf => &["pdf"],
        }
    }

    /// Makes a name out of what somebody called a file: without a path and control characters, not too long, and with an
    /// extension that says what the file is, by which marketplaces judge.
    #[must_use]
    pub fn name_from(self, called: &str) -> String {
        let name = called.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_shown = |c: &char| !c.is_control() && *c != '"';
        let name: String = name.chars().filter(is_shown).collect();
        let name = name.trim().trim_start_matches('.');
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let says_so = self.extensions().iter().any(|known| extension.eq_ignore_ascii_case(known));
        let stem = if says_so { stem } else { name };
        let extension = if says_so { extension } else { self.extensions()[0] };
        let stem: String = stem.chars().take(NAME_CHARS_MAX).collect();
        let stem = if stem.trim().is_empty() { "file" } else { stem.trim_end() };
        format!("{stem}.{extension}")
    }
}

impl FileRules {
    /// Holds one file against the rules.
    ///
    /// # Errors
    /// [`FileError`] names the rule that it breaks.
    pub fn check_one(&self, kind: FileKind, size_bytes: u64) -> Result<(), FileError> {
        let size_bytes_max = self.size_bytes_max;
        if !self.kinds.contains(&kind) {
            return Err(FileError::Kind);
        }
        if size_bytes > size_bytes_max {
            return Err(FileError::TooLarge { size_bytes, size_bytes_max });
        }
        Ok(())
    }

    /// Holds the files of one reply against the rules.
    ///
    /// # Errors
    /// [`FileError`] names the rule that they break.
    pub fn check(&self, files: &[OutgoingFile], has_text: bool) -> Result<(), FileError> {
        let (count, count_max) = (files.len(), self.count_max);
        if count > count_max {
            return Err(FileError::TooMany { count, count_max });
        }
        if has_text && !self.with_text {
            return Err(FileError::NotWithText);
        }
        files.iter().try_for_each(|file| self.check_one(file.kind, file.size_bytes))?;
        let total_bytes = files.iter().map(|file| file.size_bytes).sum();
        let total_bytes_max = self.total_bytes_max;
        if total_bytes > total_bytes_max {
            return Err(FileError::TooLargeTogether { total_bytes, total_bytes_max });
        }
        Ok(())
    }
}

impl OutgoingFile {
    /// Tells whether a file that is seen at the marketplace may be this one. Marketplaces write names anew and pack
    /// pictures anew, so one of the two that they tell is enough; where they tell neither, nothing speaks against it.
    #[must_use]
    pub fn may_be(&self, seen: &MessageFile) -> bool {
        let has_name = !seen.name.is_empty();
        let is_named = has_name && seen.name.to_lowercase() == self.name.to_lowercase();
        let has_size = seen.size_bytes.is_some();
        is_named || seen.size_bytes == Some(self.size_bytes) || !(has_name || has_size)
    }
}

/// Returns those that were not erased.
pub fn known_files(files: &[Personal<OutgoingFile>]) -> impl Iterator<Item = &OutgoingFile> {
    files.iter().filter_map(Personal::known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: FileRules = FileRules {
        kinds: &[FileKind::Png, FileKind::Pdf],
        size_bytes_max: 10,
        total_bytes_max: 15,
        count_max: 2,
        with_text: false,
    };

    fn file(kind: FileKind, size_bytes: u64) -> OutgoingFile {
        let (file_id, name) = (FileId::default(), "Чек.pdf".to_owned());
        OutgoingFile { file_id, name, kind, size_bytes, sha256: String::new() }
    }

    #[test]
    fn a_file_is_what_its_content_says() {
        assert_eq!(FileKind::of_content(b"%PDF-1.7\n"), Some(FileKind::Pdf));
        assert_eq!(FileKind::of_content(b"\xff\xd8\xff\xe0"), Some(FileKind::Jpeg));
        assert_eq!(FileKind::of_content(b"\x89PNG\r\n\x1a\n"), Some(FileKind::Png));
        for other in [b"MZ\x90".as_slice(), b"", b"<html>", b"\xff\xd8"] {
            assert_eq!(FileKind::of_content(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_name_says_what_the_file_is_and_nothing_of_where_it_was() {
        for (called, name) in [
            ("Чек.pdf", "Чек.pdf"),
            ("Чек.PDF", "Чек.PDF"),
            (r"C:\Документы\Чек", "Чек.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("фото.jpg", "фото.jpg.pdf"),
            ("a\r\nb\".pdf", "ab.pdf"),
            ("", "file.pdf"),
            (".pdf", "pdf.pdf"),
            ("  .pdf", "pdf.pdf"),
        ] {
            assert_eq!(FileKind::Pdf.name_from(called), name, "{called}");
        }
        assert_eq!(FileKind::Jpeg.name_from("a.JPEG"), "a.JPEG");
        let long = FileKind::Png.name_from(&"ж".repeat(1_000));
        assert_eq!(long.chars().count(), NAME_CHARS_MAX + 4);
    }

    #[test]
    fn rules_are_held_to_their_ends() {
        let check = |files: &[OutgoingFile]| RULES.check(files, false);
        let of = |size| file(FileKind::Pdf, size);
        assert_eq!(check(&[of(10), of(5)]), Ok(()));
        assert_eq!(
            check(&[of(11)]),
            Err(FileError::TooLarge { size_bytes: 11, size_bytes_max: 10 })
        );
        assert_eq!(
            check(&[of(10), of(6)]),
            Err(FileError::TooLargeTogether { total_bytes: 16, total_bytes_max: 15 })
        );
        assert_eq!(
            check(&[of(1), of(1), of(1)]),
            Err(FileError::TooMany { count: 3, count_max: 2 })
        );
        assert_eq!(check(&[file(FileKind::Jpeg, 1)]), Err(FileError::Kind));
        assert_eq!(RULES.check(&[of(1)], true), Err(FileError::NotWithText));
    }

    #[test]
    fn a_file_is_known_again_by_what_the_marketplace_tells_of_it() {
        let ours = file(FileKind::Pdf, 7);
        let seen = |name: &str, size_bytes| MessageFile {
            name: name.to_owned(),
            size_bytes,
            ..MessageFile::default()
        };
        for (name, size) in [("чек.pdf", None), ("1.pdf", Some(7)), ("", Some(7)), ("", None)] {
            assert!(ours.may_be(&seen(name, size)), "{name} {size:?}");
        }
        for (name, size) in [("1.pdf", None), ("1.pdf", Some(8)), ("", Some(8))] {
            assert!(!ours.may_be(&seen(name, size)), "{name} {size:?}");
        }
    }
}
