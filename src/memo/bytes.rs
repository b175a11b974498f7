//! A memo's form: fields that each begin with their length, and a sum over all of them.

/// Reads what [`append`] wrote; every answer is `None` past the end.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(super) fn number(&mut self) -> Option<i64> {
        let (number, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(i64::from_ne_bytes(*number))
    }

    pub(super) fn field(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_ne_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(field)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Appends a field. One of 4 GiB and more would not be read back, which is as good as no memo.
pub(super) fn append(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend(field);
}

/// Tells a damaged memo from a whole one, and names memos; eight bytes a step, since it runs over every answer. It
/// guards against accidents only: nobody but the user can write where memos are believed. Offset and multiplier are those
/// of the 64-bit FNV-1a hash.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const MULTIPLIER: u64 = 0x0000_0100_0000_01b3;
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(MULTIPLIER).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(OFFSET ^ bytes.len() as u64, |sum, word| mix(sum, u64::from_le_bytes(*word)));
    let sum = rest.iter().fold(sum, |sum, &byte| mix(sum, u64::from(byte)));
    mix(mix(sum, sum >> 32), 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_cut_short_is_not_read() {
        let mut bytes = Vec::new();
        append(&mut bytes, b"a field");
        bytes.extend(7_i64.to_ne_bytes());
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.field(), reader.number()), (Some(b"a field".as_slice()), Some(7)));
        assert!(reader.is_at_end());
        assert_eq!((reader.field(), reader.number()), (None, None));
        for length in 0..11 {
            assert_eq!(Reader::new(&bytes[..length]).field(), None, "{length}");
        }
        assert_eq!(Reader::new(&u32::MAX.to_ne_bytes()).field(), None);
    }

    #[test]
    fn few_bytes_are_told_from_none() {
        for byte in 0..=u8::MAX {
            assert_ne!(checksum(&[byte]), checksum(&[]), "{byte}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_seen(bytes in prop::collection::vec(any::<u8>(), 1..200), place in any::<usize>(), by in 1u8..) {
            let mut changed = bytes.clone();
            changed[place % bytes.len()] ^= by;
            prop_assert_ne!(checksum(&bytes), checksum(&changed));
            prop_assert_ne!(checksum(&bytes), checksum(&bytes[1..]));
        }
    }
}
