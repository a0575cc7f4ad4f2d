//! How inputs are changed.

/// Largest input.
const MAX_BYTES: usize = 1 << 20;

/// Inputs longer than this are made once in so many executions.
const LONG: usize = 1 << 13;
const LONG_ONCE_IN: u64 = 200;

/// Numbers and marks on which readers have stumbled.
const TOKENS: [&str; 52] = [
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "0.002",
    "0.004",
    "1e-300",
    "1e300",
    "1e308",
    "-1e308",
    "1e999",
    "nan",
    "inf",
    "NaN",
    "Infinity",
    "255",
    "256",
    "2147483647",
    "2147483648",
    "-2147483649",
    "4294967296",
    "9007199254740993",
    "18446744073709551616",
    "100000000",
    "0.3333",
    "1/3",
    "1/0",
    ".",
    "?",
    "x",
    "-x,y+0.001,z",
    "x,y,z+1/3",
    "'",
    "\"",
    ";",
    "\n;",
    "\r",
    "\r\n",
    "\0",
    "\u{feff}",
    "_",
    "#",
    "loop_",
    "data_",
    "[",
    "]",
    "{",
    "}",
    ",",
    "null",
    "\u{3b2}",
];

/// A source of changed inputs; the same seed gives the same inputs.
#[derive(Debug)]
pub(crate) struct Mutator {
    state: u64,
}

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// Xorshift with a multiplication at the end (Vigna 2016).
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    /// One of the seeds with one to eight changes; now and then with a part of it repeated up to a mebibyte.
    pub(crate) fn mutate(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let chosen = self.below(seeds.len());
        let mut input = seeds[chosen].clone();
        let changes = 1 + self.below(8);
        for _ in 0..changes {
            self.change(&mut input, seeds);
        }
        if self.next().is_multiple_of(LONG_ONCE_IN) {
            self.stretch(&mut input);
            if self.next().is_multiple_of(2) {
                self.change(&mut input, seeds);
            }
            input.truncate(MAX_BYTES);
        } else {
            input.truncate(LONG);
        }
        input
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = if self.next().is_multiple_of(4) { length - start } else { (length - start).min(16) };
        start..start + self.below(most + 1)
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.next() % 12 {
            0 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] ^= 1 << self.below(8);
            }
            1 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] = self.next() as u8;
            }
            2 => input.insert(at, self.next() as u8),
            3 => {
                let range = self.range(input.len());
                input.drain(range);
            }
            4 => input.truncate(at),
            5 => {
                let range = self.range(input.len());
                let copy = input[range].to_vec();
                input.splice(at..at, copy);
            }
            6 => {
                let token = TOKENS[self.below(TOKENS.len())];
                input.splice(at..at, token.bytes());
            }
            7 | 8 => self.replace_number(input),
            9 => {
                let other = &seeds[self.below(seeds.len())];
                let range = self.range(other.len());
                let part = other[range].to_vec();
                input.splice(at..at, part);
            }
            10 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let line = self.line(input);
                let copy = input[line].to_vec();
                let times = 1 + self.below(4);
                for _ in 0..times {
                    input.splice(at..at, copy.iter().copied());
                }
            }
        }
    }

    fn line(&mut self, input: &[u8]) -> std::ops::Range<usize> {
        let at = self.below(input.len());
        let start = input[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
        let end = input[at..].iter().position(|byte| *byte == b'\n').map_or(input.len(), |found| at + found + 1);
        start..end
    }

    /// Puts a token, or a number with one digit changed, in place of a number.
    fn replace_number(&mut self, input: &mut Vec<u8>) {
        let from = self.below(input.len());
        let Some(start) = input[from..].iter().position(u8::is_ascii_digit).map(|found| from + found) else { return };
        let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'-' | b'+');
        let end = input[start..].iter().position(|byte| !is_number(byte)).map_or(input.len(), |found| start + found);
        if self.next().is_multiple_of(2) {
            let token = TOKENS[self.below(TOKENS.len())];
            input.splice(start..end, token.bytes());
        } else {
            let at = start + self.below(end - start);
            input[at] = b'0' + self.below(10) as u8;
        }
    }

    /// Repeats a part of the input, a whole line as a rule, up to a size of which each order of magnitude is as likely.
    fn stretch(&mut self, input: &mut Vec<u8>) {
        if input.is_empty() {
            return;
        }
        let part = if self.next().is_multiple_of(3) { self.range(input.len()) } else { self.line(input) };
        let copy = input[part.clone()].to_vec();
        if copy.is_empty() {
            return;
        }
        let size = LONG << self.below((MAX_BYTES / LONG).ilog2() as usize);
        let size = size + self.below(size + 1);
        let times = size.saturating_sub(input.len()) / copy.len();
        input.splice(part.end..part.end, copy.repeat(times));
    }
}
