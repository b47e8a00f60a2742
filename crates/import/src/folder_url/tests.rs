//! Every form of link, by table, and what holds for any text.

use proptest::prelude::*;

use super::*;

const ID: &str = "1qczzfFtukqOKTDDNRxhJrfUxlP99DKBp";

/// The id, and the resource key behind a blank where there is one.
fn read(text: &str) -> String {
    match parse(text) {
        Ok(DriveRef { id, resource_key: None }) => id.to_string(),
        Ok(DriveRef { id, resource_key: Some(key) }) => format!("{id} {key}"),
        Err(refusal) => format!("{refusal:?}"),
    }
}

#[test]
fn every_form_of_folder_link_is_read() {
    for link in [
        "ID",
        "  ID \n",
        "<https://drive.google.com/drive/folders/ID>",
        "https://drive.google.com/drive/folders/ID",
        "https://drive.google.com/drive/folders/ID/",
        "https://drive.google.com/drive/folders/ID?usp=sharing",
        "https://drive.google.com/drive/folders/ID?usp=drive_link&ouid=103456&rtpof=true#grid",
        "https://drive.google.com/drive/folders/ID?id=other",
        "https://drive.google.com/drive/folders/ID&usp=sharing",
        "(https://drive.google.com/drive/folders/ID).",
        "https://drive.google.com/drive/u/0/folders/ID",
        "https://drive.google.com/drive/u/2/folders/ID?usp=share_link",
        "https://drive.google.com/drive/mobile/folders/ID",
        "https://drive.google.com/drive/u/0/mobile/folders/ID",
        "https://drive.google.com/drive/u/0/mobile/folders/PARENT/ID?sort=13&direction=a",
        "https://drive.google.com/drive/corp/any/folders/ID",
        "https://drive.google.com/open?id=ID",
        "https://drive.google.com/open?ouid=103456&id=ID&authuser=0",
        "https://drive.google.com/open?id=ID&id=ID",
        "https://drive.google.com/folderview?id=ID&usp=sharing",
        "https://drive.google.com/embeddedfolderview?id=ID#list",
        "https://docs.google.com/folderview?pli=1&id=ID&tid=0B",
        "https://docs.google.com/folder/d/ID/edit",
        "https://drive.google.com/folder/d/ID/edit?usp=sharing",
        "https://drive.google.com/a/example.com/folderview?id=ID",
        "https://drive.google.com/a/example.com/drive/folders/ID",
        "https://drive.google.com/a/example.com/#folders/ID",
        "https://drive.google.com/#folders/ID",
        "https://drive.google.com/drive/#folders/ID",
        "http://drive.google.com/drive/folders/ID",
        "HTTPS://Drive.Google.COM/drive/folders/ID",
        "https://drive.google.com:443/drive/folders/ID",
        "www.drive.google.com/drive/folders/ID",
        "https://www.drive.google.com/drive/folders/ID",
        "drive.google.com/drive/folders/ID",
        "//drive.google.com/drive/folders/ID",
        "drive.google.com/open?id=ID&continue=https://example.com/",
        "https://drive.google.com/drive/%66olders%2FID",
        "https%3A%2F%2Fdrive.google.com%2Fdrive%2Ffolders%2FID%3Fusp%3Dsharing",
        "https://drive.google.com/drive/folders/ID%20",
        "https://drive.google.com/open?id=%20ID",
    ] {
        assert_eq!(read(&link.replace("ID", ID)), ID, "{link}");
    }
}

#[test]
fn ids_of_any_length_are_taken() {
    for id in ["empty", "a", "0ABCdefGHIjklMNOPVA", "0B-_x", &"x".repeat(128)] {
        assert_eq!(read(id), id);
        assert_eq!(read(&format!("https://drive.google.com/drive/folders/{id}")), id);
    }
    assert_eq!(read(&"x".repeat(129)), "NotALink");
}

#[test]
fn the_resource_key_is_kept_where_it_can_be_one() {
    for (link, expected) in [
        (
            "https://drive.google.com/drive/folders/ID?resourcekey=0-abc_DEF-123&usp=sharing",
            "ID 0-abc_DEF-123",
        ),
        ("https://drive.google.com/folderview?id=ID&resourceKey=0-abc", "ID 0-abc"),
        ("https://drive.google.com/drive/u/0/mobile/folders/P/ID?resourcekey=0-k", "ID 0-k"),
        ("https://drive.google.com/drive/folders/ID?resourcekey=", "ID"),
        ("https://drive.google.com/drive/folders/ID?resourcekey=a%0d%0ab", "ID"),
    ] {
        assert_eq!(read(link), expected, "{link}");
    }
}

#[test]
fn whatever_is_no_folder_is_called_by_its_name() {
    let document = |kind: Document| format!("{:?}", Refusal::Document(kind));
    let host = |host: &str| format!("{:?}", Refusal::OtherHost(host.to_owned()));
    for (text, expected) in [
        ("", "Empty".to_owned()),
        (" <> \n", "Empty".to_owned()),
        ("it's", "NotALink".to_owned()),
        ("my holiday pictures", "NotALink".to_owned()),
        ("ftp://drive.google.com/drive/folders/ID", "NotALink".to_owned()),
        ("javascript://drive.google.com/drive/folders/ID", "NotALink".to_owned()),
        ("root", "Alias(\"root\")".to_owned()),
        ("https://drive.google.com/drive/folders/root", "Alias(\"root\")".to_owned()),
        ("appDataFolder", "Alias(\"appDataFolder\")".to_owned()),
        (
            "https://drive.google.com/drive/folders/A https://drive.google.com/drive/folders/B",
            "SeveralLinks".into(),
        ),
        ("https://drive.google.com/open?id=A&id=B", "TwoIds".to_owned()),
        ("https://drive.google.com/file/d/abc/view", "File".to_owned()),
        ("https://drive.google.com/file/d/abc/view?usp=sharing&id=x", "File".to_owned()),
        ("https://drive.google.com/file/u/0/d/abc", "File".to_owned()),
        ("https://drive.google.com/a/example.com/file/d/abc/edit", "File".to_owned()),
        ("https://drive.google.com/uc?id=abc&export=download", "File".to_owned()),
        ("https://drive.google.com/u/0/uc?id=abc", "File".to_owned()),
        ("https://drive.google.com/leaf?id=abc", "File".to_owned()),
        ("https://drive.usercontent.google.com/download?id=abc&export=download", "File".to_owned()),
        ("https://docs.google.com/document/d/abc/edit", document(Document::Docs)),
        ("https://docs.google.com/document/u/0/d/abc/edit", document(Document::Docs)),
        (
            "https://docs.google.com/a/example.com/spreadsheets/d/abc/edit?ouid=1&id=2",
            document(Document::Sheets),
        ),
        ("https://docs.google.com/presentation/d/abc", document(Document::Slides)),
        ("https://docs.google.com/forms/d/e/abc/viewform", document(Document::Forms)),
        ("docs.google.com/drawings/d/abc/edit", document(Document::Drawings)),
        ("https://photos.google.com/share/abc", "Photos".to_owned()),
        ("https://photos.app.goo.gl/abc", "Photos".to_owned()),
        ("https://drive.google.com/drive/my-drive", "MyDrive".to_owned()),
        ("https://drive.google.com/drive/u/0/my-drive", "MyDrive".to_owned()),
        ("https://drive.google.com/drive/u/0", "MyDrive".to_owned()),
        ("https://drive.google.com/", "MyDrive".to_owned()),
        ("https://drive.google.com/drive/home", "MyDrive".to_owned()),
        ("https://drive.google.com/drive/shared-with-me", "SharedWithMe".to_owned()),
        ("https://drive.google.com/drive/u/0/search?q=cats", "Search".to_owned()),
        ("https://drive.google.com/drive/recent", "View(\"recent\")".to_owned()),
        ("https://drive.google.com/drive/folders", "NoId".to_owned()),
        ("https://drive.google.com/open?usp=sharing", "NoId".to_owned()),
        ("https://drive.google.com/open?ouid=1034", "NoId".to_owned()),
        ("https://drive.google.com/drive/folders/it's", "BadId".to_owned()),
        ("https://drive.google.com/drive/folders/1Ab… and more", "BadId".to_owned()),
        ("https://drive.google.com/settings/storage", "UnknownPage".to_owned()),
        ("https://example.com/whatever", host("example.com")),
        ("https://example.com/drive/folders/ID", host("example.com")),
        ("https://drive.google.com.evil.example/drive/folders/ID", host("drive.google.com.evil.example")),
        ("https://drive.google.com@evil.example/drive/folders/ID", host("evil.example")),
        ("https://www.dropbox.com/sh/abc?dl=0", host("dropbox.com")),
        ("example.com/?next=https://drive.google.com/drive/folders/ID", host("example.com")),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn every_refusal_says_what_to_paste() {
    for text in ["", "it's", "root", "https://example.com/", "https://drive.google.com/file/d/abc/view"] {
        let refusal = parse(text).unwrap_err().to_string();
        assert!(refusal.contains("https://drive.google.com/drive/folders/"), "{refusal}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_parser_and_only_ids_come_out(text in "\\PC{0,80}") {
        if let Ok(folder) = parse(&text) {
            prop_assert!(DriveId::parse(folder.id.as_str()).is_some());
        }
    }

    #[test]
    fn a_link_with_anything_around_its_id_is_read_right(
        id in "[A-Za-z0-9_-]{10,80}",
        account in 0..9_u8,
        query in "([a-z]{1,8}=[A-Za-z0-9_-]{0,12}&){0,3}",
        blanks in "[ \t\r\n]{0,3}",
    ) {
        // another `resourcekey` may be made up by chance
        let query = query.replace("resourcekey", "r");
        for link in [
            format!("https://drive.google.com/drive/u/{account}/folders/{id}?{query}"),
            format!("drive.google.com/drive/u/{account}/mobile/folders/someParent/{id}?{query}"),
        ] {
            let folder = parse(&format!("{blanks}{link}{blanks}")).unwrap();
            prop_assert_eq!(folder.id.as_str(), &id);
        }
    }

    #[test]
    fn no_host_but_googles_is_believed(
        host in "[a-z]{1,8}[.](com|net|google[.]com[.][a-z]{2,3}|drive[.]google[.]co)|drive[.]google[.]com[.][a-z]{2,3}",
        user in "([a-z]{1,5}(:[a-z]{1,5})?@)?(drive[.]google[.]com@)?",
        id in "[A-Za-z0-9_-]{10,40}",
    ) {
        let link = format!("https://{user}{host}/drive/folders/{id}");
        prop_assert!(parse(&link).is_err(), "{}", link);
    }

    #[test]
    fn a_quote_never_reaches_a_query(before in "[A-Za-z0-9]{0,10}", after in "[A-Za-z0-9]{0,10}") {
        let broken = format!("{before}'{after}");
        prop_assert!(parse(&broken).is_err());
        let link = format!("https://drive.google.com/drive/folders/{broken}");
        prop_assert!(parse(&link).is_err());
    }
}
