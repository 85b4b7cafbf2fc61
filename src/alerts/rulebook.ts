import type { Changes } from "../center/changes.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { conflict, invalid, notFound } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";
import { contradictionsIn } from "./contradictions.ts";
import { type Rule, ruleShape } from "./rule.ts";

/** A rule with its edition: 0 is how it was delivered. */
export interface RuleEdition {
  readonly rule: Rule;
  readonly version: number;
  readonly changedAt: Millis | null;
  readonly changedBy: string | null;
}

export type Rulebook = ReturnType<typeof createRulebook>;
const COLLECTION = "rules";
const HISTORY = "rulesHistory";

/** The catalogue as it is in force: what was delivered, and what managers changed. Every edition is kept. */
export function createRulebook(
  delivered: readonly Rule[],
  documents: readonly { collection: string; id: string; body: unknown }[],
) {
  const editions = new Map<string, RuleEdition>();
  for (const rule of delivered) editions.set(rule.id, { rule, version: 0, changedAt: null, changedBy: null });
  for (const { collection, id, body } of documents) {
    if (collection !== COLLECTION) continue;
    const edition = body as RuleEdition;
    const rule = ruleShape.safeParse(edition.rule);
    // An edition that a newer program no longer understands is not in force; it stays in the store.
    if (rule.success) editions.set(id, { ...edition, rule: rule.data });
  }
  const deliveredIds = new Set(delivered.map(({ id }) => id));

  return {
    get: (id: string): Rule | undefined => editions.get(id)?.rule,
    edition: (id: string): RuleEdition | undefined => editions.get(id),
    editions: (): readonly RuleEdition[] => [...editions.values()],
    rules: (): readonly Rule[] => Array.from(editions.values(), ({ rule }) => rule),

    /**
     * @param expectedVersion the edition the author was looking at
     * @throws Problem 400, 409 when somebody was faster
     */
    put(input: unknown, expectedVersion: number | undefined, actor: Actor, now: Millis, changes: Changes): RuleEdition {
      const rule = parseRule(input);
      const before = editions.get(rule.id);
      if (expectedVersion !== undefined && expectedVersion !== (before?.version ?? 0)) {
        throw conflict("conflict", `somebody was faster: the rule is at version ${before?.version}`, {
          version: before?.version ?? 0,
        });
      }
      const edition = { rule, version: (before?.version ?? 0) + 1, changedAt: now, changedBy: actor.name };
      keep(edition, "rule.change", actor, now, changes);
      return edition;
    },

    /** Back to how it was delivered; a rule of the city's own is removed. */
    reset(id: string, actor: Actor, now: Millis, changes: Changes): void {
      const before = editions.get(id);
      if (!before) throw notFound(`rule ${id}`);
      const original = delivered.find((rule) => rule.id === id);
      changes.audit.push({ at: now, actor: actor.name, action: "rule.reset", target: id, details: null });
      changes.putDocument(COLLECTION, id, null);
      if (original) editions.set(id, { rule: original, version: 0, changedAt: now, changedBy: actor.name });
      else editions.delete(id);
    },

    isDelivered: (id: string): boolean => deliveredIds.has(id),
  };

  function keep(edition: RuleEdition, action: string, actor: Actor, now: Millis, changes: Changes): void {
    const { id } = edition.rule;
    editions.set(id, edition);
    const body = JSON.parse(JSON.stringify(edition));
    changes.putDocument(COLLECTION, id, body);
    changes.putDocument(HISTORY, `${id}@${edition.version}`, body);
    changes.audit.push({ at: now, actor: actor.name, action, target: id, details: body });
  }
}

/** @throws Problem 400 that names the field */
export function parseRule(input: unknown): Rule {
  const parsed = ruleShape.safeParse(input);
  const problems = parsed.success ? contradictionsIn(parsed.data) : linesOf(faultsOf(parsed.error, "the rule"));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw invalid(`the rule does not fit: ${problems.slice(0, 5).join("; ")}`, { problems });
}
