import { z } from "zod";
import { bool, count, hours, optional, timeOfDay, timeZone, windows } from "./forms.ts";

/** The district's time, and how its people work. */
export const work = {
  DISTRICT: optional,
  /** People are followed on duty only, and no further than this from where they work (metres). */
  PERSON_MARGIN_M: count(500),
  /** Whether badges are followed that nobody plans and that never clock in. */
  FOLLOW_UNPLANNED: bool(false),
  /** Plays recorded or simulated time: the clock starts here (ISO 8601 or epoch ms) and runs CLOCK_SPEED times faster. */
  CLOCK_START: optional,
  CLOCK_SPEED: z.coerce.number().min(1).max(3_600).default(1),
  /** Local time of the district, IANA name. */
  TIME_ZONE: timeZone("Asia/Shanghai"),
  /** The sanitation day begins at this local time: a night's work belongs to the day it began on. */
  SANITATION_DAY_STARTS: timeOfDay("05:00"),
  /** When street teams work (every day), and offices (working days): what duty hours and working days are counted in. */
  DUTY_HOURS: windows("06:00-22:00"),
  WORKING_HOURS: windows("09:00-17:00"),
  /** A period's report is made so long after its end: late data still counts. CHROMIUM prints it as PDF. */
  REPORT_AFTER_MINUTES: count(60),
  CHROMIUM: optional,
  /** What a contractor's score loses for a late case and for a returned one; holds for cases that open from then on. */
  CONTRACTOR_POINTS_LATE: z.coerce.number().min(0).max(100).default(0.5),
  CONTRACTOR_POINTS_REWORK: z.coerce.number().min(0).max(100).default(1),
  /** Local hours without sound for levels 3 and 4. */
  NIGHT_HOURS: hours("23-5"),
  /** Desks that are manned at once, and what one can take: more alerts of levels 3 and 4 are listed without sound. */
  DISPATCHER_DESKS: count(4),
  DISPATCHER_ALERTS_PER_HOUR: count(12),
  /** How long a crew has to answer an offer, and how many are asked before a dispatcher must look again. */
  OFFER_SECONDS: count(120),
  OFFER_CREWS: count(3),
  /** How somebody's duty goes is written down when it turns, and at least every so many seconds. */
  DUTY_KEPT_SECONDS: count(60),
  /** Guards of kilometres and litres: the fastest way (km/h), the longest silence over which positions tell it, what an engine burns at most. */
  VEHICLE_FASTEST_KMH: count(120),
  VEHICLE_TRACK_GAP_MINUTES: count(10),
  VEHICLE_BURNS_LITRES_PER_HOUR: count(60),
  /** Who was where, in memory: for so long, and at most so many. */
  VISITS_KEPT_HOURS: count(48),
  VISITS_KEPT: count(50_000),
  /** Share of what a vehicle took that may be missing at the weighbridge: water drains, scales differ (percent). */
  WASTE_TOLERANCE_PCT: count(5),
  /** Loads that one answer of the waste ledger may sum up. */
  WASTE_LEDGER_LOADS: count(100_000),
} as const;
