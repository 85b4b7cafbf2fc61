import { invalid } from "../domain/problem.ts";
import { PASSWORD_MAX } from "./passwords.ts";

/**
 * What makes a password bad is that somebody tries it early. No rule about kinds of characters (NIST SP 800-63B, 3.1.1.2):
 * length, and not one of those that everybody tries.
 */

/** Stems of what is most often found in leaks and on sticky notes, lower case; digits and signs around them change nothing. */
const STEMS = new Set(
  `password passwort pass qwerty qwertyuiop asdfghjkl zxcvbnm qazwsx qazwsxedc letmein welcome
  admin administrator root superuser guest default changeme change secret login master monkey dragon football baseball
  iloveyou sunshine princess shadow superman batman trustno michael jordan hunter killer computer internet samsung
  google facebook abc abcd abcde abcdef abcabc test testing tester demo kerbside dispatcher manager operator huanwei chengguan
  yutang guangming shenzhen woaini woaini1314 mima wodemima nihao zhongguo beijing shanghai aini iloveu loveyou
  correcthorsebatterystaple passwordpassword adminadmin adminadministrator rootroot qwertyqwerty welcomewelcome`
    .split(/\s+/)
    .filter(Boolean),
);
const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "01234567890",
  "1q2w3e4r5t6y7u8i9o0p",
];
/** A run of neighbours on the keyboard or in the alphabet. */
const RUN = 4;

/** @throws Problem 400 with what to do */
export function checkPassword(password: string, length: number, names: readonly string[]): void {
  const said = [...password.normalize("NFKC")].length;
  if (said < length) throw invalid(`a password needs at least ${length} characters; this one has ${said}`);
  if (said > PASSWORD_MAX) throw invalid(`a password may have at most ${PASSWORD_MAX} characters`);
  const plain = password.normalize("NFKC").toLowerCase();
  const reason = weakness(plain, names);
  if (reason) {
    throw invalid(`${reason}; three or four words that have nothing to do with each other make a good one`);
  }
}

function weakness(plain: string, names: readonly string[]): string | null {
  if (new Set(plain).size < 5) return "this password repeats a few characters";
  if (isRepeated(plain)) return "this password repeats a short piece";
  const letters = plain.replace(/[^\p{L}]+/gu, "");
  // What people put for a letter; signs and digits at the ends are decoration.
  const unleet = plain
    .replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "")
    .replace(/[@4]/g, "a")
    .replace(/[$5]/g, "s")
    .replace(/0/g, "o")
    .replace(/[1!]/g, "i")
    .replace(/3/g, "e");
  for (const form of [plain, letters, unleet]) {
    if (STEMS.has(form)) return "this password is one of those that are tried first";
  }
  if (mostlyRuns(plain)) return "this password follows the keyboard or the alphabet";
  for (const name of names) {
    const rest = plain.replaceAll(name.toLowerCase(), "");
    if (name.length >= 3 && rest.length < plain.length && rest.length < 8) return "this password is mostly a name";
  }
  return null;
}

function isRepeated(plain: string): boolean {
  for (let period = 1; period <= plain.length / 2; period++) {
    const piece = plain.slice(0, period);
    if (period <= 6 && piece.repeat(Math.ceil(plain.length / period)).startsWith(plain)) return true;
  }
  return false;
}

/** Whether what is left without runs would be too short to be worth anything. */
function mostlyRuns(plain: string): boolean {
  let left = 0;
  for (let at = 0; at < plain.length; ) {
    const run = runAt(plain, at);
    if (run < RUN) left++;
    at += run < RUN ? 1 : run;
  }
  return left < 6 && left < plain.length / 2;
}

function runAt(plain: string, at: number): number {
  let longest = 1;
  for (const row of ROWS) {
    for (const line of [row, [...row].reverse().join("")]) {
      let start = line.indexOf(plain[at] ?? "");
      while (start >= 0) {
        let length = 1;
        while (plain[at + length] !== undefined && line[start + length] === plain[at + length]) length++;
        longest = Math.max(longest, length);
        start = line.indexOf(plain[at] ?? "", start + 1);
      }
    }
  }
  return longest;
}
