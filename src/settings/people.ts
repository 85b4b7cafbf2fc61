import { count } from "./forms.ts";

/** How people log in. */
export const people = {
  PASSWORD_LENGTH: count(12),
  /** Days after which a password must be changed; 0: never, which is today's advice. */
  PASSWORD_AGE_DAYS: count(0),
  /** Password hashes worked out at once, and how many may wait for their turn. */
  PASSWORD_HASHES_AT_ONCE: count(2),
  PASSWORD_HASHES_WAITING: count(32),
  /** Wrong passwords in a row before an account is locked, for how long, and the longest it grows to. */
  LOGIN_FAILURES: count(5),
  LOGIN_LOCK_SECONDS: count(30),
  LOGIN_LOCK_MAX_SECONDS: count(900),
  /** Wrong passwords from one address, for any account. */
  LOGIN_FAILURES_PER_ADDRESS: count(20),
  LOGIN_WINDOW_SECONDS: count(300),
  /** A session ends after so long without a sign of its person, and in any case after so many hours. */
  SESSION_IDLE_MINUTES: count(30),
  SESSION_HOURS: count(12),
  /** How long the last action on an alert can be taken back by whoever did it. */
  UNDO_SECONDS: count(120),
} as const;
