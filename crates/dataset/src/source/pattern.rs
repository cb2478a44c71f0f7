//! Patterns of file names in descriptions.

/// Whether a file fits a pattern. `*` stays within a folder, `**` does not; case does not matter.
pub(super) fn fits(pattern: &str, file: &str) -> bool {
    let options = glob::MatchOptions {
        case_sensitive: false,
        require_literal_separator: true,
        require_literal_leading_dot: false,
    };
    glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_with(file, options))
}
