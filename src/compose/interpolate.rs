//! Compose's variable syntax: `$VAR`, `${VAR}`, `${VAR:-default}` and its kin, `$$`.
//!
//! Knows nothing of where a value comes from: it asks its scope.

/// `${A:-${B:-…}}` deeper than this is nobody's compose file.
const DEPTH_LIMIT: usize = 32;

/// Bytes that one text may grow to, so that a chain of doublings ends.
const LENGTH_LIMIT: usize = 256 * 1024;

/// Variables of one template that are looked at by name.
const NAME_LIMIT: usize = 16;

/// Where a template's values come from, and who hears of absent ones.
pub(super) struct Scope<'a> {
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Told the name of each variable that has no value and no default.
    pub missing: &'a dyn Fn(&str),
    /// Told the name of each variable that must have a value and has none (`${VAR:?reason}`), and the reason.
    /// Where it says true, somebody else will provide the value, and it counts as empty.
    pub required: &'a dyn Fn(&str, &str) -> bool,
}

/// Why a template has no value; the messages are Compose's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateError {
    /// Not Compose's syntax.
    Invalid(String),
    /// `${VAR:?message}` without a value.
    Required { variable: String, reason: String },
    /// Deeper or longer than the limits.
    TooLarge,
}

/// One step of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Variable { name: &'a str, operator: Option<Operator<'a>> },
}

#[derive(Debug, PartialEq, Eq)]
struct Operator<'a> {
    /// `:-`, `-`, `:?`, `?`, `:+` or `+`.
    symbol: &'a str,
    argument: &'a str,
}

/// The template's text in this scope.
///
/// # Errors
/// Wrong syntax, a required variable without a value, or a text beyond the limits.
pub(super) fn substitute(template: &str, scope: &Scope<'_>) -> Result<String, TemplateError> {
    let mut text = String::new();
    substitute_into(&mut text, template, scope, 0)?;
    Ok(text)
}

/// The names of the template's first variables, an outer one before those in its argument; none where the syntax is
/// wrong.
pub(super) fn variables(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    collect_variables(template, &mut names, 0);
    names
}

/// The names in the default (or other argument) of a variable of the template: `B` behind `A` in `${A:-${B}}`.
pub(super) fn variables_behind<'a>(template: &'a str, outer: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for piece in pieces(template).unwrap_or_default() {
        if let Piece::Variable { name, operator: Some(operator) } = piece
            && name == outer
        {
            collect_variables(operator.argument, &mut names, 0);
        }
    }
    names
}

fn collect_variables<'a>(template: &'a str, names: &mut Vec<&'a str>, depth: usize) {
    let Ok(pieces) = pieces(template) else { return };
    for piece in pieces {
        let Piece::Variable { name, operator } = piece else { continue };
        if names.len() == NAME_LIMIT {
            return;
        }
        if !names.contains(&name) {
            names.push(name);
        }
        if let Some(operator) = operator.filter(|_| depth < DEPTH_LIMIT) {
            collect_variables(operator.argument, names, depth + 1);
        }
    }
}

fn substitute_into(text: &mut String, template: &str, scope: &Scope<'_>, depth: usize) -> Result<(), TemplateError> {
    if depth > DEPTH_LIMIT {
        return Err(TemplateError::TooLarge);
    }
    for piece in pieces(template)? {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Variable { name, operator: None } => match (scope.lookup)(name) {
                Some(value) => text.push_str(&value),
                None => (scope.missing)(name),
            },
            Piece::Variable { name, operator: Some(operator) } => apply(text, name, &operator, scope, depth)?,
        }
        if text.len() > LENGTH_LIMIT {
            return Err(TemplateError::TooLarge);
        }
    }
    Ok(())
}

fn apply(
    text: &mut String,
    name: &str,
    operator: &Operator<'_>,
    scope: &Scope<'_>,
    depth: usize,
) -> Result<(), TemplateError> {
    let value = (scope.lookup)(name);
    let counts_as_set = match &value {
        Some(value) => !value.is_empty() || !operator.symbol.starts_with(':'),
        None => false,
    };
    match (operator.symbol.trim_start_matches(':'), counts_as_set) {
        // The argument is worked out only where it is used, as in newer versions of Compose.
        ("-", false) | ("+", true) => substitute_into(text, operator.argument, scope, depth + 1)?,
        ("?", false) => {
            let mut reason = String::new();
            substitute_into(&mut reason, operator.argument, scope, depth + 1)?;
            if !(scope.required)(name, &reason) {
                return Err(TemplateError::Required { variable: name.to_owned(), reason });
            }
        }
        _ => text.push_str(&value.unwrap_or_default()),
    }
    Ok(())
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        pieces.push(Piece::Text(&rest[..dollar]));
        let after = &rest[dollar + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            pieces.push(Piece::Text("$"));
            rest = escaped;
        } else if let Some(braced) = after.strip_prefix('{') {
            let end = closing_brace(braced).ok_or_else(|| TemplateError::Invalid(template.to_owned()))?;
            let piece = braced_variable(&braced[..end]);
            pieces.push(piece.ok_or_else(|| TemplateError::Invalid(template.to_owned()))?);
            rest = &braced[end + 1..];
        } else {
            let name = &after[..name_length(after)];
            // A lone dollar stands for itself.
            pieces.push(if name.is_empty() { Piece::Text("$") } else { Piece::Variable { name, operator: None } });
            rest = &after[name.len()..];
        }
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// What stands between the braces; `None` where it is not a variable.
fn braced_variable(inner: &str) -> Option<Piece<'_>> {
    let (name, rest) = inner.split_at(name_length(inner));
    if name.is_empty() || inner.contains('\n') {
        return None;
    }
    if rest.is_empty() {
        return Some(Piece::Variable { name, operator: None });
    }
    let symbol = [":-", "-", ":?", "?", ":+", "+"].into_iter().find(|symbol| rest.starts_with(symbol))?;
    Some(Piece::Variable { name, operator: Some(Operator { symbol, argument: &rest[symbol.len()..] }) })
}

/// The offset of the brace that closes one opened just before `text`.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(offset);
        }
    }
    None
}

/// How many bytes of `text` are a variable's name.
fn name_length(text: &str) -> usize {
    let fits =
        |(index, byte): (usize, u8)| byte == b'_' || byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit());
    text.bytes().enumerate().take_while(|&pair| fits(pair)).count()
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TemplateError::Invalid(template) => {
                write!(f, "invalid interpolation format `{template}`: you may need to escape any $ with another $")
            }
            TemplateError::Required { variable, reason } if reason.is_empty() => {
                write!(f, "required variable {variable} is missing a value")
            }
            TemplateError::Required { variable, reason } => {
                write!(f, "required variable {variable} is missing a value: {reason}")
            }
            TemplateError::TooLarge => f.write_str("the value is too long, or its variables are nested too deep"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_scope(template: &str) -> Result<String, TemplateError> {
        let lookup = |name: &str| match name {
            "SET" => Some("s".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        substitute(template, &Scope { lookup: &lookup, missing: &|_| {}, required: &|name, _| name == "PROMISED" })
    }

    #[test]
    fn every_form_has_compose_s_value() {
        #[track_caller]
        fn check(template: &str, expected: &str) {
            assert_eq!(in_scope(template).as_deref(), Ok(expected), "{template}");
        }
        check("", "");
        check("$SET-$EMPTY-$NONE", "s--");
        check("${SET}${EMPTY}${NONE}", "s");
        check("${SET:-d} ${EMPTY:-d} ${NONE:-d}", "s d d");
        check("${SET-d} ${EMPTY-d} ${NONE-d}", "s  d");
        check("${SET:+d} ${EMPTY:+d} ${NONE:+d}", "d  ");
        check("${SET+d} ${EMPTY+d} ${NONE+d}", "d d ");
        check("${SET:?e} ${SET?e} ${EMPTY?e}", "s s ");
        check("${PROMISED:?e}${PROMISED?e}", "");
        check("${NONE:-${EMPTY:-${SET}}}", "s");
        check("${SET:-${NONE:?e}}${NONE:+${NONE:?e}}", "s");
        check("${NONE:-{a}}!", "{a}!");
        check("$$SET $${SET} $$$SET", "$SET ${SET} $s");
        check("a$ $1 $-", "a$ $1 $-");
        check("${NONE:-a:b-c?d}", "a:b-c?d");
        check("${NONE:-ü}", "ü");
    }

    #[test]
    fn wrong_templates_are_refused() {
        #[track_caller]
        fn check(template: &str, expected: &str) {
            let message = in_scope(template).map_err(|error| error.to_string());
            assert!(message.as_ref().is_err_and(|text| text.contains(expected)), "{template}: {message:?}");
        }
        for template in ["${", "${}", "${SET", "${1}", "${SET!}", "${SET:}", "${SET:-${NONE}", "${ SET}"] {
            check(template, "invalid interpolation format");
        }
        check("${EMPTY:?no ${SET}}", "required variable EMPTY is missing a value: no s");
        check("${NONE?}", "required variable NONE is missing a value");
        check(&format!("{}x{}", "${NONE:-".repeat(40), "}".repeat(40)), "nested too deep");
    }

    #[test]
    fn variables_are_listed_outer_first() {
        assert_eq!(variables("${A:-${B:-1}}$$C:$D:${A}"), ["A", "B", "D"]);
        assert_eq!(variables("${A"), [""; 0]);
        assert_eq!(variables_behind("${A:-${B:-$C}}$D", "A"), ["B", "C"]);
    }
}
