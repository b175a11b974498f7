//! What may not reach a terminal as it is.

/// Whether the character could steer a terminal, or turn the order of what it shows. A tab counts, since it breaks
/// columns.
pub fn steers_terminal(character: char) -> bool {
    let turns =
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns
}
