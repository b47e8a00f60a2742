//! Tokens among the settings: long enough that nobody guesses them, and fit to travel in a header.

use client::{InternalToken, Secret, signature::UrlSigner};

use super::Reader;

/// Characters of the shortest token that is taken.
const SHORTEST: usize = 16;

impl Reader<'_> {
    /// A token, if set: [`SHORTEST`] or more visible ASCII characters.
    pub fn token(&self, name: &str) -> Option<Secret> {
        self.fit(name, self.secret(name)?)
    }

    /// What signs the addresses of objects: where a token is set, under its name, and reading needs it too, by that of its
    /// switch.
    pub fn url_signer(&self, token: &str, guards_reads: &str) -> Option<UrlSigner> {
        let (token, guards_reads) = (self.token(token), self.switch_or(guards_reads, false));
        token.filter(|_| guards_reads).as_ref().map(UrlSigner::new)
    }

    /// `INTERNAL_TOKEN`, if set: what the services know one another by.
    pub fn internal_token(&self) -> Option<InternalToken> {
        let token = self.secret("INTERNAL_TOKEN")?;
        self.fit("INTERNAL_TOKEN", token).as_ref().and_then(InternalToken::new)
    }

    fn fit(&self, name: &str, token: Secret) -> Option<Secret> {
        if token.expose().len() < SHORTEST {
            let how = "`openssl rand -hex 32` makes one";
            self.reject(
                name,
                format_args!("must have at least {SHORTEST} characters, so that nobody guesses it: {how}"),
            );
            return None;
        }
        if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            self.reject(
                name,
                "must be of letters, digits and signs of ASCII without spaces: it travels in a header",
            );
            return None;
        }
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use crate::Env;

    #[test]
    fn a_token_that_can_be_guessed_or_not_be_sent_is_refused_and_not_shown() {
        for bad in [
            "canary",
            "canary-canary-1",
            "canary canary canary",
            "canary-canäry-canary",
            "canary\ncanary-canary",
        ] {
            let env = Env::from_pairs([("API_TOKEN", bad), ("INTERNAL_TOKEN", bad)]);
            let read = env.reader();
            assert!(read.token("API_TOKEN").is_none() && read.internal_token().is_none(), "{bad}");
            let error = read.finish(()).unwrap_err().to_string();
            assert!(error.contains("API_TOKEN must") && error.contains("INTERNAL_TOKEN must"), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_good_token_is_taken_and_none_is_needed() {
        let env =
            Env::from_pairs([("API_TOKEN", " canary-canary-12 "), ("INTERNAL_TOKEN", "c0mplete!/+=_nary")]);
        let read = env.reader();
        assert_eq!(read.token("API_TOKEN").unwrap().expose(), "canary-canary-12");
        assert!(read.internal_token().is_some());
        assert!(read.finish(()).is_ok());
        assert!(Env::default().reader().token("API_TOKEN").is_none());
        assert!(Env::default().reader().internal_token().is_none());
    }

    #[test]
    fn addresses_are_signed_only_where_reading_needs_the_token() {
        for (token, switch, is_signed) in
            [("", "true", false), ("canary-canary-12", "", false), ("canary-canary-12", "yes", true)]
        {
            let env = Env::from_pairs([("API_TOKEN", token), ("API_TOKEN_READS", switch)]);
            let signer = env.reader().url_signer("API_TOKEN", "API_TOKEN_READS");
            assert_eq!(signer.is_some(), is_signed, "{token} {switch}");
        }
    }
}
