//! Fields of a form, from the bytes of a post.

use crate::wire::Problem;
use std::str::FromStr;

const FIELDS_MAX: usize = 32;
const PATH_MAX_BYTES: usize = 512;

/// Fields of a form, as typed. They do not print: one may be a password.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// # Errors
    /// `Malformed`: not UTF-8, a broken escape, too many fields.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let pairs = body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
        let mut fields = Vec::new();
        for pair in pairs {
            if fields.len() == FIELDS_MAX {
                return Err(Problem::Malformed);
            }
            let mut halves = pair.splitn(2, |&byte| byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            fields.push((name, decode(halves.next().unwrap_or_default())?));
        }
        Ok(Self(fields))
    }

    /// The field, or nothing.
    pub fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|(key, _)| key == name);
        field.map_or("", |(_, value)| value)
    }

    /// A field that every page of ours sends, such as a number or an id.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn required<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.optional(name)?.ok_or(Problem::Malformed)
    }

    /// The field as something with a form of its own; none if it was left empty.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn optional<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        match self.text(name).trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Problem::Malformed),
        }
    }

    /// A path of ours to go to afterwards, if the field holds one.
    pub fn path(&self, name: &str) -> Option<&str> {
        let path = self.text(name);
        let inside = path.starts_with('/') && !path.starts_with("//") && path.len() <= PATH_MAX_BYTES;
        let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (inside && plain).then_some(path)
    }

    pub(super) fn only(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .cloned()
            .collect()
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form")
    }
}

fn decode(text: &[u8]) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, behind) = behind.split_at_checked(2).ok_or(Problem::Malformed)?;
                bytes.push(hex(digits[0])? << 4 | hex(digits[1])?);
                rest = behind;
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| Problem::Malformed)
}

fn hex(digit: u8) -> Result<u8, Problem> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(Problem::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_as_it_was_typed() {
        let form = Form::parse("name=Ada+L%C3%B6&password=a%26b%3Dc&empty=&bare&name=again".as_bytes()).unwrap();
        assert_eq!(form.text("name"), "Ada Lö");
        assert_eq!(form.text("password"), "a&b=c");
        assert_eq!(form.text("empty"), "");
        assert_eq!(form.text("absent"), "");
        assert_eq!(form.only(&["name", "empty"]).len(), 3);
        assert_eq!(format!("{form:?}"), "Form");
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let many = "a=1&".repeat(FIELDS_MAX + 1);
        for body in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%ed%a0%80", many.as_str()] {
            assert_eq!(Form::parse(body.as_bytes()).unwrap_err(), Problem::Malformed, "{body}");
        }
    }

    #[test]
    fn a_form_sends_nobody_to_another_site() {
        let to = |text: &str| {
            Form::parse(format!("next={text}").as_bytes())
                .unwrap()
                .path("next")
                .map(str::to_owned)
        };
        assert_eq!(to("%2Fr%2Fabc%2F12"), Some("/r/abc/12".to_owned()));
        for bad in [
            "",
            "https%3A%2F%2Fevil.org",
            "%2F%2Fevil.org",
            "%2F%5Cevil.org",
            "r",
            "%2Fa%0d%0ab",
            "%2F%C3%A9",
        ] {
            assert_eq!(to(bad), None, "{bad}");
        }
    }
}
