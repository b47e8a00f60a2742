//! The body of `POST /upload`: read without copying the image more often than needed.

use std::{borrow::Cow, fmt};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use service::{ApiError, odd_json::without_odd_numbers};
use uuid::Uuid;

use crate::upload::Announced;

/// Padding is demanded; bits that padding makes meaningless are not looked at, as by Python.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What is to be stored.
#[derive(Debug)]
pub(crate) struct UploadBody {
    /// The decoded bytes.
    pub(crate) bytes: Bytes,
    /// Name, type, and a uuid: a new one unless it was given.
    pub(crate) announced: Announced,
    /// Where to.
    pub(crate) provider: &'static str,
}

impl UploadBody {
    /// Reads a JSON body; `known` tells which providers there are. Of several mistakes the one is told that the
    /// original came upon first.
    ///
    /// # Errors
    /// 400 that names the field.
    pub(crate) fn parse(
        body: &[u8],
        known: impl FnOnce(Option<&str>) -> Result<&'static str, ApiError>,
    ) -> Result<Self, ApiError> {
        let json = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let plain: String;
        let fields = if let Ok(fields) = serde_json::from_slice::<Fields<'_>>(json) {
            fields
        } else {
            // it may be JSON but for numbers that JSON cannot say
            plain = std::str::from_utf8(json).map(without_odd_numbers).unwrap_or_default();
            let Ok(fields) = serde_json::from_str(&plain) else {
                // says where it is wrong without quoting the image
                service::extract::parse_json(body)?;
                return Err(ApiError::bad_request("The JSON body must be an object."));
            };
            fields
        };
        let bytes = decode(&fields.file_data.text("file_data")?)?;
        let provider = match &fields.provider {
            Field::Missing => known(None)?,
            Field::Text(provider) => known(Some(provider))?,
            // `null` is no provider either
            Field::Null | Field::Number(_) | Field::Other => known(Some(""))?,
        };
        let name = match fields.filename {
            // the original wrote numbers out
            Field::Number(number) => number,
            other => other.text("filename")?.into_owned(),
        };
        let media_type = fields.mime_type.text("mime_type")?.into_owned();
        if media_type.contains(char::is_control) {
            return Err(ApiError::bad_request("mime_type must be a media type such as image/png."));
        }
        let size = Some(bytes.len() as u64);
        // the original looks at no such field, whatever is in it
        let uuid = match &fields.uuid {
            Field::Text(text) => Uuid::try_parse(text).ok(),
            _ => None,
        };
        let uuid = uuid.unwrap_or_else(Uuid::new_v4);
        let announced = Announced { uuid, name, media_type, size, md5: None };
        Ok(Self { bytes, announced, provider })
    }
}

/// Base64 as it must be, with or without line breaks.
fn decode(text: &str) -> Result<Bytes, ApiError> {
    let wrapped = text.bytes().any(|c| c == b'\n' || c == b'\r');
    let decoded = if wrapped {
        let joined: Vec<u8> = text.bytes().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
        BASE64.decode(joined)
    } else {
        BASE64.decode(text)
    };
    decoded.map(Bytes::from).map_err(|_| {
        ApiError::bad_request("file_data must be base64: A-Z a-z 0-9 + / padded with =, line breaks allowed.")
    })
}

/// The fields, of whatever type they are. The last of two equal names counts.
#[derive(Debug, Default)]
struct Fields<'b> {
    file_data: Field<'b>,
    filename: Field<'b>,
    mime_type: Field<'b>,
    provider: Field<'b>,
    uuid: Field<'b>,
}

#[derive(Debug, Default)]
enum Field<'b> {
    #[default]
    Missing,
    Text(Cow<'b, str>),
    Number(String),
    Null,
    Other,
}

impl<'b> Field<'b> {
    fn text(self, name: &str) -> Result<Cow<'b, str>, ApiError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Missing | Self::Null => Err(ApiError::bad_request(format!("{name} is missing."))),
            Self::Number(_) | Self::Other => Err(ApiError::bad_request(format!("{name} must be a text."))),
        }
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Fields<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields<'de>, M::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let field = match name.as_ref() {
                        "file_data" => &mut fields.file_data,
                        "filename" => &mut fields.filename,
                        "mime_type" => &mut fields.mime_type,
                        "provider" => &mut fields.provider,
                        "uuid" => &mut fields.uuid,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *field = map.next_value()?;
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'de: 'b, 'b> Deserialize<'de> for Field<'b> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;
        impl<'de> Visitor<'de> for FieldVisitor {
            type Value = Field<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
                Ok(Field::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
                Ok(Field::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Field<'de>, E> {
                Ok(Field::Number(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Field<'de>, E> {
                Ok(Field::Number(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Field<'de>, E> {
                Ok(Field::Number(format!("{number:?}")))
            }

            fn visit_unit<E>(self) -> Result<Field<'de>, E> {
                Ok(Field::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
                Ok(Field::Other)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Field<'de>, S::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Field::Other)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Field<'de>, M::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Field::Other)
            }
        }
        deserializer.deserialize_any(FieldVisitor)
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::{ApiError, UploadBody};

    fn parse(body: &str) -> Result<UploadBody, String> {
        let known = |given: Option<&str>| match given {
            None => Ok("default"),
            Some("aws") => Ok("aws"),
            Some(_) => Err(ApiError::bad_request("no such provider")),
        };
        UploadBody::parse(body.as_bytes(), known).map_err(|error| {
            assert_eq!(error.status(), 400, "{body}");
            error.message().to_owned()
        })
    }

    fn decoded(data: &str) -> Option<Vec<u8>> {
        let body = serde_json::json!({"file_data": data, "filename": "a", "mime_type": ""}).to_string();
        parse(&body).ok().map(|upload| upload.bytes.to_vec())
    }

    #[test]
    fn base64_is_strict_but_for_line_breaks() {
        assert_eq!(decoded("aGVsbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decoded("aGVs\r\nbG8=\n").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decoded("").as_deref(), Some(&b""[..]));
        for wrong in
            ["abcde", "a", "aGVsbG8", "aGVs bG8=", "-_-_", "aGVsbG8=x", "aGV*sbG8=", "data:,aGVs", "é"]
        {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (body, words) in [
            (r#"{"filename":"a","mime_type":"b"}"#, "file_data is missing"),
            (r#"{"file_data":null,"filename":"a","mime_type":"b"}"#, "file_data is missing"),
            (r#"{"file_data":[1],"filename":"a","mime_type":"b"}"#, "file_data must be a text"),
            (r#"{"file_data":"","mime_type":"b"}"#, "filename is missing"),
            (r#"{"file_data":"","filename":{"x":1},"mime_type":"b"}"#, "filename must be a text"),
            (r#"{"file_data":"","filename":"a"}"#, "mime_type is missing"),
            (r#"{"file_data":"","filename":"a","mime_type":3}"#, "mime_type must be a text"),
            (r#"{"file_data":"","filename":"a","mime_type":"a\r\nb"}"#, "mime_type must be"),
            (r#"{"file_data":"","filename":"a","mime_type":"","provider":null}"#, "no such provider"),
            (r#"{"file_data":"","provider":"gcp"}"#, "no such provider"),
            (r#"{"file_data":"a","provider":"gcp"}"#, "base64"),
            ("[]", "must be an object"),
            ("null", "must be an object"),
            ("{", "not valid JSON"),
        ] {
            let error = parse(body).unwrap_err();
            assert!(error.contains(words), "{body}: {error}");
        }
    }

    #[test]
    fn a_given_uuid_makes_the_key_and_anything_else_is_ignored() {
        let with = |uuid: &str| {
            let body = format!(r#"{{"file_data":"","filename":"a","mime_type":"","uuid":{uuid}}}"#);
            parse(&body).unwrap().announced.uuid
        };
        let given = "6f1d3c1e-5a0b-5c52-9d0e-41f27f6a9c11";
        assert_eq!(with(&format!("\"{given}\"")).to_string(), given);
        for other in ["null", "5", "\"\"", "\"../x\"", "[]"] {
            assert_ne!(with(other), with(other), "a new one each time");
        }
    }

    #[test]
    fn what_the_original_took_is_taken() {
        let upload = parse(
            "\u{feff}{\"file_data\":\"YQ==\",\"file_data\":\"Yg\\u003d=\",\"filename\":12,\"mime_type\":\"\"}",
        );
        let upload = upload.unwrap();
        assert_eq!((upload.bytes.as_ref(), upload.announced.name.as_str()), (&b"b"[..], "12"));
        assert_eq!(upload.provider, "default");
        let odd = r#"{"file_data":"YQ==","filename":"a","mime_type":"","x":NaN}"#;
        assert_eq!(parse(odd).unwrap().bytes.as_ref(), b"a");
    }
}
