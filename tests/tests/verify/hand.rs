//! Changes what lies in bucket and database behind the system's back.

use aws_sdk_s3::{
    config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation},
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use sqlx::{Connection, Executor};
use tests::{
    Stack,
    bucket::{ACCESS_KEY, BUCKET, SECRET_KEY},
};

/// The bucket and the database of a stack, as somebody who has their passwords changes them.
pub(crate) struct Hand {
    s3: aws_sdk_s3::Client,
    database: String,
}

impl Hand {
    pub(crate) fn of(stack: &Stack, settings: &[(String, String)]) -> Self {
        client::http::install_tls();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&stack.bucket.url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "hand"))
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let setting = |name: &str| settings.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let database = match setting("DB_NAME") {
            Some(name) => {
                format!("{}/{name}", tests::database::mysql_server().as_str().trim_end_matches('/'))
            }
            None => format!("sqlite://{}", stack.dir.path().join("data/images.db").display()),
        };
        Self { s3: aws_sdk_s3::Client::from_conf(config), database }
    }

    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>) {
        let put = self.s3.put_object().bucket(BUCKET).key(key).body(ByteStream::from(bytes)).send();
        put.await.expect("the object is put");
    }

    pub(crate) async fn put_in_parts(&self, key: &str, bytes: &[u8]) {
        let begun =
            self.s3.create_multipart_upload().bucket(BUCKET).key(key).send().await.expect("it begins");
        let id = begun.upload_id().expect("an upload has an id");
        let mut parts = Vec::new();
        for (number, part) in (1..).zip(bytes.chunks(8 << 20)) {
            let sent = self
                .s3
                .upload_part()
                .bucket(BUCKET)
                .key(key)
                .upload_id(id)
                .part_number(number)
                .body(ByteStream::from(part.to_vec()))
                .send()
                .await
                .expect("the part is taken");
            parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
        }
        let all = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let end = self.s3.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id);
        end.multipart_upload(all).send().await.expect("it is completed");
    }

    pub(crate) async fn delete(&self, key: &str) {
        self.s3.delete_object().bucket(BUCKET).key(key).send().await.expect("the object is deleted");
    }

    pub(crate) async fn sql(&self, statements: &str) {
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        if self.database.starts_with("sqlite") {
            let mut connection = sqlx::SqliteConnection::connect(&self.database).await.expect("open SQLite");
            connection.execute(statements).await.expect("run SQL");
        } else {
            let mut connection = sqlx::MySqlConnection::connect(&self.database).await.expect("open MySQL");
            connection.execute(statements).await.expect("run SQL");
        }
    }
}
