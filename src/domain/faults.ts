/** One thing that does not fit, and where: a path into what was given, parts joined by dots. */
export interface Fault {
  readonly field: string;
  readonly problem: string;
}

/** What zod says of a value, as far as this needs it. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Of a choice between forms: what each form found. */
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}

/**
 * Everything a schema found wrong with a value, in words its writer can act on. Of a choice between forms, the one that came
 * furthest was meant; where all stop at once, every form that would do is named instead of zod's bare "Invalid input".
 * @param whole what to call the value itself when it does not fit as a whole
 */
export function faultsOf({ issues }: { readonly issues: readonly Issue[] }, whole: string): Fault[] {
  return issues.map((issue) => {
    const { path, message } = meant(issue);
    return { field: path.join(".") || whole, problem: message };
  });
}

/** The faults as lines `field: problem`. */
export const linesOf = (faults: readonly Fault[]): string[] =>
  faults.map(({ field, problem }) => `${field}: ${problem}`);

function meant({ path, message, errors = [] }: Issue): Issue {
  const branches = errors.flatMap(([first]) => (first ? [meant(first)] : []));
  if (branches.length === 0) return { path, message };
  const deepest = branches.reduce((best, branch) => (branch.path.length > best.path.length ? branch : best));
  if (deepest.path.length > 0) return { path: [...path, ...deepest.path], message: deepest.message };
  return { path, message: either([...new Set(branches.map((branch) => branch.message))]) };
}

/** "Invalid input: expected number, received string". */
const EXPECTED = /^Invalid input: expected (.+?)(?:, received .+)?$/;

/** What every branch expected, as one sentence: "must be 1, 2 or 3". */
function either(messages: readonly string[]): string {
  const expected = messages.map((message) => EXPECTED.exec(message)?.[1]);
  const last = expected.at(-1);
  if (last === undefined || expected.includes(undefined)) return messages.join(", or ");
  return expected.length === 1 ? `must be ${last}` : `must be ${expected.slice(0, -1).join(", ")} or ${last}`;
}
