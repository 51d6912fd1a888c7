//! Scopes (RFC 6749, section 3.3).

/// The scopes of a text that is parted by spaces.
pub(super) fn split(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|token| !token.is_empty())
}

/// Whether a held scope is the required one, or stands above it: `items:*` above `items:read` and
/// `items:read:own`, and not above `items` or `itemsets:read`. A lone `*` is above nothing.
pub(super) fn covers(held: &str, required: &str) -> bool {
    held == required
        || held.strip_suffix('*').is_some_and(|prefix| {
            prefix.len() > 1
                && prefix.ends_with(':')
                && required.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty())
        })
}

/// Whether a text is one scope: printable ASCII without space, `"` and `\`.
pub(crate) const fn is_scope_token(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [byte, more @ ..] = rest {
        if !matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = more;
    }
    !text.is_empty()
}
