use super::lower_case;

/// With as many characters beside the names a password passes.
const ENOUGH: usize = 8;
/// Shorter names are in too many words.
const LEAST_NAME: usize = 3;

/// What is known of the user who chooses a password, so that it is not made of that.
///
/// Each name counts in whole, and so do its parts between other characters than letters and digits.
/// A password is refused when, without all of them, it has less than 8 characters left; names of
/// fewer than 3 characters don't count.
///
/// # Examples
///
/// ```
/// use tower_bearer::{PasswordContext, PasswordPolicy, PasswordRule};
///
/// let policy = PasswordPolicy::nist().service_name("Example Tasks");
/// let context = PasswordContext::new().username("alice").email("a.cooper@example.com");
/// for made_of_names in ["alicealice-2026", "Alice+Cooper123", "example-tasks-1"] {
///     let checked = policy.check_with(made_of_names, &context);
///     assert_eq!(checked, Err(PasswordRule::Name), "{made_of_names}");
/// }
/// assert!(policy.check_with("alice in wonderland", &context).is_ok());
/// ```
#[derive(Clone, Default)]
pub struct PasswordContext<'a> {
    names: Vec<&'a str>,
}

impl<'a> PasswordContext<'a> {
    /// Nothing is known of the user.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordContext, PasswordPolicy};
    ///
    /// let (policy, nobody) = (PasswordPolicy::asvs_l1(), PasswordContext::new());
    /// assert!(policy.check_with("alice-2026", &nobody).is_ok());
    /// assert!(policy.check_with("alice-2026", &nobody.username("alice")).is_err());
    /// ```
    pub const fn new() -> Self {
        Self { names: Vec::new() }
    }

    /// The name with which the user logs in.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordContext, PasswordPolicy, PasswordRule};
    ///
    /// let context = PasswordContext::new().username("Alice.Cooper");
    /// let refused = PasswordPolicy::asvs_l1().check_with("cooper2026", &context);
    /// assert_eq!(refused, Err(PasswordRule::Name)); // a part of it is enough
    /// ```
    #[must_use]
    pub fn username(self, username: &'a str) -> Self {
        self.name(username)
    }

    /// The user's e-mail address, of which the part before the `@` counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordContext, PasswordPolicy};
    ///
    /// let (policy, user) = (PasswordPolicy::asvs_l1(), PasswordContext::new());
    /// let context = user.email("alice@wonderland.example");
    /// assert!(policy.check_with("alice-2026", &context).is_err());
    /// assert!(policy.check_with("wonderland-2026", &context).is_ok()); // what is behind the `@`
    /// ```
    #[must_use]
    pub fn email(self, email: &'a str) -> Self {
        self.name(email.rsplit_once('@').map_or(email, |(local, _)| local))
    }

    /// Another name or word that the user is known by. Each call adds one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tower_bearer::{PasswordContext, PasswordPolicy};
    ///
    /// let context = PasswordContext::new().name("Alice Liddell").name("Cheshire");
    /// let policy = PasswordPolicy::asvs_l1();
    /// assert!(policy.check_with("liddell.cheshire", &context).is_err());
    /// assert!(policy.check_with("down the rabbit hole", &context).is_ok());
    /// ```
    #[must_use]
    pub fn name(mut self, name: &'a str) -> Self {
        self.names.push(name);
        self
    }

    /// Whether there is little in a password beside names.
    pub(super) fn make_up(&self, password: &str, more: &[String], min_length: usize) -> bool {
        let password = lower_case(password);
        let mut rest = password.clone();
        for name in self.words(more) {
            // In place of the name, so that what stood around it makes no other.
            *rest = rest.replace(&name, "\0");
        }
        let left = rest.chars().filter(|it| *it != '\0').count();
        *rest != *password && left < ENOUGH.min(min_length)
    }

    /// The names and their parts in lower case, the longest first.
    fn words(&self, more: &[String]) -> Vec<String> {
        let names = self.names.iter().copied().chain(more.iter().map(String::as_str));
        let mut words: Vec<String> = Vec::new();
        for name in names {
            let name = lower_case(name);
            let parts = name.split(|it: char| !it.is_alphanumeric());
            let long = |word: &&str| word.chars().count() >= LEAST_NAME;
            words.extend(parts.chain([name.as_str()]).filter(long).map(str::to_owned));
        }
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        words
    }

    #[cfg(feature = "zxcvbn")]
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.names.iter().copied()
    }
}

/// Says how many names there are, and none of them.
impl std::fmt::Debug for PasswordContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordContext").field("names", &self.names.len()).finish()
    }
}
