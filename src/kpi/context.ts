import type { Rule } from "../alerts/rule.ts";
import type { Alert } from "../domain/alert.ts";
import type { AttributeValue } from "../domain/device.ts";
import type { CaseContext } from "./cases.ts";

/** Whose work the families of rules are, where nothing nearer says so. */
const LINES: Readonly<Record<string, string>> = {
  bin: "cleaning",
  point: "cleaning",
  street: "cleaning",
  sweep: "cleaning",
  station: "cleaning",
  toilet: "cleaning",
  merchant: "cleaning",
  pest: "pestControl",
};

export interface ContextParts {
  readonly rule: (id: string) => Rule | undefined;
  readonly attributes: (subjectId: string) => Readonly<Record<string, AttributeValue>> | undefined;
  readonly crew: (crewId: string) => { readonly line: string; readonly contractorId?: string | undefined } | undefined;
}

/** Whose case an alert is: the crew's that was sent, else its device's (attributes `line`, `contractorId`), else its family's. */
export function createContext({ rule, attributes, crew }: ContextParts): (alert: Alert) => CaseContext {
  return ({ ruleId, crewId, subject }) => {
    const sent = crewId === null ? undefined : crew(crewId);
    const own = attributes(subject.id);
    return {
      recurs: rule(ruleId)?.recurs === true,
      line: sent?.line ?? String(own?.line ?? LINES[ruleId.split(".")[0] ?? ""] ?? ""),
      contractor: sent?.contractorId ?? String(own?.contractorId ?? ""),
    };
  };
}
