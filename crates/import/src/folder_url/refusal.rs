//! What a text is that is not a folder, and what to paste instead.

use std::fmt;

/// Ends every refusal.
const PASTE: &str = "Paste the link of a folder that is shared with 'Anyone with the link', \
    such as https://drive.google.com/drive/folders/1AbCdEf…";

/// Why a text names no folder. `Display` is the answer to the person who pasted it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Nothing, or blanks.
    #[error("folder_url is required: it is empty. {PASTE}")]
    Empty,
    /// Neither a web address nor an id.
    #[error("This is neither a Google Drive link nor a folder id. {PASTE}")]
    NotALink,
    /// More than one address.
    #[error("These are several links; import one folder at a time. {PASTE}")]
    SeveralLinks,
    /// Two different values of `id=`.
    #[error("This link names two different ids, so it is not clear which folder is meant. {PASTE}")]
    TwoIds,
    /// An address outside Google Drive.
    #[error("This is a link to {0}, not to Google Drive. {PASTE}")]
    OtherHost(String),
    /// One file.
    #[error(
        "This is a link to a single file, not to a folder. Open the folder that the file is in and copy the address \
        from there. {PASTE}"
    )]
    File,
    /// A Google document.
    #[error("This is a link to {0}, not to a folder. {PASTE}")]
    Document(Document),
    /// An album or photo.
    #[error(
        "This is a link to Google Photos, which is not Google Drive. Copy the pictures into a Drive folder first. \
        {PASTE}"
    )]
    Photos,
    /// The start page.
    #[error(
        "This is the start page of 'My Drive', which everybody sees differently, not a shared folder. Open the folder \
        and copy its address. {PASTE}"
    )]
    MyDrive,
    /// The list of what others shared.
    #[error(
        "This is the page 'Shared with me', which everybody sees differently. Open the folder in it and copy its \
        address. {PASTE}"
    )]
    SharedWithMe,
    /// Results of a search.
    #[error("This is a search in Google Drive. Open one of the folders found and copy its address. {PASTE}")]
    Search,
    /// Another page that lists things.
    #[error(
        "This is the page '{0}' of Google Drive, not a folder. Open the folder and copy its address. {PASTE}"
    )]
    View(String),
    /// A page of Drive that is not known.
    #[error(
        "This link to Google Drive does not name a folder. Open the folder and copy its address. {PASTE}"
    )]
    UnknownPage,
    /// The form of a folder link without the id.
    #[error("The id of the folder is missing in this link: it was probably cut off. {PASTE}")]
    NoId,
    /// Characters that no id has.
    #[error("The folder id in this link is damaged: ids consist of letters, digits, '-' and '_'. {PASTE}")]
    BadId,
    /// An id that means something else for each account.
    #[error("'{0}' stands for a private folder of whoever is signed in, so it cannot be imported. {PASTE}")]
    Alias(String),
}

/// Kinds of Google documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// Google Docs.
    Docs,
    /// Google Sheets.
    Sheets,
    /// Google Slides.
    Slides,
    /// Google Forms.
    Forms,
    /// Google Drawings.
    Drawings,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docs => "a Google Docs document",
            Self::Sheets => "a Google Sheets spreadsheet",
            Self::Slides => "a Google Slides presentation",
            Self::Forms => "a Google Form",
            Self::Drawings => "a Google drawing",
        })
    }
}
