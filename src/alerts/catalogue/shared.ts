import { HOUR, MINUTE } from "../../domain/time.ts";

/** A component's own codes: a fault of a bin (03005) is filed under the component. */
export const component = (...codes: string[]) => codes.map((code) => ({ standardRef: "GB/T 47678.5-2026", code }));

/** One problem seen by camera and sensor: same class, at most 50 m and 24 h apart. */
export const ONE_PROBLEM = { radiusM: 50, withinMs: 24 * HOUR };

/** A camera that looked twice, ten minutes apart, and found nothing. */
export const CLEAN_TWICE = { samples: 2, spacingMs: 10 * MINUTE };

/** A working day of eight hours, for targets on the W clock. */
export const WORKING_DAY_MINUTES = 8 * 60;
