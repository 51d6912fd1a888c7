//! The score of zxcvbn.

use zeroize::Zeroizing;

use super::{NewPasswordError, PasswordContext, PasswordPolicy, PasswordRule, normal};
use crate::Hasher;

/// In characters. The estimate takes half a second for a hundred characters that are chosen so, and
/// more of them than these don't make a password easier to guess.
const LONGEST: usize = 32;

impl PasswordPolicy {
    /// The least score of zxcvbn, from 0 to 4, in [`check_new`](Self::check_new). The default is
    /// 0, which is none; its authors recommend 3, about 10^8 guesses. A value above 4 counts as 4.
    ///
    /// The first 32 characters count. The names of the [`PasswordContext`] and of the service count
    /// as words that are tried first. The estimate runs on a thread of the hasher. It needs the
    /// feature `zxcvbn`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{Hasher, NewPasswordError, PasswordContext, PasswordPolicy, PasswordRule};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let policy = PasswordPolicy::asvs_l1().min_score(3);
    /// let (hasher, nobody) = (Hasher::new(), PasswordContext::new());
    /// let checked = policy.check_new("abcabcabcabc", &nobody, &hasher).await;
    /// assert_eq!(checked, Err(NewPasswordError::Rule(PasswordRule::Guessable)));
    /// # }
    /// ```
    #[must_use]
    pub const fn min_score(mut self, score: u8) -> Self {
        self.min_score = if score > 4 { 4 } else { score };
        self
    }

    pub(super) async fn check_score(
        &self,
        password: &str,
        context: &PasswordContext<'_>,
        hasher: &Hasher,
    ) -> Result<(), NewPasswordError> {
        if self.min_score == 0 {
            return Ok(());
        }
        let beginning: String = normal(password).chars().take(LONGEST).collect();
        let beginning = Zeroizing::new(beginning);
        let names = context.names().map(str::to_owned).chain(self.service_names.iter().cloned());
        let names: Vec<String> = names.collect();
        let score = hasher.run(move || {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            u8::from(zxcvbn::zxcvbn(&beginning, &names).score())
        });
        if score.await? < self.min_score {
            return Err(PasswordRule::Guessable.into());
        }
        Ok(())
    }
}
