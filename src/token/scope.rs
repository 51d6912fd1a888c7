//! Scopes (RFC 6749, section 3.3).

/// The scopes of a text that is parted by spaces.
pub(super) fn split(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|token| !token.is_empty())
}

/// Whether a text is one scope: printable ASCII without space, `"` and `\`.
pub(crate) fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}
