//! What the rows are: made by rule, so that what must be found is known. Pure.

use std::fmt::{self, Write as _};

/// When the images were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// Over five years; every tenth one out of the order of the ids.
    Spread,
    /// All in one second.
    Same,
    /// Over five years, in an order that has nothing to do with that of the ids.
    Mixed,
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spread => "spread over years",
            Self::Same => "all in one second",
            Self::Mixed => "in no order",
        })
    }
}

/// Names in several scripts. `{}` is the row's number.
const NAMES: [&str; 16] = [
    "IMG_{}.JPG",
    "DSC{}.jpg",
    "Summer holiday at the beach ({}).jpg",
    "Grüße aus München {}.jpg",
    "Летний отпуск на море {}.jpeg",
    "夏日海滩照片{}.png",
    "東京タワーの夜景 {}.jpg",
    "서울 야경 {}.webp",
    "صور العائلة {}.jpg",
    "Οικογένεια στην παραλία {}.tiff",
    "छुट्टियों की तस्वीर {}.jpg",
    "Screenshot 2021-{}.png",
    "🎉 birthday party {}.gif",
    "PXL_{}_portrait.jpg",
    "scan-{}-page.tiff",
    "WhatsApp Image {}.jpeg",
];
const TYPES: [&str; 5] = ["image/jpeg", "image/jpeg", "image/png", "image/webp", "image/tiff"];
/// One row of so many has a name of its own kind.
const RARE: u64 = 150_001;
/// Seconds of five years.
const FIVE_YEARS: u64 = 157_680_000;
/// Rows of one job.
const PER_JOB: u64 = 20_000;

/// What a search is for, and the text: in the writing of the rows, so that a database finds the same byte for byte.
pub(crate) const SEARCHES: [(&str, &str); 8] = [
    ("common", "holiday"),
    ("rare", "quokka"),
    ("Chinese", "夏日海滩"),
    ("two characters, CJK", "夜景"),
    ("two characters, rare", "qz"),
    ("digits", "9981"),
    ("absent", "xylophonist"),
    ("absent, of common parts", "holidaybeachpartyscan"),
];

/// All rows that a run has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// How many.
    pub(crate) count: u64,
    /// When.
    pub(crate) times: Times,
}

/// What must be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    /// Rows.
    pub(crate) images: u64,
    /// Rows at `aws`.
    pub(crate) aws: u64,
    /// Bytes.
    pub(crate) bytes: u64,
}

impl Rows {
    /// The sums of all.
    pub(crate) fn sums(self) -> Sums {
        (0..self.count).fold(Sums::default(), |sums, number| Sums {
            images: sums.images + 1,
            aws: sums.aws + u64::from(provider(number) == "aws"),
            bytes: sums.bytes + size(number),
        })
    }

    /// The values of the rows from `from` to `to`, as SQL; `time` writes a number of seconds since 2020 as a time.
    pub(crate) fn values(self, from: u64, to: u64, bucket: &str, time: impl Fn(u64) -> String) -> String {
        let mut sql = String::with_capacity(500 * 1024);
        for number in from..to.min(self.count) {
            let comma = if number == from { "" } else { "," };
            let (name, id, object) = (name(number), mix(number), mix(number ^ 0xdead_beef));
            let uuid = uuid::Uuid::from_u64_pair(object, mix(object));
            let time = time(self.second(number));
            write!(
                sql,
                "{comma}('{name}','1{id:016x}{object:016x}',{size},'{mime}','{bucket}/{uuid}_{number}.jpg','{provider}',\
                 {time},'{object:016x}{id:016x}','{id:016x}{object:016x}{id:016x}{object:016x}',\
                 '00000000-0000-4000-8000-{job:012}',{width},3000)",
                size = size(number),
                mime = mime_type(number),
                provider = provider(number),
                job = number / PER_JOB,
                width = 4000 + number % 7,
            )
            .expect("a text takes everything");
        }
        sql
    }

    fn second(self, number: u64) -> u64 {
        let elsewhere = number.wrapping_mul(7919) % self.count;
        let place = match self.times {
            Times::Same => return 0,
            Times::Mixed => elsewhere,
            Times::Spread if number % 10 == 3 => elsewhere,
            Times::Spread => number,
        };
        place * FIVE_YEARS / self.count
    }
}

/// The columns of [`Rows::values`].
pub(crate) const COLUMNS: &str = "name, google_drive_id, size, mime_type, storage_path, storage_provider, created_at, md5, sha256, \
     job_id, width, height";

fn name(number: u64) -> String {
    match number % RARE {
        77 => return format!("my quokka {number}.jpg"),
        500 => return format!("qz {number}.jpg"),
        _ => {}
    }
    let pattern = NAMES[usize::try_from(mix(number) % 16).expect("below 16")];
    pattern.replace("{}", &format!("{number:07}"))
}

fn size(number: u64) -> u64 {
    100_000 + mix(number) % 8_000_000
}

fn mime_type(number: u64) -> &'static str {
    TYPES[usize::try_from(mix(number) / 16 % 5).expect("below 5")]
}

fn provider(number: u64) -> &'static str {
    if number.is_multiple_of(50) { "local" } else { "aws" }
}

/// Numbers that look random (`SplitMix64`): real ids come in no order.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
