/** Why the center closes a stream. Apart from the schemas, so that screens do not load those. */
export const closeCodes = {
  invalid: 4400,
  notAuthenticated: 4401,
  notAllowed: 4403,
  tooSlow: 4408,
  tooMany: 4429,
  restarting: 1012,
} as const;
