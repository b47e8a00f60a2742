//! Arguments, help and exit codes.

use crate::program::{image_import, run};

#[test]
fn help_documents_every_command_and_the_exit_codes() {
    let dir = tempfile::tempdir().unwrap();
    let help = run(image_import(dir.path()).arg("--help"));
    assert_eq!(help.code, 0);
    for word in [
        "demo",
        "up",
        "import",
        "preview",
        "status",
        "jobs",
        "retry",
        "images",
        "stats",
        "delete",
        "cancel",
        "emulators",
        "Exit codes",
        "does not answer",
    ] {
        assert!(help.out.contains(word), "{word}");
    }
    assert!(!help.out.contains("healthcheck"), "that one is for containers");
    let up = run(image_import(dir.path()).args(["up", "--help"]));
    for word in ["--port-base", "import N+1", "GOOGLE_API_KEY", "AWS_BUCKET_NAME", "DB_PASSWORD"] {
        assert!(up.out.contains(word), "{word}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_says_so_on_standard_error() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["fly"],
        &["import"],
        &["images", "--page", "0"],
        &["delete", "seven"],
        &["up", "--port-base", "65530"],
        &["demo", "--folder", "there-is-no-such-folder", "--exit"],
        &["stats", "--api", "localhost:8080"],
        &["emulators", "gcs"],
    ] {
        let ended = run(image_import(dir.path()).args(arguments));
        assert_eq!(ended.code, 2, "{arguments:?}: {}", ended.err);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_bad_setting_ends_with_2_and_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let ended = run(image_import(dir.path()).args(["up", "--port-base", "0"]));
    assert_eq!(ended.code, 2);
    std::fs::write(dir.path().join(".env"), "WORKER_CONCURRENCY=many\n").unwrap();
    let base = crate::ports::free_base().to_string();
    let ended =
        run(image_import(dir.path()).args(["up", "--port-base", &base]).env("LIST_WAIT_SECS", "soon"));
    assert_eq!(ended.code, 2, "{}", ended.err);
    for name in ["WORKER_CONCURRENCY", "LIST_WAIT_SECS"] {
        assert!(ended.err.contains(name), "{}", ended.err);
    }
}
