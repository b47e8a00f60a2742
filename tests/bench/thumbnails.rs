//! Thumbnails beside `vipsthumbnail`, in one run, picture by picture in turn: processor time, memory, bytes, and how much
//! alike they look. Ours is the storage service as it runs: read from the bucket, made, written to the bucket, answered;
//! its processes counted together. Its memory is that of the process that makes the thumbnail, and what the service itself
//! takes meanwhile beyond what it had before. The S3 server beside it is not counted.
//!
//! ```sh
//! cargo build --release --workspace --bins && PICTURES=~/Pictures cargo bench -p tests --bench thumbnails
//! ```
//! | variable | meaning |
//! |---|---|
//! | `PICTURES` | a folder of pictures; without, a few are painted: what is painted is easier to decode than a photograph |
//! | `TIMES` | how often each is made (10) |
//! | `SIZE` | longest side: 160, 320 (default), 640 or 1280 |
//! | `TEST_BIN_DIR` | where the services' binaries are, if not beside the benchmark |
//!
//! Needs Linux and `vipsthumbnail` (Debian: libvips-tools). Ends with an error when one of ours fails where vips does
//! not, takes more processor time in all, or looks different.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Duration,
};

use image::{DynamicImage, ImageFormat, RgbImage, imageops::FilterType};
use tests::{
    bucket::{self, Bucket},
    ports::free_port,
    process::Process,
};
use tokio::time::sleep;

/// Less than this between two thumbnails of one picture is another picture, in decibel.
const ALIKE: f64 = 25.0;
/// A tick of the kernel's clock for processes.
const TICK: Duration = Duration::from_millis(10);

/// What was spent on one picture, all its turns together.
#[derive(Debug, Default)]
struct Cost {
    cpu: Duration,
    peak_bytes: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let env = service::Env::from_process_without_file();
    let times: u32 = env.get("TIMES").map_or(10, |times| times.parse().expect("a whole number"));
    let size: u32 = env.get("SIZE").map_or(320, |size| size.parse().expect("a whole number"));
    let work = tempfile::tempdir().expect("make a folder");
    let pictures = match env.get("PICTURES") {
        Some(folder) => pictures_of(Path::new(folder)),
        None => paint(work.path()),
    };
    let ours = Ours::start(work.path(), size).await;
    eprintln!(
        "{:<28} {:>10} {:>10} {:>6} {:>9} {:>9} {:>8}",
        "", "ours", "vips", "ratio", "ours", "vips", "alike"
    );
    let (mut all_ours, mut all_vips, mut is_good) = (Duration::ZERO, Duration::ZERO, true);
    for path in pictures {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("read a picture");
        let (mut mine, mut theirs) = (Cost::default(), Cost::default());
        let (mut thumbnail, mut reference) = (None, None);
        for _ in 0..times {
            thumbnail = ours.make(&bytes, &mut mine).await;
            reference = vips(&path, work.path(), size, &mut theirs).await;
        }
        let Some(reference) = reference else {
            eprintln!(
                "{name:<28} vips cannot; ours {}",
                if thumbnail.is_some() { "can" } else { "cannot either" }
            );
            continue;
        };
        let Some(thumbnail) = thumbnail else {
            eprintln!("{name:<28} ours cannot");
            is_good = false;
            continue;
        };
        let alike = alike(&thumbnail, &reference);
        is_good &= alike >= ALIKE;
        all_ours += mine.cpu;
        all_vips += theirs.cpu;
        eprintln!(
            "{name:<28} {:>7.1} ms {:>7.1} ms {:>6.2} {:>6} MB {:>6} MB {alike:>5.1} dB",
            millis(mine.cpu, times),
            millis(theirs.cpu, times),
            mine.cpu.as_secs_f64() / theirs.cpu.as_secs_f64(),
            mine.peak_bytes >> 20,
            theirs.peak_bytes >> 20,
        );
    }
    let ratio = all_ours.as_secs_f64() / all_vips.as_secs_f64();
    eprintln!("processor time, all together: {ratio:.2} of vipsthumbnail's");
    if is_good && ratio <= 1.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn millis(cpu: Duration, times: u32) -> f64 {
    cpu.as_secs_f64() * 1000.0 / f64::from(times)
}

fn pictures_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("read the folder").flatten().map(|entry| entry.path());
    let mut pictures: Vec<_> = entries.filter(|path| path.is_file()).collect();
    pictures.sort();
    pictures
}

/// 12 megapixels of waves, as JPEG and PNG.
fn paint(dir: &Path) -> Vec<PathBuf> {
    let wave =
        |x: u32, y: u32, period: u32| u8::try_from((x * y / period + x / 3 + y / 5) % 256).unwrap_or(0);
    let picture = DynamicImage::ImageRgb8(RgbImage::from_fn(4000, 3000, |x, y| {
        image::Rgb([wave(x, y, 997), wave(y, x, 1201), wave(x + y, y, 2003)])
    }));
    let formats = [("painted.jpg", ImageFormat::Jpeg), ("painted.png", ImageFormat::Png)];
    let save = |(name, format)| {
        let path = dir.join(name);
        picture.save_with_format(&path, format).expect("write a picture");
        path
    };
    formats.map(save).into()
}

/// The storage service and its bucket.
struct Ours {
    storage: Process,
    url: String,
    http: reqwest::Client,
    size: u32,
    _bucket: Bucket,
}

impl Ours {
    async fn start(dir: &Path, size: u32) -> Self {
        let objects = Bucket::start(dir.join("bucket")).await;
        let port = free_port();
        let settings = [
            ("PORT", port.to_string()),
            ("AWS_BUCKET_NAME", bucket::BUCKET.to_owned()),
            ("AWS_ENDPOINT_URL", objects.url.clone()),
            ("AWS_ACCESS_KEY_ID", bucket::ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", bucket::SECRET_KEY.to_owned()),
            // one picture after the other, by one process
            ("THUMBNAIL_WORKERS", "1".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let storage = Process::start("storage", "storage", dir, settings);
        let url = format!("http://127.0.0.1:{port}");
        let http = client::http::service_client(Duration::from_secs(60));
        for _ in 0..200 {
            if http.get(format!("{url}/health")).send().await.is_ok() {
                return Self { storage, url, http, size, _bucket: objects };
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("the storage service does not start: {}", storage.log());
    }

    /// Stores the picture anew, and asks for its thumbnail: only that is counted.
    async fn make(&self, picture: &[u8], cost: &mut Cost) -> Option<DynamicImage> {
        let put = format!("{}/objects/{}?filename=picture", self.url, uuid::Uuid::new_v4());
        let stored = self.http.put(put).body(picture.to_vec()).send().await.expect("storage answers");
        let stored: client::storage::StoredObject = stored.json().await.expect("the picture is stored");
        let key = percent_encoding::utf8_percent_encode(&stored.key, percent_encoding::NON_ALPHANUMERIC);
        let own = self.storage.id().expect("storage runs");
        children_of(own).into_iter().chain([own]).for_each(forget_peak);
        let had = memory_of(own, "VmRSS:");
        let before = self.spent();
        let wanted = format!("{}/objects/{key}/thumbnail?size={}", self.url, self.size);
        let mut answer = std::pin::pin!(self.http.get(wanted).send());
        let answer = loop {
            tokio::select! {
                answer = &mut answer => break answer.expect("storage answers"),
                // a process that took much memory ends at once
                () = sleep(Duration::from_millis(2)) => {
                    cost.peak_bytes = cost.peak_bytes.max(self.spent().peak_bytes.saturating_sub(had));
                }
            }
        };
        let is_made = answer.status().is_success();
        let bytes = answer.bytes().await.expect("the thumbnail comes whole");
        let after = self.spent();
        cost.cpu += after.cpu.saturating_sub(before.cpu);
        cost.peak_bytes = cost.peak_bytes.max(after.peak_bytes.saturating_sub(had));
        is_made.then(|| image::load_from_memory(&bytes).expect("a thumbnail is a picture"))
    }

    /// What the service and its children have spent since they started. The peak is that of the service and the
    /// largest child together.
    fn spent(&self) -> Cost {
        let own = self.storage.id().expect("storage runs");
        let children = children_of(own);
        let cpu = cpu_of(own, true) + children.iter().map(|child| cpu_of(*child, true)).sum::<Duration>();
        let largest = children.iter().map(|child| peak_of(*child)).max().unwrap_or(0);
        Cost { cpu, peak_bytes: peak_of(own) + largest }
    }
}

/// One thumbnail by `vipsthumbnail`; none where it fails.
async fn vips(path: &Path, dir: &Path, size: u32, cost: &mut Cost) -> Option<DynamicImage> {
    let out = dir.join("vips.jpg");
    let _ = fs::remove_file(&out);
    let before = ended_children();
    let child = Command::new("vipsthumbnail")
        .args(["-s", &format!("{size}x{size}"), "-o"])
        .arg(&out)
        .arg(path)
        .spawn();
    let mut child = child.expect("start vipsthumbnail (Debian: apt-get install libvips-tools)");
    while child.try_wait().expect("wait for it").is_none() {
        cost.peak_bytes = cost.peak_bytes.max(peak_of(child.id()));
        sleep(Duration::from_millis(1)).await;
    }
    let after = ended_children();
    cost.cpu += after.saturating_sub(before);
    image::open(&out).ok()
}

/// Processor time of a process, that of its ended children with it if wanted.
fn cpu_of(process: u32, with_children: bool) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // the name before may hold anything, blanks and brackets too
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let last = if with_children { 15 } else { 13 };
    let ticks = fields.get(11..last).unwrap_or_default().iter().filter_map(|ticks| ticks.parse::<u32>().ok());
    TICK * ticks.sum::<u32>()
}

/// Processor time of our own children that have ended.
fn ended_children() -> Duration {
    let own = std::process::id();
    cpu_of(own, true).saturating_sub(cpu_of(own, false))
}

fn peak_of(process: u32) -> u64 {
    memory_of(process, "VmHWM:")
}

/// One of the kernel's numbers on the memory of a process, in bytes.
fn memory_of(process: u32, number: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(number)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// From now on only what is occupied from now on counts for the peak.
fn forget_peak(process: u32) {
    // it may have ended
    let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
}

fn children_of(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// The peak signal-to-noise ratio of two pictures, in decibel.
fn alike(one: &DynamicImage, other: &DynamicImage) -> f64 {
    let other = other.to_rgb8();
    let one = match one.to_rgb8() {
        one if one.dimensions() == other.dimensions() => one,
        // a side may be rounded otherwise
        one if one.width().abs_diff(other.width()) <= 1 && one.height().abs_diff(other.height()) <= 1 => {
            image::imageops::resize(&one, other.width(), other.height(), FilterType::Triangle)
        }
        _ => return 0.0,
    };
    let squares = one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    let mean = squares.sum::<f64>() / f64::from(other.width() * other.height() * 3);
    if mean == 0.0 { 99.0 } else { 10.0 * (255.0 * 255.0 / mean).log10() }
}
