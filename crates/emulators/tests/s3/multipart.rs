//! Multipart uploads.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart},
};
use md5::{Digest as _, Md5};

use crate::harness::{BUCKET, TestServer, code, xml_code};

const MIB: usize = 1024 * 1024;

/// An upload on its way.
struct Upload<'s> {
    server: &'s TestServer,
    key: &'static str,
    id: String,
    parts: Vec<CompletedPart>,
}

impl<'s> Upload<'s> {
    async fn begin(server: &'s TestServer, key: &'static str) -> Self {
        let begun = server.s3.create_multipart_upload().bucket(BUCKET).key(key).content_type("image/jpeg");
        let id = begun.send().await.unwrap().upload_id().unwrap().to_owned();
        Self { server, key, id, parts: Vec::new() }
    }

    async fn part(&mut self, number: i32, bytes: Vec<u8>) {
        let part =
            self.server.s3.upload_part().bucket(BUCKET).key(self.key).upload_id(&self.id).part_number(number);
        let etag = part.body(bytes.into()).send().await.unwrap().e_tag.unwrap();
        self.parts.push(CompletedPart::builder().part_number(number).e_tag(etag).build());
    }

    async fn complete(&self) -> Result<String, String> {
        let list = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let complete =
            self.server.s3.complete_multipart_upload().bucket(BUCKET).key(self.key).upload_id(&self.id);
        Ok(complete.multipart_upload(list).send().await.map_err(code)?.e_tag.unwrap())
    }
}

#[tokio::test]
async fn parts_in_any_order_become_one_object() {
    let server = TestServer::start().await;
    let mut upload = Upload::begin(&server, "big.jpg").await;
    let parts = [vec![1; 5 * MIB], vec![2; 5 * MIB], vec![3; MIB]];
    upload.part(3, parts[2].clone()).await;
    upload.part(1, vec![9; 5 * MIB]).await; // replaced below
    upload.parts.clear();
    upload.part(1, parts[0].clone()).await;
    upload.part(2, parts[1].clone()).await;
    upload
        .parts
        .push(CompletedPart::builder().part_number(3).e_tag(hex::encode(Md5::digest(&parts[2]))).build());
    let etag = upload.complete().await.unwrap();

    let md5s: Vec<u8> = parts.iter().flat_map(|part| Md5::digest(part).to_vec()).collect();
    assert_eq!(etag, format!("\"{}-3\"", hex::encode(Md5::digest(&md5s))));
    assert_eq!(server.get("big.jpg").await.unwrap(), parts.concat());
    let head = server.s3.head_object().bucket(BUCKET).key("big.jpg").send().await.unwrap();
    assert_eq!(
        (head.content_type(), head.content_length()),
        (Some("image/jpeg"), i64::try_from(11 * MIB).ok())
    );
    let across =
        server.http.get(server.url("big.jpg")).header("range", format!("bytes={}-{}", 5 * MIB - 1, 5 * MIB));
    assert_eq!(across.send().await.unwrap().bytes().await.unwrap(), vec![1, 2]);
    let second = server.s3.get_object().bucket(BUCKET).key("big.jpg").part_number(2).send().await.unwrap();
    assert_eq!(second.parts_count(), Some(3));
    assert_eq!(second.body.collect().await.unwrap().to_vec(), parts[1]);
}

#[tokio::test]
async fn a_completion_asked_for_again_is_answered_again() {
    let server = TestServer::start().await;
    let mut upload = Upload::begin(&server, "again").await;
    upload.part(1, vec![1; 10]).await;
    let first = upload.complete().await;
    assert_eq!(upload.complete().await, first);
    server.s3.delete_object().bucket(BUCKET).key("again").send().await.unwrap();
    assert_eq!(upload.complete().await, Err("NoSuchUpload".into()));
}

#[tokio::test]
async fn a_small_part_in_the_middle_is_refused_and_nothing_is_lost() {
    let server = TestServer::start().await;
    let mut upload = Upload::begin(&server, "small").await;
    upload.part(1, vec![1; 1000]).await;
    upload.part(2, vec![2; 1000]).await;
    assert_eq!(upload.complete().await, Err("EntityTooSmall".into()));
    assert_eq!(server.get("small").await, Err("NoSuchKey".into()));
    upload.parts.clear();
    upload.part(1, vec![1; 5 * MIB]).await;
    upload.part(2, vec![2; 1000]).await;
    upload.complete().await.unwrap();
}

#[tokio::test]
async fn a_completion_that_must_be_first_is_refused_and_can_be_aborted() {
    let server = TestServer::start().await;
    server.put("taken", b"old").await;
    let mut upload = Upload::begin(&server, "taken").await;
    upload.part(1, vec![1; 10]).await;
    let list = CompletedMultipartUpload::builder().set_parts(Some(upload.parts.clone())).build();
    let complete = server.s3.complete_multipart_upload().bucket(BUCKET).key("taken").upload_id(&upload.id);
    let refused = complete.if_none_match("*").multipart_upload(list).send().await;
    assert_eq!(refused.map_err(code).unwrap_err(), "PreconditionFailed");
    let parts =
        server.s3.list_parts().bucket(BUCKET).key("taken").upload_id(&upload.id).send().await.unwrap();
    assert_eq!(parts.parts().len(), 1);

    let abort = || server.s3.abort_multipart_upload().bucket(BUCKET).key("taken").upload_id(&upload.id);
    abort().send().await.unwrap();
    assert_eq!(abort().send().await.map_err(code).unwrap_err(), "NoSuchUpload");
    assert_eq!(upload.complete().await, Err("NoSuchUpload".into()));
    assert_eq!(server.get("taken").await.unwrap(), b"old");
}

#[tokio::test]
async fn uploads_and_parts_are_listed_in_pages() {
    let server = TestServer::start().await;
    let mut first = Upload::begin(&server, "p/a").await;
    let second = Upload::begin(&server, "p/a").await;
    Upload::begin(&server, "p/b").await;
    Upload::begin(&server, "q").await;
    for number in 1..=3 {
        first.part(number, vec![1]).await;
    }
    let parts = || server.s3.list_parts().bucket(BUCKET).key("p/a").upload_id(&first.id).max_parts(2);
    let page = parts().send().await.unwrap();
    assert_eq!(
        (page.parts().len(), page.is_truncated(), page.next_part_number_marker()),
        (2, Some(true), Some("2"))
    );
    let page = parts().part_number_marker("2").send().await.unwrap();
    assert_eq!((page.parts()[0].part_number(), page.is_truncated()), (Some(3), Some(false)));

    let uploads = || server.s3.list_multipart_uploads().bucket(BUCKET).prefix("p/").max_uploads(1);
    let (mut seen, mut key, mut id) = (Vec::new(), None, None);
    loop {
        let page = uploads().set_key_marker(key).set_upload_id_marker(id).send().await.unwrap();
        seen.extend(page.uploads().iter().map(|upload| upload.upload_id().unwrap().to_owned()));
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(str::to_owned);
        id = page.next_upload_id_marker().map(str::to_owned);
    }
    assert_eq!(seen.len(), 3);
    assert!(seen.contains(&first.id) && seen.contains(&second.id));
}

#[tokio::test]
async fn parts_and_objects_can_be_copied_on_the_server() {
    let server = TestServer::start().await;
    server.put("source", b"0123456789").await;
    let upload = Upload::begin(&server, "joined").await;
    let copy = server.s3.upload_part_copy().bucket(BUCKET).key("joined").upload_id(&upload.id).part_number(1);
    let copy =
        copy.copy_source(format!("{BUCKET}/source")).copy_source_range("bytes=2-5").send().await.unwrap();
    let etag = copy.copy_part_result().unwrap().e_tag().unwrap();
    let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
    Upload { parts: vec![part], ..upload }.complete().await.unwrap();
    assert_eq!(server.get("joined").await.unwrap(), b"2345");

    server
        .s3
        .copy_object()
        .bucket(BUCKET)
        .key("flat")
        .copy_source(format!("{BUCKET}/joined"))
        .send()
        .await
        .unwrap();
    let head = server.s3.head_object().bucket(BUCKET).key("flat").send().await.unwrap();
    assert_eq!(head.e_tag(), Some(format!("\"{}\"", hex::encode(Md5::digest(b"2345"))).as_str()));
}

#[tokio::test]
async fn checksums_of_parts_add_up() {
    let server = TestServer::start().await;
    for (kind, suffix) in [(ChecksumType::Composite, "-2"), (ChecksumType::FullObject, "")] {
        let begin = server.s3.create_multipart_upload().bucket(BUCKET).key("sum").checksum_type(kind);
        let upload = begin.checksum_algorithm(ChecksumAlgorithm::Crc32C).send().await.unwrap();
        let id = upload.upload_id().unwrap();
        let mut parts = Vec::new();
        for (number, bytes) in [(1, vec![1; 5 * MIB]), (2, vec![2; 10])] {
            let part = server.s3.upload_part().bucket(BUCKET).key("sum").upload_id(id).part_number(number);
            let part =
                part.checksum_algorithm(ChecksumAlgorithm::Crc32C).body(bytes.into()).send().await.unwrap();
            let listed = CompletedPart::builder().part_number(number).set_e_tag(part.e_tag);
            parts.push(listed.set_checksum_crc32_c(part.checksum_crc32_c).build());
        }
        let list = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = server.s3.complete_multipart_upload().bucket(BUCKET).key("sum").upload_id(id);
        let complete = complete.multipart_upload(list).send().await.unwrap();
        assert!(complete.checksum_crc32_c().unwrap().ends_with(&format!("={suffix}")));
        // the SDK checks a full checksum against the bytes by itself
        let get = server
            .s3
            .get_object()
            .bucket(BUCKET)
            .key("sum")
            .checksum_mode("ENABLED".into())
            .send()
            .await
            .unwrap();
        assert_eq!(get.checksum_crc32_c(), complete.checksum_crc32_c());
        assert_eq!(get.body.collect().await.unwrap().to_vec().len(), 5 * MIB + 10);
    }
}

#[tokio::test]
async fn a_part_of_an_unknown_upload_is_refused() {
    let server = TestServer::start().await;
    let part = server.s3.upload_part().bucket(BUCKET).key("x").upload_id("none").part_number(1);
    assert_eq!(
        part.body(ByteStream::from_static(b"x")).send().await.map_err(code).unwrap_err(),
        "NoSuchUpload"
    );
}

#[tokio::test]
async fn a_completion_can_fail_with_status_200() {
    let server = TestServer::start().await;
    let faults = r#"{"kind": "error-in-body", "on": "CompleteMultipartUpload", "count": 1}"#;
    server.http.post(format!("{}/__faults", server.endpoint)).body(faults).send().await.unwrap();
    let mut upload = Upload::begin(&server, "late").await;
    upload.part(1, vec![1; 10]).await;
    assert_eq!(upload.complete().await, Err("InternalError".into()));
    assert_eq!(server.get("late").await, Err("NoSuchKey".into()));
    upload.complete().await.unwrap();
    assert_eq!(xml_code("<Error><Code>X</Code></Error>"), "X");
}
